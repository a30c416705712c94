// The table, and what is derived from the counters.
#include "consumer/metrics_table.hpp"

#include <array>

namespace kafkasim::consumer {

namespace {

using client::average;
using client::whole;
using Snapshot = MetricsSnapshot;

// Of what was measured in microseconds, in thousandths of a millisecond.
MetricValue avg_ms(const Measured& m) {
  return m.count == 0 ? std::nullopt : MetricValue(m.sum / m.count);
}
MetricValue max_ms(const Measured& m) {
  return m.count == 0 ? std::nullopt : MetricValue(m.greatest);
}
// Whole seconds, as Kafka counts them.
MetricValue seconds(std::optional<sim::Duration> time) {
  if (!time) return std::nullopt;
  return whole(std::chrono::floor<std::chrono::seconds>(*time).count());
}

constexpr std::array metrics = {
    // ---- fetching ----
    MetricDef{"records-consumed-total", "records handed to the application", "records",
              [](const Snapshot& s) { return whole(s.records_consumed); }},
    MetricDef{"bytes-consumed-total", "bytes of the batches fetched", "bytes",
              [](const Snapshot& s) { return whole(s.bytes_fetched); }},
    MetricDef{"records-per-request-avg", "records in a fetch", "records",
              [](const Snapshot& s) { return average(s.records_consumed, s.fetch_latency.count); }},
    MetricDef{"records-lag-max", "records from the position to the end of a partition, at most",
              "records", [](const Snapshot& s) { return whole(s.most_lag); }},
    MetricDef{"records-lead-min", "records from the start of the log to the position, at least",
              "records", [](const Snapshot& s) { return whole(s.least_lead); }},
    MetricDef{"fetch-total", "fetches that were answered", "requests",
              [](const Snapshot& s) { return whole(s.fetch_latency.count); }},
    MetricDef{"fetch-latency-avg", "a fetch, sent to answered", "ms",
              [](const Snapshot& s) { return avg_ms(s.fetch_latency); }},
    MetricDef{"fetch-latency-max", "likewise, at most", "ms",
              [](const Snapshot& s) { return max_ms(s.fetch_latency); }},
    MetricDef{"fetch-size-avg", "bytes in a fetch", "bytes",
              [](const Snapshot& s) { return average(s.fetch_size.sum, s.fetch_size.count); }},
    MetricDef{"fetch-size-max", "likewise, at most", "bytes",
              [](const Snapshot& s) {
                return s.fetch_size.count == 0 ? std::nullopt : whole(s.fetch_size.greatest);
              }},
    // ---- the application ----
    MetricDef{"time-between-poll-avg", "from one poll() to the next", "ms",
              [](const Snapshot& s) { return avg_ms(s.between_polls); }},
    MetricDef{"time-between-poll-max", "likewise, at most: against max.poll.interval.ms", "ms",
              [](const Snapshot& s) { return max_ms(s.between_polls); }},
    MetricDef{"last-poll-seconds-ago", "since the last poll()", "s",
              [](const Snapshot& s) { return seconds(s.since_poll); }},
    MetricDef{"poll-idle-ratio-avg", "share of its time inside poll(): 1 = nothing to do", "ratio",
              [](const Snapshot& s) -> MetricValue {
                // Millionths to thousandths.
                if (s.idle.count == 0) return std::nullopt;
                return (s.idle.sum / s.idle.count + 500) / 1000;
              }},
    MetricDef{"commit-sync-time-ns-total", "time inside commitSync()", "ns",
              [](const Snapshot& s) { return whole(s.committing.count()); }},
    // ---- the group ----
    MetricDef{"commit-total", "commits that were answered", "requests",
              [](const Snapshot& s) { return whole(s.commit_latency.count); }},
    MetricDef{"commit-latency-avg", "a commit, sent to answered", "ms",
              [](const Snapshot& s) { return avg_ms(s.commit_latency); }},
    MetricDef{"commit-latency-max", "likewise, at most", "ms",
              [](const Snapshot& s) { return max_ms(s.commit_latency); }},
    MetricDef{"assigned-partitions", "partitions owned at the end", "partitions",
              [](const Snapshot& s) { return whole(s.assigned_partitions); }},
    MetricDef{"heartbeat-total", "heartbeats that were answered", "requests",
              [](const Snapshot& s) { return whole(s.heartbeat.count); }},
    MetricDef{"heartbeat-response-time-max", "a heartbeat, sent to answered, at most", "ms",
              [](const Snapshot& s) { return max_ms(s.heartbeat); }},
    MetricDef{"last-heartbeat-seconds-ago", "since the last heartbeat", "s",
              [](const Snapshot& s) { return seconds(s.since_heartbeat); }},
    MetricDef{"join-total", "joins that were let in", "requests",
              [](const Snapshot& s) { return whole(s.join.count); }},
    MetricDef{"join-time-avg", "a join, sent to answered", "ms",
              [](const Snapshot& s) { return avg_ms(s.join); }},
    MetricDef{"join-time-max", "likewise, at most", "ms",
              [](const Snapshot& s) { return max_ms(s.join); }},
    MetricDef{"sync-total", "assignments that came", "requests",
              [](const Snapshot& s) { return whole(s.sync.count); }},
    MetricDef{"sync-time-avg", "SyncGroup, sent to answered", "ms",
              [](const Snapshot& s) { return avg_ms(s.sync); }},
    MetricDef{"sync-time-max", "likewise, at most", "ms",
              [](const Snapshot& s) { return max_ms(s.sync); }},
    MetricDef{"rebalance-total", "rebalances that brought an assignment", "rebalances",
              [](const Snapshot& s) { return whole(s.rebalance.count); }},
    MetricDef{"rebalance-latency-avg", "a rebalance, first join to assignment", "ms",
              [](const Snapshot& s) { return avg_ms(s.rebalance); }},
    MetricDef{"rebalance-latency-max", "likewise, at most", "ms",
              [](const Snapshot& s) { return max_ms(s.rebalance); }},
    MetricDef{"rebalance-latency-total", "likewise, all together", "ms",
              [](const Snapshot& s) { return MetricValue(s.rebalance.sum); }},
    MetricDef{"failed-rebalance-total", "attempts that failed; the first of a newcomer does",
              "rebalances", [](const Snapshot& s) { return whole(s.failed_rebalances); }},
    MetricDef{"last-rebalance-seconds-ago", "since the last rebalance", "s",
              [](const Snapshot& s) { return seconds(s.since_rebalance); }},
};

}  // namespace

std::span<const MetricDef> metric_defs() { return metrics; }

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricDef& def : metrics) names.emplace_back(def.name);
  return names;
}

}  // namespace kafkasim::consumer
