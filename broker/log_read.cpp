// Reading a log and finding places in it.
#include <algorithm>

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
  for (auto batch = first_batch_at(from); batch != storage_.batches.end(); ++batch) {
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
  for (const AbortedRange& range : aborted_) {
    if (range.last_offset >= from && range.first_offset < end) {
      found.push_back({range.producer_id, range.first_offset});
    }
  }
  return found;
}

std::optional<TimestampedOffset> Log::find_timestamp(std::int64_t timestamp_ms) const {
  for (auto batch = first_batch_at(start_offset()); batch != storage_.batches.end(); ++batch) {
    if (max_timestamp_ms(*batch) < timestamp_ms) continue;
    if (auto found = find_record(*batch, timestamp_ms, start_offset())) return found;
  }
  return std::nullopt;
}

std::optional<TimestampedOffset> Log::find_max_timestamp() const {
  Iterator newest = storage_.batches.end();
  for (auto batch = first_batch_at(start_offset()); batch != storage_.batches.end(); ++batch) {
    if (newest == storage_.batches.end() || max_timestamp_ms(*batch) > max_timestamp_ms(*newest))
      newest = batch;
  }
  if (newest == storage_.batches.end()) return std::nullopt;
  return find_record(*newest, max_timestamp_ms(*newest), start_offset());
}

}  // namespace kafkasim::broker
