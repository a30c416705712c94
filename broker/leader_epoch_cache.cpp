// Searches and cuts a short sorted vector: a log has as many epochs as its partition had leaders.
#include "broker/leader_epoch_cache.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::EpochEndOffset;
using protocol::LeaderEpoch;
using protocol::Offset;

void LeaderEpochCache::assign(LeaderEpoch epoch, Offset start_offset) {
  CHECKED(epoch.is_set() && start_offset.is_set(), "epoch {} at {}", epoch.value(),
          start_offset.value());
  if (!entries_.empty() && entries_.back().epoch == epoch &&
      entries_.back().start_offset <= start_offset)
    return;
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start_offset)) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start_offset});
}

void LeaderEpochCache::truncate_from_end(Offset end_offset) {
  if (!end_offset.is_set()) return;
  while (!entries_.empty() && entries_.back().start_offset >= end_offset) entries_.pop_back();
}

void LeaderEpochCache::truncate_from_start(Offset start_offset) {
  const auto first_kept = std::find_if(entries_.begin(), entries_.end(), [&](const EpochEntry& e) {
    return e.start_offset > start_offset;
  });
  if (first_kept == entries_.begin()) return;
  const auto covering = first_kept - 1;
  covering->start_offset = start_offset;
  entries_.erase(entries_.begin(), covering);
}

EpochEndOffset LeaderEpochCache::end_offset_for(LeaderEpoch requested,
                                                Offset log_end_offset) const {
  if (!requested.is_set()) return {};
  if (latest_epoch() == requested) return {requested, log_end_offset};
  const auto higher = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const EpochEntry& e) { return e.epoch > requested; });
  if (higher == entries_.end()) return {};
  if (higher == entries_.begin()) return {requested, higher->start_offset};
  return {(higher - 1)->epoch, higher->start_offset};
}

LeaderEpoch LeaderEpochCache::epoch_for_offset(Offset offset) const {
  LeaderEpoch found;
  for (const EpochEntry& entry : entries_) {
    if (entry.start_offset > offset) break;
    found = entry.epoch;
  }
  return found;
}

}  // namespace kafkasim::broker
