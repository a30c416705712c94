// What classic groups have to do with stored state: the fate of writes, replay, taking over and
// handing over.
#include "broker/group/classic_groups.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

ErrorCode ClassicGroups::accept_commit(const protocol::OffsetCommitRequest& request) {
  const auto at = groups_.find(request.group_id);
  if (at == groups_.end()) {
    // Without a generation it comes from a consumer that assigns itself, or a tool: a group that
    // only commits.
    return request.generation_id_or_member_epoch < 0 ? ErrorCode::none
                                                     : ErrorCode::group_id_not_found;
  }
  ClassicGroup& group = at->second;
  const ErrorCode error = group.validate_commit(request);
  const bool is_old =
      error == ErrorCode::illegal_generation || error == ErrorCode::unknown_member_id;
  if (is_old && effects_.settings.accept_old_commits) return ErrorCode::none;
  if (error != ErrorCode::none) return error;
  if (group.is(GroupState::stable) || group.is(GroupState::preparing_rebalance)) {
    restart_session(group, *group.find(request.member_id));
  }
  return ErrorCode::none;
}

void ClassicGroups::written(FollowUp& follow_up, ErrorCode error, bool in_log) {
  if (auto* created = std::get_if<GroupCreated>(&follow_up)) {
    if (error == ErrorCode::none) return;
    effects_.reply(created->token, failed(protocol::JoinGroupResponse(), error));
    // Nothing of it is in the log: as if the join had never come.
    if (!in_log) drop(created->group_id);
  } else if (auto* assigned = std::get_if<AssignmentStored>(&follow_up)) {
    assignment_written(*assigned, error);
  } else if (auto* rejoined = std::get_if<StaticMemberStored>(&follow_up)) {
    static_member_written(*rejoined, error);
  } else if (auto* answer = std::get_if<AnswerFollows>(&follow_up)) {
    if (error != ErrorCode::none)
      answer->reply.response = failed(std::move(answer->reply.response), error);
    effects_.reply(answer->reply.token, std::move(answer->reply.response));
  }
}

void ClassicGroups::replay(const std::string& group_id, const GroupMetadataValue* value) {
  groups_.erase(group_id);
  if (value != nullptr)
    groups_.emplace(group_id, ClassicGroup::restored(group_id, *value, choose_leader_));
}

bool ClassicGroups::ensure(const std::string& group_id) {
  if (groups_.contains(group_id)) return false;
  groups_.emplace(group_id, ClassicGroup(group_id, effects_.now, choose_leader_));
  return true;
}

std::optional<ClassicGroup> ClassicGroups::take(const std::string& group_id,
                                                const std::string& reason) {
  auto node = groups_.extract(group_id);
  if (node.empty()) return std::nullopt;
  ClassicGroup& group = node.mapped();
  CHECKED(group.is(GroupState::empty), "group {} is deleted as {}", group_id,
          to_string(group.state()));
  effects_.state_changes.push_back(
      {group_id, std::string(to_string(GroupState::dead)), group.generation(), reason});
  return std::move(group);
}

void ClassicGroups::put_back(ClassicGroup group) {
  drop(group.id());
  report(group, "its deletion could not be stored");
  std::string id = group.id();
  groups_.emplace(std::move(id), std::move(group));
}

void ClassicGroups::drop(const std::string& group_id) {
  const auto at = groups_.find(group_id);
  if (at == groups_.end()) return;
  ClassicGroup& group = at->second;
  while (!group.members().empty()) remove(group, group.members().begin()->first);
  while (!group.pending_joins().empty()) remove(group, *group.pending_joins().begin());
  effects_.timers.cancel(GroupTimerKind::join, group_id);
  groups_.erase(at);
}

void ClassicGroups::loaded() {
  for (auto& [id, group] : groups_) {
    for (const auto& [member_id, member] : group.members()) restart_session(group, member);
    if (static_cast<std::int64_t>(group.members().size()) > effects_.settings.max_size) {
      prepare_rebalance(group, "the group is larger than allowed");
    }
  }
}

void ClassicGroups::resigned() {
  effects_.timers.clear();
  for (auto& [id, group] : groups_) {
    for (auto& [member_id, member] : group.members()) {
      if (member.parked_join) {
        protocol::JoinGroupResponse response;
        response.member_id = member_id;
        response.error = ErrorCode::not_coordinator;
        answer_join(group, member, std::move(response));
      }
    }
    for (auto& [member_id, member] : group.members()) {
      const std::optional<GroupToken> token = std::exchange(member.parked_sync, std::nullopt);
      if (token)
        effects_.reply(*token, failed(protocol::SyncGroupResponse(), ErrorCode::not_coordinator));
    }
  }
  groups_.clear();
}

}  // namespace kafkasim::broker
