// The reading of one text.
#include "protocol/config_librdkafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace kafkasim::protocol {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view left_trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// The entries between commas, blanks around them left out.
std::vector<std::string_view> entries_of(std::string_view text) {
  std::vector<std::string_view> entries;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    std::string_view entry = left_trimmed(text.substr(0, end));
    while (!entry.empty() && is_space(entry.back())) entry.remove_suffix(1);
    if (!entry.empty()) entries.push_back(entry);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return entries;
}

// The word of the definition that is meant; empty: none.
std::string_view word_for(const ConfigDef& def, std::string_view text) {
  for (const std::string_view word : entries_of(def.words)) {
    if (same_ignoring_case(word, text)) return word;
  }
  return {};
}

std::string empty_value(const ConfigDef& def, std::string_view what) {
  return fmt::format("{}onfiguration property \"{}\" cannot be set to empty value", what, def.name);
}

ParsedConfig parse_flag(const ConfigDef& def, std::string_view text) {
  if (text.empty()) return {{}, empty_value(def, "Bool c")};
  for (const std::string_view word : {"true", "t", "1"}) {
    if (same_ignoring_case(text, word)) return {true, ""};
  }
  for (const std::string_view word : {"false", "f", "0"}) {
    if (same_ignoring_case(text, word)) return {false, ""};
  }
  return {{}, fmt::format("Expected bool value for \"{}\": true or false", def.name)};
}

// As strtol() reads: blanks, a sign, hexadecimal after 0x, octal after 0, and nobody minds what
// follows. What does not fit into 32 bits loses its upper ones.
ParsedConfig parse_whole(const ConfigDef& def, const std::string& text) {
  if (text.empty()) return {{}, empty_value(def, "Integer c")};
  char* end = nullptr;
  const long read = std::strtol(text.c_str(), &end, 0);
  auto number = static_cast<std::int32_t>(static_cast<std::uint32_t>(read));
  if (end == text.c_str()) {
    if (def.name != "request.required.acks" || !same_ignoring_case(text, "all"))
      return {{}, fmt::format("Invalid value for configuration property \"{}\"", def.name)};
    number = -1;
  }
  const auto low = static_cast<std::int32_t>(def.low);
  const auto high = static_cast<std::int32_t>(def.high);
  if (number < low || number > high) {
    return {{},
            fmt::format("Configuration property \"{}\" value {} is outside allowed range {}..{}",
                        def.name, number, low, high)};
  }
  return {std::int64_t{number}, ""};
}

ParsedConfig parse_real(const ConfigDef& def, const std::string& text) {
  if (text.empty()) return {{}, empty_value(def, "Float c")};
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str())
    return {{}, fmt::format("Invalid value for configuration property \"{}\"", def.name)};
  if (number < def.low || number > def.high) {
    return {{},
            fmt::format("Configuration property \"{}\" value {:g} is outside allowed range "
                        "{:g}..{:g}",
                        def.name, number, def.low, def.high)};
  }
  return {number, ""};
}

ParsedConfig parse_word(const ConfigDef& def, std::string_view text) {
  if (text.empty()) return {{}, empty_value(def, "C")};
  const std::string_view trimmed = left_trimmed(text);
  const std::string_view word = word_for(def, trimmed);
  if (!word.empty()) return {std::string(word), ""};
  return {{},
          fmt::format("Invalid value \"{}\" for configuration property \"{}\"", trimmed, def.name)};
}

// Flags may be added and taken away: "+msg,-topic".
ParsedConfig parse_flags(const ConfigDef& def, std::string_view text) {
  if (text.empty()) return {{}, empty_value(def, "C")};
  std::vector<std::string> flags;
  for (std::string_view entry : entries_of(text)) {
    if (entry.front() == '+' || entry.front() == '-') entry.remove_prefix(1);
    const std::string_view word = word_for(def, entry);
    if (word.empty()) {
      return {
          {},
          fmt::format("Invalid value \"{}\" for configuration property \"{}\"", entry, def.name)};
    }
    flags.emplace_back(word);
  }
  return {flags, ""};
}

ParsedConfig parse_partitioner(const ConfigDef& def, std::string_view text) {
  for (const std::string_view word : {"random", "consistent", "consistent_random", "murmur2",
                                      "murmur2_random", "fnv1a", "fnv1a_random"}) {
    if (text == word) return {std::string(text), ""};
  }
  return {{},
          fmt::format("Invalid value for configuration property \"{}\": {}", def.name,
                      text.empty() ? "(null)" : text)};
}

}  // namespace

ParsedConfig parse_librdkafka(const ConfigDef& def, std::string_view text) {
  switch (def.type) {
    case ConfigType::boolean:
      return parse_flag(def, text);
    case ConfigType::int_number:
      return parse_whole(def, std::string(text));
    case ConfigType::real:
      return parse_real(def, std::string(text));
    case ConfigType::list: {
      if (def.rule == ConfigRule::one_of) return parse_flags(def, text);
      std::vector<std::string> entries;
      for (const std::string_view entry : entries_of(text)) entries.emplace_back(entry);
      return {entries, ""};
    }
    default:
      break;
  }
  if (def.rule == ConfigRule::one_of) return parse_word(def, text);
  const std::string_view trimmed = left_trimmed(text);
  if (def.name == "partitioner") return parse_partitioner(def, trimmed);
  if (trimmed.empty()) return {};
  return {std::string(trimmed), ""};
}

std::string librdkafka_warning(const ConfigDef& def, bool of_producer) {
  if (!def.librdkafka) return {};
  if (of_producer ? !def.librdkafka->of_producer : !def.librdkafka->of_consumer) {
    return fmt::format(
        "Configuration property {} is a {} property and will be ignored by this {} instance",
        def.name, of_producer ? "consumer" : "producer", of_producer ? "producer" : "consumer");
  }
  if (def.librdkafka->deprecated)
    return fmt::format("Configuration property {} is deprecated", def.name);
  return {};
}

}  // namespace kafkasim::protocol
