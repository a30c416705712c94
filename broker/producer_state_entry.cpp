// How stored batches and markers change what is remembered of a producer.
#include "broker/producer_state_entry.hpp"

#include <limits>

namespace kafkasim::broker {

using protocol::Offset;
using protocol::ProducerEpoch;
using protocol::RecordBatch;
using protocol::StoredBatch;

std::int32_t BatchMetadata::first_sequence() const {
  if (last_sequence >= offset_delta) return last_sequence - offset_delta;
  return std::numeric_limits<std::int32_t>::max() - (offset_delta - last_sequence) + 1;
}

std::optional<BatchMetadata> ProducerStateEntry::find_duplicate(const RecordBatch& batch) const {
  if (batch.producer_epoch != epoch_) return std::nullopt;
  for (const BatchMetadata& known : batches_) {
    if (known.first_sequence() == batch.base_sequence &&
        known.last_sequence == batch.last_sequence())
      return known;
  }
  return std::nullopt;
}

void ProducerStateEntry::add_batch(const StoredBatch& stored, std::int64_t timestamp_ms) {
  const RecordBatch& batch = *stored.batch;
  update_epoch(batch.producer_epoch);
  if (batches_.size() == max_cached_batches) batches_.pop_front();
  batches_.push_back(
      {batch.last_sequence(), stored.last_offset(), batch.last_offset_delta, timestamp_ms});
  last_timestamp_ms_ = timestamp_ms;
  if (batch.transactional && !txn_first_offset_.is_set()) txn_first_offset_ = stored.base_offset;
}

void ProducerStateEntry::end_transaction(ProducerEpoch epoch, std::int32_t coordinator_epoch,
                                         std::int64_t timestamp_ms) {
  update_epoch(epoch);
  coordinator_epoch_ = coordinator_epoch;
  last_timestamp_ms_ = timestamp_ms;
  txn_first_offset_ = Offset();
}

ProducerStateEntry ProducerStateEntry::as_in_snapshot() const {
  ProducerStateEntry copy = *this;
  while (copy.batches_.size() > 1) copy.batches_.pop_front();
  return copy;
}

void ProducerStateEntry::update_epoch(ProducerEpoch epoch) {
  if (epoch_ == epoch) return;
  batches_.clear();
  epoch_ = epoch;
}

}  // namespace kafkasim::broker
