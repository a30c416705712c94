// Drives the groups of one partition: time, the fate of writes, loading and resigning.
#include "broker/group/group_coordinator.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

namespace {

// What the metadata of a classic group meets is mapped alike, but for one.
ErrorCode answer_to_write(const FollowUp& follow_up, ErrorCode error) {
  const bool is_metadata = std::holds_alternative<GroupCreated>(follow_up) ||
                           std::holds_alternative<AssignmentStored>(follow_up) ||
                           std::holds_alternative<StaticMemberStored>(follow_up);
  return is_metadata && error == ErrorCode::network_exception ? error : coordinator_error(error);
}

}  // namespace

GroupCoordinator::GroupCoordinator(GroupSettings settings, MemberIdSource new_member_id,
                                   LeaderChoice choose_leader, TopicSource topics)
    : groups_(effects_, new_member_id, std::move(choose_leader)),
      consumers_(effects_, groups_, std::move(new_member_id), std::move(topics)) {
  effects_.settings = std::move(settings);
  effects_.now = sim::Time::min();  // a cluster is set up before the time 0
}

GroupCoordinator::GroupCoordinator(GroupSettings settings, MemberIdSource new_member_id,
                                   TopicSource topics)
    : GroupCoordinator(std::move(settings), std::move(new_member_id), &first_in_hash_map,
                       std::move(topics)) {}

void GroupCoordinator::begin(GroupToken token, sim::Time now) {
  CHECKED(now >= effects_.now, "the group coordinator goes back in time");
  effects_.now = now;
  const bool fresh = effects_.open.insert(token).second;
  CHECKED(fresh, "token {} is open", token);
}

void GroupCoordinator::join(GroupToken token, const protocol::JoinGroupRequest& request,
                            const JoinContext& context, sim::Time now) {
  begin(token, now);
  if (consumers_.make_room_for_classic(request.group_id)) {
    groups_.join(token, request, context);
    return;
  }
  protocol::JoinGroupResponse refusal;
  refusal.error = ErrorCode::inconsistent_group_protocol;
  effects_.reply(token, std::move(refusal));
}

void GroupCoordinator::consumer_heartbeat(GroupToken token,
                                          const protocol::ConsumerGroupHeartbeatRequest& request,
                                          const JoinContext& context, sim::Time now) {
  begin(token, now);
  consumers_.heartbeat(token, request, context);
}

void GroupCoordinator::sync(GroupToken token, const protocol::SyncGroupRequest& request,
                            sim::Time now) {
  begin(token, now);
  groups_.sync(token, request);
}

void GroupCoordinator::heartbeat(GroupToken token, const protocol::HeartbeatRequest& request,
                                 sim::Time now) {
  begin(token, now);
  groups_.heartbeat(token, request);
}

void GroupCoordinator::leave(GroupToken token, const protocol::LeaveGroupRequest& request,
                             sim::Time now) {
  begin(token, now);
  groups_.leave(token, request);
}

sim::Time GroupCoordinator::next_deadline() const {
  return std::min({effects_.timers.next(), effects_.writes.next_deadline(), next_expiry_check_});
}

void GroupCoordinator::put_first(GroupTimerKind kind, const std::string& group_id,
                                 const std::string& member_id) {
  effects_.timers.put_first(kind, group_id, member_id);
}

void GroupCoordinator::advance(sim::Time now) {
  CHECKED(now >= effects_.now, "the group coordinator goes back in time");
  effects_.now = now;
  constexpr int limit = 1'000'000;
  for (int fired = 0; next_deadline() <= now; ++fired) {
    CHECKED(fired < limit, "group timers fire without end at {}", sim::to_string(now));
    const sim::Time due = next_deadline();
    if (effects_.timers.next() == due) {
      const GroupTimer timer = *effects_.timers.take_due(now);
      const bool is_consumers = timer.kind == GroupTimerKind::consumer_session ||
                                timer.kind == GroupTimerKind::consumer_rebalance;
      if (is_consumers) {
        consumers_.fire(timer);
      } else {
        groups_.fire(timer);
      }
    } else if (effects_.writes.next_deadline() == due) {
      finish(*effects_.writes.take_overdue(now), ErrorCode::request_timed_out, true);
    } else {
      next_expiry_check_ = sim::later(now, effects_.settings.retention_check_interval);
      expire_offsets();
    }
  }
}

const GroupWrite* GroupCoordinator::next_write() const {
  return effects_.writes.wanted().empty() ? nullptr : &effects_.writes.wanted().front();
}

const std::deque<GroupWrite>& GroupCoordinator::wanted_writes() const {
  return effects_.writes.wanted();
}

void GroupCoordinator::appended(protocol::Offset base, sim::Time now) {
  effects_.now = std::max(effects_.now, now);
  GroupWrite write = effects_.writes.take_wanted();
  consumers_.appended(write.id);
  while (!unwritten_.empty() && unwritten_.front().id <= write.id) unwritten_.pop_front();
  protocol::Offset at = base;
  for (const GroupRecord& record : write.records) {
    if (std::holds_alternative<OffsetCommitKey>(record.key)) offsets_.placed(at);
    at = at.next();
  }
  effects_.writes.put_in_log(std::move(write), at,
                             sim::later(now, effects_.settings.write_timeout));
  follow(at);
}

void GroupCoordinator::follow(protocol::Offset next) {
  while (!effects_.writes.wanted().empty() && effects_.writes.wanted().front().records.empty()) {
    effects_.writes.put_in_log(effects_.writes.take_wanted(), next,
                               sim::later(effects_.now, effects_.settings.write_timeout));
  }
}

void GroupCoordinator::append_failed(ErrorCode error, sim::Time now) {
  effects_.now = std::max(effects_.now, now);
  // Later writes were decided on what the earlier ones would have changed. What follows from this
  // here may be wanted anew.
  consumers_.undo_unwritten();
  offsets_.undo_wanted();
  for (std::size_t left = effects_.writes.wanted().size(); left > 0; --left) {
    finish(effects_.writes.take_wanted(), error, false);
  }
  undo_unwritten();
  while (!effects_.writes.wanted().empty() && effects_.writes.wanted().front().records.empty()) {
    finish(effects_.writes.take_wanted(), error, false);
  }
}

void GroupCoordinator::undo_unwritten() {
  while (!unwritten_.empty()) {
    Unwritten last = std::move(unwritten_.back());
    unwritten_.pop_back();
    if (last.before) {
      groups_.put_back(std::move(*last.before));
    } else {
      groups_.drop(last.group_id);
    }
  }
}

void GroupCoordinator::replicated_up_to(protocol::Offset high_watermark, sim::Time now) {
  effects_.now = std::max(effects_.now, now);
  for (const OffsetStore::Committed& change : offsets_.advance(high_watermark)) {
    if (!change.value) continue;
    effects_.commits.push_back({change.key.group_id,
                                change.key.partition,
                                change.value->offset,
                                change.value->member_id,
                                {}});
  }
  while (std::optional<GroupWrite> write = effects_.writes.take_replicated(high_watermark)) {
    finish(std::move(*write), ErrorCode::none, true);
  }
}

void GroupCoordinator::finish(GroupWrite write, ErrorCode error, bool in_log) {
  const ErrorCode mapped = answer_to_write(write.follow_up, error);
  if (const auto* fetch = std::get_if<FetchFollows>(&write.follow_up)) {
    GroupResponse response = fetched(fetch->request, offsets_.committed(fetch->request.group_id));
    if (mapped != ErrorCode::none) response = failed(std::move(response), mapped);
    effects_.reply(fetch->token, std::move(response));
  } else if (const auto* fence = std::get_if<FenceStored>(&write.follow_up)) {
    if (mapped != ErrorCode::none && mapped != ErrorCode::not_coordinator) {
      consumers_.fence_again(*fence);
    }
  } else {
    groups_.written(write.follow_up, mapped, in_log);
  }
}

void GroupCoordinator::apply(const GroupRecord& record, protocol::Offset at) {
  if (const auto* key = std::get_if<GroupMetadataKey>(&record.key)) {
    groups_.replay(key->group_id, dynamic_cast<const GroupMetadataValue*>(record.value.get()));
    return;
  }
  if (std::holds_alternative<ConsumerRecordKey>(record.key)) {
    consumers_.replay(record);
    return;
  }
  const auto& key = std::get<OffsetCommitKey>(record.key);
  const auto* value = dynamic_cast<const OffsetCommitValue*>(record.value.get());
  if (value != nullptr && consumers_.find(key.group_id) == nullptr) groups_.ensure(key.group_id);
  offsets_.append(key, value, at);
}

void GroupCoordinator::replay(const GroupRecord& record, protocol::Offset at, sim::Time now) {
  effects_.now = std::max(effects_.now, now);
  apply(record, at);
}

void GroupCoordinator::loaded(sim::Time now) {
  effects_.now = std::max(effects_.now, now);
  next_expiry_check_ = sim::later(now, effects_.settings.retention_check_interval);
  groups_.loaded();
  consumers_.loaded();
}

void GroupCoordinator::resign(sim::Time now) {
  effects_.now = std::max(effects_.now, now);
  next_expiry_check_ = sim::never;
  groups_.resigned();
  consumers_.resigned();
  for (GroupWrite& write : effects_.writes.take_all())
    finish(std::move(write), ErrorCode::not_coordinator, true);
  unwritten_.clear();
  offsets_.clear();
}

std::vector<GroupReply> GroupCoordinator::take_replies() {
  return std::exchange(effects_.replies, {});
}

std::vector<GroupToken> GroupCoordinator::take_abandoned() {
  return std::exchange(effects_.abandoned, {});
}

std::vector<protocol::events::GroupStateChanged> GroupCoordinator::take_state_changes() {
  return std::exchange(effects_.state_changes, {});
}

std::vector<protocol::events::OffsetCommitted> GroupCoordinator::take_commits() {
  return std::exchange(effects_.commits, {});
}

}  // namespace kafkasim::broker
