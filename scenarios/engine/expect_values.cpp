// Lists, numbers and ranges.
#include "scenarios/engine/expect_values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {

namespace {

constexpr std::size_t shown_names = 24;

std::size_t first_difference(const Names& a, const Names& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

}  // namespace

std::string list_text(const Names& names, std::size_t focus) {
  if (names.empty()) return "nothing";
  if (names.size() <= shown_names) return fmt::format("{}", fmt::join(names, " "));
  const std::size_t lead = 3;  // names before the focus
  const std::size_t first = std::min(focus < lead ? 0 : focus - lead, names.size() - shown_names);
  std::string out = first == 0 ? "" : fmt::format("... {} before ... ", first);
  for (std::size_t i = first; i < first + shown_names; ++i)
    out += (i == first ? "" : " ") + names[i];
  const std::size_t after = names.size() - first - shown_names;
  if (after > 0) out += fmt::format(" ... {} more", after);
  return out + fmt::format(" ({} in all)", names.size());
}

ExpectationResult compare_lists(std::string key, Names expected, Names got, Position position,
                                Order order) {
  if (order == Order::does_not_matter) {
    std::sort(expected.begin(), expected.end());
    std::sort(got.begin(), got.end());
  }
  const std::size_t focus = first_difference(expected, got);
  const bool met = expected == got;
  return {std::move(key), met, list_text(expected, met ? 0 : focus),
          list_text(got, met ? 0 : focus), position};
}

ExpectationResult compare_records(std::string key, const Expected<Records>& expected, Names got,
                                  Order order) {
  if (const auto* names = std::get_if<Names>(&expected.value)) {
    return compare_lists(std::move(key), *names, std::move(got), expected.position, order);
  }
  const CountRange& range = std::get<CountRange>(expected.value);
  const auto count = static_cast<std::int64_t>(got.size());
  const bool met = range.contains(count);
  std::string text = std::to_string(count);
  if (!met && count > 0) text += ": " + list_text(got);
  return {std::move(key), met, to_string(range), std::move(text), expected.position};
}

ExpectationResult compare_number(std::string key, const CountRange& expected,
                                 std::optional<std::int64_t> got, Position position) {
  return {std::move(key), got && expected.contains(*got), to_string(expected),
          got ? std::to_string(*got) : std::string("none"), position};
}

}  // namespace kafkasim::scenarios
