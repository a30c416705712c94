// Reading a log and finding places in it.
#include <algorithm>
#include <iterator>

#include "broker/log.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::AbortedTransaction;
using protocol::Offset;
using protocol::Record;
using protocol::StoredBatch;

namespace {

std::int64_t max_timestamp_ms(const StoredBatch& stored) {
  return stored.append_time_ms >= 0 ? stored.append_time_ms : stored.batch->max_timestamp_ms;
}

std::int64_t timestamp_ms(const StoredBatch& stored, const Record& record) {
  return stored.append_time_ms >= 0 ? stored.append_time_ms : record.timestamp_ms;
}

// The first record of the batch at or after `start` whose timestamp is `at_least` or later.
std::optional<TimestampedOffset> find_record(const StoredBatch& stored, std::int64_t at_least,
                                             Offset start) {
  for (const Record& record : stored.batch->records) {
    const Offset offset = stored.base_offset + record.offset_delta;
    const std::int64_t timestamp = timestamp_ms(stored, record);
    if (offset >= start && timestamp >= at_least)
      return TimestampedOffset{timestamp, offset, stored.leader_epoch};
  }
  return std::nullopt;
}

}  // namespace

Log::Iterator Log::first_batch_at(Offset offset) const {
  const auto& batches = storage_.batches;
  auto after = std::upper_bound(batches.begin(), batches.end(), offset,
                                [](Offset o, const StoredBatch& b) { return o < b.base_offset; });
  if (after == batches.begin()) return after;
  return std::prev(after)->next_offset() > offset ? std::prev(after) : after;
}

LogRead Log::read(Offset from, std::int64_t max_bytes, Offset bound, bool min_one) const {
  CHECKED(from >= start_offset() && from <= end_offset(), "{}: read at {} outside of [{}, {}]",
          to_string(partition_), from.value(), start_offset().value(), end_offset().value());
  LogRead read;
  auto batch = first_batch_at(from);
  if (batch == storage_.batches.end()) return read;
  const Offset segment_end = end_of_segment(segment_of(batch->base_offset));
  for (; batch != storage_.batches.end() && batch->base_offset < segment_end; ++batch) {
    if (batch->next_offset() > bound) break;
    const std::int64_t size = batch->batch->size_in_bytes;
    const bool must_take = min_one && read.records.empty();
    if (read.bytes + size > max_bytes && !must_take) break;
    read.records.push_back(*batch);
    read.bytes += size;
  }
  return read;
}

std::int64_t Log::bytes_between(Offset from, Offset bound, std::int64_t enough) const {
  if (from < bound && segment_of(from) < segment_of(bound)) return enough;
  std::int64_t bytes = 0;
  for (auto batch = first_batch_at(from); batch != storage_.batches.end() && bytes < enough;
       ++batch) {
    if (batch->next_offset() > bound) break;
    bytes += batch->batch->size_in_bytes;
  }
  return bytes;
}

std::vector<StoredBatch> Log::batches_between(Offset from, Offset to) const {
  std::vector<StoredBatch> found;
  for (auto batch = first_batch_at(from);
       batch != storage_.batches.end() && batch->base_offset < to; ++batch) {
    found.push_back(*batch);
  }
  return found;
}

std::vector<AbortedTransaction> Log::aborted_between(Offset from, Offset end) const {
  std::vector<AbortedTransaction> found;
  for (const AbortedRange& range : storage_.aborted) {
    if (range.last_offset >= from && range.first_offset < end) {
      found.push_back({range.producer_id, range.first_offset});
    }
  }
  return found;
}

std::optional<TimestampedOffset> Log::find_timestamp(std::int64_t timestamp_ms) const {
  const auto segment =
      std::find_if(storage_.segments.begin(), storage_.segments.end(),
                   [&](const LogSegment& s) { return s.age_timestamp_ms() >= timestamp_ms; });
  if (segment == storage_.segments.end()) return std::nullopt;
  // Before the batch of an index entry that is not newer than asked for there is nothing to find.
  const auto& index = segment->time_index;
  const auto after = std::upper_bound(
      index.begin(), index.end(), timestamp_ms,
      [](std::int64_t t, const TimeIndexEntry& entry) { return t < entry.timestamp_ms; });
  Offset from = std::max(segment->base_offset, start_offset());
  if (after != index.begin()) from = std::max(from, std::prev(after)->offset);
  const Offset end = end_of_segment(static_cast<std::size_t>(segment - storage_.segments.begin()));
  for (auto batch = first_batch_at(from);
       batch != storage_.batches.end() && batch->base_offset < end; ++batch) {
    if (max_timestamp_ms(*batch) < timestamp_ms) continue;
    if (auto found = find_record(*batch, timestamp_ms, start_offset())) return found;
  }
  return std::nullopt;
}

std::optional<TimestampedOffset> Log::find_max_timestamp() const {
  const auto newest = std::max_element(storage_.segments.begin(), storage_.segments.end(),
                                       [](const LogSegment& a, const LogSegment& b) {
                                         return a.largest_timestamp_ms < b.largest_timestamp_ms;
                                       });
  if (newest == storage_.segments.end() || !newest->newest_batch.is_set()) return std::nullopt;
  const auto batch = first_batch_at(newest->newest_batch);
  CHECKED(batch != storage_.batches.end(), "{}: no batch at {}", to_string(partition_),
          newest->newest_batch.value());
  return find_record(*batch, max_timestamp_ms(*batch), start_offset());
}

}  // namespace kafkasim::broker
