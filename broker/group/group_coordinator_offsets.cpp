// OffsetCommit, OffsetFetch, and the expiry of offsets that nobody uses any more.
#include "broker/group/group_coordinator.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

ErrorCode GroupCoordinator::accept_commit(const protocol::OffsetCommitRequest& request) {
  return consumers_.find(request.group_id) != nullptr ? consumers_.accept_commit(request)
                                                      : groups_.accept_commit(request);
}

void GroupCoordinator::offset_commit(GroupToken token, const protocol::OffsetCommitRequest& request,
                                     sim::Time now) {
  begin(token, now);
  protocol::OffsetCommitResponse response;
  for (const auto& each : request.partitions)
    response.partitions.push_back({each.partition, ErrorCode::none});
  const ErrorCode error = accept_commit(request);
  if (error != ErrorCode::none) {
    effects_.reply(token, failed(std::move(response), error));
    return;
  }
  std::vector<GroupRecord> records;
  for (std::size_t i = 0; i < request.partitions.size(); ++i) {
    const protocol::OffsetCommitPartition& each = request.partitions[i];
    if (each.committed_metadata.size() >
        static_cast<std::size_t>(effects_.settings.offset_metadata_max_bytes)) {
      response.partitions[i].error = ErrorCode::offset_metadata_too_large;
      continue;
    }
    OffsetCommitValue value;
    value.group_id = request.group_id;
    value.partition = each.partition;
    value.offset = each.committed_offset;
    value.leader_epoch = each.committed_leader_epoch;
    value.metadata = each.committed_metadata;
    value.commit_timestamp_ms = sim::to_epoch_ms(now);
    value.member_id = request.member_id;
    records.push_back(
        {OffsetCommitKey{request.group_id, each.partition},
         protocol::Ref<protocol::InternalValue>(new OffsetCommitValue(std::move(value)))});
  }
  if (records.empty()) {
    effects_.reply_after_writes(token, std::move(response));
  } else {
    AnswerFollows answer{{token, std::move(response)}};
    effects_.writes.add(std::move(records), true, std::move(answer));
  }
}

void GroupCoordinator::offset_fetch(GroupToken token, const protocol::OffsetFetchRequest& request,
                                    sim::Time now) {
  begin(token, now);
  if (consumers_.find(request.group_id) != nullptr) {
    const ErrorCode error = consumers_.accept_fetch(request);
    if (error != ErrorCode::none) {
      effects_.reply(token, failed(fetched(request, {}), error));
      return;
    }
  }
  if (request.require_stable && !effects_.writes.idle()) {
    effects_.follow_writes(FetchFollows{token, request});
  } else {
    effects_.reply(token, fetched(request, offsets_.committed(request.group_id)));
  }
}

protocol::OffsetFetchResponse GroupCoordinator::fetched(
    const protocol::OffsetFetchRequest& request, const OffsetStore::Partitions& offsets) const {
  protocol::OffsetFetchResponse response;
  response.group_id = request.group_id;
  const auto add = [&](const protocol::TopicPartition& partition, const StoredOffset& stored) {
    response.partitions.push_back(
        {partition, stored.offset, stored.leader_epoch, stored.metadata, ErrorCode::none});
  };
  if (request.all_partitions) {
    for (const auto& [partition, stored] : offsets) add(partition, stored);
    return response;
  }
  for (const protocol::TopicPartition& partition : request.partitions) {
    const auto at = offsets.find(partition);
    add(partition, at == offsets.end() ? StoredOffset() : at->second);
  }
  return response;
}

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
  if (!group->is(GroupState::stable)) return std::nullopt;
  const auto topics = group->subscribed_topics();
  if (!topics || topics->contains(partition.topic)) return std::nullopt;
  return offset.commit_timestamp_ms;
}

void GroupCoordinator::expire_offsets() {
  const std::int64_t retention_ms =
      std::chrono::floor<std::chrono::milliseconds>(effects_.settings.offsets_retention).count();
  const std::int64_t now_ms = sim::to_epoch_ms(effects_.now);
  std::vector<GroupRecord> tombstones;
  std::map<std::string, std::size_t> left;  // group -> offsets that stay
  for (const auto& [id, group] : groups_.groups()) left[id] = 0;
  for (const auto& [id, group] : consumers_.groups()) left[id] = 0;
  for (const auto& [group_id, partitions] : offsets_.all_latest()) {
    for (const auto& [partition, stored] : partitions) {
      const std::optional<std::int64_t> since = idle_since_ms(group_id, partition, stored);
      if (since && now_ms - *since >= retention_ms) {
        tombstones.push_back({OffsetCommitKey{group_id, partition}, {}});
      } else {
        ++left[group_id];
      }
    }
  }
  // An empty group with no offsets left is forgotten, and its timers with the ids it gave out.
  for (const auto& [group_id, count] : left) {
    const ConsumerGroup* consumers = consumers_.find(group_id);
    if (count == 0 && consumers != nullptr && consumers->is_empty()) {
      consumers_.remove_empty(group_id);
    }
    const ClassicGroup* group = groups_.find(group_id);
    if (count == 0 && group != nullptr && group->is(GroupState::empty)) {
      tombstones.push_back({GroupMetadataKey{group_id}, {}});
    }
  }
  if (!tombstones.empty()) effects_.writes.add(std::move(tombstones), true, NothingFollows{});
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
  if (!tombstones.empty()) effects_.writes.add(std::move(tombstones), true, NothingFollows{});
}

}  // namespace kafkasim::broker
