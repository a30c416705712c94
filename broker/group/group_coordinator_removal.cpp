// What goes away: groups and offsets that an administrator deletes, offsets that nobody has used
// for long, offsets of partitions that are no more.
#include <utility>

#include "broker/group/group_coordinator.hpp"
#include "protocol/consumer_protocol.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

void GroupCoordinator::store(std::vector<GroupRecord> records, FollowUp follow_up,
                             const std::string& reason) {
  if (records.empty()) return;
  const GroupWriteId id = effects_.writes.add(std::move(records), std::move(follow_up));
  for (const GroupRecord& record : effects_.writes.wanted().back().records) {
    if (const auto* group = std::get_if<GroupMetadataKey>(&record.key)) {
      std::optional<ClassicGroup> before = groups_.take(group->group_id, reason);
      if (before) unwritten_.push_back({id, group->group_id, std::move(before)});
      continue;
    }
    const auto& key = std::get<OffsetCommitKey>(record.key);
    const auto* value = dynamic_cast<const OffsetCommitValue*>(record.value.get());
    const bool needs_group = value != nullptr && consumers_.find(key.group_id) == nullptr;
    if (needs_group && groups_.ensure(key.group_id)) unwritten_.push_back({id, key.group_id, {}});
    offsets_.want(key, value);
  }
}

// ---- on request ----

ErrorCode GroupCoordinator::may_delete(const std::string& group_id) const {
  if (const ConsumerGroup* consumers = consumers_.find(group_id)) {
    return consumers->is_empty() ? ErrorCode::none : ErrorCode::non_empty_group;
  }
  const ClassicGroup* group = groups_.find(group_id);
  if (group == nullptr) return ErrorCode::group_id_not_found;
  return group->is(GroupState::empty) ? ErrorCode::none : ErrorCode::non_empty_group;
}

std::vector<GroupRecord> GroupCoordinator::offset_tombstones(const std::string& group_id) const {
  std::vector<GroupRecord> tombstones;
  for (const auto& [partition, stored] : offsets_.latest(group_id)) {
    tombstones.push_back({OffsetCommitKey{group_id, partition}, {}});
  }
  return tombstones;
}

void GroupCoordinator::delete_groups(GroupToken token, const std::vector<std::string>& groups,
                                     sim::Time now) {
  begin(token, now);
  const std::string reason = "an administrator deleted it";
  protocol::DeleteGroupsResponse response;
  for (const std::string& group_id : groups) {
    const ErrorCode error = may_delete(group_id);
    response.results.push_back({group_id, error});
    if (error != ErrorCode::none) continue;
    std::vector<GroupRecord> records = offset_tombstones(group_id);
    const bool is_classic = consumers_.find(group_id) == nullptr;
    if (is_classic) records.push_back({GroupMetadataKey{group_id}, {}});
    store(std::move(records), NothingFollows{}, reason);
    if (!is_classic) consumers_.remove_empty(group_id, reason);
  }
  effects_.reply_after_writes(token, std::move(response));
}

void GroupCoordinator::offset_delete(GroupToken token, const protocol::OffsetDeleteRequest& request,
                                     sim::Time now) {
  begin(token, now);
  protocol::OffsetDeleteResponse response;
  const ConsumerGroup* consumers = consumers_.find(request.group_id);
  const ClassicGroup* classic = groups_.find(request.group_id);
  if (consumers == nullptr && classic == nullptr) {
    response.error = ErrorCode::group_id_not_found;
  } else if (consumers == nullptr && !classic->is(GroupState::empty) &&
             classic->protocol_type() != protocol::consumer_protocol_type) {
    // What its members use nobody can tell.
    response.error = ErrorCode::non_empty_group;
  }
  if (response.error != ErrorCode::none) return effects_.reply(token, std::move(response));
  std::vector<GroupRecord> tombstones;
  const OffsetStore::Partitions& known = offsets_.latest(request.group_id);
  for (const protocol::TopicPartition& partition : request.partitions) {
    const bool is_used = consumers != nullptr ? consumers->subscribers().contains(partition.topic)
                                              : classic->is_subscribed(partition.topic);
    response.partitions.push_back(
        {partition, is_used ? ErrorCode::group_subscribed_to_topic : ErrorCode::none});
    if (!is_used && known.contains(partition)) {
      tombstones.push_back({OffsetCommitKey{request.group_id, partition}, {}});
    }
  }
  store(std::move(tombstones), NothingFollows{}, "");
  effects_.reply_after_writes(token, std::move(response));
}

// ---- in time ----

std::optional<std::int64_t> GroupCoordinator::idle_since_ms(
    const std::string& group_id, const protocol::TopicPartition& partition,
    const StoredOffset& offset) const {
  if (const ConsumerGroup* consumers = consumers_.find(group_id)) {
    if (consumers->subscribers().contains(partition.topic)) return std::nullopt;
    return offset.commit_timestamp_ms;
  }
  const ClassicGroup* group = groups_.find(group_id);
  // A group without a protocol type only commits: each offset ages by itself.
  if (group == nullptr || group->protocol_type().empty()) return offset.commit_timestamp_ms;
  if (group->is(GroupState::empty)) {
    return group->state_since_ms() < 0 ? offset.commit_timestamp_ms : group->state_since_ms();
  }
  if (!group->is(GroupState::stable) || !group->subscribed_topics()) return std::nullopt;
  if (group->is_subscribed(partition.topic)) return std::nullopt;
  return offset.commit_timestamp_ms;
}

bool GroupCoordinator::is_expired(const std::string& group_id,
                                  const protocol::TopicPartition& partition,
                                  const StoredOffset& offset) const {
  const std::optional<std::int64_t> since = idle_since_ms(group_id, partition, offset);
  if (!since) return false;
  const std::int64_t now_ms = sim::to_epoch_ms(effects_.now);
  // Who committed has said how long it shall stay.
  if (offset.expire_timestamp_ms >= 0) return now_ms >= offset.expire_timestamp_ms;
  const auto retention =
      std::chrono::floor<std::chrono::milliseconds>(effects_.settings.offsets_retention);
  return now_ms - *since >= retention.count();
}

void GroupCoordinator::expire_offsets() {
  std::vector<GroupRecord> tombstones;
  std::map<std::string, std::size_t> left;  // group -> offsets that stay
  for (const auto& [id, group] : groups_.groups()) left[id] = 0;
  for (const auto& [id, group] : consumers_.groups()) left[id] = 0;
  for (const auto& [group_id, partitions] : offsets_.all_latest()) {
    for (const auto& [partition, stored] : partitions) {
      if (is_expired(group_id, partition, stored)) {
        tombstones.push_back({OffsetCommitKey{group_id, partition}, {}});
      } else {
        ++left[group_id];
      }
    }
  }
  // An empty group with no offsets left is forgotten, and its timers with the ids it gave out.
  const std::string reason = "nothing is left of it";
  std::vector<std::string> consumers_gone;
  for (const auto& [group_id, count] : left) {
    if (count > 0 || may_delete(group_id) != ErrorCode::none) continue;
    if (consumers_.find(group_id) != nullptr) {
      consumers_gone.push_back(group_id);
    } else {
      tombstones.push_back({GroupMetadataKey{group_id}, {}});
    }
  }
  store(std::move(tombstones), NothingFollows{}, reason);
  for (const std::string& group_id : consumers_gone) consumers_.remove_empty(group_id, reason);
}

void GroupCoordinator::forget_offsets(const std::set<protocol::TopicPartition>& partitions,
                                      sim::Time now) {
  effects_.now = now;
  std::vector<GroupRecord> tombstones;
  for (const auto& [group_id, stored] : offsets_.all_latest()) {
    for (const auto& [partition, offset] : stored) {
      if (partitions.contains(partition))
        tombstones.push_back({OffsetCommitKey{group_id, partition}, {}});
    }
  }
  store(std::move(tombstones), NothingFollows{}, "");
}

}  // namespace kafkasim::broker
