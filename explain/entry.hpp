// What can be explained: kinds of things, and the entry that a text file of docs/explain has for
// one of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kafkasim::explain {

// In the order in which things of the same name are shown.
enum class Kind {
  producer_setting,
  consumer_setting,
  librdkafka_setting,
  topic_setting,
  broker_setting,
  group_setting,
  security_setting,
  error,
  anomaly,
  trigger,
  action,
  event_key,
  role,
  message,
  expectation,
  metric,
  chaos,
  trace_line,
  invariant,
};
inline constexpr int kinds = 19;

bool is_setting(Kind kind);
// "a setting of the producer".
std::string_view in_words(Kind kind);
// "Settings of the producer".
std::string_view heading(Kind kind);

struct Field {
  std::string name;  // "See also"
  std::string value;
};

// `name` ends in `*` when one entry speaks of a whole family ("ssl.*").
struct Entry {
  Kind kind = Kind::error;
  std::string name;
  std::vector<std::string> paragraphs;  // each without line breaks
  std::vector<Field> fields;            // in the order of the file
};

// The value of that field, or nothing.
std::string_view field(const Entry& entry, std::string_view name);
// The same, taken apart at its commas.
std::vector<std::string> list_field(const Entry& entry, std::string_view name);

}  // namespace kafkasim::explain
