// JoinGroup: newcomers, members that come again, static members that come back under a new id.
// Checks come in Kafka's order: timeouts, size of the group, protocols, member id.
#include <chrono>
#include <utility>

#include "broker/group/classic_groups.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::JoinGroupRequest;

ClassicGroups::ClassicGroups(GroupEffects& effects, MemberIdSource new_member_id,
                             LeaderChoice choose_leader)
    : effects_(effects),
      new_member_id_(std::move(new_member_id)),
      choose_leader_(std::move(choose_leader)) {}

const ClassicGroup* ClassicGroups::find(const std::string& group_id) const {
  const auto at = groups_.find(group_id);
  return at == groups_.end() ? nullptr : &at->second;
}

void ClassicGroups::join(GroupToken token, const JoinGroupRequest& request,
                         const JoinContext& context) {
  const sim::Duration session = std::chrono::milliseconds(request.session_timeout_ms);
  if (request.group_id.empty())
    return refuse_join(token, request.member_id, ErrorCode::invalid_group_id);
  if (session < effects_.settings.min_session_timeout ||
      session > effects_.settings.max_session_timeout) {
    return refuse_join(token, request.member_id, ErrorCode::invalid_session_timeout);
  }
  auto at = groups_.find(request.group_id);
  const bool creates = at == groups_.end();
  if (creates) {
    // Who brings an id has it from a group that is no more.
    if (!request.member_id.empty())
      return refuse_join(token, request.member_id, ErrorCode::unknown_member_id);
    at =
        groups_
            .emplace(request.group_id, ClassicGroup(request.group_id, effects_.now, choose_leader_))
            .first;
  }
  ClassicGroup& group = at->second;
  const std::size_t writes_before = effects_.writes.wanted().size();
  if (!accepts_joining(group, request.member_id)) {
    remove(group, request.member_id);
    refuse_join(token, "", ErrorCode::group_max_size_reached);
  } else if (request.member_id.empty()) {
    join_new(token, request, context, group);
  } else {
    join_existing(token, request, context, group);
  }
  if (creates && effects_.writes.wanted().size() == writes_before) {
    effects_.writes.add({{GroupMetadataKey{group.id()}, group.empty_metadata_value()}},
                        GroupCreated{group.id(), token});
  }
}

bool ClassicGroups::accepts_joining(ClassicGroup& group, const std::string& member_id) const {
  const ClassicMember* member = group.find(member_id);
  const auto limit = effects_.settings.max_size;
  switch (group.state()) {
    case GroupState::empty:
    case GroupState::dead:
      return true;
    case GroupState::preparing_rebalance:
      // Counted by who waits, so that the last ones of a group that is too large stay out.
      return (member != nullptr && member->parked_join) || group.awaiting_join() < limit;
    case GroupState::completing_rebalance:
    case GroupState::stable:
      return member != nullptr || static_cast<std::int64_t>(group.members().size()) < limit;
  }
  return false;
}

void ClassicGroups::join_new(GroupToken token, const JoinGroupRequest& request,
                             const JoinContext& context, ClassicGroup& group) {
  if (group.is(GroupState::dead))
    return refuse_join(token, "", ErrorCode::coordinator_not_available);
  if (!group.supports(request.protocol_type, request.protocols)) {
    return refuse_join(token, "", ErrorCode::inconsistent_group_protocol);
  }
  if (!request.group_instance_id.empty()) {
    const std::string new_id = new_member_id_(request.group_instance_id);
    const std::string old_id = group.static_member(request.group_instance_id);
    if (old_id.empty()) return add_member(token, request, context, group, new_id);
    return rejoin_static(token, request, context, group, old_id, new_id);
  }
  const std::string new_id = new_member_id_(context.client_id);
  if (!context.knows_member_id_required) return add_member(token, request, context, group, new_id);
  // It must come again with the id. If the response is lost, this leaves a mere id behind and not a
  // member.
  group.pending_joins().insert(new_id);
  start_session(group, new_id, std::chrono::milliseconds(request.session_timeout_ms));
  refuse_join(token, new_id, ErrorCode::member_id_required);
}

void ClassicGroups::join_existing(GroupToken token, const JoinGroupRequest& request,
                                  const JoinContext& context, ClassicGroup& group) {
  const std::string& id = request.member_id;
  if (group.is(GroupState::dead))
    return refuse_join(token, id, ErrorCode::coordinator_not_available);
  if (!group.supports(request.protocol_type, request.protocols)) {
    return refuse_join(token, id, ErrorCode::inconsistent_group_protocol);
  }
  if (group.pending_joins().contains(id)) {
    // Static members are never pending; Kafka fails on such a request.
    if (!request.group_instance_id.empty())
      return refuse_join(token, id, ErrorCode::unknown_server_error);
    return add_member(token, request, context, group, id);
  }
  const ErrorCode error = group.validate_member(id, request.group_instance_id);
  if (error != ErrorCode::none) return refuse_join(token, id, error);
  rejoin(token, request, group, *group.find(id));
}

void ClassicGroups::rejoin(GroupToken token, const JoinGroupRequest& request, ClassicGroup& group,
                           ClassicMember& member) {
  const bool same = member.matches(request.protocols);
  switch (group.state()) {
    case GroupState::preparing_rebalance:
      return update_member(token, request, group, member,
                           member.member_id + " joins the rebalance");
    case GroupState::completing_rebalance:
      if (!same)
        return update_member(token, request, group, member,
                             member.member_id + " changed its subscription");
      break;  // it missed the response to its join
    case GroupState::stable:
      // The leader joins again when what it assigns has changed, though its own subscription has
      // not.
      if (group.is_leader(member.member_id)) {
        return update_member(token, request, group, member,
                             "leader " + member.member_id + " joins again");
      }
      if (!same)
        return update_member(token, request, group, member,
                             member.member_id + " changed its subscription");
      break;
    case GroupState::empty:
    case GroupState::dead:
      return refuse_join(token, member.member_id, ErrorCode::unknown_member_id);
  }
  protocol::JoinGroupResponse response = joined(group, member.member_id);
  if (group.is(GroupState::stable)) response.members.clear();
  effects_.reply(token, std::move(response));
}

void ClassicGroups::add_member(GroupToken token, const JoinGroupRequest& request,
                               const JoinContext& context, ClassicGroup& group,
                               const std::string& member_id) {
  ClassicMember member;
  member.member_id = member_id;
  member.group_instance_id = request.group_instance_id;
  member.client_id = context.client_id;
  member.client_host = context.client_host;
  member.rebalance_timeout = std::chrono::milliseconds(request.rebalance_timeout_ms);
  member.session_timeout = std::chrono::milliseconds(request.session_timeout_ms);
  member.protocol_type = request.protocol_type;
  member.protocols = request.protocols;
  member.parked_join = token;
  member.is_new = true;
  if (group.is(GroupState::preparing_rebalance) && group.previous_state() == GroupState::empty) {
    group.new_member_added = true;
  }
  group.add(std::move(member));
  // It cannot send heartbeats before it knows its id, and a broken connection is not noticed while
  // its join is parked; this bounds how long a member that is gone stays.
  start_session(group, member_id, effects_.settings.new_member_join_timeout);
  prepare_or_complete(group, member_id + " joins");
}

void ClassicGroups::update_member(GroupToken token, const JoinGroupRequest& request,
                                  ClassicGroup& group, ClassicMember& member,
                                  const std::string& reason) {
  effects_.abandon(group.update(member, request.protocols,
                                std::chrono::milliseconds(request.rebalance_timeout_ms),
                                std::chrono::milliseconds(request.session_timeout_ms), token));
  prepare_or_complete(group, reason);
}

ClassicMember& ClassicGroups::replace_static(ClassicGroup& group, const std::string& old_id,
                                             const std::string& new_id) {
  const ClassicGroup::Replaced replaced = group.replace_static(old_id, new_id);
  if (replaced.parked_join)
    refuse_join(*replaced.parked_join, old_id, ErrorCode::fenced_instance_id);
  if (replaced.parked_sync) {
    effects_.reply(*replaced.parked_sync,
                   failed(protocol::SyncGroupResponse(), ErrorCode::fenced_instance_id));
  }
  return *replaced.member;
}

void ClassicGroups::rejoin_static(GroupToken token, const JoinGroupRequest& request,
                                  const JoinContext& context, ClassicGroup& group,
                                  const std::string& old_id, const std::string& new_id) {
  StaticMemberStored stored{
      group.id(), request.group_instance_id,    old_id, new_id, token, group.leader(), {}, {},
      {},         context.knows_skip_assignment};
  ClassicMember& member = replace_static(group, old_id, new_id);
  restart_session(group, member);
  stored.old_protocols = member.protocols;
  stored.old_rebalance_timeout = member.rebalance_timeout;
  stored.old_session_timeout = member.session_timeout;
  group.update(member, request.protocols, std::chrono::milliseconds(request.rebalance_timeout_ms),
               std::chrono::milliseconds(request.session_timeout_ms), token);
  const std::string reason = "instance " + request.group_instance_id + " came back";
  switch (group.state()) {
    case GroupState::stable: {
      if (group.select_protocol() != group.protocol_name())
        return prepare_or_complete(group, reason);
      // The next generation would look the same: only the new id is stored.
      std::map<std::string, protocol::Bytes> assignments;
      for (const auto& [id, each] : group.members()) assignments[id] = each.assignment;
      effects_.writes.add({{GroupMetadataKey{group.id()}, group.metadata_value(assignments)}},
                          std::move(stored));
      return;
    }
    case GroupState::completing_rebalance:
      // The leader may be assigning to the old id at this moment.
      return prepare_rebalance(group, reason);
    case GroupState::preparing_rebalance:
      return maybe_complete_join(group);
    case GroupState::empty:
    case GroupState::dead:
      break;
  }
  CHECKED(false, "group {} has a static member in state {}", group.id(), to_string(group.state()));
}

void ClassicGroups::static_member_written(const StaticMemberStored& stored, ErrorCode error) {
  const auto at = groups_.find(stored.group_id);
  if (at == groups_.end()) return;
  ClassicGroup& group = at->second;
  ClassicMember* member = group.find(stored.new_member_id);
  if (error == ErrorCode::none) {
    if (member == nullptr) return;
    protocol::JoinGroupResponse response = joined(group, stored.new_member_id);
    response.skip_assignment = stored.may_skip_assignment && group.is_leader(stored.new_member_id);
    if (!stored.may_skip_assignment) {
      response.members.clear();
      response.leader = stored.leader_before;
    }
    return answer_join(group, *member, std::move(response));
  }
  if (member != nullptr) {
    group.update(*member, stored.old_protocols, stored.old_rebalance_timeout,
                 stored.old_session_timeout, std::nullopt);
    restart_session(group, replace_static(group, stored.new_member_id, stored.old_member_id));
  }
  protocol::JoinGroupResponse response;
  response.error = error;
  response.generation_id = group.generation();
  response.protocol_name = group.protocol_name();
  response.protocol_type = group.protocol_type();
  response.leader = stored.leader_before;
  effects_.reply(stored.token, std::move(response));
}

}  // namespace kafkasim::broker
