// The join phase of a rebalance: how it starts, is extended, and ends; and the timers that end it
// or a session.
#include <algorithm>

#include "broker/group/classic_groups.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

void ClassicGroups::prepare_or_complete(ClassicGroup& group, const std::string& reason) {
  if (group.can_rebalance()) {
    prepare_rebalance(group, reason);
  } else {
    maybe_complete_join(group);
  }
}

void ClassicGroups::prepare_rebalance(ClassicGroup& group, const std::string& reason) {
  if (group.is(GroupState::completing_rebalance))
    drop_assignments(group, ErrorCode::rebalance_in_progress);
  group.pending_syncs().clear();
  effects_.timers.cancel(GroupTimerKind::sync, group.id());
  const bool initial = group.is(GroupState::empty);
  move(group, GroupState::preparing_rebalance, reason);
  if (initial) {
    // Members of a new group tend to start together; one generation for all of them is cheaper.
    const sim::Duration delay = effects_.settings.initial_rebalance_delay;
    const sim::Duration remaining = std::max(group.rebalance_timeout() - delay, sim::Duration(0));
    effects_.timers.schedule(sim::later(effects_.now, delay),
                             {GroupTimerKind::join, group.id(), "", 0, true, delay, remaining});
  } else if (group.all_have_joined()) {
    complete_join(group, reason);
  } else {
    effects_.timers.schedule(sim::later(effects_.now, group.rebalance_timeout()),
                             {GroupTimerKind::join, group.id(), ""});
  }
}

void ClassicGroups::maybe_complete_join(ClassicGroup& group) {
  if (!group.is(GroupState::preparing_rebalance)) return;
  if (group.previous_state() == GroupState::empty)
    return;  // the delay of a first rebalance decides
  if (group.all_have_joined()) complete_join(group, "all members joined");
}

void ClassicGroups::complete_join(ClassicGroup& group, const std::string& reason) {
  effects_.timers.cancel(GroupTimerKind::join, group.id());
  std::vector<std::string> missing;
  for (const auto& [id, member] : group.members()) {
    if (!member.parked_join && !member.is_static()) missing.push_back(id);
  }
  for (const std::string& id : missing) remove(group, id);
  if (group.is(GroupState::dead)) return;
  if (!group.elect_joined_leader() && !group.members().empty()) {
    // Only static members that are away: wait until they come or their sessions end.
    effects_.timers.schedule(sim::later(effects_.now, group.rebalance_timeout()),
                             {GroupTimerKind::join, group.id(), ""});
    return;
  }
  group.next_generation(effects_.now);
  report(group, reason);
  if (group.is(GroupState::empty)) {
    effects_.writes.add({{GroupMetadataKey{group.id()}, group.metadata_value({})}},
                        NothingFollows{});
    return;
  }
  for (auto& [id, member] : group.members()) {
    answer_join(group, member, joined(group, id));
    restart_session(group, member);
    member.is_new = false;
    group.pending_syncs().insert(id);
  }
  effects_.timers.schedule(sim::later(effects_.now, group.rebalance_timeout()),
                           {GroupTimerKind::sync, group.id(), "", group.generation()});
}

void ClassicGroups::extend_or_complete_initial(ClassicGroup& group, const GroupTimer& timer) {
  if (!group.new_member_added || timer.remaining == sim::Duration(0))
    return complete_join(group, "initial delay over");
  group.new_member_added = false;
  const sim::Duration delay = std::min(effects_.settings.initial_rebalance_delay, timer.remaining);
  const sim::Duration remaining = std::max(timer.remaining - timer.delay, sim::Duration(0));
  effects_.timers.schedule(sim::later(effects_.now, delay),
                           {GroupTimerKind::join, group.id(), "", 0, true, delay, remaining});
}

void ClassicGroups::fire(const GroupTimer& timer) {
  const auto at = groups_.find(timer.group_id);
  if (at == groups_.end()) return;
  ClassicGroup& group = at->second;
  switch (timer.kind) {
    case GroupTimerKind::join:
      return timer.initial ? extend_or_complete_initial(group, timer)
                           : complete_join(group, "rebalance timeout");
    case GroupTimerKind::sync:
      return expire_sync(group, timer.generation);
    case GroupTimerKind::session:
      return expire_session(group, timer.member_id);
    case GroupTimerKind::consumer_session:
    case GroupTimerKind::consumer_rebalance:
      break;
  }
  CHECKED(false, "a classic group got a timer of a consumer group");
}

void ClassicGroups::expire_session(ClassicGroup& group, const std::string& member_id) {
  if (group.is(GroupState::dead)) return;
  ClassicMember* member = group.find(member_id);
  if (group.pending_joins().contains(member_id)) {
    group.remove(member_id);
    if (group.is(GroupState::preparing_rebalance) && group.all_have_joined()) {
      complete_join(group, "pending member " + member_id + " expired");
    }
  } else if (member != nullptr && !member->session_is_satisfied()) {
    answer_join(group, *member,
                std::get<protocol::JoinGroupResponse>(
                    failed(protocol::JoinGroupResponse(), ErrorCode::unknown_member_id)));
    remove(group, member_id);
    const std::string reason = "session of " + member_id + " expired";
    if (group.is(GroupState::stable) || group.is(GroupState::completing_rebalance)) {
      prepare_or_complete(group, reason);
    } else if (group.is(GroupState::preparing_rebalance) && group.all_have_joined()) {
      complete_join(group, reason);
    }
  }
}

void ClassicGroups::expire_sync(ClassicGroup& group, std::int32_t generation) {
  if (generation != group.generation()) return;
  if (!group.is(GroupState::completing_rebalance) && !group.is(GroupState::stable)) return;
  if (group.pending_syncs().empty()) return;
  const std::vector<std::string> missing(group.pending_syncs().begin(),
                                         group.pending_syncs().end());
  for (const std::string& id : missing) remove(group, id);
  prepare_rebalance(group, missing.front() + " did not sync in time");
}

void ClassicGroups::remove(ClassicGroup& group, const std::string& member_id) {
  effects_.timers.cancel(GroupTimerKind::session, group.id(), member_id);
  const std::optional<ClassicMember> removed = group.remove(member_id);
  if (!removed) return;
  effects_.abandon(removed->parked_join);
  effects_.abandon(removed->parked_sync);
}

protocol::JoinGroupResponse ClassicGroups::joined(const ClassicGroup& group,
                                                  const std::string& member_id) const {
  protocol::JoinGroupResponse response;
  response.member_id = member_id;
  response.generation_id = group.generation();
  response.protocol_name = group.protocol_name();
  response.protocol_type = group.protocol_type();
  response.leader = group.leader();
  if (group.is_leader(member_id)) response.members = group.listed_members();
  return response;
}

void ClassicGroups::answer_join(ClassicGroup& group, ClassicMember& member,
                                protocol::JoinGroupResponse response) {
  const std::optional<GroupToken> token = group.take_join(member);
  if (token) effects_.reply(*token, std::move(response));
}

void ClassicGroups::refuse_join(GroupToken token, const std::string& member_id, ErrorCode error) {
  protocol::JoinGroupResponse response;
  response.member_id = member_id;
  response.error = error;
  effects_.reply(token, std::move(response));
}

void ClassicGroups::restart_session(ClassicGroup& group, const ClassicMember& member) {
  start_session(group, member.member_id, member.session_timeout);
}

void ClassicGroups::start_session(const ClassicGroup& group, const std::string& member_id,
                                  sim::Duration timeout) {
  effects_.timers.schedule(sim::later(effects_.now, timeout),
                           {GroupTimerKind::session, group.id(), member_id});
}

void ClassicGroups::move(ClassicGroup& group, GroupState state, const std::string& reason) {
  group.move_to(state, effects_.now);
  report(group, reason);
}

void ClassicGroups::report(const ClassicGroup& group, const std::string& reason) {
  effects_.state_changes.push_back(
      {group.id(), std::string(to_string(group.state())), group.generation(), reason});
}

}  // namespace kafkasim::broker
