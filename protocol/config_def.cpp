// The joined tables, and how Kafka reads the text of a setting: by type, then by rule, with its own
// words of refusal.
#include "protocol/config_def.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <limits>

#include "protocol/config_librdkafka.hpp"
#include "protocol/config_tables.hpp"
#include "protocol/java_classes.hpp"

namespace kafkasim::protocol {
namespace {

std::vector<ConfigDef> joined(std::initializer_list<std::span<const ConfigDef>> tables) {
  std::vector<ConfigDef> all;
  for (const auto& table : tables) all.insert(all.end(), table.begin(), table.end());
  std::sort(all.begin(), all.end(),
            [](const ConfigDef& a, const ConfigDef& b) { return a.name < b.name; });
  return all;
}

// As Java trims: everything up to the blank.
std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string refusal(const ConfigDef& def, std::string_view value, std::string_view why) {
  return fmt::format("Invalid value {} for configuration {}: {}", value, def.name, why);
}

// Each entry without the blanks around it; "a," has two entries, the second of them empty.
std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> entries;
  text = trimmed(text);
  if (text.empty()) return entries;
  while (true) {
    const auto end = text.find(separator);
    entries.emplace_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return entries;
    text.remove_prefix(end + 1);
  }
}

// A whole number as Java reads it: an optional sign and decimal digits, within the type.
std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t lowest,
                                         std::int64_t highest) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < lowest || number > highest) return std::nullopt;
  return number;
}

std::optional<double> real_number(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

ParsedConfig parse_type(const ConfigDef& def, std::string_view given) {
  const std::string_view text = trimmed(given);
  switch (def.type) {
    case ConfigType::boolean:
      if (same_ignoring_case(text, "true")) return {true, ""};
      if (same_ignoring_case(text, "false")) return {false, ""};
      return {{}, refusal(def, given, "Expected value to be either true or false")};
    case ConfigType::short_number:
    case ConfigType::int_number:
    case ConfigType::long_number: {
      std::int64_t highest = std::numeric_limits<std::int64_t>::max();
      if (def.type == ConfigType::int_number) highest = std::numeric_limits<std::int32_t>::max();
      if (def.type == ConfigType::short_number) highest = std::numeric_limits<std::int16_t>::max();
      if (const auto number = whole_number(text, -highest - 1, highest)) return {*number, ""};
      return {
          {},
          refusal(def, given, fmt::format("Not a number of type {}", config_type_name(def.type)))};
    }
    case ConfigType::real:
      if (const auto number = real_number(text)) return {*number, ""};
      return {{}, refusal(def, given, "Not a number of type DOUBLE")};
    case ConfigType::list:
      return {split_list(text, ','), ""};
    case ConfigType::class_name:
      if (is_java_class(text)) return {std::string(text), ""};
      return {{}, refusal(def, given, fmt::format("Class {} could not be found.", given))};
    case ConfigType::text:
    case ConfigType::password:
      return {std::string(text), ""};
  }
  return {{}, refusal(def, given, "Unknown type")};
}

double as_real(const ConfigValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return 0;
}

// A real number as Java's Double.toString writes it: with a fraction, always, and with an exponent
// from ten million on and below a thousandth.
std::string with_fraction(double number) {
  const double size = std::abs(number);
  if (!std::isfinite(number))
    return std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  constexpr double first_with_exponent = 1e7;
  constexpr double last_without = 1e-3;
  std::string text = fmt::format("{}", number);
  std::string exponent;
  if (size != 0 && (size >= first_with_exponent || size < last_without)) {
    text = fmt::format("{:e}", number);
    // The shortest digits that mean this number.
    for (int digits = 0; digits < std::numeric_limits<double>::max_digits10; ++digits) {
      text = fmt::format("{:.{}e}", number, digits);
      if (std::strtod(text.c_str(), nullptr) == number) break;
    }
    const std::size_t e = text.find('e');
    exponent = fmt::format("E{}", std::stoi(text.substr(e + 1)));
    text.resize(e);
  }
  if (text.find('.') == std::string::npos) text += ".0";
  return text + exponent;
}

std::string shown(const ConfigValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* real = std::get_if<double>(&value)) return with_fraction(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return {};
}

// Kafka gives the bounds of a real number as whole or as real ones.
std::string bound(const ConfigDef& def, double number) {
  const bool real = def.low != std::floor(def.low) || def.high != std::floor(def.high);
  return real ? with_fraction(number) : fmt::format("{}", static_cast<std::int64_t>(number));
}

std::string check_range(const ConfigDef& def, const ConfigValue& value) {
  const double number = as_real(value);
  if (def.rule == ConfigRule::between_or_minus_one) {
    if (number == -1 || (number >= def.low && number <= def.high)) return {};
    return refusal(def, shown(value),
                   fmt::format("Value must be between {} and {} or equal to -1",
                               bound(def, def.low), bound(def, def.high)));
  }
  if (number < def.low) {
    return refusal(def, shown(value),
                   fmt::format("Value must be at least {}", bound(def, def.low)));
  }
  if (def.rule == ConfigRule::between && number > def.high) {
    return refusal(def, shown(value),
                   fmt::format("Value must be no more than {}", bound(def, def.high)));
  }
  return {};
}

std::string check_words(const ConfigDef& def, const ConfigValue& value) {
  const bool ignoring_case = def.rule == ConfigRule::one_of_ignoring_case;
  const std::vector<std::string> allowed = split_list(def.words, ',');
  std::vector<std::string> entries;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    entries = *list;
  } else {
    entries.push_back(shown(value));
  }
  for (const std::string& entry : entries) {
    const bool known = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& word) {
      return ignoring_case ? same_ignoring_case(word, entry) : word == entry;
    });
    if (known) continue;
    return refusal(def, entry,
                   fmt::format("String must be one of{} {}",
                               ignoring_case ? " (case insensitive):" : ":", def.words));
  }
  return {};
}

bool is_replica_list(const std::vector<std::string>& entries) {
  if (entries.size() == 1 && entries[0] == "*") return true;
  return std::all_of(entries.begin(), entries.end(), [](const std::string& entry) {
    const std::vector<std::string> pair = split_list(entry, ':');
    return pair.size() == 2 && std::all_of(pair.begin(), pair.end(), [](const std::string& number) {
             return !number.empty() && std::all_of(number.begin(), number.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
           });
  });
}

// PnDTnHnMn.nS without a sign: days, then after a T hours, minutes and seconds, each at most once
// and in order.
bool is_iso_duration(std::string_view text) {
  if (text.size() < 2 || lower(text[0]) != 'p') return false;
  text.remove_prefix(1);
  constexpr std::string_view units = "dthms";
  std::size_t next_unit = 0;
  bool in_time = false;
  bool any = false;
  while (!text.empty()) {
    if (lower(text[0]) == 't') {
      if (in_time || text.size() == 1) return false;
      in_time = true;
      next_unit = 2;
      text.remove_prefix(1);
      continue;
    }
    const auto digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return false;
    const auto unit = units.find(lower(text[digits]), next_unit);
    if (unit == std::string_view::npos || (unit == 0) == in_time || text[0] == '.') return false;
    if (unit != 4 && text.substr(0, digits).find('.') != std::string_view::npos) return false;
    next_unit = unit + 1;
    any = true;
    text.remove_prefix(digits + 1);
  }
  return any;
}

std::string check_offset_reset(const ConfigDef& def, const std::string& text) {
  constexpr std::string_view by_duration = "by_duration:";
  if (text == "earliest" || text == "latest" || text == "none") return {};
  if (text.starts_with(by_duration) &&
      is_iso_duration(std::string_view(text).substr(by_duration.size())))
    return {};
  return refusal(
      def, text,
      fmt::format(
          "Invalid value `{}` for configuration {}. The value must be either 'earliest', 'latest', "
          "'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.",
          text, def.name));
}

std::string check_rule(const ConfigDef& def, const ConfigValue& value) {
  switch (def.rule) {
    case ConfigRule::any:
    case ConfigRule::not_null:
      return {};
    case ConfigRule::at_least:
    case ConfigRule::between:
    case ConfigRule::between_or_minus_one:
      return check_range(def, value);
    case ConfigRule::one_of:
    case ConfigRule::one_of_ignoring_case:
      return check_words(def, value);
    case ConfigRule::non_empty:
      return shown(value).empty() ? refusal(def, "", "String must be non-empty") : std::string();
    case ConfigRule::replica_list:
      if (is_replica_list(std::get<std::vector<std::string>>(value))) return {};
      return refusal(
          def, fmt::format("[{}]", fmt::join(std::get<std::vector<std::string>>(value), ", ")),
          fmt::format("{} must be the literal '*' or a list of replicas in the following format: "
                      "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
                      def.name));
    case ConfigRule::offset_reset:
      return check_offset_reset(def, std::get<std::string>(value));
  }
  return {};
}

}  // namespace

std::span<const ConfigDef> producer_config_defs() {
  static const std::vector<ConfigDef> defs =
      joined({tables::producer_rows(), tables::security_rows()});
  return defs;
}

std::span<const ConfigDef> consumer_config_defs() {
  static const std::vector<ConfigDef> defs =
      joined({tables::consumer_rows(), tables::security_rows()});
  return defs;
}

std::span<const ConfigDef> broker_config_defs() {
  static const std::vector<ConfigDef> defs =
      joined({tables::broker_rows_a_to_l(), tables::broker_rows_m_to_z(), tables::group_rows(),
              tables::security_rows()});
  return defs;
}

std::span<const ConfigDef> librdkafka_config_defs() {
  static const std::vector<ConfigDef> defs =
      joined({tables::librdkafka_rows_a_to_l(), tables::librdkafka_rows_m_to_z(),
              tables::librdkafka_security_rows()});
  return defs;
}

std::span<const ConfigDef> topic_config_defs() { return tables::topic_rows(); }

const ConfigDef* find_config(std::span<const ConfigDef> defs, std::string_view name) {
  const auto found = std::lower_bound(
      defs.begin(), defs.end(), name,
      [](const ConfigDef& def, std::string_view wanted) { return def.name < wanted; });
  return found != defs.end() && found->name == name ? &*found : nullptr;
}

ParsedConfig parse_config(const ConfigDef& def, std::string_view text) {
  if (def.librdkafka) return parse_librdkafka(def, text);
  ParsedConfig parsed = parse_type(def, text);
  if (parsed.error.empty()) parsed.error = check_rule(def, parsed.value);
  return parsed;
}

std::string config_rule_text(const ConfigDef& def) {
  switch (def.rule) {
    case ConfigRule::any:
      return {};
    case ConfigRule::at_least:
      return fmt::format("[{},...]", bound(def, def.low));
    case ConfigRule::between:
      return fmt::format("[{},...,{}]", bound(def, def.low), bound(def, def.high));
    case ConfigRule::between_or_minus_one:
      return fmt::format("[{},...,{}] or -1", bound(def, def.low), bound(def, def.high));
    case ConfigRule::one_of:
      return fmt::format("[{}]", def.words);
    case ConfigRule::one_of_ignoring_case:
      return fmt::format("(case insensitive) [{}]", def.words);
    case ConfigRule::not_null:
      return "non-null string";
    case ConfigRule::non_empty:
      return "non-empty string";
    case ConfigRule::replica_list:
      return "[partitionId]:[brokerId],[partitionId]:[brokerId],...";
    case ConfigRule::offset_reset:
      return "[latest, earliest, none, by_duration:PnDTnHnMn.nS]";
  }
  return {};
}

std::string_view config_type_name(ConfigType type) {
  constexpr std::array<std::string_view, 9> names = {
      "BOOLEAN", "SHORT", "INT", "LONG", "DOUBLE", "STRING", "LIST", "CLASS", "PASSWORD"};
  return names.at(static_cast<std::size_t>(type));
}

}  // namespace kafkasim::protocol
