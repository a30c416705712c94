// What an idempotent producer remembers of one partition: the next sequence, what was acked last,
// and the batches in flight by sequence (those that wait for a retry count as in flight).
#pragma once

#include <cstdint>
#include <vector>

#include "producer/batch.hpp"

namespace kafkasim::producer {

class PartitionSequences {
 public:
  explicit PartitionSequences(const ProducerIdAndEpoch& producer) : producer_(producer) {}

  const ProducerIdAndEpoch& producer() const { return producer_; }
  std::int32_t next() const { return next_; }
  void advance(std::int32_t records) { next_ = protocol::add_sequence(next_, records); }

  // Sequence of the last record acked, -1 = none.
  std::int32_t last_acked() const { return last_acked_; }
  bool follows_last_acked(std::int32_t sequence) const { return sequence - last_acked_ == 1; }
  void acked(std::int32_t last_sequence, protocol::Offset last_offset);
  protocol::Offset last_acked_offset() const { return last_acked_offset_; }

  void add_in_flight(BatchPtr batch);
  void remove_in_flight(const Batch& batch);
  bool has_in_flight() const { return !in_flight_.empty(); }
  // Lowest sequence in flight, -1 = none.
  std::int32_t first_in_flight() const {
    return in_flight_.empty() ? -1 : in_flight_.front()->base_sequence();
  }

  // A new epoch: what is in flight is numbered from 0 again, in order.
  void start_at_beginning(const ProducerIdAndEpoch& producer);

 private:
  ProducerIdAndEpoch producer_;
  std::int32_t next_ = 0;
  std::int32_t last_acked_ = -1;
  protocol::Offset last_acked_offset_;
  std::vector<BatchPtr> in_flight_;  // by producer id, epoch, sequence
};

}  // namespace kafkasim::producer
