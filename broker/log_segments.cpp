// The segments of a log: when a new one begins, and what each knows of its batches.
#include <algorithm>
#include <limits>

#include "broker/log.hpp"
#include "sim/check.hpp"
#include "sim/rng.hpp"

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

namespace {

constexpr std::int32_t offset_index_entry_size = 8;
constexpr std::int32_t time_index_entry_size = 12;

std::int64_t timestamp_of(const StoredBatch& stored) {
  return stored.append_time_ms >= 0 ? stored.append_time_ms : stored.batch->max_timestamp_ms;
}

// A random part of the jitter, always the same for one segment.
std::int64_t jitter_ms(std::uint64_t seed, Offset base, const LogConfig& config) {
  const std::int64_t most = std::min(config.segment_jitter_ms, config.segment_ms);
  if (most <= 0) return 0;
  sim::Rng rng(seed ^ static_cast<std::uint64_t>(base.value()));
  return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(most)));
}

bool is_index_full(const LogSegment& segment, std::int32_t index_bytes) {
  // One entry of the times is kept free for when the segment is rolled.
  return segment.index_entries >= index_bytes / offset_index_entry_size ||
         static_cast<std::int64_t>(segment.time_index.size()) >=
             index_bytes / time_index_entry_size - 1;
}

}  // namespace

bool Log::must_roll(const StoredBatch& stored) const {
  const LogSegment& segment = storage_.segments.back();
  const std::int64_t size = stored.batch->size_in_bytes;
  if (segment.size_in_bytes > config_.segment_bytes - size) return true;
  if (segment.size_in_bytes > 0) {
    // By the records' times: an idle partition keeps its segment, old records keep it too, a record
    // from the future ends it.
    const std::int64_t waited = segment.first_timestamp_ms >= 0
                                    ? timestamp_of(stored) - segment.first_timestamp_ms
                                    : now_ms_ - segment.created_ms;
    const std::int64_t jitter =
        jitter_seed_ ? jitter_ms(*jitter_seed_, segment.base_offset, config_) : 0;
    if (waited > config_.max_segment_ms() - jitter) return true;
  }
  if (is_index_full(segment, config_.segment_index_bytes)) return true;
  return stored.last_offset() - segment.base_offset > std::numeric_limits<std::int32_t>::max();
}

void Log::roll(Offset base) {
  LogSegment fresh;
  fresh.base_offset = base;
  fresh.created_ms = now_ms_;
  fresh.last_modified_ms = now_ms_;
  if (active().base_offset == base) {
    CHECKED(active().size_in_bytes == 0, "{}: the segment at {} is not empty",
            to_string(partition_), base.value());
    active() = fresh;  // its index is full, or it is too old: made anew
    return;
  }
  CHECKED(active().base_offset < base, "{}: roll at {} behind the segment at {}",
          to_string(partition_), base.value(), active().base_offset.value());
  storage_.segments.push_back(fresh);
  producers_.advance_to(base);
  take_snapshot();
  rolled_.push_back(base);
}

// A state that is written already is not written again.
void Log::take_snapshot() {
  const auto& snapshots = storage_.producer_snapshots;
  const Offset last = snapshots.empty() ? storage_.start_offset : snapshots.rbegin()->first;
  if (producers_.end_offset() <= last) return;
  storage_.producer_snapshots[producers_.end_offset()] = producers_.snapshot();
}

void Log::note_in_segment(LogSegment& segment, const StoredBatch& stored) const {
  const std::int64_t timestamp = timestamp_of(stored);
  if (segment.size_in_bytes == 0) segment.first_timestamp_ms = timestamp;
  if (timestamp > segment.largest_timestamp_ms) {
    segment.largest_timestamp_ms = timestamp;
    segment.newest_batch = stored.base_offset;
  }
  if (segment.bytes_since_index_entry > config_.index_interval_bytes) {
    ++segment.index_entries;
    const bool is_newer = segment.time_index.empty() ||
                          segment.largest_timestamp_ms > segment.time_index.back().timestamp_ms;
    if (is_newer && segment.newest_batch.is_set())
      segment.time_index.push_back({segment.largest_timestamp_ms, segment.newest_batch});
    segment.bytes_since_index_entry = 0;
  }
  segment.bytes_since_index_entry += stored.batch->size_in_bytes;
  segment.size_in_bytes += stored.batch->size_in_bytes;
}

// Reads again what the batches say; the file's own times stay.
void Log::rebuild_segment(std::size_t index) {
  LogSegment& segment = storage_.segments[index];
  LogSegment fresh;
  fresh.base_offset = segment.base_offset;
  fresh.created_ms = segment.created_ms;
  fresh.last_modified_ms = segment.last_modified_ms;
  const Offset end = index + 1 < storage_.segments.size()
                         ? storage_.segments[index + 1].base_offset
                         : Offset(std::numeric_limits<std::int64_t>::max());
  for (Iterator batch = first_batch_at(segment.base_offset);
       batch != storage_.batches.end() && batch->base_offset < end; ++batch) {
    note_in_segment(fresh, *batch);
  }
  segment = std::move(fresh);
}

// The segment that `offset` falls into; the first for offsets before it.
std::size_t Log::segment_of(Offset offset) const {
  const Segments& segments = storage_.segments;
  const auto after =
      std::upper_bound(segments.begin(), segments.end(), offset,
                       [](Offset o, const LogSegment& s) { return o < s.base_offset; });
  const auto count = static_cast<std::size_t>(after - segments.begin());
  return count == 0 ? 0 : count - 1;
}

// Where the next segment begins, or the end of the log.
Offset Log::end_of_segment(std::size_t index) const {
  return index + 1 < storage_.segments.size() ? storage_.segments[index + 1].base_offset
                                              : storage_.end_offset;
}

}  // namespace kafkasim::broker
