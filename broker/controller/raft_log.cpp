// Searches by epoch and offset; batches are never split.
#include "broker/controller/raft_log.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::EpochEndOffset;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::StoredBatch;

Offset RaftLog::end_offset() const {
  return batches_.empty() ? Offset(0) : batches_.back().next_offset();
}

LeaderEpoch RaftLog::last_epoch() const {
  return batches_.empty() ? LeaderEpoch(0) : batches_.back().leader_epoch;
}

EpochEndOffset RaftLog::end_of(LeaderEpoch epoch) const {
  const auto after =
      std::partition_point(batches_.begin(), batches_.end(),
                           [&](const StoredBatch& batch) { return batch.leader_epoch <= epoch; });
  if (after == batches_.begin()) return {LeaderEpoch(0), Offset(0)};
  const StoredBatch& last = *std::prev(after);
  return {last.leader_epoch, last.next_offset()};
}

bool RaftLog::holds(Offset end, LeaderEpoch last_epoch) const {
  if (end == Offset(0)) return true;
  const EpochEndOffset mine = end_of(last_epoch);
  return mine.epoch == last_epoch && mine.end_offset >= end;
}

void RaftLog::append(StoredBatch batch) {
  CHECKED(batch.base_offset == end_offset(), "a batch at {} is appended to a log that ends at {}",
          batch.base_offset.value(), end_offset().value());
  CHECKED(batch.leader_epoch >= last_epoch(), "a batch of epoch {} is appended after epoch {}",
          batch.leader_epoch.value(), last_epoch().value());
  batches_.push_back(std::move(batch));
}

Offset RaftLog::truncate_to(const EpochEndOffset& theirs) {
  const EpochEndOffset mine = end_of(theirs.epoch);
  const Offset to =
      mine.epoch == theirs.epoch ? std::min(mine.end_offset, theirs.end_offset) : mine.end_offset;
  while (!batches_.empty() && batches_.back().base_offset >= to) batches_.pop_back();
  CHECKED(end_offset() == to, "the metadata log is cut at {}, inside of a batch", to.value());
  return to;
}

std::vector<StoredBatch> RaftLog::read(Offset from, Offset end, std::size_t limit) const {
  auto batch = std::partition_point(batches_.begin(), batches_.end(),
                                    [&](const StoredBatch& b) { return b.next_offset() <= from; });
  std::vector<StoredBatch> found;
  for (; batch != batches_.end() && batch->next_offset() <= end && found.size() < limit; ++batch) {
    found.push_back(*batch);
  }
  return found;
}

}  // namespace kafkasim::broker
