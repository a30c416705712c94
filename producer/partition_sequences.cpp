// The list of batches in flight is short (at most five and their splits), so it is kept sorted by
// insertion.
#include "producer/partition_sequences.hpp"

#include <algorithm>
#include <tuple>

namespace kafkasim::producer {

namespace {

auto order_of(const Batch& batch) { return std::tuple(batch.producer(), batch.base_sequence()); }

}  // namespace

void PartitionSequences::acked(std::int32_t last_sequence, protocol::Offset last_offset) {
  last_acked_ = std::max(last_acked_, last_sequence);
  if (last_offset.is_set()) last_acked_offset_ = std::max(last_acked_offset_, last_offset);
}

void PartitionSequences::add_in_flight(BatchPtr batch) {
  const auto place = std::upper_bound(
      in_flight_.begin(), in_flight_.end(), batch,
      [](const BatchPtr& a, const BatchPtr& b) { return order_of(*a) < order_of(*b); });
  in_flight_.insert(place, std::move(batch));
}

void PartitionSequences::remove_in_flight(const Batch& batch) {
  std::erase_if(in_flight_, [&](const BatchPtr& b) { return b.get() == &batch; });
}

void PartitionSequences::start_at_beginning(const ProducerIdAndEpoch& producer) {
  std::int32_t sequence = 0;
  for (const BatchPtr& batch : in_flight_) {
    batch->reset_producer_state(producer, sequence);
    sequence = protocol::add_sequence(sequence, batch->record_count());
  }
  producer_ = producer;
  next_ = sequence;
  last_acked_ = -1;
}

}  // namespace kafkasim::producer
