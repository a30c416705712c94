// Two views of the same records: all of them, and those below the high watermark.
#include "broker/group/offset_store.hpp"

#include <set>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

void OffsetStore::want(const OffsetCommitKey& key, const OffsetCommitValue* value) {
  std::optional<StoredOffset> stored;
  if (value != nullptr) {
    stored = StoredOffset{value->offset,
                          value->leader_epoch,
                          value->metadata,
                          value->commit_timestamp_ms,
                          value->expire_timestamp_ms,
                          value->member_id};
  }
  apply(latest_, key, stored);
  wanted_.push_back({key, std::move(stored)});
}

void OffsetStore::placed(protocol::Offset at) {
  CHECKED(!wanted_.empty(), "nobody wanted the offset record at {}", at.value());
  CHECKED(pending_.empty() || pending_.back().at < at, "offset record at {} after {}", at.value(),
          pending_.empty() ? -1 : pending_.back().at.value());
  pending_.push_back({at, std::move(wanted_.front())});
  wanted_.pop_front();
}

void OffsetStore::undo_wanted() {
  std::set<std::pair<std::string, protocol::TopicPartition>> keys;
  for (const Committed& change : wanted_) {
    const Partitions& known = committed(change.key.group_id);
    const auto at = known.find(change.key.partition);
    const bool is_known = at != known.end();
    apply(latest_, change.key, is_known ? std::optional(at->second) : std::nullopt);
    keys.emplace(change.key.group_id, change.key.partition);
  }
  wanted_.clear();
  // What is in the log already stays.
  for (const Pending& pending : pending_) {
    const OffsetCommitKey& key = pending.change.key;
    if (keys.contains({key.group_id, key.partition})) apply(latest_, key, pending.change.value);
  }
}

std::vector<OffsetStore::Committed> OffsetStore::advance(protocol::Offset high_watermark) {
  std::vector<Committed> out;
  while (!pending_.empty() && pending_.front().at < high_watermark) {
    Committed& change = pending_.front().change;
    apply(committed_, change.key, change.value);
    out.push_back(std::move(change));
    pending_.pop_front();
  }
  return out;
}

void OffsetStore::clear() {
  committed_.clear();
  latest_.clear();
  wanted_.clear();
  pending_.clear();
}

const OffsetStore::Partitions& OffsetStore::of(const Groups& groups, const std::string& group_id) {
  static const Partitions none;
  const auto at = groups.find(group_id);
  return at == groups.end() ? none : at->second;
}

void OffsetStore::apply(Groups& groups, const OffsetCommitKey& key,
                        const std::optional<StoredOffset>& value) {
  if (value) {
    groups[key.group_id].insert_or_assign(key.partition, *value);
    return;
  }
  const auto group = groups.find(key.group_id);
  if (group == groups.end()) return;
  group->second.erase(key.partition);
  if (group->second.empty()) groups.erase(group);
}

}  // namespace kafkasim::broker
