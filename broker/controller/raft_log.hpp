// The log of the controller quorum as one voter has it on disk, and what it remembers of elections.
// All of it is flushed before it counts, so neither a crash nor a power loss takes anything. Left
// out: segments, snapshots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/data_messages.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

// What survives of a controller.
struct ControllerStorage {
  std::vector<protocol::StoredBatch> batches;
  // The election as it was last written: an epoch, and in it the vote and the leader, each if there
  // was one.
  protocol::LeaderEpoch epoch{0};
  protocol::BrokerId voted_for;
  protocol::BrokerId leader;
  std::int32_t starts = 0;  // of the controller process

  protocol::Offset end_offset() const {
    return batches.empty() ? protocol::Offset(0) : batches.back().next_offset();
  }
};

// Operations on the log. Epochs in it never fall, and offsets have no gaps.
class RaftLog {
 public:
  // Requires: the storage outlives it.
  explicit RaftLog(ControllerStorage& storage) : batches_(storage.batches) {}

  protocol::Offset end_offset() const;
  // Of the last batch; 0 when the log is empty.
  protocol::LeaderEpoch last_epoch() const;
  // The largest epoch of the log that is not above `epoch`, and where it ends; epoch 0 and offset 0
  // when there is none.
  protocol::EpochEndOffset end_of(protocol::LeaderEpoch epoch) const;
  // Is a log that ends at `end`, with a last batch of `last_epoch`, a prefix of this one?
  bool holds(protocol::Offset end, protocol::LeaderEpoch last_epoch) const;

  // Requires: it begins where the log ends, and its epoch is not below the last one.
  void append(protocol::StoredBatch batch);
  // Takes away what a leader whose epoch `theirs.epoch` ends at `theirs.end_offset` cannot have;
  // returns the new end.
  protocol::Offset truncate_to(const protocol::EpochEndOffset& theirs);
  // At most `limit` batches that end at or before `end`, from the one that holds `from`.
  std::vector<protocol::StoredBatch> read(protocol::Offset from, protocol::Offset end,
                                          std::size_t limit) const;

 private:
  std::vector<protocol::StoredBatch>& batches_;
};

}  // namespace kafkasim::broker
