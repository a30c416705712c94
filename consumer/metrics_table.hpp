// The metrics of a consumer by name: what each is called, what it means, its unit and its value.
// Names are those of Kafka's consumer-metrics, consumer-fetch-manager-metrics and
// consumer-coordinator-metrics.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/metric_value.hpp"
#include "consumer/metrics.hpp"

namespace kafkasim::consumer {

using client::MetricValue;

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
