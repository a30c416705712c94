// Parsing and printing of values with units and ranges.
#include "scenarios/engine/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "client/metric_value.hpp"
#include "sim/time.hpp"

namespace kafkasim::scenarios {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename Number>
std::optional<Number> digits(std::string_view text) {
  if (!all_digits(text)) return std::nullopt;
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A number with at most three decimals, in thousandths.
std::optional<std::int64_t> thousandths(std::string_view text) {
  const auto point = text.find('.');
  const auto whole = digits<std::int64_t>(text.substr(0, point));
  if (!whole || *whole > std::numeric_limits<std::int64_t>::max() / 1000 - 1) return std::nullopt;
  if (point == std::string_view::npos) return *whole * 1000;
  std::string decimals(text.substr(point + 1));
  if (decimals.empty() || decimals.size() > 3) return std::nullopt;
  decimals.append(3 - decimals.size(), '0');
  const auto rest = digits<std::int64_t>(decimals);
  if (!rest) return std::nullopt;
  return *whole * 1000 + *rest;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) { return sim::parse_duration(text); }

std::optional<Duration> parse_signed_duration(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  const auto size = parse_duration(is_negative ? text.substr(1) : text);
  if (!size) return std::nullopt;
  return is_negative ? -*size : *size;
}

std::optional<DurationRange> parse_duration_range(std::string_view text) {
  const auto dots = text.find("..");
  const auto lowest = parse_duration(text.substr(0, dots));
  if (!lowest) return std::nullopt;
  if (dots == std::string_view::npos) return DurationRange{*lowest, *lowest};
  const auto highest = parse_duration(text.substr(dots + 2));
  if (!highest || *highest < *lowest) return std::nullopt;
  return DurationRange{*lowest, *highest};
}

std::optional<Duration> parse_period(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return parse_duration(text);
  const auto count = parse_count(text.substr(0, slash));
  const std::string_view unit_name = text.substr(slash + 1);
  const auto unit =
      unit_name.size() == 1 ? parse_duration(fmt::format("1{}", unit_name)) : std::nullopt;
  if (!count || *count == 0 || !unit) return std::nullopt;
  const Duration period = *unit / *count;
  if (period == Duration::zero()) return std::nullopt;
  return period;
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  return digits<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  return digits<std::uint64_t>(text);
}

std::optional<CountRange> parse_count_range(std::string_view text) {
  const auto dots = text.find("..");
  const auto lowest = parse_count(text.substr(0, dots));
  if (!lowest) return std::nullopt;
  if (dots == std::string_view::npos) return CountRange{*lowest, *lowest};
  const auto highest = parse_count(text.substr(dots + 2));
  if (!highest || *highest < *lowest) return std::nullopt;
  return CountRange{*lowest, *highest};
}

std::optional<NumberRange> parse_number_range(std::string_view text) {
  const auto dots = text.find("..");
  const auto lowest = thousandths(text.substr(0, dots));
  if (!lowest) return std::nullopt;
  if (dots == std::string_view::npos) return NumberRange{*lowest, *lowest};
  const auto highest = thousandths(text.substr(dots + 2));
  if (!highest || *highest < *lowest) return std::nullopt;
  return NumberRange{*lowest, *highest};
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t bytes;
  };
  constexpr std::array units = {Unit{"KiB", 1024}, Unit{"MiB", 1024 * 1024},
                                Unit{"GiB", 1024 * 1024 * 1024}, Unit{"B", 1}};
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    const auto count = parse_count(text.substr(0, text.size() - unit.name.size()));
    if (!count || *count > std::numeric_limits<std::int64_t>::max() / unit.bytes)
      return std::nullopt;
    return *count * unit.bytes;
  }
  return std::nullopt;
}

std::optional<TopicPartition> parse_partition(std::string_view text) {
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto number = parse_numbered(text.substr(dash), "-");
  if (!number) return std::nullopt;
  return TopicPartition{std::string(text.substr(0, dash)), *number};
}

std::optional<int> parse_numbered(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return digits<int>(text);
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::string to_string(const CountRange& range) {
  if (range.lowest == range.highest) return fmt::format("{}", range.lowest);
  return fmt::format("{}..{}", range.lowest, range.highest);
}

std::string to_string(const NumberRange& range) {
  const std::string lowest = client::metric_text(range.lowest);
  if (range.lowest == range.highest) return lowest;
  return lowest + ".." + client::metric_text(range.highest);
}

std::string to_string(const DurationRange& range) {
  if (range.lowest == range.highest) return sim::to_string(range.lowest);
  return fmt::format("{}..{}", sim::to_string(range.lowest), sim::to_string(range.highest));
}

}  // namespace kafkasim::scenarios
