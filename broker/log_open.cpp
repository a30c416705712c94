// Opening a log: after a clean stop its checkpoints are true; otherwise the segments from the
// recovery point on are looked at, and cut at the first batch that is torn.
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "broker/log.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

Log::Log(protocol::TopicPartition partition, LogStorage& storage, LogConfig config,
         std::int64_t now_ms)
    : partition_(std::move(partition)),
      storage_(storage),
      config_(config),
      now_ms_(now_ms),
      last_flush_ms_(now_ms),
      producers_(partition_, config.producer_expiration_ms) {
  const bool is_new = storage_.segments.empty();
  CHECKED(!is_new || storage_.batches.empty(), "{}: batches without a segment",
          to_string(partition_));
  recovery_.was_clean = std::exchange(storage_.clean_shutdown, false) || is_new;
  recovery_.from = storage_.end_offset;
  if (is_new) {
    storage_.segments.push_back({});
    storage_.segments.back().base_offset = storage_.start_offset_checkpoint;
    storage_.segments.back().last_modified_ms = now_ms;
  }
  for (LogSegment& segment : storage_.segments) {
    segment.created_ms = now_ms;
    segment.bytes_since_index_entry = 0;
  }
  const std::size_t first_dirty = segment_of(storage_.recovery_point_checkpoint);
  if (!recovery_.was_clean) cut_torn(first_dirty);
  check_loaded_end();
  restart_if_log_ends_before_start();
  storage_.start_offset =
      std::max(storage_.start_offset_checkpoint, storage_.segments.front().base_offset);
  recovery_point_ = recovery_.was_clean
                        ? storage_.end_offset
                        : std::min(storage_.recovery_point_checkpoint, storage_.end_offset);
  recovery_point_ = std::max(recovery_point_, storage_.start_offset);
  storage_.flushed_to = std::min(storage_.flushed_to, storage_.end_offset);
  storage_.leader_epochs.truncate_from_end(storage_.end_offset);
  storage_.leader_epochs.truncate_from_start(storage_.start_offset);
  std::erase_if(storage_.aborted,
                [&](const AbortedRange& a) { return a.last_offset >= storage_.end_offset; });
  high_watermark_ =
      std::clamp(storage_.high_watermark_checkpoint, storage_.start_offset, storage_.end_offset);
  if (!recovery_.was_clean) rebuild_producers_by_segment(first_dirty);
  remove_stray_snapshots();
  rebuild_producers();
}

// A torn batch takes everything after it along. What lies before the recovery point is trusted.
void Log::cut_torn(std::size_t first_segment) {
  recovery_.from = storage_.segments[first_segment].base_offset;
  const auto torn = std::exchange(storage_.corrupt_from, std::nullopt);
  if (torn && *torn >= recovery_.from) {
    while (!storage_.batches.empty() && storage_.batches.back().base_offset >= *torn) {
      recovery_.cut.push_back(storage_.batches.back());
      storage_.batches.pop_back();
    }
    std::reverse(recovery_.cut.begin(), recovery_.cut.end());
    while (storage_.segments.size() > first_segment + 1 &&
           storage_.segments.back().base_offset > *torn) {
      storage_.segments.pop_back();
    }
  } else {
    storage_.corrupt_from = torn;  // nobody looks there
  }
  for (std::size_t i = first_segment; i < storage_.segments.size(); ++i) {
    rebuild_segment(i);
    recovery_.bytes_scanned += storage_.segments[i].size_in_bytes;
  }
  for (const StoredBatch& batch : recovery_.cut)
    recovery_.bytes_scanned += batch.batch->size_in_bytes;
}

// The end is what the files say: behind the last batch, or where the last segment begins.
void Log::check_loaded_end() {
  storage_.end_offset = storage_.segments.back().base_offset;
  if (!storage_.batches.empty())
    storage_.end_offset = std::max(storage_.end_offset, storage_.batches.back().next_offset());
}

// DeleteRecords or a leader's log start may have moved the start beyond what reached the disk.
void Log::restart_if_log_ends_before_start() {
  const Offset start = storage_.start_offset_checkpoint;
  if (storage_.end_offset >= start) return;
  recovery_.cut.insert(recovery_.cut.begin(), storage_.batches.begin(), storage_.batches.end());
  storage_.batches.clear();
  storage_.segments.clear();
  storage_.segments.push_back({});
  storage_.segments.back().base_offset = start;
  storage_.segments.back().created_ms = now_ms_;
  storage_.segments.back().last_modified_ms = now_ms_;
  storage_.leader_epochs.clear();
  storage_.aborted.clear();
  storage_.producer_snapshots.clear();
  storage_.end_offset = start;
}

// ---- producers ----

// Snapshots belong to the beginnings of segments; of the others only one at the end of the log is
// of use.
void Log::remove_stray_snapshots() {
  auto& snapshots = storage_.producer_snapshots;
  if (snapshots.empty()) return;
  const Offset newest = snapshots.rbegin()->first;
  const Offset last_base = storage_.segments.back().base_offset;
  std::erase_if(snapshots, [&](const auto& snapshot) {
    const Offset at = snapshot.first;
    const bool is_base = storage_.segments[segment_of(at)].base_offset == at;
    return !is_base && (at != newest || at < last_base);
  });
}

void Log::remove_unusable_snapshots() {
  std::erase_if(storage_.producer_snapshots, [&](const auto& snapshot) {
    return snapshot.first > storage_.end_offset || snapshot.first <= storage_.start_offset;
  });
}

// From the newest usable snapshot, then the batches behind it. A snapshot knows of each producer
// its last batch only.
void Log::rebuild_producers() {
  const auto& snapshots = storage_.producer_snapshots;
  remove_unusable_snapshots();
  if (snapshots.empty()) {
    producers_.reset(Offset(0));
  } else {
    producers_.load(snapshots.rbegin()->second, now_ms_);
  }
  replay_producers(std::max(producers_.end_offset(), storage_.start_offset), storage_.end_offset);
  producers_.on_high_watermark(high_watermark_);
}

void Log::replay_producers(Offset from, Offset to) {
  for (Iterator batch = first_batch_at(from);
       batch != storage_.batches.end() && batch->next_offset() <= to; ++batch) {
    note_producers(*batch);
  }
  producers_.advance_to(to);
}

// Recovery writes the producers down before and after each segment that it looked at, so what
// begins is what a snapshot knows.
void Log::rebuild_producers_by_segment(std::size_t first_segment) {
  const std::size_t count = storage_.segments.size();
  for (std::size_t i = std::min(first_segment, count - 1); i < count; ++i) {
    if (end_of_segment(i) <= storage_.start_offset) continue;
    const Offset base = std::max(storage_.segments[i].base_offset, storage_.start_offset);
    auto& snapshots = storage_.producer_snapshots;
    // State that lies beyond this segment's beginning was written before the stop; it may speak of
    // batches that are gone.
    snapshots.erase(snapshots.upper_bound(base), snapshots.end());
    const Offset end = std::exchange(storage_.end_offset, base);
    rebuild_producers();
    take_snapshot();
    storage_.end_offset = end;
    replay_producers(base, end_of_segment(i));
    take_snapshot();
  }
}

}  // namespace kafkasim::broker
