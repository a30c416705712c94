// Printing and parsing of times and durations.
#include "sim/time.hpp"

#include <fmt/format.h>

#include <array>

namespace kafkasim::sim {

namespace {

__extension__ using Wide = __int128;

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array units{Unit{"ns", 1},
                           Unit{"us", 1'000},
                           Unit{"ms", 1'000'000},
                           Unit{"s", 1'000'000'000},
                           Unit{"m", 60'000'000'000},
                           Unit{"h", 3'600'000'000'000},
                           Unit{"d", 86'400'000'000'000}};

}  // namespace

std::string to_string(Duration duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  const std::int64_t size = count < 0 ? -count : count;
  std::size_t unit = 3;
  while (unit > 0 && size < units[unit].nanoseconds) --unit;
  const std::int64_t whole = size / units[unit].nanoseconds;
  const std::int64_t rest = size % units[unit].nanoseconds;
  std::string text = fmt::format("{}{}", count < 0 ? "-" : "", whole);
  if (rest != 0) {
    std::string digits = fmt::format("{:0{}}", rest, 3 * unit);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + std::string(units[unit].name);
}

std::string to_string(Time time) {
  const std::int64_t micros =
      std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::int64_t size = micros < 0 ? -micros : micros;
  return fmt::format("{}{}.{:06}", micros < 0 ? "-" : "", size / 1'000'000, size % 1'000'000);
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::int64_t max_digits = 12;
  std::int64_t whole = 0;
  std::int64_t fraction = 0;
  std::int64_t fraction_scale = 1;
  std::int64_t digits = 0;
  bool in_fraction = false;
  std::size_t i = 0;
  for (; i < text.size() && (text[i] == '.' || (text[i] >= '0' && text[i] <= '9')); ++i) {
    if (text[i] == '.') {
      if (in_fraction || i == 0) return std::nullopt;
      in_fraction = true;
      continue;
    }
    if (++digits > max_digits) return std::nullopt;
    std::int64_t& part = in_fraction ? fraction : whole;
    part = part * 10 + (text[i] - '0');
    if (in_fraction) fraction_scale *= 10;
  }
  if (digits == 0 || text[i - 1] == '.') return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(i) != unit.name) continue;
    if (whole > INT64_MAX / 4 / unit.nanoseconds) return std::nullopt;
    // Exact or not at all: a fraction must be whole nanoseconds.
    const Wide scaled = static_cast<Wide>(fraction) * unit.nanoseconds;
    if (scaled % fraction_scale != 0) return std::nullopt;
    return Duration(whole * unit.nanoseconds + static_cast<std::int64_t>(scaled / fraction_scale));
  }
  return std::nullopt;
}

}  // namespace kafkasim::sim
