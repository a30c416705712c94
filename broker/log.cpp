// Opening, appending and truncating a log.
#include "broker/log.hpp"

#include <algorithm>
#include <utility>

#include "broker/log_validator.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BatchRef;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::StoredBatch;

Log::Log(protocol::TopicPartition partition, LogStorage& storage, LogConfig config,
         std::int64_t now_ms)
    : partition_(std::move(partition)),
      storage_(storage),
      config_(config),
      high_watermark_(
          std::clamp(storage.high_watermark_checkpoint, storage.start_offset, storage.end_offset)),
      producers_(partition_, config.producer_expiration_ms) {
  storage_.leader_epochs.truncate_from_end(storage_.end_offset);
  storage_.leader_epochs.truncate_from_start(storage_.start_offset);
  rebuild_producers(now_ms);
}

Offset Log::last_stable_offset() const {
  const Offset unstable = producers_.first_unstable_offset();
  if (!unstable.is_set() || unstable >= high_watermark_) return high_watermark_;
  return std::max(unstable, storage_.start_offset);
}

AppendResult Log::append_as_leader(const BatchRef& batch, LeaderEpoch epoch, AppendOrigin origin,
                                   std::int64_t now_ms) {
  CHECKED(epoch.is_set(), "append to {} without a leader epoch", to_string(partition_));
  AppendResult result;
  StoredBatch stored{storage_.end_offset, epoch, config_.log_append_time ? now_ms : -1, batch};
  if (BatchRefusal refusal =
          validate(*batch, stored.base_offset, origin, config_, partition_, now_ms);
      refusal.error != ErrorCode::none) {
    result.error = refusal.error;
    result.message = std::move(refusal.message);
    result.record_errors = std::move(refusal.record_errors);
    return result;
  }
  // Before the sequence check, as in Kafka: a refused duplicate may leave an epoch without records.
  storage_.leader_epochs.assign(epoch, stored.base_offset);
  ProducerVerdict verdict = producers_.check(stored, origin);
  if (verdict.error != ErrorCode::none) {
    result.error = verdict.error;
    result.message = std::move(verdict.message);
    return result;
  }
  if (verdict.duplicate) {
    result.duplicate = true;
    result.first_offset = verdict.duplicate->first_offset();
    result.last_offset = verdict.duplicate->last_offset;
    result.append_time_ms = verdict.duplicate->timestamp_ms;
    return result;
  }
  store(stored);
  result.first_offset = stored.base_offset;
  result.last_offset = stored.last_offset();
  result.append_time_ms = stored.append_time_ms;
  return result;
}

bool Log::append_as_follower(const StoredBatch& stored) {
  if (stored.base_offset < storage_.end_offset) {
    if (!storage_.batches.empty() || stored.next_offset() <= storage_.end_offset) return false;
    truncate_fully_and_start_at(stored.base_offset);
  }
  if (stored.leader_epoch.is_set())
    storage_.leader_epochs.assign(stored.leader_epoch, stored.base_offset);
  store(stored);
  return true;
}

void Log::assign_epoch_at_end(LeaderEpoch epoch) {
  storage_.leader_epochs.assign(epoch, storage_.end_offset);
}

void Log::store(const StoredBatch& stored) {
  CHECKED(stored.batch && stored.batch->offset_count() > 0, "an empty batch for {}",
          to_string(partition_));
  CHECKED(stored.base_offset >= storage_.end_offset, "{}: batch at {} but the log ends at {}",
          to_string(partition_), stored.base_offset.value(), storage_.end_offset.value());
  storage_.batches.push_back(stored);
  storage_.end_offset = stored.next_offset();
  note_producers(stored);
}

void Log::note_producers(const StoredBatch& stored) {
  const auto completed = producers_.update(stored);
  if (completed && completed->aborted) {
    aborted_.push_back({completed->producer_id, completed->first_offset, completed->last_offset});
  }
}

void Log::rebuild_producers(std::int64_t now_ms) {
  aborted_.clear();
  producers_.reset(storage_.start_offset);
  const auto& snapshot = storage_.producer_snapshot;
  if (snapshot && snapshot->offset <= storage_.end_offset &&
      snapshot->offset > storage_.start_offset) {
    producers_.load(*snapshot, now_ms);
  }
  for (auto batch = first_batch_at(producers_.end_offset()); batch != storage_.batches.end();
       ++batch) {
    if (batch->base_offset >= producers_.end_offset()) note_producers(*batch);
  }
  producers_.on_high_watermark(high_watermark_);
}

bool Log::raise_high_watermark(Offset to) {
  CHECKED(to <= storage_.end_offset, "{}: high watermark {} beyond the end {}",
          to_string(partition_), to.value(), storage_.end_offset.value());
  if (to <= high_watermark_) return false;
  high_watermark_ = to;
  producers_.on_high_watermark(to);
  return true;
}

bool Log::follow_high_watermark(Offset to) {
  const Offset within = std::clamp(to, storage_.start_offset, storage_.end_offset);
  if (within == high_watermark_) return false;
  high_watermark_ = within;
  producers_.on_high_watermark(within);
  return true;
}

std::vector<StoredBatch> Log::truncate_to(Offset to) {
  CHECKED(to.is_set(), "truncation of {} to nowhere", to_string(partition_));
  // Also when no record goes: a leadership that stored nothing may have left its epoch at the end.
  storage_.leader_epochs.truncate_from_end(std::min(to, storage_.end_offset));
  if (to >= storage_.end_offset) return {};

  std::vector<StoredBatch> removed;
  while (!storage_.batches.empty() && storage_.batches.back().next_offset() > to) {
    removed.push_back(storage_.batches.back());
    storage_.batches.pop_back();
  }
  std::reverse(removed.begin(), removed.end());
  storage_.end_offset = to;
  storage_.start_offset = std::min(storage_.start_offset, to);
  if (storage_.producer_snapshot && storage_.producer_snapshot->offset > to)
    storage_.producer_snapshot.reset();
  high_watermark_ = std::min(high_watermark_, to);
  // Producers that expired stay out of a snapshot anyway; nothing in the batches depends on the
  // time.
  rebuild_producers(0);
  return removed;
}

std::vector<StoredBatch> Log::truncate_fully_and_start_at(Offset offset) {
  CHECKED(offset.is_set(), "truncation of {} to nowhere", to_string(partition_));
  std::vector<StoredBatch> removed(storage_.batches.begin(), storage_.batches.end());
  storage_.batches.clear();
  storage_.leader_epochs.clear();
  storage_.producer_snapshot.reset();
  storage_.start_offset = offset;
  storage_.end_offset = offset;
  high_watermark_ = offset;
  rebuild_producers(0);
  return removed;
}

void Log::raise_start_offset(Offset to) {
  const Offset start = std::min(to, storage_.end_offset);
  if (start <= storage_.start_offset) return;
  storage_.start_offset = start;
  storage_.leader_epochs.truncate_from_start(start);
  high_watermark_ = std::max(high_watermark_, start);
  producers_.on_high_watermark(high_watermark_);
}

void Log::close() {
  checkpoint_high_watermark();
  storage_.producer_snapshot = producers_.snapshot();
}

}  // namespace kafkasim::broker
