// Moving the start of a log: for a reader's sake at once, for the disk's sake in whole segments.
#include <algorithm>

#include "broker/log.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Offset;

std::optional<Deleted> Log::raise_start_offset(Offset to) {
  const Offset start = std::min(to, storage_.end_offset);
  if (start <= storage_.start_offset) return std::nullopt;
  Deleted deleted;
  deleted.batches = batches_between(storage_.start_offset, start);
  deleted.new_start = start;
  deleted.reason = "log start offset";
  storage_.start_offset = start;
  storage_.leader_epochs.truncate_from_start(start);
  high_watermark_ = std::max(high_watermark_, start);
  recovery_point_ = std::max(recovery_point_, start);
  producers_.advance_to(start);
  producers_.on_high_watermark(high_watermark_);
  return deleted;
}

std::vector<Deleted> Log::delete_old_segments(std::int64_t now_ms) {
  tell_time(now_ms);
  std::vector<Deleted> all;
  const auto note = [&](std::optional<Deleted> deleted) {
    if (deleted) all.push_back(std::move(*deleted));
  };
  note(delete_segments(deletable_by_start(), "log start offset"));
  if (!config_.deletes) return all;
  note(delete_segments(deletable_by_size(), "retention.bytes"));
  note(delete_segments(deletable_by_time(now_ms), "retention.ms"));
  return all;
}

// Nothing at or above the high watermark goes, so the log start never passes it. The last segment
// goes too, unless it is empty.
bool Log::may_delete(std::size_t index) const {
  const bool is_last = index + 1 == storage_.segments.size();
  if (is_last && storage_.segments[index].size_in_bytes == 0) return false;
  return high_watermark_ >= end_of_segment(index);
}

std::size_t Log::deletable_by_start() const {
  std::size_t count = 0;
  while (count + 1 < storage_.segments.size() && may_delete(count) &&
         storage_.segments[count + 1].base_offset <= storage_.start_offset) {
    ++count;
  }
  return count;
}

std::size_t Log::deletable_by_size() const {
  if (config_.retention_bytes < 0) return 0;
  std::int64_t too_much = size_in_bytes() - config_.retention_bytes;
  std::size_t count = 0;
  while (count < storage_.segments.size() && may_delete(count)) {
    too_much -= storage_.segments[count].size_in_bytes;
    if (too_much < 0) break;
    ++count;
  }
  return count;
}

std::size_t Log::deletable_by_time(std::int64_t now_ms) const {
  if (config_.retention_ms < 0) return 0;
  std::size_t count = 0;
  while (count < storage_.segments.size() && may_delete(count) &&
         now_ms - storage_.segments[count].age_timestamp_ms() > config_.retention_ms) {
    ++count;
  }
  return count;
}

std::optional<Deleted> Log::delete_segments(std::size_t count, const char* reason) {
  if (count == 0) return std::nullopt;
  if (count == storage_.segments.size()) roll(storage_.end_offset);
  CHECKED(count < storage_.segments.size(), "{}: no segment left", to_string(partition_));
  const Offset new_start = storage_.segments[count].base_offset;
  Deleted deleted;
  if (auto raised = raise_start_offset(new_start)) deleted = std::move(*raised);
  deleted.new_start = storage_.start_offset;
  deleted.segments = static_cast<std::int32_t>(count);
  deleted.reason = reason;
  while (!storage_.batches.empty() && storage_.batches.front().base_offset < new_start)
    storage_.batches.pop_front();
  if (storage_.corrupt_from && *storage_.corrupt_from < new_start) storage_.corrupt_from.reset();
  for (std::size_t i = 0; i < count; ++i) {
    storage_.producer_snapshots.erase(storage_.segments.front().base_offset);
    storage_.segments.pop_front();
  }
  std::erase_if(storage_.aborted, [&](const AbortedRange& a) { return a.last_offset < new_start; });
  return deleted;
}

}  // namespace kafkasim::broker
