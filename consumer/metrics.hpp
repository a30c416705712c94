// What a consumer counts and measures while it works, fed by hooks of poll(), the fetcher, commits
// and the group member. Hooks are called for polls and requests, never for each record. Outlives
// the consumer: one that starts again goes on counting. Everything is an integer; times are
// virtual. Names and units are in metrics_table.hpp. Left out: figures of each topic and partition,
// and the windows of 30 s in which Kafka takes averages and maxima (here they are over the whole
// life of the application).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sim/time.hpp"

namespace kafkasim::consumer {

// Of something that was measured several times: how often, the sum, the greatest.
struct Measured {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t greatest = 0;

  void add(std::int64_t value) {
    ++count;
    sum += value;
    greatest = std::max(greatest, value);
  }
  // In microseconds.
  void add(sim::Duration time) {
    add(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  }
};

struct MetricsSnapshot {
  // ---- fetching ----
  std::int64_t records_consumed = 0;       // handed to the application
  std::int64_t bytes_fetched = 0;          // of the batches in answers
  Measured fetch_latency;                  // of requests that were answered; microseconds
  Measured fetch_size;                     // bytes of an answer
  std::optional<std::int64_t> most_lag;    // of a partition, after records of it were handed out
  std::optional<std::int64_t> least_lead;  // likewise, from the start of its log
  // ---- the application ----
  Measured between_polls;      // from the start of one poll to that of the next; microseconds
  Measured idle;               // share of that time spent inside poll(); millionths
  sim::Duration committing{};  // inside commit_sync()
  // ---- the group ----
  Measured commit_latency;  // of requests that were answered; microseconds, as all below
  Measured heartbeat;
  Measured join;       // JoinGroup that let the member in
  Measured sync;       // SyncGroup that brought an assignment
  Measured rebalance;  // from before the partitions are given up to after they are assigned
  std::int64_t failed_rebalances = 0;
  std::int64_t assigned_partitions = 0;  // at the end
  // At the end; none: never yet.
  std::optional<sim::Duration> since_poll;
  std::optional<sim::Duration> since_heartbeat;
  std::optional<sim::Duration> since_rebalance;
};

class Metrics {
 public:
  // ---- poll() ----
  void poll_began(sim::Time now);
  void poll_ended(sim::Time now);
  void handed_out(std::int64_t records) { totals_.records_consumed += records; }
  // Of one partition, as its records are handed out.
  void lags(std::int64_t lag) { totals_.most_lag = std::max(totals_.most_lag.value_or(0), lag); }
  void leads(std::int64_t lead) {
    totals_.least_lead = std::min(totals_.least_lead.value_or(lead), lead);
  }

  // ---- requests that were answered ----
  void fetched(sim::Duration latency, std::int64_t bytes);
  void committed(sim::Duration latency) { totals_.commit_latency.add(latency); }
  void heartbeat_sent(sim::Time now) { last_heartbeat_ = now; }
  void heartbeat_answered(sim::Duration latency) { totals_.heartbeat.add(latency); }
  void joined(sim::Duration latency) { totals_.join.add(latency); }
  void synced(sim::Duration latency) { totals_.sync.add(latency); }

  // ---- the application's own waits ----
  void committed_synchronously(sim::Duration time) { totals_.committing += time; }

  // ---- rebalances ----
  // A rebalance that is under way already goes on.
  void rebalance_began(sim::Time now);
  void rebalance_ended(sim::Time now);
  // It goes on with another attempt.
  void rebalance_failed() { ++totals_.failed_rebalances; }

  // The consumer has ended: what was under way is not measured.
  void ended();
  MetricsSnapshot snapshot(std::int64_t assigned_partitions, sim::Time now) const;

 private:
  MetricsSnapshot totals_;
  std::optional<sim::Time> poll_;  // start of the last one
  sim::Duration since_last_poll_{};
  std::optional<sim::Time> last_heartbeat_;
  std::optional<sim::Time> rebalance_;  // under way since
  std::optional<sim::Time> last_rebalance_;
};

}  // namespace kafkasim::consumer
