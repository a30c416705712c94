// Facts from the tables of the protocol, put into words.
#include "explain/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <set>
#include <string>

#include "protocol/error_code.hpp"

namespace kafkasim::explain {
namespace {

using protocol::ConfigDef;
using protocol::ConfigRule;

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

struct Unit {
  std::int64_t size;
  std::string_view name;
};

// The largest unit that divides the number; empty: none does.
std::string in_units(std::int64_t number, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (number >= unit.size && number % unit.size == 0)
      return fmt::format(" ({} {})", number / unit.size, unit.name);
  }
  return "";
}

constexpr Unit times[] = {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}};
constexpr Unit sizes[] = {{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}};

bool is_size(std::string_view name) {
  return name.ends_with(".bytes") || name.ends_with(".size") || name == "buffer.memory";
}

std::string number_in_words(std::string_view name, std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::string(digits);
  if (number == no_limit) return fmt::format("{} (no limit)", digits);
  if (name.ends_with(".ms")) return fmt::format("{}{}", digits, in_units(number, times));
  if (is_size(name)) return fmt::format("{}{}", digits, in_units(number, sizes));
  return std::string(digits);
}

// Text of a type for people: "int", "list", "text".
std::string type_in_words(const ConfigDef& def) {
  std::string name(protocol::config_type_name(def.type));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

// Which client of librdkafka takes it; the other accepts and ignores it.
std::string clients_of(const protocol::LibrdkafkaDef& def) {
  if (def.of_producer && def.of_consumer) return "producer, consumer";
  return def.of_producer ? "producer" : "consumer";
}

void add_setting(const ConfigDef& def, std::vector<Field>& out) {
  if (def.librdkafka) {
    out.push_back({"of", clients_of(*def.librdkafka)});
    if (def.librdkafka->deprecated) out.push_back({"deprecated", "yes"});
  }
  out.push_back({"type", type_in_words(def)});
  out.push_back({"default", default_in_words(def)});
  if (const std::string allowed = allowed_in_words(def); !allowed.empty())
    out.push_back({"allowed", allowed});
  const std::string_view whose = def.librdkafka ? "librdkafka" : "Kafka";
  out.push_back({"in kafkasim", def.acts ? fmt::format("acts as in {}", whose)
                                         : "known and checked, but nothing depends on it"});
}

std::string owners_of(std::string_view name) {
  std::string owners;
  const auto add = [&](std::span<const ConfigDef> defs, std::string_view owner) {
    if (find_config(defs, name) == nullptr) return;
    owners += owners.empty() ? "" : ", ";
    owners += owner;
  };
  add(protocol::producer_config_defs(), "producer");
  add(protocol::consumer_config_defs(), "consumer");
  add(protocol::broker_config_defs(), "broker");
  return owners;
}

void add_error(const Entry& entry, std::vector<Field>& out) {
  const auto code = protocol::error_code(entry.name);
  if (!code) return;
  out.push_back({"code", fmt::format("{}", static_cast<int>(*code))});
  if (const std::string exception = exception_of(entry); !exception.empty())
    out.push_back({"exception in Java", exception});
  out.push_back({"retriable", is_retriable(*code) ? "yes" : "no"});
  if (is_invalid_metadata(*code)) out.push_back({"metadata", "the client fetches it anew"});
}

}  // namespace

std::span<const ConfigDef> settings_of(Kind kind) {
  switch (kind) {
    case Kind::producer_setting:
      return protocol::producer_config_defs();
    case Kind::consumer_setting:
      return protocol::consumer_config_defs();
    case Kind::librdkafka_setting:
      return protocol::librdkafka_config_defs();
    case Kind::topic_setting:
      return protocol::topic_config_defs();
    case Kind::broker_setting:
    case Kind::group_setting:
    case Kind::security_setting:
      return protocol::broker_config_defs();
    default:
      return {};
  }
}

std::vector<std::string> settings_named(Kind kind, std::string_view prefix) {
  std::set<std::string> all;
  const auto add = [&](std::span<const ConfigDef> defs) {
    for (const ConfigDef& def : defs) {
      if (def.name.starts_with(prefix)) all.emplace(def.name);
    }
  };
  add(settings_of(kind));
  if (kind == Kind::security_setting) {
    add(protocol::producer_config_defs());
    add(protocol::consumer_config_defs());
  }
  return {all.begin(), all.end()};
}

std::vector<Field> facts(const Entry& entry, std::string_view name) {
  std::vector<Field> out;
  if (entry.kind == Kind::error) add_error(entry, out);
  if (entry.kind == Kind::security_setting && !name.empty()) out.push_back({"of", owners_of(name)});
  if (const ConfigDef* def = find_config(settings_of(entry.kind), name)) add_setting(*def, out);
  return out;
}

std::string default_in_words(const ConfigDef& def) {
  if (!def.default_text) return "null (none)";
  if (def.default_text->empty()) return "(empty)";
  return number_in_words(def.name, *def.default_text);
}

std::string allowed_in_words(const ConfigDef& def) {
  const auto number = [](double value) { return fmt::format("{}", value); };
  if (def.type == protocol::ConfigType::boolean) return "true, false";
  switch (def.rule) {
    case ConfigRule::at_least:
      return number(def.low) + " or more";
    case ConfigRule::between:
      return fmt::format("{} to {}", def.low, def.high);
    case ConfigRule::between_or_minus_one:
      return fmt::format("{} to {}, or -1", def.low, def.high);
    case ConfigRule::one_of:
      return std::string(def.words);
    case ConfigRule::one_of_ignoring_case:
      return fmt::format("{} (upper or lower case)", def.words);
    case ConfigRule::non_empty:
      return "a text that is not empty";
    case ConfigRule::replica_list:
      return "*, or pairs such as 0:1,1:2 (partition:broker)";
    case ConfigRule::offset_reset:
      return "earliest, latest, none, by_duration:PnDTnHnMn.nS";
    default:
      return "";
  }
}

std::optional<int> error_number(std::string_view name) {
  const auto code = protocol::error_code(name);
  if (!code) return std::nullopt;
  return static_cast<int>(*code);
}

std::string exception_of(const Entry& entry) {
  if (const auto given = field(entry, "Exception"); !given.empty())
    return given == "none" ? "" : std::string(given);
  std::string made;
  bool start = true;
  for (const char c : entry.name) {
    if (c == '_') {
      start = true;
    } else {
      made += start || c < 'A' || c > 'Z' ? c : static_cast<char>(c - 'A' + 'a');
      start = false;
    }
  }
  return made.ends_with("Exception") ? made : made + "Exception";
}

}  // namespace kafkasim::explain
