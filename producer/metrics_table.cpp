// The table, and what is derived from the counters.
#include "producer/metrics_table.hpp"

#include <fmt/format.h>

#include <array>

namespace kafkasim::producer {

namespace {

using client::average;
using client::whole;
using Snapshot = MetricsSnapshot;

MetricValue nanoseconds(sim::Duration time) { return whole(time.count()); }

// Of a second, in thousandths.
MetricValue rate(std::int64_t total, sim::Duration time) {
  std::int64_t divisor = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  std::int64_t factor = 1'000'000'000;  // from one in a microsecond to thousandths of a second
  if (divisor <= 0) return std::nullopt;
  if (divisor > factor) {  // a quarter of an hour: milliseconds will do, and do not overflow
    divisor /= 1000;
    factor /= 1000;
  }
  return total / divisor * factor + total % divisor * factor / divisor;
}

constexpr std::array metrics = {
    MetricDef{"record-send-total", "records sent; each attempt counts", "records", true,
              [](const Snapshot& s) { return whole(s.counters.records_sent); }},
    MetricDef{"record-send-rate", "a second, until the last request or ack", "records/s", true,
              [](const Snapshot& s) { return rate(s.counters.records_sent, s.active); }},
    MetricDef{"record-ack-total", "records acked", "records", false,
              [](const Snapshot& s) { return whole(s.counters.records_acked); }},
    MetricDef{"record-retry-total", "records put back to be sent again", "records", true,
              [](const Snapshot& s) { return whole(s.counters.records_retried); }},
    MetricDef{"record-error-total", "records that failed, as Kafka counts them", "records", true,
              [](const Snapshot& s) { return whole(s.counters.record_errors); }},
    MetricDef{"record-failed-total", "records that failed, each once", "records", false,
              [](const Snapshot& s) { return whole(s.counters.records_failed); }},
    MetricDef{"record-expired-total", "records that failed after delivery.timeout.ms", "records",
              false, [](const Snapshot& s) { return whole(s.counters.records_expired); }},
    MetricDef{"batch-send-total", "batches sent; each attempt counts", "batches", false,
              [](const Snapshot& s) { return whole(s.counters.batches_sent); }},
    MetricDef{"batch-retry-total", "batches put back to be sent again", "batches", false,
              [](const Snapshot& s) { return whole(s.counters.batches_retried); }},
    MetricDef{"batch-split-total", "batches split as too large", "batches", true,
              [](const Snapshot& s) { return whole(s.counters.batches_split); }},
    MetricDef{"batch-expired-total", "batches that failed after delivery.timeout.ms", "batches",
              false, [](const Snapshot& s) { return whole(s.counters.batches_expired); }},
    MetricDef{"byte-total", "bytes of the batches sent", "bytes", true,
              [](const Snapshot& s) { return whole(s.counters.bytes_sent); }},
    MetricDef{"byte-rate", "a second, until the last request or ack", "bytes/s", true,
              [](const Snapshot& s) { return rate(s.counters.bytes_sent, s.active); }},
    MetricDef{"compression-rate-avg", "size after compression / before", "ratio", true,
              [](const Snapshot& s) -> MetricValue {
                if (s.counters.batches_sent == 0) return std::nullopt;
                // Sizes are whole bytes: 0.6 must not look like 0.599.
                return (s.counters.compression_ratio / s.counters.batches_sent + 500) / 1000;
              }},
    MetricDef{"produce-request-total", "Produce requests", "requests", false,
              [](const Snapshot& s) { return whole(s.counters.produce_requests); }},
    MetricDef{"request-total", "requests of any kind", "requests", true,
              [](const Snapshot& s) { return whole(s.wire.requests); }},
    MetricDef{"outgoing-byte-total", "bytes of all requests, roughly", "bytes", true,
              [](const Snapshot& s) { return whole(s.wire.bytes); }},
    MetricDef{"requests-in-flight", "requests under way at the end", "requests", true,
              [](const Snapshot& s) { return whole(s.gauges.in_flight); }},
    MetricDef{"requests-in-flight-max", "requests under way at most", "requests", false,
              [](const Snapshot& s) { return whole(s.counters.most_in_flight); }},
    MetricDef{"buffer-total-bytes", "memory for batches: buffer.memory", "bytes", true,
              [](const Snapshot& s) { return whole(s.gauges.buffer_total); }},
    MetricDef{"buffer-available-bytes", "of it, free at the end", "bytes", true,
              [](const Snapshot& s) { return whole(s.gauges.buffer_available); }},
    MetricDef{"buffer-used-bytes-max", "of it, taken at most", "bytes", false,
              [](const Snapshot& s) { return whole(s.counters.most_buffer_used); }},
    MetricDef{"waiting-threads", "sends that wait for memory at the end", "sends", true,
              [](const Snapshot& s) { return whole(s.gauges.waiting_sends); }},
    MetricDef{"buffer-exhausted-total", "sends that failed for want of memory", "records", true,
              [](const Snapshot& s) { return whole(s.counters.buffer_exhausted); }},
    MetricDef{"bufferpool-wait-time-ns-total", "time that sends waited for memory", "ns", true,
              [](const Snapshot& s) { return nanoseconds(s.counters.buffer_wait); }},
    MetricDef{"metadata-wait-time-ns-total", "time that sends waited for metadata", "ns", true,
              [](const Snapshot& s) { return nanoseconds(s.counters.metadata_wait); }},
    MetricDef{"flush-time-ns-total", "time spent in flush()", "ns", true,
              [](const Snapshot& s) { return nanoseconds(s.counters.flushing); }},
};

constexpr std::array spreads = {
    SpreadDef{"batch-size", "size of a batch", "bytes", true, &Snapshot::batch_size, false},
    SpreadDef{"records-per-batch", "in a batch", "records", false, &Snapshot::records_per_batch,
              false},
    SpreadDef{"records-per-request", "in a Produce request", "records", true,
              &Snapshot::records_per_request, false},
    SpreadDef{"record-queue-time", "batch, created to sent", "ms", true, &Snapshot::queue_time,
              true},
    SpreadDef{"request-latency", "request, sent to answered", "ms", true,
              &Snapshot::request_latency, true},
    SpreadDef{"record-ack-time", "record, in line to acked", "ms", false, &Snapshot::ack_time,
              true},
    SpreadDef{"send-wait-time", "each wait inside send()", "ms", false, &Snapshot::send_wait, true},
    SpreadDef{"produce-throttle-time", "asked for by a broker", "ms", true,
              &Snapshot::throttle_time, true},
};

}  // namespace

std::span<const MetricDef> metric_defs() { return metrics; }
std::span<const SpreadDef> spread_defs() { return spreads; }

std::vector<MetricValue> spread_values(const SpreadDef& def, const MetricsSnapshot& metrics) {
  const Spread& spread = metrics.*def.spread;
  if (spread.count == 0) return std::vector<MetricValue>(std::size(spread_ends));
  const auto value = [&](std::int64_t number) {
    return def.in_thousandths ? MetricValue(number) : whole(number);
  };
  const MetricValue avg = def.in_thousandths ? MetricValue(spread.sum / spread.count)
                                             : average(spread.sum, spread.count);
  return {value(spread.least),   avg, value(spread.p50), value(spread.p95), value(spread.p99),
          value(spread.greatest)};
}

std::vector<NamedMetric> all_metrics(const MetricsSnapshot& metrics) {
  std::vector<NamedMetric> out;
  for (const MetricDef& def : metric_defs())
    out.push_back({std::string(def.name), def.value(metrics)});
  for (const SpreadDef& def : spread_defs()) {
    const std::vector<MetricValue> values = spread_values(def, metrics);
    for (std::size_t i = 0; i < values.size(); ++i)
      out.push_back({fmt::format("{}-{}", def.base, spread_ends[i]), values[i]});
  }
  return out;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (NamedMetric& metric : all_metrics({})) names.push_back(std::move(metric.name));
  return names;
}

}  // namespace kafkasim::producer
