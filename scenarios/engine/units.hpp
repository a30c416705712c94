// The values that carry a unit or a range, as a scenario file writes them: 5ms, 16KiB, 1000/s,
// 1ms..20ms, orders-0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

// Each answers nothing when the text is not of the form, or too large for it.

// "250us", "5ms", "2s", "10m", "7d". Never negative.
std::optional<Duration> parse_duration(std::string_view text);
// The same, or with a minus before it.
std::optional<Duration> parse_signed_duration(std::string_view text);
// "1ms..20ms", or a single duration for both ends.
std::optional<DurationRange> parse_duration_range(std::string_view text);
// A duration, or a rate: "1000/s" is 1ms. Units of rates: s, m, h, d.
std::optional<Duration> parse_period(std::string_view text);
// Digits only: no sign, no exponent.
std::optional<std::int64_t> parse_count(std::string_view text);
std::optional<std::uint64_t> parse_seed(std::string_view text);
// "0..3", or a single count for both ends.
std::optional<CountRange> parse_count_range(std::string_view text);
// "2", "0.5", "1.25..3": at most three decimals.
std::optional<NumberRange> parse_number_range(std::string_view text);
// Bytes: "100B", "16KiB", "1MiB", "2GiB".
std::optional<std::int64_t> parse_size(std::string_view text);
// "orders-0": what follows the last dash is the number.
std::optional<TopicPartition> parse_partition(std::string_view text);
// "broker-2" is 2 for the prefix "broker-"; no leading zeros.
std::optional<int> parse_numbered(std::string_view text, std::string_view prefix);
// true or false.
std::optional<bool> parse_flag(std::string_view text);

std::string to_string(const CountRange& range);     // "3" or "3..5"
std::string to_string(const NumberRange& range);    // "0.5" or "0.5..2"
std::string to_string(const DurationRange& range);  // "1ms..20ms"

}  // namespace kafkasim::scenarios
