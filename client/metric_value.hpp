// The value of a client's metric, and how values are taken of what was counted. Which metrics there
// are is in producer/metrics_table.hpp and consumer/metrics_table.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kafkasim::client {

// A figure in thousandths of its unit; none: there is nothing that it could be taken of (the
// average of no batches).
using MetricValue = std::optional<std::int64_t>;

// Of a whole number of units. Requires: fits into thousandths.
MetricValue whole(std::int64_t number);
MetricValue whole(std::optional<std::int64_t> number);
// sum / count, without overflow for sums that only just fit; none of nothing.
MetricValue average(std::int64_t sum, std::int64_t count);

// "2", "2.345"; "-" for none.
std::string metric_text(const MetricValue& value);

}  // namespace kafkasim::client
