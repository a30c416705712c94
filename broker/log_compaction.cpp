// Compaction of a log: which part of it is dirty, and how its segments are rewritten.
#include <algorithm>
#include <limits>

#include "broker/log.hpp"
#include "broker/log_cleaner.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

Cleanable Log::cleanable(std::int64_t now_ms) const {
  Cleanable found;
  // A mark that lies outside of the log is of no use any more.
  found.first_dirty = storage_.cleaner_checkpoint;
  if (!found.first_dirty.is_set() || found.first_dirty < storage_.start_offset ||
      found.first_dirty > storage_.end_offset) {
    found.first_dirty = storage_.start_offset;
  }
  const std::size_t last = storage_.segments.size() - 1;
  const std::size_t dirty = segment_of(found.first_dirty);
  std::size_t end = std::min(last, segment_of(last_stable_offset()));
  for (std::size_t i = dirty; i < end && config_.min_compaction_lag_ms > 0; ++i) {
    if (storage_.segments[i].age_timestamp_ms() > now_ms - config_.min_compaction_lag_ms) end = i;
  }
  found.first_uncleanable = std::max(found.first_dirty, storage_.segments[end].base_offset);

  std::int64_t oldest_ms = LogConfig::never;
  for (std::size_t i = 0; i < last; ++i) {
    const LogSegment& segment = storage_.segments[i];
    if (segment.base_offset < found.first_dirty) found.clean_bytes += segment.size_in_bytes;
    if (i >= dirty && i < end && end_of_segment(i) > found.first_dirty)
      found.cleanable_bytes += segment.size_in_bytes;
    if (i >= dirty && segment.first_timestamp_ms > 0)
      oldest_ms = std::min(oldest_ms, segment.first_timestamp_ms);
  }
  const std::int64_t lag_ms = std::max<std::int64_t>(config_.max_compaction_lag_ms, 0);
  if (oldest_ms != LogConfig::never && lag_ms <= now_ms && oldest_ms < now_ms - lag_ms)
    found.overdue_ms = now_ms - lag_ms - oldest_ms;
  const std::int64_t total = found.clean_bytes + found.cleanable_bytes;
  const bool is_dirty_enough =
      found.cleanable_bytes * 1'000'000 > total * config_.min_cleanable_dirty_ppm;
  found.is_due = found.cleanable_bytes > 0 && (is_dirty_enough || found.overdue_ms > 0);
  return found;
}

Cleaned Log::clean(std::int64_t now_ms) {
  tell_time(now_ms);
  const Cleanable range = cleanable(now_ms);
  Cleaned done;
  done.from = range.first_dirty;
  done.clean_until = range.first_uncleanable;
  if (range.first_uncleanable <= range.first_dirty) return done;

  const Offset end = range.first_uncleanable;
  std::vector<AbortedRange> aborted;
  for (const AbortedRange& a : storage_.aborted) {
    if (a.first_offset < end) aborted.push_back(a);
  }
  CleaningRound round(end, now_ms, config_.delete_retention_ms, producers_, aborted);
  const Offset first = storage_.segments[segment_of(range.first_dirty)].base_offset;
  for (Iterator batch = first_batch_at(first);
       batch != storage_.batches.end() && batch->base_offset < end; ++batch) {
    if (batch->base_offset >= first) round.learn(*batch, range.first_dirty);
  }
  rewrite_segments(round, end, done);

  const auto& needed = round.transactions().still_needed();
  std::erase_if(storage_.aborted, [&](const AbortedRange& a) {
    return a.last_offset < end && std::none_of(needed.begin(), needed.end(), [&](const auto& n) {
             return n.last_offset == a.last_offset;
           });
  });
  // The rewritten files are flushed before they take their place.
  storage_.cleaner_checkpoint = end;
  storage_.flushed_to = std::max(storage_.flushed_to, end);
  if (storage_.corrupt_from && *storage_.corrupt_from < end) storage_.corrupt_from.reset();
  return done;
}

void Log::rewrite_segments(CleaningRound& round, Offset end, Cleaned& done) {
  std::deque<StoredBatch> batches;
  auto batch = storage_.batches.begin();
  for (; batch != storage_.batches.end() && batch->base_offset < end; ++batch) {
    done.bytes_before += batch->batch->size_in_bytes;
    const auto cleaned = round.clean(*batch);
    if (cleaned) {
      done.bytes_after += cleaned->batch->size_in_bytes;
      batches.push_back(*cleaned);
    }
    const std::size_t left = cleaned ? cleaned->batch->records.size() : 0;
    if (cleaned && left == batch->batch->records.size()) continue;
    done.records_removed += static_cast<std::int64_t>(batch->batch->records.size() - left);
    done.removed.push_back(*batch);
    if (cleaned) done.kept.push_back(*cleaned);
  }
  // Neighbours are put together as long as what they had before fits into one segment.
  for (std::size_t i = 0; i + 1 < storage_.segments.size() && end_of_segment(i) <= end; ++i) {
    std::int64_t size = storage_.segments[i].size_in_bytes;
    while (i + 2 < storage_.segments.size() && end_of_segment(i + 1) <= end &&
           may_join(i, i + 1, size)) {
      size += storage_.segments[i + 1].size_in_bytes;
      join_next_segment(i);
    }
  }
  batches.insert(batches.end(), batch, storage_.batches.end());
  storage_.batches.swap(batches);
  for (std::size_t i = 0; i + 1 < storage_.segments.size() && end_of_segment(i) <= end; ++i) {
    storage_.segments[i].created_ms = now_ms_;
    rebuild_segment(i);
  }
}

bool Log::may_join(std::size_t first, std::size_t next, std::int64_t size) const {
  const LogSegment& a = storage_.segments[first];
  const LogSegment& b = storage_.segments[next];
  return size + b.size_in_bytes <= config_.segment_bytes &&
         end_of_segment(next) - a.base_offset <= std::numeric_limits<std::int32_t>::max();
}

void Log::join_next_segment(std::size_t index) {
  const auto next = storage_.segments.begin() + static_cast<std::ptrdiff_t>(index) + 1;
  storage_.segments[index].last_modified_ms = next->last_modified_ms;
  storage_.producer_snapshots.erase(next->base_offset);
  storage_.segments.erase(next);
}

}  // namespace kafkasim::broker
