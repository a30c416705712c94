// Cutting the end of a log, as a follower does that diverged from its leader.
#include <algorithm>

#include "broker/log.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

std::vector<StoredBatch> Log::truncate_to(Offset to) {
  CHECKED(to.is_set(), "truncation of {} to nowhere", to_string(partition_));
  if (to < storage_.end_offset && to < storage_.segments.front().base_offset)
    return truncate_fully_and_start_at(to);
  // Also when no record goes: a leadership that stored nothing may have left its epoch at the end.
  storage_.leader_epochs.truncate_from_end(std::min(to, storage_.end_offset));
  if (to >= storage_.end_offset) return {};

  std::vector<StoredBatch> removed;
  while (!storage_.batches.empty() && storage_.batches.back().next_offset() > to) {
    removed.push_back(storage_.batches.back());
    storage_.batches.pop_back();
  }
  std::reverse(removed.begin(), removed.end());
  while (storage_.segments.back().base_offset > to) {
    storage_.producer_snapshots.erase(storage_.segments.back().base_offset);
    storage_.segments.pop_back();
  }
  rebuild_segment(storage_.segments.size() - 1);
  if (active().size_in_bytes == 0) active().created_ms = now_ms_;
  std::erase_if(storage_.aborted, [&](const AbortedRange& a) { return a.last_offset >= to; });
  std::erase_if(rolled_, [&](Offset base) { return base > to; });
  storage_.end_offset = to;
  storage_.start_offset = std::min(storage_.start_offset, to);
  storage_.flushed_to = std::min(storage_.flushed_to, to);
  if (storage_.corrupt_from && *storage_.corrupt_from >= to) storage_.corrupt_from.reset();
  if (storage_.cleaner_checkpoint.is_set())
    storage_.cleaner_checkpoint = std::min(storage_.cleaner_checkpoint, active().base_offset);
  recovery_point_ = std::min(recovery_point_, to);
  checkpoint_recovery_point();  // a mark beyond the end would make recovery trust what comes later
  high_watermark_ = std::min(high_watermark_, to);
  // Producers that expired stay forgotten where all of them have: no batch brings them back.
  const bool knows_none = producers_.producers().empty() && producers_.end_offset() >= to;
  if (!knows_none) {
    rebuild_producers();
  } else {
    remove_unusable_snapshots();
    producers_.reset(to);
  }
  return removed;
}

std::vector<StoredBatch> Log::truncate_fully_and_start_at(Offset offset) {
  CHECKED(offset.is_set(), "truncation of {} to nowhere", to_string(partition_));
  std::vector<StoredBatch> removed(storage_.batches.begin(), storage_.batches.end());
  storage_.batches.clear();
  storage_.segments.clear();
  LogSegment fresh;
  fresh.base_offset = offset;
  fresh.created_ms = now_ms_;
  fresh.last_modified_ms = now_ms_;
  storage_.segments.push_back(fresh);
  storage_.leader_epochs.clear();
  storage_.aborted.clear();
  storage_.producer_snapshots.clear();
  storage_.corrupt_from.reset();
  storage_.start_offset = offset;
  storage_.end_offset = offset;
  storage_.flushed_to = offset;
  if (storage_.cleaner_checkpoint.is_set())
    storage_.cleaner_checkpoint = std::min(storage_.cleaner_checkpoint, offset);
  rolled_.clear();
  recovery_point_ = offset;
  checkpoint_recovery_point();
  high_watermark_ = offset;
  rebuild_producers();
  return removed;
}

}  // namespace kafkasim::broker
