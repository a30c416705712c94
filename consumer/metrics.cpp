// Counting.
#include "consumer/metrics.hpp"

namespace kafkasim::consumer {

void Metrics::poll_began(sim::Time now) {
  since_last_poll_ = poll_ ? now - *poll_ : sim::Duration();
  if (poll_) totals_.between_polls.add(since_last_poll_);
  poll_ = now;
}

void Metrics::poll_ended(sim::Time now) {
  if (!poll_) return;
  constexpr std::int64_t millionths = 1'000'000;
  const auto inside = std::chrono::duration_cast<std::chrono::microseconds>(now - *poll_).count();
  const auto since =
      std::chrono::duration_cast<std::chrono::microseconds>(since_last_poll_).count();
  if (inside + since > 0) totals_.idle.add(inside * millionths / (inside + since));
}

void Metrics::fetched(sim::Duration latency, std::int64_t bytes) {
  totals_.fetch_latency.add(latency);
  totals_.fetch_size.add(bytes);
  totals_.bytes_fetched += bytes;
}

void Metrics::rebalance_began(sim::Time now) {
  if (!rebalance_) rebalance_ = now;
}

void Metrics::rebalance_ended(sim::Time now) {
  if (!rebalance_) return;
  totals_.rebalance.add(now - *rebalance_);
  rebalance_.reset();
  last_rebalance_ = now;
}

void Metrics::ended() {
  poll_.reset();
  last_heartbeat_.reset();
  rebalance_.reset();
}

MetricsSnapshot Metrics::snapshot(std::int64_t assigned_partitions, sim::Time now) const {
  MetricsSnapshot snapshot = totals_;
  snapshot.assigned_partitions = assigned_partitions;
  if (poll_) snapshot.since_poll = now - *poll_;
  if (last_heartbeat_) snapshot.since_heartbeat = now - *last_heartbeat_;
  if (last_rebalance_) snapshot.since_rebalance = now - *last_rebalance_;
  return snapshot;
}

}  // namespace kafkasim::consumer
