// A heartbeat of a member that joins or lives: what it says of itself, a new epoch and target of
// the group if that is called for, and one step of the member toward its target.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/group/consumer_groups.hpp"
#include "broker/group/consumer_groups_beat.hpp"
#include "broker/group/in_step.hpp"
#include "protocol/java_hash.hpp"

namespace kafkasim::broker {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ErrorCode;

namespace {

SubscribedTopics ids_in_map_order(const std::set<std::string>& names, const GroupTopics& topics) {
  std::vector<protocol::Uuid> ids;
  for (const std::string& name : protocol::in_java_map_order({names.begin(), names.end()})) {
    if (const auto at = topics.find(name); at != topics.end()) ids.push_back(at->second.id);
  }
  return std::make_shared<const std::vector<protocol::Uuid>>(std::move(ids));
}

}  // namespace

void ConsumerGroups::beat(GroupToken token, Beat& beat, const JoinContext& context) {
  std::optional<Refusal> refusal = find_group(beat);
  if (!refusal) refusal = find_member(beat);
  if (!refusal) {
    update_info(beat, context);
    update_epoch(beat);
    refusal = update_target(beat);
  }
  if (refusal) return refuse(token, *refusal);
  reconcile(beat);
  const std::string group_id = beat.group->id();
  protocol::ConsumerGroupHeartbeatResponse response = response_to(beat);
  start_session(group_id, beat.member_id);
  if (beat.records.empty()) {
    if (beat.saw_topics_in) groups_.at(group_id).saw_topics(*beat.saw_topics_in);
    effects_.reply_after_writes(token, std::move(response));
    return;
  }
  AnswerFollows answer{{token, std::move(response)}};
  store(std::move(beat.records), std::move(answer), beat.reason);
  if (beat.saw_topics_in) groups_.at(group_id).saw_topics(*beat.saw_topics_in);
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::find_group(Beat& beat) const {
  const std::string& group_id = beat.request.group_id;
  beat.group = find(group_id);
  if (beat.group == nullptr) {
    const ClassicGroup* classic = classic_.find(group_id);
    if (classic != nullptr && (!beat.joins() || !classic->is(GroupState::empty))) {
      return Refusal{ErrorCode::group_id_not_found,
                     fmt::format("Group {} is not a consumer group", group_id)};
    }
    if (!beat.joins()) {
      return Refusal{ErrorCode::group_id_not_found,
                     fmt::format("Consumer group {} not found.", group_id)};
    }
    if (classic != nullptr) beat.records.push_back({GroupMetadataKey{group_id}, {}});
    beat.group = &beat.new_group.emplace(group_id);
  }
  const bool is_full = static_cast<std::int64_t>(beat.group->members().size()) >=
                       effects_.settings.consumer_max_size;
  if (is_full && beat.group->find(beat.request.member_id) == nullptr) {
    return Refusal{ErrorCode::group_max_size_reached,
                   fmt::format("The consumer group has reached its maximum capacity of {} members.",
                               effects_.settings.consumer_max_size)};
  }
  return std::nullopt;
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::find_member(Beat& beat) const {
  if (beat.request.group_instance_id) return find_static_member(beat);
  beat.before = beat.group->find(beat.member_id);
  if (beat.before != nullptr) return fencing_of(*beat.before, beat.request);
  if (!beat.joins()) {
    return Refusal{
        ErrorCode::unknown_member_id,
        fmt::format("Member {} is not a member of group {}.", beat.member_id, beat.group->id())};
  }
  beat.before = &beat.new_member.emplace(ConsumerMember{beat.member_id, {}, {}});
  beat.reason = "joined";
  return std::nullopt;
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::find_static_member(Beat& beat) const {
  const std::string& instance = *beat.request.group_instance_id;
  const ConsumerMember* holder = beat.group->static_member(instance);
  if (!beat.joins()) {
    if (holder == nullptr) {
      return Refusal{ErrorCode::unknown_member_id,
                     fmt::format("Instance id {} is unknown.", instance)};
    }
    if (holder->member_id != beat.member_id) {
      return Refusal{ErrorCode::fenced_instance_id, fenced_text(beat.member_id, *holder)};
    }
    beat.before = holder;
    return fencing_of(*holder, beat.request);
  }
  beat.reason = "joined";
  if (holder == nullptr) {
    beat.before = beat.group->find(beat.member_id);
    if (beat.before == nullptr) {
      beat.before = &beat.new_member.emplace(ConsumerMember{beat.member_id, {}, {}});
    }
    return std::nullopt;
  }
  if (holder->place.epoch != ConsumerGroupHeartbeatRequest::static_leave_epoch) {
    return Refusal{
        ErrorCode::unreleased_instance_id,
        fmt::format("Static member {} with instance id {} cannot join the group because the "
                    "instance id is owned by {} member.",
                    beat.member_id, instance, holder->member_id)};
  }
  // It takes over everything under its new id.
  ConsumerMember back{beat.member_id, holder->info, holder->place};
  back.place.epoch = 0;
  back.place.previous_epoch = 0;
  beat.replaced = holder;
  remove_records(beat.records, beat.group->id(), holder->member_id);
  beat.add(ConsumerRecordKind::member, beat.member_id, back.info);
  SharedTarget target = beat.group->shared_target(holder->member_id);
  if (!target) target = share({});
  beat.add(ConsumerRecordKind::target, beat.member_id, std::move(target));
  beat.add(ConsumerRecordKind::current_place, beat.member_id, back.place);
  beat.before = &beat.new_member.emplace(std::move(back));
  beat.reason = "is back";
  return std::nullopt;
}

void ConsumerGroups::update_info(Beat& beat, const JoinContext& context) const {
  const ConsumerGroupHeartbeatRequest& request = beat.request;
  const ConsumerMemberInfo& before = beat.before->info;
  ConsumerMemberInfo after = before;
  if (request.group_instance_id) after.group_instance_id = *request.group_instance_id;
  if (request.rack_id) after.rack_id = *request.rack_id;
  if (request.rebalance_timeout_ms != -1) {
    after.rebalance_timeout_ms = request.rebalance_timeout_ms;
  }
  if (request.server_assignor) after.server_assignor = *request.server_assignor;
  if (request.subscribed_topics) {
    after.topics = {request.subscribed_topics->begin(), request.subscribed_topics->end()};
  }
  after.client_id = context.client_id;
  after.client_host = context.client_host;
  beat.bumps = after.topics != before.topics;
  if (beat.bumps && beat.reason.empty()) beat.reason = "changed its topics";
  if (!beat.reason.empty()) beat.reason = named(beat.member_id, after) + " " + beat.reason;
  if (after != before) beat.add(ConsumerRecordKind::member, beat.member_id, after);
  beat.info = std::move(after);
}

void ConsumerGroups::update_epoch(Beat& beat) const {
  beat.epoch = beat.group->epoch();
  if (!beat.bumps && beat.group->has_seen_topics()) return;
  GroupTopics topics = known_topics(beat.group->subscribers_after(&beat.before->info, &beat.info));
  if (topics != beat.group->topics()) {
    beat.bumps = true;
    if (beat.reason.empty()) beat.reason = "the topics have changed";
    beat.add(ConsumerRecordKind::topics, "", topics);
    beat.new_topics = std::move(topics);
  }
  if (beat.bumps) beat.add(ConsumerRecordKind::group_epoch, "", ++beat.epoch);
  beat.saw_topics_in = beat.epoch;
}

std::vector<ServerAssignorMember> ConsumerGroups::assignor_members(const Beat& beat) const {
  const ConsumerGroup& group = *beat.group;
  const GroupTopics& topics = beat.new_topics ? *beat.new_topics : group.topics();
  std::vector<ServerAssignorMember> out;
  out.reserve(group.members().size() + 1);
  // Members mostly subscribe to the same.
  const std::set<std::string>* names = nullptr;
  SubscribedTopics ids;
  const auto add = [&](const std::string& id, const ConsumerMemberInfo& info,
                       SharedTarget current) {
    if (names == nullptr || *names != info.topics) {
      names = &info.topics;
      ids = ids_in_map_order(*names, topics);
    }
    out.push_back({id, info.group_instance_id, ids, std::move(current)});
  };
  InStep targets(group.targets());
  for (const auto& [id, member] : group.members()) {
    const SharedTarget* const target = targets.find(id);
    if (id != beat.member_id && &member != beat.replaced) {
      add(id, member.info, target == nullptr ? nullptr : *target);
    }
  }
  const std::string& own = beat.replaced != nullptr ? beat.replaced->member_id : beat.member_id;
  add(beat.member_id, beat.info, group.shared_target(own));
  const std::map<std::string, int> readers =
      group.subscribers_after(&beat.before->info, &beat.info);
  const bool differs = std::any_of(readers.begin(), readers.end(), [&](const auto& topic) {
    return topic.second != static_cast<int>(out.size());
  });
  for (ServerAssignorMember& member : out) member.group_differs = differs;
  return out;
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::update_target(Beat& beat) const {
  const ConsumerGroup& group = *beat.group;
  beat.target_epoch = group.target_epoch();
  if (beat.epoch <= group.target_epoch()) {
    // A static member's target is found by its instance, which nobody has had so far when a member
    // takes another one or its first.
    const ConsumerMember* holder = group.static_member(beat.info.group_instance_id);
    const bool has_target = !beat.info.is_static() || holder != nullptr;
    const std::string& own = holder != nullptr ? holder->member_id : beat.member_id;
    beat.target = &group.target(has_target ? own : std::string());
    return std::nullopt;
  }
  std::string name = group.assignor_after(&beat.before->info, &beat.info);
  if (name.empty()) name = effects_.settings.assignors.front();
  ServerAssignorTopics sizes;
  for (const auto& [topic, known] : beat.new_topics ? *beat.new_topics : group.topics()) {
    sizes[known.id] = known.partitions;
  }
  const std::vector<ServerAssignorMember> members = assignor_members(beat);
  ServerAssignment made = find_server_assignor(name)->assign(sizes, members);
  if (!made.error.empty()) {
    return Refusal{ErrorCode::unknown_server_error,
                   fmt::format("Failed to compute a new target assignment for epoch {}: {}",
                               beat.epoch, made.error)};
  }
  // It is the last one.
  beat.new_target = made.targets.back();
  beat.target = beat.new_target.get();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool is_own = i + 1 == members.size();
    const SharedTarget old = is_own ? group.shared_target(beat.member_id) : members[i].current;
    SharedTarget& target = made.targets[i];
    if (old == target || (old && *old == *target)) continue;
    beat.add(ConsumerRecordKind::target, std::string(members[i].member_id), std::move(target));
  }
  beat.add(ConsumerRecordKind::target_epoch, "", beat.epoch);
  beat.target_epoch = beat.epoch;
  return std::nullopt;
}

void ConsumerGroups::reconcile(Beat& beat) {
  const ConsumerMemberPlace& before = beat.before->place;
  if (before.is_reconciled_to(beat.target_epoch)) return;
  const ConsumerGroup& group = *beat.group;
  ConsumerMemberPlace after = reconciled(
      before, beat.target_epoch, *beat.target,
      [&group](const protocol::Uuid& topic, int partition) {
        return group.is_held(topic, partition);
      },
      beat.request.owned);
  if (after == before) return;
  beat.add(ConsumerRecordKind::current_place, beat.member_id, after);
  if (beat.reason.empty()) beat.reason = named(beat.member_id, beat.info) + " reconciles";
  if (after.state == ConsumerMemberState::unrevoked_partitions) {
    start_rebalance(group.id(), beat.member_id, after.epoch, beat.info.rebalance_timeout_ms);
  } else {
    effects_.timers.cancel(GroupTimerKind::consumer_rebalance, group.id(), beat.member_id);
  }
  beat.place = std::move(after);
}

protocol::ConsumerGroupHeartbeatResponse ConsumerGroups::response_to(const Beat& beat) const {
  const ConsumerGroupHeartbeatRequest& request = beat.request;
  const ConsumerMemberPlace& before = beat.before->place;
  const ConsumerMemberPlace& after = beat.place ? *beat.place : before;
  protocol::ConsumerGroupHeartbeatResponse response;
  response.member_id = beat.member_id;
  response.member_epoch = after.epoch;
  response.heartbeat_interval_ms = static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::milliseconds>(effects_.settings.consumer_heartbeat_interval)
          .count());
  const bool is_full_request = beat.joins() || (request.rebalance_timeout_ms != -1 &&
                                                request.subscribed_topics && request.owned);
  if (is_full_request || after.assigned != before.assigned) {
    response.assignment.emplace();
    for (const auto& [topic, partitions] : after.assigned) {
      response.assignment->push_back({topic, {partitions.begin(), partitions.end()}});
    }
  }
  return response;
}

}  // namespace kafkasim::broker
