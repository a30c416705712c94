// Virtual time: nanoseconds since the moment that a scenario calls 0. Integers only. Set-up happens
// before 0.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kafkasim::sim {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;

// Names the time line of a world. It has no now(): only the loop knows what time it is.
struct VirtualClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<VirtualClock>;
  static constexpr bool is_steady = true;
};

using Time = VirtualClock::time_point;

inline constexpr Time never = Time::max();
inline constexpr Time zero{};

// `t + d` that stops at `never` instead of overflowing.
constexpr Time later(Time t, Duration d) { return d > never - std::max(t, zero) ? never : t + d; }

// Milliseconds since 1970 of a virtual time, for record timestamps. Virtual 0 is
// 2025-01-01T00:00:00Z.
constexpr std::int64_t to_epoch_ms(Time t) {
  return 1735689600000 +
         std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
constexpr Time from_epoch_ms(std::int64_t ms) {
  return Time(std::chrono::milliseconds(ms - 1735689600000));
}

// The shortest exact form with one unit: "250us", "1.5ms", "30s".
std::string to_string(Duration duration);
// Seconds with six decimals: "12.000250".
std::string to_string(Time time);
// "250us", "5ms", "2s", "10m", "1h", "7d" (also "1.5s"); none when it is not of that form or too
// large.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace kafkasim::sim
