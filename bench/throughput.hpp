// Records from a producer through the cluster to a consumer, as fast as they go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace kafkasim::bench {

// Wall nanoseconds for `records` of `size` bytes through librdkafka's mock cluster of three brokers
// and its own client: one producer with acks=all, one partition, one consumer, from the first send
// to the last record read. None where librdkafka is not built in, or when it did not get them all
// through.
std::optional<double> librdkafka_nanoseconds(std::int64_t records, std::size_t size);

// What the simulator needed for the same: its own producer and consumer, a cluster of three
// brokers, nothing watching (no trace, no checks).
struct Passage {
  double nanoseconds = 0;     // of wall time
  double virtual_ms = 0;      // that passed in the world
  double bytes = 0;           // allocated when everything was read, the stored records included
  std::int64_t consumed = 0;  // records
};
struct Load {
  std::int64_t records = 1'000'000;
  std::int32_t size = 100;              // of a value, bytes
  std::int64_t batch_size = 1'000'000;  // batch.size of the producer, bytes
  bool own_names = false;               // each record carries a label of its own
};
Passage pass_through_simulator(const Load& load);

}  // namespace kafkasim::bench
