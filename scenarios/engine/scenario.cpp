// The small questions that a scenario's plain data answers itself.
#include "scenarios/engine/scenario.hpp"

#include <fmt/format.h>

#include <array>

namespace kafkasim::scenarios {

std::string SendPlan::record(std::int64_t index) const {
  if (!values.empty()) return values.at(static_cast<std::size_t>(index));
  return fmt::format("{}-{}", prefix, first_number + index);
}

std::optional<std::string> SendPlan::key(std::int64_t index) const {
  if (key_count > 0) return fmt::format("key-{}", index % key_count + 1);
  if (keys.empty()) return std::nullopt;
  return keys[static_cast<std::size_t>(index) % keys.size()];
}

std::string_view to_string(Anomaly anomaly) {
  constexpr std::array<std::string_view, 10> names = {
      "lost",    "duplicated",      "reordered", "handled-twice", "skipped", "handled-out-of-order",
      "phantom", "aborted-visible", "torn",      "stuck"};
  return names.at(static_cast<std::size_t>(anomaly));
}

}  // namespace kafkasim::scenarios
