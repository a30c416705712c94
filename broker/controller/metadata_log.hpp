// The controller's log. What is appended is written and committed together after the linger, so
// decisions that come close to each other share one write. With one voter written is committed; a
// quorum of voters can take the place of this class without its users noticing. Left out:
// elections, snapshots, truncation, deletion of old segments.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "broker/metadata_records.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"
#include "sim/process.hpp"
#include "sim/time.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

// What survives a crash and a power loss: raft flushes a write before it counts.
struct ControllerStorage {
  std::vector<protocol::StoredBatch> batches;
  std::int32_t starts = 0;  // of the controller process

  protocol::Offset end_offset() const {
    return batches.empty() ? protocol::Offset(0) : batches.back().next_offset();
  }
};

class MetadataLog {
 public:
  // Requires: process and storage outlive it.
  MetadataLog(sim::Process& process, ControllerStorage& storage, protocol::LeaderEpoch epoch,
              sim::Duration linger);
  // Called with the new committed() before those who wait for it go on.
  void on_committed(std::function<void(protocol::Offset)> observer) {
    observer_ = std::move(observer);
  }
  // Writes what was appended, each time the linger is over. Spawn it once.
  sim::Task<> run();

  // The records of one decision, as one batch; returns the offset after them. Requires: at least
  // one record.
  protocol::Offset append(const std::vector<MetadataRecord>& records);
  protocol::Offset end_offset() const { return end_offset_; }
  // The first offset that is not committed.
  protocol::Offset committed() const { return storage_.end_offset(); }
  // True when everything below `end` is committed, false at the deadline.
  sim::Task<bool> wait_committed(protocol::Offset end, sim::Time deadline);

  // Committed batches from the one that holds `from`, at most `limit`. Requires: `from` <=
  // committed().
  std::vector<protocol::StoredBatch> read(protocol::Offset from, std::size_t limit) const;
  protocol::LeaderEpoch epoch() const { return epoch_; }

 private:
  sim::Process& process_;
  ControllerStorage& storage_;
  protocol::LeaderEpoch epoch_;
  sim::Duration linger_;
  std::vector<protocol::StoredBatch> pending_;  // appended, not written
  sim::Time write_at_ = sim::never;
  protocol::Offset end_offset_;
  std::function<void(protocol::Offset)> observer_;
  sim::Signal appended_;
  sim::Signal committed_;
};

}  // namespace kafkasim::broker
