// The follower's side: where to start, where to cut, what to take over.
#include <algorithm>

#include "broker/partition.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

Offset Partition::initial_fetch_offset() const {
  if (mutations_->truncate_to_high_watermark) return log_.high_watermark();
  // With epochs the leader finds the divergence. Without any, only what is surely replicated is
  // trusted.
  return log_.leader_epochs().latest_epoch().is_set() ? log_.end_offset() : log_.high_watermark();
}

OffsetTruncation Partition::truncation_for(const protocol::EpochEndOffset& leader_end,
                                           Offset fetch_offset) const {
  const Offset own_end = log_.end_offset();
  if (!leader_end.end_offset.is_set()) return {fetch_offset, true};
  if (!leader_end.epoch.is_set()) return {std::min(leader_end.end_offset, own_end), true};
  const auto own = log_.leader_epochs().end_offset_for(leader_end.epoch, own_end);
  if (!own.end_offset.is_set()) return {std::min(leader_end.end_offset, own_end), true};
  // The leader's epoch is not in this log: cut to the end of the older one and ask again.
  if (own.epoch != leader_end.epoch) return {std::min(own.end_offset, own_end), false};
  return {std::min({own.end_offset, leader_end.end_offset, own_end}), true};
}

std::optional<std::vector<StoredBatch>> Partition::append_fetched(
    const protocol::FetchPartitionResponse& response, std::int64_t now_ms) {
  CHECKED(role_ == Role::follower, "{} copies but does not follow", to_string(id_));
  for (const StoredBatch& stored : response.records) {
    if (!log_.append_as_follower(stored, now_ms)) return std::nullopt;
  }
  tell_of_change();
  log_.follow_high_watermark(response.high_watermark);
  if (response.log_start_offset.is_set()) log_.raise_start_offset(response.log_start_offset);
  return response.records;
}

}  // namespace kafkasim::broker
