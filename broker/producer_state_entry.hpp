// What a partition remembers of one producer id: its epoch, its last batches, its open transaction.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

struct BatchMetadata {
  std::int32_t last_sequence = -1;
  protocol::Offset last_offset;
  std::int32_t offset_delta = 0;  // of the last record
  std::int64_t timestamp_ms = -1;

  // Sequence numbers wrap from 2^31-1 to 0, here backwards.
  std::int32_t first_sequence() const;
  protocol::Offset first_offset() const { return last_offset - offset_delta; }
};

class ProducerStateEntry {
 public:
  // A batch older than the last five of its producer is no longer recognized as a duplicate.
  static constexpr std::size_t max_cached_batches = 5;

  explicit ProducerStateEntry(protocol::ProducerId id) : id_(id) {}

  protocol::ProducerId id() const { return id_; }
  protocol::ProducerEpoch epoch() const { return epoch_; }
  std::int32_t coordinator_epoch() const { return coordinator_epoch_; }
  std::int64_t last_timestamp_ms() const { return last_timestamp_ms_; }
  // First offset of the open transaction; not set = none.
  protocol::Offset txn_first_offset() const { return txn_first_offset_; }
  const std::deque<BatchMetadata>& batches() const { return batches_; }

  // -1 while no batch of the current epoch is known.
  std::int32_t first_sequence() const {
    return batches_.empty() ? -1 : batches_.front().first_sequence();
  }
  std::int32_t last_sequence() const {
    return batches_.empty() ? -1 : batches_.back().last_sequence;
  }
  protocol::Offset last_offset() const {
    return batches_.empty() ? protocol::Offset() : batches_.back().last_offset;
  }

  // The cached batch with the same epoch and exactly the same first and last sequence.
  std::optional<BatchMetadata> find_duplicate(const protocol::RecordBatch& batch) const;

  // A data batch was stored. Opens a transaction when it is transactional and none is open.
  void add_batch(const protocol::StoredBatch& stored, std::int64_t timestamp_ms);
  // A commit or abort marker was stored: no transaction is open any more.
  void end_transaction(protocol::ProducerEpoch epoch, std::int32_t coordinator_epoch,
                       std::int64_t timestamp_ms);
  // What a snapshot keeps: the last batch only.
  ProducerStateEntry as_in_snapshot() const;

 private:
  void update_epoch(protocol::ProducerEpoch epoch);

  protocol::ProducerId id_;
  protocol::ProducerEpoch epoch_;
  std::int32_t coordinator_epoch_ = -1;
  std::int64_t last_timestamp_ms_ = -1;
  protocol::Offset txn_first_offset_;
  std::deque<BatchMetadata> batches_;  // oldest first
};

}  // namespace kafkasim::broker
