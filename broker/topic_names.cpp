// Topic names: letters, digits, '.', '_' and '-'.
#include "broker/topic_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::broker {
namespace {

constexpr std::size_t max_topic_name_length = 249;

bool is_legal_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::optional<std::string> why_illegal_topic_name(const std::string& name) {
  if (name.empty()) return "Topic name is invalid: the empty string is not allowed";
  if (name == "." || name == "..")
    return fmt::format("Topic name is invalid: '{}' is not allowed", name);
  if (name.size() > max_topic_name_length) {
    return fmt::format(
        "Topic name is invalid: the length of '{}' is longer than the max allowed length {}", name,
        max_topic_name_length);
  }
  if (!std::all_of(name.begin(), name.end(), is_legal_character)) {
    return fmt::format(
        "Topic name is invalid: '{}' contains one or more characters other than ASCII "
        "alphanumerics, '.', '_' and "
        "'-'",
        name);
  }
  return std::nullopt;
}

bool topic_names_collide(const std::string& a, const std::string& b) {
  const auto same = [](char x, char y) { return (x == '.' ? '_' : x) == (y == '.' ? '_' : y); };
  return a != b && std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace kafkasim::broker
