// Settings, error mapping, and the queue of writes of the group coordinator.
#include "broker/group/group_effects.hpp"

#include <algorithm>
#include <utility>

#include "broker/group/assignor.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

GroupSettings group_settings(const protocol::ConfigValues& broker) {
  GroupSettings out;
  out.initial_rebalance_delay = broker.duration_ms("group.initial.rebalance.delay.ms");
  out.max_size = broker.int_value("group.max.size");
  out.min_session_timeout = broker.duration_ms("group.min.session.timeout.ms");
  out.max_session_timeout = broker.duration_ms("group.max.session.timeout.ms");
  out.write_timeout = broker.duration_ms("offsets.commit.timeout.ms");
  out.offset_metadata_max_bytes = broker.int_value("offset.metadata.max.bytes");
  out.offsets_retention = std::chrono::minutes(broker.int_value("offsets.retention.minutes"));
  out.retention_check_interval = broker.duration_ms("offsets.retention.check.interval.ms");
  const std::vector<std::string> protocols = broker.list("group.coordinator.rebalance.protocols");
  out.consumer_protocol =
      std::find(protocols.begin(), protocols.end(), "consumer") != protocols.end();
  out.consumer_session_timeout = broker.duration_ms("group.consumer.session.timeout.ms");
  out.consumer_heartbeat_interval = broker.duration_ms("group.consumer.heartbeat.interval.ms");
  out.consumer_max_size = broker.int_value("group.consumer.max.size");
  out.assignors.clear();
  for (const std::string& name : broker.list("group.consumer.assignors")) {
    const ServerAssignor* assignor = find_server_assignor(name);
    if (assignor != nullptr) out.assignors.emplace_back(assignor->name);
  }
  if (out.assignors.empty()) out.assignors.emplace_back("uniform");
  return out;
}

ErrorCode coordinator_error(ErrorCode error) {
  if (error == ErrorCode::unknown_topic_or_partition || error == ErrorCode::not_enough_replicas ||
      error == ErrorCode::request_timed_out) {
    return ErrorCode::coordinator_not_available;
  }
  if (error == ErrorCode::not_leader_or_follower || error == ErrorCode::kafka_storage_error) {
    return ErrorCode::not_coordinator;
  }
  if (error == ErrorCode::message_too_large || error == ErrorCode::record_list_too_large ||
      error == ErrorCode::invalid_fetch_size) {
    return ErrorCode::unknown_server_error;
  }
  return error == ErrorCode::network_exception ? ErrorCode::coordinator_load_in_progress : error;
}

GroupResponse failed(GroupResponse response, ErrorCode error) {
  if (auto* join = std::get_if<protocol::JoinGroupResponse>(&response)) {
    protocol::JoinGroupResponse out;
    out.member_id = join->member_id;
    out.error = error;
    return out;
  }
  if (std::holds_alternative<protocol::SyncGroupResponse>(response)) {
    protocol::SyncGroupResponse out;
    out.error = error;
    out.assignment = protocol::Bytes("");
    return out;
  }
  if (auto* heartbeat = std::get_if<protocol::HeartbeatResponse>(&response))
    heartbeat->error = error;
  if (std::holds_alternative<protocol::LeaveGroupResponse>(response)) {
    protocol::LeaveGroupResponse out;
    out.error = error;
    return out;
  }
  if (auto* commit = std::get_if<protocol::OffsetCommitResponse>(&response)) {
    for (auto& partition : commit->partitions) partition.error = error;
  }
  if (auto* fetch = std::get_if<protocol::OffsetFetchResponse>(&response)) {
    fetch->partitions.clear();
    // Older consumers do not know the other error here; and this one makes them look for the
    // coordinator again.
    fetch->error =
        error == ErrorCode::coordinator_not_available ? ErrorCode::not_coordinator : error;
  }
  if (std::holds_alternative<protocol::ConsumerGroupHeartbeatResponse>(response)) {
    protocol::ConsumerGroupHeartbeatResponse out;
    out.error = error;
    return out;
  }
  if (auto* deleted = std::get_if<protocol::DeleteGroupsResponse>(&response)) {
    for (auto& result : deleted->results) result.error = error;
  }
  if (std::holds_alternative<protocol::OffsetDeleteResponse>(response)) {
    protocol::OffsetDeleteResponse out;
    out.error = error;
    return out;
  }
  return response;
}

GroupWrite GroupWrites::take_wanted() {
  CHECKED(!wanted_.empty());
  GroupWrite write = std::move(wanted_.front());
  wanted_.pop_front();
  return write;
}

void GroupWrites::put_in_log(GroupWrite write, protocol::Offset next, sim::Time deadline) {
  CHECKED(in_log_.empty() || in_log_.back().next <= next, "a group write ends at {} before {}",
          next.value(), in_log_.empty() ? -1 : in_log_.back().next.value());
  in_log_.push_back({std::move(write), next, deadline});
}

GroupWrite GroupWrites::take_front() {
  GroupWrite write = std::move(in_log_.front().write);
  in_log_.pop_front();
  return write;
}

std::optional<GroupWrite> GroupWrites::take_replicated(protocol::Offset high_watermark) {
  if (in_log_.empty() || in_log_.front().next > high_watermark) return std::nullopt;
  return take_front();
}

std::optional<GroupWrite> GroupWrites::take_overdue(sim::Time now) {
  if (next_deadline() > now) return std::nullopt;
  return take_front();
}

std::vector<GroupWrite> GroupWrites::take_all() {
  std::vector<GroupWrite> all;
  while (!in_log_.empty()) all.push_back(take_front());
  while (!wanted_.empty()) all.push_back(take_wanted());
  return all;
}

void GroupEffects::reply_after_writes(GroupToken token, GroupResponse response) {
  if (writes.idle()) {
    reply(token, std::move(response));
  } else {
    follow_writes(AnswerFollows{{token, std::move(response)}});
  }
}

void GroupEffects::follow_writes(FollowUp follow_up) {
  const bool none_wanted = writes.wanted().empty();
  writes.add({}, std::move(follow_up));
  if (!none_wanted) return;  // goes with the one before it
  const protocol::Offset next = writes.last_next();
  writes.put_in_log(writes.take_wanted(), next, sim::later(now, settings.write_timeout));
}

}  // namespace kafkasim::broker
