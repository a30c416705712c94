// Compaction of a log: which part of it is dirty, and the round that keeps of each key the last
// record. Left out: the size of the cleaner's memory, so a round always covers all that is dirty.
#include <algorithm>

#include "broker/log.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Offset;

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

}  // namespace kafkasim::broker
