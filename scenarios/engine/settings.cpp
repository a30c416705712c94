// Reading `config:` maps.
#include "scenarios/engine/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "broker/replica_selector.hpp"
#include "protocol/config_librdkafka.hpp"

namespace kafkasim::scenarios {
namespace {

using protocol::ConfigDef;
using protocol::ConfigType;

struct Owner {
  SettingsOf owner;
  std::string_view name;
  std::span<const ConfigDef> (*defs)();
};
constexpr std::array owners = {
    Owner{SettingsOf::broker, "broker", protocol::broker_config_defs},
    Owner{SettingsOf::topic, "topic", protocol::topic_config_defs},
    Owner{SettingsOf::producer, "producer", protocol::producer_config_defs},
    Owner{SettingsOf::consumer, "consumer", protocol::consumer_config_defs},
    Owner{SettingsOf::librdkafka_producer, "librdkafka producer", protocol::librdkafka_config_defs},
    Owner{SettingsOf::librdkafka_consumer, "librdkafka consumer", protocol::librdkafka_config_defs},
};

bool is_of_librdkafka(const Owner& owner) {
  return owner.owner == SettingsOf::librdkafka_producer ||
         owner.owner == SettingsOf::librdkafka_consumer;
}

const Owner& owner_row(SettingsOf owner) { return owners.at(static_cast<std::size_t>(owner)); }

// Settings that stand for something not built yet.
struct NotYet {
  SettingsOf owner;
  std::string_view setting;
};
constexpr std::array not_yet = {
    NotYet{SettingsOf::producer, "transactional.id"},
    NotYet{SettingsOf::librdkafka_producer, "transactional.id"},
};

// Settings that the scenario language says in its own words.
struct SaidBy {
  SettingsOf owner;
  std::string_view setting;
  std::string_view word;
};
constexpr std::array said_by = {
    SaidBy{SettingsOf::consumer, "group.id", "group"},
    SaidBy{SettingsOf::librdkafka_consumer, "group.id", "group"},
    SaidBy{SettingsOf::broker, "broker.rack", "racks"},
};

std::string unknown_setting(const Owner& owner, const std::string& name) {
  std::vector<std::string> known;
  for (const ConfigDef& def : owner.defs()) known.emplace_back(def.name);
  // Kafka itself refuses unknown settings of topics only, and in these words; librdkafka all.
  const std::string what = is_of_librdkafka(owner)
                               ? fmt::format("No such configuration property: \"{}\"", name)
                           : owner.owner == SettingsOf::topic
                               ? fmt::format("Unknown topic config name: {}", name)
                               : fmt::format("unknown {} setting {}", owner.name, in_quotes(name));
  for (const Owner& other : owners) {
    if (is_of_librdkafka(owner) && other.owner != SettingsOf::producer &&
        other.owner != SettingsOf::consumer) {
      continue;
    }
    if (other.owner == owner.owner || protocol::find_config(other.defs(), name) == nullptr)
      continue;
    // librdkafka has one table for both: of two alike, the one for the same end.
    const bool other_end =
        (owner.owner == SettingsOf::consumer && other.owner == SettingsOf::librdkafka_producer);
    if (other_end) continue;
    return fmt::format("{}, it is a setting of a {}{}", what,
                       is_of_librdkafka(owner) ? "java " : "", other.name);
  }
  return what + did_you_mean(name, known);
}

// The text as a property file would have it; a list is joined. Nothing: the value is not of that
// form.
std::optional<std::string> property_text(const ConfigDef& def, const Node& value) {
  if (value.is_scalar()) return value.text;
  if (!value.is_list() || def.type != ConfigType::list) return std::nullopt;
  std::string joined;
  for (const Node& item : value.items) joined += (joined.empty() ? "" : ",") + item.text;
  return joined;
}

std::vector<std::string> assignors_in(const std::string& text) {
  const ConfigDef* def =
      protocol::find_config(protocol::consumer_config_defs(), "partition.assignment.strategy");
  return std::get<std::vector<std::string>>(protocol::parse_config(*def, text).value);
}

// Assignors may be named as members name them to each other: range, cooperative-sticky.
std::string with_assignor_classes(const std::string& text) {
  std::vector<std::string_view> classes;
  const std::vector<std::string> names = assignors_in(text);
  for (const std::string& name : names) classes.push_back(protocol::assignor_class(name));
  return fmt::format("{}", fmt::join(classes, ","));
}

// What Kafka says of a class that it cannot find, and what was probably meant; empty: all are fine.
std::string unknown_assignor(const std::string& text) {
  const std::vector<std::string> known = {"range", "roundrobin", "sticky", "cooperative-sticky"};
  for (const std::string& name : assignors_in(text)) {
    const std::string_view wanted = protocol::assignor_class(name);
    const bool is_class =
        std::any_of(known.begin(), known.end(), [&](const std::string& short_name) {
          return protocol::assignor_class(short_name) == wanted;
        });
    if (is_class) continue;
    return fmt::format("{} ClassNotFoundException exception occurred, expected one of {}{}", name,
                       fmt::join(known, ", "), did_you_mean(name, known));
  }
  return {};
}

// Likewise for the class that sends consumers to near replicas; Kafka would not start with another.
std::string unknown_selector(const std::string& name) {
  const std::vector<std::string> known = {std::string(broker::rack_aware_selector),
                                          std::string(broker::leader_selector)};
  if (std::find(known.begin(), known.end(), name) != known.end()) return {};
  return fmt::format("{} ClassNotFoundException exception occurred, expected one of {}{}", name,
                     fmt::join(known, ", "), did_you_mean(name, known));
}

// Likewise for the class that chooses partitions; one of the application's own is told by rule.
std::string unknown_partitioner(const std::string& name) {
  constexpr std::string_view round_robin =
      "org.apache.kafka.clients.producer.RoundRobinPartitioner";
  if (name == round_robin) return {};
  return fmt::format(
      "Invalid value {} for configuration partitioner.class: Class {} could not be found, "
      "expected {}, or 'partitioner' outside of 'config' for a class of your own",
      name, name, round_robin);
}

// Answers whether the setting may be used as it stands.
bool is_usable(const Owner& owner, const Entry& entry, Diagnostics& diagnostics) {
  for (const SaidBy& row : said_by) {
    if (row.owner != owner.owner || row.setting != entry.key) continue;
    diagnostics.error(
        entry.position,
        fmt::format("'{}' stands in 'config', expected '{}' outside of it", row.setting, row.word));
    return false;
  }
  for (const NotYet& row : not_yet) {
    if (row.owner != owner.owner || row.setting != entry.key) continue;
    diagnostics.error(entry.position, fmt::format("'{}' is not supported yet", row.setting));
    return false;
  }
  return true;
}

// What librdkafka says of a setting that it takes, or that the simulator does nothing with it.
void warn_of_setting(const Owner& owner, const ConfigDef& def, const Entry& entry,
                     Diagnostics& diagnostics) {
  bool acts = def.acts;
  if (is_of_librdkafka(owner)) {
    const bool produces = owner.owner == SettingsOf::librdkafka_producer;
    const std::string warning = protocol::librdkafka_warning(def, produces);
    if (!warning.empty()) return diagnostics.warning(entry.position, warning);
    acts = produces ? def.librdkafka->acts_on_producer : def.librdkafka->acts_on_consumer;
  }
  if (acts) return;
  diagnostics.warning_once(entry.position,
                           fmt::format("'{}' is known, without effect here", entry.key));
}

void read_setting(const Owner& owner, const Entry& entry, protocol::ConfigValues& values,
                  Diagnostics& diagnostics) {
  const ConfigDef* def = protocol::find_config(owner.defs(), entry.key);
  if (def == nullptr) {
    diagnostics.error(entry.position, unknown_setting(owner, entry.key));
    return;
  }
  std::optional<std::string> text = property_text(*def, entry.value);
  if (!text) {
    if (entry.value.is_list()) {
      diagnostics.error(entry.value.position,
                        fmt::format("'{}' is a list, expected a single value of type {}", entry.key,
                                    protocol::config_type_name(def->type)));
    }
    return;
  }
  if (!is_usable(owner, entry, diagnostics)) return;
  if (entry.key == "partition.assignment.strategy" && !is_of_librdkafka(owner)) {
    const std::string unknown = unknown_assignor(*text);
    if (!unknown.empty()) {
      diagnostics.error(entry.value.position, unknown);
      return;
    }
    text = with_assignor_classes(*text);
  }
  if (entry.key == "replica.selector.class") {
    const std::string unknown = unknown_selector(*text);
    if (!unknown.empty()) {
      diagnostics.error(entry.value.position, unknown);
      return;
    }
  }
  if (entry.key == "partitioner.class") {
    const std::string unknown = unknown_partitioner(*text);
    if (!unknown.empty()) {
      diagnostics.error(entry.value.position, unknown);
      return;
    }
  }
  const std::string error = values.set(entry.key, *text);
  if (!error.empty()) {
    diagnostics.error(entry.value.position, error);
  } else {
    warn_of_setting(owner, *def, entry, diagnostics);
  }
}

}  // namespace

void read_settings(const Node* config, SettingsOf owner, protocol::ConfigValues& values,
                   Diagnostics& diagnostics) {
  if (config == nullptr || !config->is_map()) return;
  for (const Entry& entry : config->entries)
    read_setting(owner_row(owner), entry, values, diagnostics);
}

void report_conflict(const protocol::ConfigConflict& conflict, const Node* config,
                     Position otherwise, Diagnostics& diagnostics) {
  if (!conflict) return;
  for (const std::string_view setting : conflict.settings) {
    const Entry* entry = config == nullptr ? nullptr : config->find_entry(setting);
    if (entry == nullptr) continue;
    diagnostics.error(entry->position, conflict.text);
    return;
  }
  diagnostics.error(otherwise, conflict.text);
}

}  // namespace kafkasim::scenarios
