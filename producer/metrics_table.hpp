// The metrics of a producer by name: what each is called, what it means, its unit and its value.
// Names are those of Kafka's producer-metrics where it has the metric. The others are ours, in the
// same style: -min, -p50, -p95 and -p99 of every spread; record-ack-total and record-ack-time,
// record-failed-total, record-expired-total and batch-expired-total, batch-send-total and
// batch-retry-total, records-per-batch, produce-request-total, requests-in-flight-max,
// buffer-used-bytes-max and send-wait-time. byte-total and byte-rate are Kafka's metrics of a
// topic, here over all topics.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/metric_value.hpp"
#include "producer/metrics.hpp"

namespace kafkasim::producer {

using client::MetricValue;

struct MetricDef {
  std::string_view name;   // "record-send-total"
  std::string_view label;  // "records sent, each attempt counts"
  std::string_view unit;   // "records"
  bool is_kafkas = true;
  MetricValue (*value)(const MetricsSnapshot&) = nullptr;
};
// In the order in which they are shown.
std::span<const MetricDef> metric_defs();

// A metric with an average, percentiles and ends: its names are `base`-min, -avg, -p50, -p95, -p99
// and -max.
struct SpreadDef {
  std::string_view base;   // "request-latency"
  std::string_view label;  // "request, sent to answered"
  std::string_view unit;   // "ms"
  bool is_kafkas = true;   // the average, and but for records-per-request the maximum
  Spread MetricsSnapshot::*spread = nullptr;
  bool in_thousandths = false;  // so the spread has it already: microseconds for ms
};
std::span<const SpreadDef> spread_defs();

inline constexpr std::string_view spread_ends[] = {"min", "avg", "p50", "p95", "p99", "max"};
// In the order of spread_ends.
std::vector<MetricValue> spread_values(const SpreadDef& def, const MetricsSnapshot& metrics);

struct NamedMetric {
  std::string name;
  MetricValue value;
};
// All of them, single ones first.
std::vector<NamedMetric> all_metrics(const MetricsSnapshot& metrics);
std::vector<std::string> metric_names();

}  // namespace kafkasim::producer
