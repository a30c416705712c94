// Adding up.
#include "producer/metrics.hpp"

#include <algorithm>

namespace kafkasim::producer {

std::int64_t Metrics::microseconds(sim::Duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

void Metrics::started(sim::Time now) {
  if (started_) return;
  started_ = now;
  last_ = now;
}

void Metrics::sent_batch(std::int32_t records, std::int32_t bytes, std::int32_t header,
                         std::int64_t uncompressed, sim::Duration queued) {
  ++counters_.batches_sent;
  counters_.records_sent += records;
  counters_.bytes_sent += bytes;
  if (uncompressed > 0) {
    counters_.compression_ratio += std::int64_t{bytes - header} * 1'000'000 / uncompressed;
  }
  records_in_request_ += records;
  batch_size_.add(bytes);
  records_per_batch_.add(records);
  queue_time_.add(microseconds(queued));
}

void Metrics::sent_request(int in_flight, sim::Time now) {
  ++counters_.produce_requests;
  counters_.most_in_flight = std::max<std::int64_t>(counters_.most_in_flight, in_flight);
  records_per_request_.add(records_in_request_);
  records_in_request_ = 0;
  last_ = now;
}

void Metrics::answered(sim::Duration latency, std::int32_t throttle_ms) {
  request_latency_.add(microseconds(latency));
  throttle_time_.add(std::int64_t{throttle_ms} * 1000);
}

void Metrics::retried(std::int32_t records) {
  ++counters_.batches_retried;
  counters_.records_retried += records;
}

void Metrics::acked(std::int32_t records, sim::Duration age, sim::Time now) {
  counters_.records_acked += records;
  ack_time_.add(microseconds(age), records);
  last_ = now;
}

void Metrics::expired(std::int32_t records) {
  ++counters_.batches_expired;
  counters_.records_expired += records;
}

void Metrics::failed(protocol::ErrorCode error, std::int64_t records) {
  counters_.records_failed += records;
  failed_[error] += records;
}

void Metrics::waited_for_memory(sim::Duration time) {
  counters_.buffer_wait += time;
  waited(time);
}

void Metrics::buffer_used(std::int64_t bytes) {
  counters_.most_buffer_used = std::max(counters_.most_buffer_used, bytes);
}

void Metrics::ended(const WireTotals& wire) {
  ended_.requests += wire.requests;
  ended_.bytes += wire.bytes;
}

MetricsSnapshot Metrics::snapshot(const Gauges& gauges, const WireTotals& wire) const {
  MetricsSnapshot out;
  out.counters = counters_;
  out.wire = {ended_.requests + wire.requests, ended_.bytes + wire.bytes};
  out.gauges = gauges;
  if (started_) out.active = last_ - *started_;
  out.batch_size = batch_size_.spread();
  out.records_per_batch = records_per_batch_.spread();
  out.records_per_request = records_per_request_.spread();
  out.queue_time = queue_time_.spread();
  out.request_latency = request_latency_.spread();
  out.ack_time = ack_time_.spread();
  out.send_wait = send_wait_.spread();
  out.throttle_time = throttle_time_.spread();
  out.failed_records = failed_;
  out.refused_batches = refused_;
  return out;
}

}  // namespace kafkasim::producer
