// Kafka's settings as Kafka defines them: name, type, default, allowed values, and the exact words
// of a refusal; and the typed look-up that clients and brokers read their settings from. Defaults
// and rules are those of Kafka 4.0. Left out: display groups; the importance of settings of brokers
// and topics; what settings mean together (config_rules.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kafkasim::protocol {

enum class ConfigType {
  boolean,
  short_number,
  int_number,
  long_number,
  real,
  text,
  list,
  class_name,
  password
};

enum class ConfigRule {
  any,
  at_least,              // number >= low
  between,               // low <= number <= high
  between_or_minus_one,  // 1 .. 9 or -1, as gzip levels
  one_of,                // the text, or each entry of the list, is one of `words`
  one_of_ignoring_case,
  not_null,      // a list, never null
  non_empty,     // a text, if given, has a character in it
  replica_list,  // "*" or partition:broker pairs
  offset_reset,  // earliest, latest, none, by_duration:<ISO-8601>
};

enum class Importance { low, medium, high };

// What a setting of librdkafka is beside its type. One table serves producers and consumers: each
// takes the settings of the other and ignores them.
struct LibrdkafkaDef {
  bool of_producer = false;
  bool of_consumer = false;
  bool deprecated = false;
  bool acts_on_producer = false;
  bool acts_on_consumer = false;
  std::string_view alias_of;  // empty: a name of its own
};

// One setting. `words` separates its entries by ", " in the order in which Kafka's error text names
// them.
struct ConfigDef {
  std::string_view name;
  ConfigType type = ConfigType::text;
  std::optional<std::string_view> default_text;  // empty optional: null
  ConfigRule rule = ConfigRule::any;
  double low = 0;
  double high = 0;
  std::string_view words;
  bool acts = false;      // the simulator does something with it
  bool required = false;  // Kafka has no default; the default here is what a scenario works with
  Importance importance = Importance::low;  // of settings of Kafka's own clients
  std::optional<LibrdkafkaDef> librdkafka;  // none: a setting of Kafka
  std::string_view doc;
};

// The tables, each sorted by name.
std::span<const ConfigDef> producer_config_defs();
std::span<const ConfigDef> consumer_config_defs();
std::span<const ConfigDef> broker_config_defs();
std::span<const ConfigDef> topic_config_defs();

std::span<const ConfigDef> librdkafka_config_defs();

// The definition of `name`, or nullptr. An alias has a definition of its own.
const ConfigDef* find_config(std::span<const ConfigDef> defs, std::string_view name);

// Null, boolean, whole number, real, text (also class and password) or list.
using ConfigValue =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>>;

struct ParsedConfig {
  ConfigValue value;
  std::string
      error;  // empty: valid. Otherwise Kafka's words, "Invalid value X for configuration Y: ..."
};
// Parses a text as Kafka (or librdkafka, for one of its settings) parses a property and applies the
// definition's rule.
ParsedConfig parse_config(const ConfigDef& def, std::string_view text);

// The type as Kafka writes it: BOOLEAN, INT, LONG ...
std::string_view config_type_name(ConfigType type);
// The rule as Kafka's tables of settings write it, "[0,...]"; empty where there is none.
std::string config_rule_text(const ConfigDef& def);

// Settings of one table: every default, overlaid with what was given. Looking up a name that the
// table lacks, or as another type than the table says, is a bug of the caller and throws
// std::logic_error.
class ConfigValues {
 public:
  explicit ConfigValues(std::span<const ConfigDef> defs);

  // Sets `name`, or what `name` is an alias of; returns Kafka's error text, empty when it was
  // accepted. An unknown name is refused too.
  [[nodiscard]] std::string set(std::string_view name, std::string_view text);
  // Puts a value in place without marking it as given by the user (a default that another setting
  // changes).
  void override_default(std::string_view name, ConfigValue value);

  bool is_set(std::string_view name) const;   // given by the user
  bool is_null(std::string_view name) const;  // neither given nor a default
  bool flag(std::string_view name) const;
  std::int32_t int_value(std::string_view name) const;   // int and short
  std::int64_t long_value(std::string_view name) const;  // int, short and long
  double real_value(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;
  // A setting in milliseconds as a duration; more than 100 years (Kafka's "never") reads as exactly
  // 100 years, so that adding it to a time cannot overflow. Negative values stay negative.
  std::chrono::nanoseconds duration_ms(std::string_view name) const;
  const ConfigValue& value(std::string_view name) const;

  std::span<const ConfigDef> defs() const { return defs_; }
  bool of_librdkafka() const { return !defs_.empty() && defs_.front().librdkafka.has_value(); }
  // The names given by the user with their texts, sorted by name.
  std::vector<std::pair<std::string, std::string>> given() const;

 private:
  std::size_t index_of(std::string_view name) const;

  std::span<const ConfigDef> defs_;
  std::vector<ConfigValue> values_;  // parallel to defs_
  std::vector<std::string> given_;   // parallel to defs_; the text as given
  std::vector<bool> is_given_;
};

// What a topic works with: its own settings, and for those it does not set the broker's
// (log.retention.ms and so on).
ConfigValues effective_topic_config(const ConfigValues& topic, const ConfigValues& broker);

inline constexpr std::chrono::nanoseconds config_forever = std::chrono::hours(24 * 365 * 100);

}  // namespace kafkasim::protocol
