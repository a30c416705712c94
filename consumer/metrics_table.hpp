// The metrics of a consumer by name: what each is called, what it means, its unit and its value.
// Names are those of Kafka's consumer-metrics, consumer-fetch-manager-metrics and
// consumer-coordinator-metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/metrics.hpp"

namespace kafkasim::consumer {

// A figure in thousandths of its unit; none: there is nothing that it could be taken of (the
// average of no fetches).
using MetricValue = std::optional<std::int64_t>;

struct MetricDef {
  std::string_view name;   // "records-consumed-total"
  std::string_view label;  // "records handed to the application"
  std::string_view unit;   // "records"
  MetricValue (*value)(const MetricsSnapshot&) = nullptr;
};
// In the order in which they are shown.
std::span<const MetricDef> metric_defs();

std::vector<std::string> metric_names();

}  // namespace kafkasim::consumer
