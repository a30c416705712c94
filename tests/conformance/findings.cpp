// Findings as lines of text.
#include "tests/conformance/findings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::conformance {
namespace {

constexpr std::size_t shown_limit = 400;  // characters of a value

std::string shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > shown_limit) {
    text.resize(shown_limit);
    text += "...";
  }
  return text;
}

}  // namespace

std::string Findings::placed(const std::string& what) const {
  return place_.empty() ? what : place_ + ": " + what;
}

bool Findings::expect(const std::string& field, const nlohmann::json& expected,
                      const nlohmann::json& got) {
  if (expected == got) return true;
  fail(fmt::format("{}: expected {}, got {}", field, shown(expected), shown(got)));
  return false;
}

void Findings::fail(const std::string& what) { mismatches_.push_back(placed(what)); }

void Findings::note(const std::string& what) {
  const std::string line = placed(what);
  if (std::find(notes_.begin(), notes_.end(), line) == notes_.end()) notes_.push_back(line);
}

}  // namespace kafkasim::conformance
