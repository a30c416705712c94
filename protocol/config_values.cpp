// Settings with their values: defaults overlaid with what was given, and what a topic inherits from
// its broker.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "protocol/config_def.hpp"

namespace kafkasim::protocol {
namespace {

struct Inherited {
  std::string_view topic;
  std::string_view broker;
};
// Settings of a topic whose default is the broker's setting of another name.
constexpr std::array inherited = {
    Inherited{"cleanup.policy", "log.cleanup.policy"},
    Inherited{"delete.retention.ms", "log.cleaner.delete.retention.ms"},
    Inherited{"file.delete.delay.ms", "log.segment.delete.delay.ms"},
    Inherited{"flush.messages", "log.flush.interval.messages"},
    Inherited{"index.interval.bytes", "log.index.interval.bytes"},
    Inherited{"max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"},
    Inherited{"max.message.bytes", "message.max.bytes"},
    Inherited{"message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"},
    Inherited{"message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"},
    Inherited{"message.timestamp.type", "log.message.timestamp.type"},
    Inherited{"min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"},
    Inherited{"min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"},
    Inherited{"min.insync.replicas", "min.insync.replicas"},
    Inherited{"retention.bytes", "log.retention.bytes"},
    Inherited{"segment.bytes", "log.segment.bytes"},
    Inherited{"segment.index.bytes", "log.index.size.max.bytes"},
    Inherited{"unclean.leader.election.enable", "unclean.leader.election.enable"},
};

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;

// log.retention.ms goes before the minutes, and these before the hours; a negative value means no
// limit.
std::int64_t retention_ms(const ConfigValues& broker) {
  std::int64_t kept = broker.long_value("log.retention.hours") * hour_ms;
  if (!broker.is_null("log.retention.minutes"))
    kept = broker.long_value("log.retention.minutes") * minute_ms;
  if (!broker.is_null("log.retention.ms")) kept = broker.long_value("log.retention.ms");
  return kept < 0 ? -1 : kept;
}

}  // namespace

ConfigValues::ConfigValues(std::span<const ConfigDef> defs)
    : defs_(defs), values_(defs.size()), given_(defs.size()), is_given_(defs.size(), false) {
  for (std::size_t i = 0; i < defs_.size(); ++i) {
    if (defs_[i].default_text) values_[i] = parse_config(defs_[i], *defs_[i].default_text).value;
  }
}

std::size_t ConfigValues::index_of(std::string_view name) const {
  const ConfigDef* def = find_config(defs_, name);
  if (def == nullptr) throw std::logic_error(fmt::format("no setting is called {}", name));
  return static_cast<std::size_t>(def - defs_.data());
}

std::string ConfigValues::set(std::string_view name, std::string_view text) {
  const ConfigDef* def = find_config(defs_, name);
  if (def == nullptr) {
    return of_librdkafka() ? fmt::format("No such configuration property: \"{}\"", name)
                           : fmt::format("Unknown config name: {}", name);
  }
  if (def->librdkafka && !def->librdkafka->alias_of.empty())
    return set(def->librdkafka->alias_of, text);
  ParsedConfig parsed = parse_config(*def, text);
  if (!parsed.error.empty()) return parsed.error;
  const std::size_t index = index_of(name);
  values_[index] = std::move(parsed.value);
  given_[index] = std::string(text);
  is_given_[index] = true;
  return {};
}

void ConfigValues::override_default(std::string_view name, ConfigValue value) {
  values_[index_of(name)] = std::move(value);
}

bool ConfigValues::is_set(std::string_view name) const { return is_given_[index_of(name)]; }

const ConfigValue& ConfigValues::value(std::string_view name) const {
  return values_[index_of(name)];
}

bool ConfigValues::is_null(std::string_view name) const {
  return std::holds_alternative<std::monostate>(value(name));
}

namespace {
template <typename Type>
const Type& typed(const ConfigValue& value, std::string_view name) {
  const Type* typed_value = std::get_if<Type>(&value);
  if (typed_value == nullptr)
    throw std::logic_error(fmt::format("setting {} is null or of another type", name));
  return *typed_value;
}
}  // namespace

bool ConfigValues::flag(std::string_view name) const { return typed<bool>(value(name), name); }

std::int64_t ConfigValues::long_value(std::string_view name) const {
  return typed<std::int64_t>(value(name), name);
}

std::int32_t ConfigValues::int_value(std::string_view name) const {
  const ConfigType type = defs_[index_of(name)].type;
  if (type == ConfigType::long_number)
    throw std::logic_error(fmt::format("setting {} is a long", name));
  return static_cast<std::int32_t>(long_value(name));
}

double ConfigValues::real_value(std::string_view name) const {
  return typed<double>(value(name), name);
}

const std::string& ConfigValues::text(std::string_view name) const {
  return typed<std::string>(value(name), name);
}

const std::vector<std::string>& ConfigValues::list(std::string_view name) const {
  return typed<std::vector<std::string>>(value(name), name);
}

std::chrono::nanoseconds ConfigValues::duration_ms(std::string_view name) const {
  constexpr std::int64_t most =
      std::chrono::duration_cast<std::chrono::milliseconds>(config_forever).count();
  return std::chrono::milliseconds(std::clamp(long_value(name), -most, most));
}

std::vector<std::pair<std::string, std::string>> ConfigValues::given() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (std::size_t i = 0; i < defs_.size(); ++i) {
    if (is_given_[i]) all.emplace_back(std::string(defs_[i].name), given_[i]);
  }
  return all;
}

ConfigValues effective_topic_config(const ConfigValues& topic, const ConfigValues& broker) {
  ConfigValues effective = topic;
  const auto inherit = [&](std::string_view name, ConfigValue value) {
    if (!topic.is_set(name)) effective.override_default(name, std::move(value));
  };
  for (const Inherited& setting : inherited) inherit(setting.topic, broker.value(setting.broker));
  inherit("retention.ms", retention_ms(broker));
  inherit("segment.ms", broker.is_null("log.roll.ms")
                            ? broker.long_value("log.roll.hours") * hour_ms
                            : broker.long_value("log.roll.ms"));
  inherit("flush.ms", broker.is_null("log.flush.interval.ms")
                          ? broker.value("log.flush.scheduler.interval.ms")
                          : broker.value("log.flush.interval.ms"));
  return effective;
}

}  // namespace kafkasim::protocol
