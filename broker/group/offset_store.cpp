// Two views of the same records: all of them, and those below the high watermark.
#include "broker/group/offset_store.hpp"

#include "sim/check.hpp"

namespace kafkasim::broker {

void OffsetStore::append(const OffsetCommitKey& key, const OffsetCommitValue* value,
                         protocol::Offset at) {
  CHECKED(pending_.empty() || pending_.back().at < at, "offset record at {} after {}", at.value(),
          pending_.empty() ? -1 : pending_.back().at.value());
  std::optional<StoredOffset> stored;
  if (value != nullptr) {
    stored = StoredOffset{value->offset, value->leader_epoch, value->metadata,
                          value->commit_timestamp_ms, value->member_id};
  }
  apply(latest_, key, stored);
  pending_.push_back({at, {key, std::move(stored)}});
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
