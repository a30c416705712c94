// What a producer counts and measures while it works, fed by hooks of the sender, the buffer pool
// and send(). Hooks are called for batches, requests and waits, never for each record. Outlives the
// producer: one that starts again goes on counting. Everything is an integer; times are virtual and
// kept in microseconds. Names, units and derived figures are in metrics_table.hpp. Left out:
// figures of each topic and node, the size of single records, and the windows of 30 s in which
// Kafka takes averages and maxima (here they are over the whole life of the application).
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "producer/histogram.hpp"
#include "protocol/error_code.hpp"
#include "sim/time.hpp"

namespace kafkasim::producer {

struct Counters {
  std::int64_t records_sent = 0;  // in Produce requests, each attempt anew, as the next three
  std::int64_t batches_sent = 0;
  std::int64_t bytes_sent = 0;         // of the batches
  std::int64_t compression_ratio = 0;  // millionths, summed over batches
  std::int64_t produce_requests = 0;
  std::int64_t most_in_flight = 0;  // requests of any kind
  std::int64_t records_acked = 0;
  std::int64_t records_retried = 0;
  std::int64_t batches_retried = 0;
  std::int64_t batches_split = 0;
  std::int64_t record_errors = 0;   // as Kafka counts: a batch that expires in flight and is then
                                    // refused counts twice, one that close() drops not at all
  std::int64_t records_failed = 0;  // each once
  std::int64_t records_expired = 0;
  std::int64_t batches_expired = 0;
  std::int64_t most_buffer_used = 0;  // bytes
  std::int64_t buffer_exhausted = 0;  // sends that failed because of it
  sim::Duration buffer_wait{};
  sim::Duration metadata_wait{};  // of sends that got what they waited for
  sim::Duration flushing{};
};

// What the connections of one producer have carried since it began.
struct WireTotals {
  std::int64_t requests = 0;  // of any kind
  std::int64_t bytes = 0;     // of these, roughly
};

// What stands at one moment.
struct Gauges {
  // None: there is no limit to the memory (librdkafka counts messages instead).
  std::optional<std::int64_t> buffer_total = 0;
  std::optional<std::int64_t> buffer_available = 0;
  std::int64_t waiting_sends = 0;  // for memory
  std::int64_t in_flight = 0;      // requests
};

struct MetricsSnapshot {
  Counters counters;
  WireTotals wire;
  Gauges gauges;
  sim::Duration active{};  // from the first start to the last request that was sent or acked
  Spread batch_size;       // bytes
  Spread records_per_batch;
  Spread records_per_request;
  Spread queue_time;  // microseconds, as all below; each attempt of a batch, since its creation
  Spread request_latency;  // of Produce requests that were answered
  Spread ack_time;         // each record, from the creation of its batch to the ack
  Spread send_wait;        // each wait inside send(), for metadata or memory
  Spread throttle_time;    // each Produce response
  std::map<protocol::ErrorCode, std::int64_t> failed_records;   // each once, by its error
  std::map<protocol::ErrorCode, std::int64_t> refused_batches;  // attempts, by error of the answer
};

class Metrics {
 public:
  // The application runs from now on. Only the first call counts.
  void started(sim::Time now);

  // ---- a Produce request leaves ----
  // `queued`: since the batch was created. `uncompressed`: bytes of its records, as `bytes` without
  // the header of `header` bytes.
  void sent_batch(std::int32_t records, std::int32_t bytes, std::int32_t header,
                  std::int64_t uncompressed, sim::Duration queued);
  // After its batches. `in_flight`: requests under way, this one included.
  void sent_request(int in_flight, sim::Time now);

  // ---- and is answered ----
  void answered(sim::Duration latency, std::int32_t throttle_ms);
  // One batch of it was answered with an error, or got no answer.
  void refused(protocol::ErrorCode error) { ++refused_[error]; }
  void retried(std::int32_t records);
  void split() { ++counters_.batches_split; }
  // `age`: since the batch was created.
  void acked(std::int32_t records, sim::Duration age, sim::Time now);
  void expired(std::int32_t records);
  // Kafka's count of errors, see Counters.
  void counted_errors(std::int64_t records) { counters_.record_errors += records; }
  void failed(protocol::ErrorCode error, std::int64_t records);

  // ---- send() and flush() ----
  void waited(sim::Duration time) { send_wait_.add(microseconds(time)); }
  void got_metadata(sim::Duration wait) { counters_.metadata_wait += wait; }
  void waited_for_memory(sim::Duration time);
  void exhausted() { ++counters_.buffer_exhausted; }
  void flushed(sim::Duration time) { counters_.flushing += time; }
  void buffer_used(std::int64_t bytes);

  // A producer has ended; what its connections carried stays counted.
  void ended(const WireTotals& wire);

  // `wire`: of the producer that runs now. The gauges are passed on.
  MetricsSnapshot snapshot(const Gauges& gauges, const WireTotals& wire) const;

 private:
  static std::int64_t microseconds(sim::Duration time);

  Counters counters_;
  WireTotals ended_;
  std::optional<sim::Time> started_;
  sim::Time last_;  // request or ack
  std::int64_t records_in_request_ = 0;
  Histogram batch_size_;
  Histogram records_per_batch_;
  Histogram records_per_request_;
  Histogram queue_time_;
  Histogram request_latency_;
  Histogram ack_time_;
  Histogram send_wait_;
  Histogram throttle_time_;
  std::map<protocol::ErrorCode, std::int64_t> failed_;
  std::map<protocol::ErrorCode, std::int64_t> refused_;
};

}  // namespace kafkasim::producer
