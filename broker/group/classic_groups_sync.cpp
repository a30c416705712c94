// SyncGroup, Heartbeat and LeaveGroup.
#include "broker/group/classic_groups.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

void ClassicGroups::sync(GroupToken token, const protocol::SyncGroupRequest& request) {
  const auto refuse = [&](ErrorCode error) {
    effects_.reply(token, failed(protocol::SyncGroupResponse(), error));
  };
  if (request.group_id.empty()) return refuse(ErrorCode::invalid_group_id);
  const auto at = groups_.find(request.group_id);
  if (at == groups_.end() || at->second.is(GroupState::empty))
    return refuse(ErrorCode::unknown_member_id);
  ClassicGroup& group = at->second;
  const ErrorCode error = validate_sync(group, request);
  if (error != ErrorCode::none) return refuse(error);
  if (group.is(GroupState::preparing_rebalance)) return refuse(ErrorCode::rebalance_in_progress);
  ClassicMember& member = *group.find(request.member_id);
  has_synced(group, request.member_id);
  if (group.is(GroupState::completing_rebalance)) {
    effects_.abandon(std::exchange(member.parked_sync, token));
    if (group.is_leader(request.member_id)) store_assignment(group, request);
    return;
  }
  CHECKED(group.is(GroupState::stable), "SyncGroup met group {} in state {}", group.id(),
          to_string(group.state()));
  protocol::SyncGroupResponse response;
  response.protocol_type = group.protocol_type();
  response.protocol_name = group.protocol_name();
  response.assignment = member.assignment;
  effects_.reply(token, std::move(response));
}

ErrorCode ClassicGroups::validate_sync(const ClassicGroup& group,
                                       const protocol::SyncGroupRequest& request) const {
  if (group.is(GroupState::dead)) return ErrorCode::coordinator_not_available;
  const ErrorCode error = group.validate_member(request.member_id, request.group_instance_id);
  if (error != ErrorCode::none) return error;
  if (request.generation_id != group.generation()) return ErrorCode::illegal_generation;
  // Before its first generation a group has no protocol that another could contradict.
  const auto differs = [](const std::string& given, const std::string& known) {
    return !given.empty() && !known.empty() && given != known;
  };
  if (differs(request.protocol_type, group.protocol_type()) ||
      differs(request.protocol_name, group.protocol_name())) {
    return ErrorCode::inconsistent_group_protocol;
  }
  return ErrorCode::none;
}

void ClassicGroups::has_synced(ClassicGroup& group, const std::string& member_id) {
  group.pending_syncs().erase(member_id);
  if (group.pending_syncs().empty()) effects_.timers.cancel(GroupTimerKind::sync, group.id());
}

void ClassicGroups::store_assignment(ClassicGroup& group,
                                     const protocol::SyncGroupRequest& request) {
  AssignmentStored stored{group.id(), request.generation_id, request.member_id, {}};
  for (const protocol::SyncGroupAssignment& each : request.assignments)
    stored.assignments[each.member_id] = each.assignment;
  // Before the assignments move on: arguments are evaluated in no order.
  std::vector<GroupRecord> records{
      {GroupMetadataKey{group.id()}, group.metadata_value(stored.assignments)}};
  effects_.writes.add(std::move(records), std::move(stored));
}

void ClassicGroups::assignment_written(const AssignmentStored& stored, ErrorCode error) {
  const auto at = groups_.find(stored.group_id);
  if (at == groups_.end()) return;
  ClassicGroup& group = at->second;
  // Another rebalance may have begun meanwhile; then this assignment is history.
  if (!group.is(GroupState::completing_rebalance) || group.generation() != stored.generation)
    return;
  if (error != ErrorCode::none) {
    drop_assignments(group, error);
    return prepare_or_complete(group, "the assignment could not be stored");
  }
  for (auto& [id, member] : group.members()) {
    const auto assignment = stored.assignments.find(id);
    member.assignment =
        assignment == stored.assignments.end() ? protocol::Bytes("") : assignment->second;
  }
  answer_syncs(group, ErrorCode::none);
  move(group, GroupState::stable, "assigned by " + stored.member_id);
}

void ClassicGroups::answer_syncs(ClassicGroup& group, ErrorCode error) {
  for (auto& [id, member] : group.members()) {
    const std::optional<GroupToken> token = std::exchange(member.parked_sync, std::nullopt);
    if (!token) continue;
    protocol::SyncGroupResponse response;
    response.error = error;
    response.assignment = member.assignment;
    if (error == ErrorCode::none) {
      response.protocol_type = group.protocol_type();
      response.protocol_name = group.protocol_name();
    }
    effects_.reply(*token, std::move(response));
    // Its session may have run out while we kept it waiting.
    restart_session(group, member);
  }
}

void ClassicGroups::drop_assignments(ClassicGroup& group, ErrorCode error) {
  for (auto& [id, member] : group.members()) member.assignment = protocol::Bytes("");
  answer_syncs(group, error);
}

void ClassicGroups::heartbeat(GroupToken token, const protocol::HeartbeatRequest& request) {
  protocol::HeartbeatResponse response;
  const auto refuse = [&](ErrorCode error) {
    response.error = error;
    effects_.reply(token, response);
  };
  if (request.group_id.empty()) return refuse(ErrorCode::invalid_group_id);
  const auto at = groups_.find(request.group_id);
  if (at == groups_.end()) return refuse(ErrorCode::unknown_member_id);
  ClassicGroup& group = at->second;
  if (group.is(GroupState::dead)) return refuse(ErrorCode::coordinator_not_available);
  const ErrorCode error = group.validate_member(request.member_id, request.group_instance_id);
  if (error != ErrorCode::none) return refuse(error);
  if (request.generation_id != group.generation()) return refuse(ErrorCode::illegal_generation);
  if (group.is(GroupState::empty)) {
    response.error = ErrorCode::unknown_member_id;
  } else {
    restart_session(group, *group.find(request.member_id));
    if (group.is(GroupState::preparing_rebalance))
      response.error = ErrorCode::rebalance_in_progress;
  }
  effects_.reply_after_writes(token, response);
}

void ClassicGroups::leave(GroupToken token, const protocol::LeaveGroupRequest& request) {
  protocol::LeaveGroupResponse response;
  const auto at = groups_.find(request.group_id);
  if (request.group_id.empty() || at == groups_.end()) {
    response.error =
        request.group_id.empty() ? ErrorCode::invalid_group_id : ErrorCode::unknown_member_id;
    effects_.reply(token, std::move(response));
    return;
  }
  ClassicGroup& group = at->second;
  std::string left;
  if (group.is(GroupState::dead)) {
    response.error = ErrorCode::coordinator_not_available;
  } else {
    for (const protocol::LeavingMember& leaving : request.members) {
      const ErrorCode error = remove_leaving(group, leaving);
      response.members.push_back({leaving.member_id, leaving.group_instance_id, error});
      if (error != ErrorCode::none) continue;
      if (!left.empty()) left += ", ";
      left += leaving.member_id.empty() ? leaving.group_instance_id : leaving.member_id;
    }
  }
  if (!left.empty()) {
    if (group.is(GroupState::stable) || group.is(GroupState::completing_rebalance)) {
      prepare_or_complete(group, left + " left");
    } else if (group.is(GroupState::preparing_rebalance)) {
      maybe_complete_join(group);
    }
  }
  effects_.reply_after_writes(token, std::move(response));
}

ErrorCode ClassicGroups::remove_leaving(ClassicGroup& group,
                                        const protocol::LeavingMember& leaving) {
  std::string id = leaving.member_id;
  if (id.empty()) {
    // A tool removes a static member by its instance.
    id = leaving.group_instance_id.empty() ? "" : group.static_member(leaving.group_instance_id);
    if (id.empty()) return ErrorCode::unknown_member_id;
  } else if (!group.pending_joins().contains(id)) {
    const ErrorCode error = group.validate_member(id, leaving.group_instance_id);
    if (error != ErrorCode::none) return error;
  }
  if (ClassicMember* member = group.find(id)) {
    answer_join(group, *member,
                std::get<protocol::JoinGroupResponse>(
                    failed(protocol::JoinGroupResponse(), ErrorCode::unknown_member_id)));
  }
  remove(group, id);
  return ErrorCode::none;
}

}  // namespace kafkasim::broker
