// Where each leader epoch begins in one log: the base of truncation and of divergence checks.
// Entries are strictly increasing in both epoch and offset. A value: it survives a crash as it is
// (Kafka writes its file at once).
#pragma once

#include <vector>

#include "protocol/data_messages.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::broker {

struct EpochEntry {
  protocol::LeaderEpoch epoch;
  protocol::Offset start_offset;
  friend bool operator==(const EpochEntry&, const EpochEntry&) = default;
};

class LeaderEpochCache {
 public:
  // Notes that `epoch` begins at `start_offset`. Entries with the same or a higher epoch or offset
  // go first. The latest epoch once more, at the same or a later offset, changes nothing. Requires:
  // both are set.
  void assign(protocol::LeaderEpoch epoch, protocol::Offset start_offset);
  // The log now ends at `end_offset`: drops the epochs that begin there or later.
  void truncate_from_end(protocol::Offset end_offset);
  // The log now begins at `start_offset`: drops epochs that are over by then; the one that covers
  // it begins there.
  void truncate_from_start(protocol::Offset start_offset);
  void clear() { entries_.clear(); }

  // The largest known epoch up to `requested` and the offset at which it ends. Neither is set when
  // `requested` is not set or newer than all known ones. An epoch older than all ends where the
  // first known one begins.
  protocol::EpochEndOffset end_offset_for(protocol::LeaderEpoch requested,
                                          protocol::Offset log_end_offset) const;
  // The epoch that `offset` falls into; not set when it lies before the first.
  protocol::LeaderEpoch epoch_for_offset(protocol::Offset offset) const;

  // Not set when empty.
  protocol::LeaderEpoch latest_epoch() const {
    return entries_.empty() ? protocol::LeaderEpoch() : entries_.back().epoch;
  }
  const std::vector<EpochEntry>& entries() const { return entries_; }

 private:
  std::vector<EpochEntry> entries_;
};

}  // namespace kafkasim::broker
