// Appending to a log, its high watermark, and what counts as flushed.
#include "broker/log.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "broker/log_validator.hpp"
#include "protocol/compression.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BatchRef;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::StoredBatch;

namespace {

// A log with a codec of its own stores a new batch instead of what the producer sent.
BatchRef in_codec(const BatchRef& batch, const LogConfig& config) {
  if (!config.compression || batch->is_control() || *config.compression == batch->compression)
    return batch;
  auto made = std::make_unique<protocol::RecordBatch>(*batch);
  made->compression = *config.compression;
  made->size_in_bytes = protocol::batch_size(*made);
  return BatchRef(made.release());
}

}  // namespace

Offset Log::last_stable_offset() const {
  const Offset unstable = producers_.first_unstable_offset();
  if (!unstable.is_set() || unstable >= high_watermark_) return high_watermark_;
  return std::max(unstable, storage_.start_offset);
}

std::int64_t Log::size_in_bytes() const {
  std::int64_t size = 0;
  for (const LogSegment& segment : storage_.segments) size += segment.size_in_bytes;
  return size;
}

// ---- appending ----

AppendResult Log::append_as_leader(const BatchRef& batch, LeaderEpoch epoch, AppendOrigin origin,
                                   std::int64_t now_ms) {
  CHECKED(epoch.is_set(), "append to {} without a leader epoch", to_string(partition_));
  tell_time(now_ms);
  AppendResult result;
  StoredBatch stored{storage_.end_offset, epoch, config_.log_append_time ? now_ms : -1, batch};
  BatchRefusal refusal = validate(*batch, stored.base_offset, origin, config_, partition_, now_ms);
  if (refusal.error == ErrorCode::none) {
    stored.batch = in_codec(batch, config_);
    const bool is_recompressed = !(stored.batch == batch);
    refusal = validate_stored_size(*stored.batch, is_recompressed, config_, partition_);
  }
  if (refusal.error != ErrorCode::none) {
    result.error = refusal.error;
    result.message = std::move(refusal.message);
    result.record_errors = std::move(refusal.record_errors);
    return result;
  }
  // Both before the sequence check, as in Kafka: a refused duplicate may leave an epoch without
  // records and a fresh, empty segment.
  storage_.leader_epochs.assign(epoch, stored.base_offset);
  if (must_roll(stored)) roll(stored.base_offset);
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

bool Log::append_as_follower(const StoredBatch& stored, std::int64_t now_ms) {
  tell_time(now_ms);
  if (stored.base_offset < storage_.end_offset) {
    if (!storage_.batches.empty() || stored.next_offset() <= storage_.end_offset) return false;
    truncate_fully_and_start_at(stored.base_offset);
  }
  if (stored.leader_epoch.is_set())
    storage_.leader_epochs.assign(stored.leader_epoch, stored.base_offset);
  if (must_roll(stored)) roll(stored.base_offset);
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
  CHECKED(!storage_.clean_shutdown, "{} is closed", to_string(partition_));
  storage_.batches.push_back(stored);
  storage_.end_offset = stored.next_offset();
  note_in_segment(active(), stored);
  active().last_modified_ms = now_ms_;
  note_producers(stored);
}

void Log::note_producers(const StoredBatch& stored) {
  const auto completed = producers_.update(stored);
  if (!completed || !completed->aborted) return;
  // Replaying the log finds again what the index on disk knows.
  auto& aborted = storage_.aborted;
  if (!aborted.empty() && aborted.back().last_offset >= completed->last_offset) return;
  aborted.push_back({completed->producer_id, completed->first_offset, completed->last_offset});
}

// ---- high watermark ----

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

// ---- flushing ----

std::optional<Offset> Log::flush_due() const {
  if (storage_.end_offset <= recovery_point_) return std::nullopt;
  if (storage_.end_offset - recovery_point_ < config_.flush_messages) return std::nullopt;
  return storage_.end_offset;
}

std::optional<Offset> Log::flush_due_by_time(std::int64_t now_ms) const {
  if (now_ms - last_flush_ms_ < config_.flush_ms) return std::nullopt;
  return storage_.end_offset;
}

void Log::flushed(Offset to, std::int64_t now_ms) {
  tell_time(now_ms);
  // The log may have been cut while the disk was at work.
  const Offset end = std::min(to, storage_.end_offset);
  storage_.flushed_to = std::max(storage_.flushed_to, end);
  if (end <= recovery_point_) return;
  recovery_point_ = end;
  last_flush_ms_ = now_ms_;
}

std::vector<Offset> Log::take_rolled() { return std::exchange(rolled_, {}); }

void Log::close() {
  flushed(storage_.end_offset);
  take_snapshot();
  checkpoint_high_watermark();
  checkpoint_recovery_point();
  checkpoint_start_offset();
  storage_.clean_shutdown = true;
}

}  // namespace kafkasim::broker
