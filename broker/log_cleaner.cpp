// Which records, markers and batches outlive a round of compaction.
#include "broker/log_cleaner.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "protocol/compression.hpp"

namespace kafkasim::broker {

using protocol::ControlType;
using protocol::Offset;
using protocol::Record;
using protocol::RecordBatch;
using protocol::StoredBatch;

// ---- transactions ----

TransactionScan::TransactionScan(std::vector<AbortedRange> aborted)
    : ahead_(aborted.begin(), aborted.end()) {
  std::stable_sort(ahead_.begin(), ahead_.end(), [](const AbortedRange& a, const AbortedRange& b) {
    return a.first_offset < b.first_offset;
  });
}

void TransactionScan::reach(Offset last) {
  while (!ahead_.empty() && ahead_.front().first_offset <= last) {
    aborted_[ahead_.front().producer_id] = {ahead_.front(), false};
    ahead_.pop_front();
  }
}

bool TransactionScan::is_aborted(const StoredBatch& stored) {
  reach(stored.last_offset());
  if (!stored.batch->transactional) return false;
  const auto found = aborted_.find(stored.batch->producer_id);
  if (found == aborted_.end()) {
    committed_.insert(stored.batch->producer_id);
    return false;
  }
  found->second.met = true;
  return true;
}

bool TransactionScan::is_idle_marker(const StoredBatch& stored) {
  reach(stored.last_offset());
  if (stored.batch->records.empty()) return true;  // cleaned before
  const protocol::ProducerId producer = stored.batch->producer_id;
  if (stored.batch->control == ControlType::commit) return committed_.erase(producer) == 0;
  if (stored.batch->control != ControlType::abort) return false;
  const auto found = aborted_.find(producer);
  if (found == aborted_.end()) return true;
  const Open open = found->second;
  aborted_.erase(found);
  if (open.met) still_needed_.push_back(open.range);
  return !open.met;
}

// ---- the round ----

CleaningRound::CleaningRound(Offset end, std::int64_t now_ms, std::int64_t delete_retention_ms,
                             const ProducerStateManager& producers,
                             const std::vector<AbortedRange>& aborted)
    : end_(end),
      now_ms_(now_ms),
      delete_retention_ms_(delete_retention_ms),
      producers_(producers),
      first_(aborted),
      second_(aborted) {}

void CleaningRound::learn(const StoredBatch& stored, Offset from) {
  if (stored.batch->is_control()) {
    first_.is_idle_marker(stored);
    return;
  }
  if (first_.is_aborted(stored)) return;
  for (const Record& record : stored.batch->records) {
    const Offset offset = stored.base_offset + record.offset_delta;
    if (offset < from || record.key.is_null()) continue;
    last_offset_.insert_or_assign(std::string(record.key.view()), offset);
  }
}

bool CleaningRound::is_past_horizon(const RecordBatch& batch) const {
  return batch.delete_horizon_ms >= 0 && batch.delete_horizon_ms <= now_ms_;
}

// A producer whose last entry is a marker is known by that: it bears the last epoch.
bool CleaningRound::is_last_of_producer(const StoredBatch& stored) const {
  const RecordBatch& batch = *stored.batch;
  if (!batch.has_producer_id()) return false;
  const ProducerStateEntry* entry = producers_.find(batch.producer_id);
  if (entry == nullptr) return false;
  if (entry->last_offset().is_set()) return stored.last_offset() == entry->last_offset();
  return batch.is_control() && batch.producer_epoch == entry->epoch();
}

bool CleaningRound::stays(const StoredBatch& stored, const Record& record) const {
  if (record.key.is_null()) return false;
  const auto last = last_offset_.find(record.key.view());
  if (last != last_offset_.end() && stored.base_offset + record.offset_delta < last->second)
    return false;
  return record.value_size >= 0 || !is_past_horizon(*stored.batch);
}

std::optional<StoredBatch> CleaningRound::clean(const StoredBatch& stored) {
  const RecordBatch& batch = *stored.batch;
  const bool is_control = batch.is_control();
  const bool is_idle_marker = is_control && second_.is_idle_marker(stored);
  const bool drops_all =
      is_control ? is_idle_marker && is_past_horizon(batch) : second_.is_aborted(stored);

  std::vector<Record> kept;
  bool has_tombstone = false;
  for (const Record& record : batch.records) {
    if (drops_all || !(is_control || stays(stored, record))) continue;
    kept.push_back(record);
    has_tombstone = has_tombstone || (!is_control && record.value_size < 0);
  }
  const bool begins_horizon =
      !kept.empty() && (has_tombstone || is_idle_marker) && batch.delete_horizon_ms < 0;
  if (kept.size() == batch.records.size() && !kept.empty() && !begins_horizon) return stored;
  // The last batch of the round stays too, or the log might seem to end earlier.
  const bool stays_empty = is_last_of_producer(stored) || stored.next_offset() == end_;
  if (kept.empty() && !stays_empty) return std::nullopt;
  if (kept.empty() && batch.records.empty()) return stored;

  auto made = std::make_unique<RecordBatch>(batch);
  if (kept.empty()) {
    made->delete_horizon_ms = -1;
  } else if (begins_horizon) {
    made->delete_horizon_ms = now_ms_ + delete_retention_ms_;
  }
  made->records = std::move(kept);
  if (!made->records.empty()) {
    made->max_timestamp_ms = -1;
    for (const Record& record : made->records)
      made->max_timestamp_ms = std::max(made->max_timestamp_ms, record.timestamp_ms);
  }
  // Markers and tests have batches whose size is given, not counted: it may not grow.
  made->size_in_bytes = std::min(batch.size_in_bytes, protocol::batch_size(*made));
  StoredBatch cleaned = stored;
  cleaned.batch = protocol::BatchRef(made.release());
  return cleaned;
}

}  // namespace kafkasim::broker
