// The door to consumer groups: which heartbeats are refused, leaving, fencing, commits, and the
// timers.
#include "broker/group/consumer_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/group/consumer_groups_beat.hpp"
#include "protocol/java_hash.hpp"

namespace kafkasim::broker {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ErrorCode;

namespace {

constexpr sim::Duration timer_retry = std::chrono::milliseconds(500);

bool is_blank(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; });
}

bool is_given_blank(const std::optional<std::string>& text) { return text && is_blank(*text); }

// What is wrong with the form of a request; empty when nothing is.
std::string fault_of(const ConsumerGroupHeartbeatRequest& request) {
  const std::int32_t epoch = request.member_epoch;
  if (is_blank(request.group_id)) return "GroupId can't be empty.";
  if (is_given_blank(request.group_instance_id)) return "InstanceId can't be empty.";
  if (is_given_blank(request.rack_id)) return "RackId can't be empty.";
  if (epoch < ConsumerGroupHeartbeatRequest::static_leave_epoch) return "MemberEpoch is invalid.";
  if (epoch != ConsumerGroupHeartbeatRequest::join_epoch) {
    if (is_blank(request.member_id)) return "MemberId can't be empty.";
    const bool away = epoch == ConsumerGroupHeartbeatRequest::static_leave_epoch;
    return away && !request.group_instance_id ? "InstanceId can't be null." : "";
  }
  if (request.rebalance_timeout_ms == -1) {
    return "RebalanceTimeoutMs must be provided in first request.";
  }
  if (!request.owned || !request.owned->empty()) {
    return "TopicPartitions must be empty when (re-)joining.";
  }
  if (!request.subscribed_topics || request.subscribed_topics->empty()) {
    return "SubscribedTopicNames must be set in first request.";
  }
  return "";
}

}  // namespace

std::string named(const std::string& member_id, const ConsumerMemberInfo& info) {
  if (info.is_static())
    return fmt::format("{} ({}, instance {})", member_id, info.client_id, info.group_instance_id);
  return info.client_id.empty() ? member_id : fmt::format("{} ({})", member_id, info.client_id);
}

ConsumerGroups::ConsumerGroups(GroupEffects& effects, ClassicGroups& classic,
                               MemberIdSource new_member_id, TopicSource topics)
    : effects_(effects),
      classic_(classic),
      new_member_id_(std::move(new_member_id)),
      topic_(std::move(topics)) {}

const ConsumerGroup* ConsumerGroups::find(const std::string& group_id) const {
  const auto at = groups_.find(group_id);
  return at == groups_.end() ? nullptr : &at->second;
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::refusal_of(
    const ConsumerGroupHeartbeatRequest& request) const {
  if (!effects_.settings.consumer_protocol) return Refusal{ErrorCode::unsupported_version, ""};
  if (std::string fault = fault_of(request); !fault.empty()) {
    return Refusal{ErrorCode::invalid_request, std::move(fault)};
  }
  const std::vector<std::string>& known = effects_.settings.assignors;
  if (!request.server_assignor ||
      std::find(known.begin(), known.end(), *request.server_assignor) != known.end()) {
    return std::nullopt;
  }
  std::string names;
  for (const std::string& name : protocol::in_java_map_order(known)) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return Refusal{ErrorCode::unsupported_assignor,
                 fmt::format("ServerAssignor {} is not supported. Supported assignors: {}.",
                             *request.server_assignor, names)};
}

void ConsumerGroups::heartbeat(GroupToken token, const ConsumerGroupHeartbeatRequest& request,
                               const JoinContext& context) {
  if (const std::optional<Refusal> refusal = refusal_of(request)) return refuse(token, *refusal);
  if (request.member_epoch < ConsumerGroupHeartbeatRequest::join_epoch) {
    return leave(token, request);
  }
  Beat one(request, request.member_id.empty() ? new_member_id_("") : request.member_id);
  beat(token, one, context);
}

void ConsumerGroups::leave(GroupToken token, const ConsumerGroupHeartbeatRequest& request) {
  const auto refused = [&](ErrorCode error, std::string message) {
    refuse(token, {error, std::move(message)});
  };
  const ConsumerGroup* group = find(request.group_id);
  if (group == nullptr) {
    const bool is_classic = classic_.find(request.group_id) != nullptr;
    return refused(ErrorCode::group_id_not_found,
                   is_classic ? fmt::format("Group {} is not a consumer group", request.group_id)
                              : fmt::format("Group {} not found.", request.group_id));
  }
  const ConsumerMember* member = nullptr;
  if (!request.group_instance_id) {
    member = group->find(request.member_id);
    if (member == nullptr) {
      return refused(
          ErrorCode::unknown_member_id,
          fmt::format("Member {} is not a member of group {}.", request.member_id, group->id()));
    }
  } else {
    member = group->static_member(*request.group_instance_id);
    if (member == nullptr) {
      return refused(ErrorCode::unknown_member_id,
                     fmt::format("Instance id {} is unknown.", *request.group_instance_id));
    }
    if (member->member_id != request.member_id) {
      return refused(ErrorCode::fenced_instance_id, fenced_text(request.member_id, *member));
    }
  }
  protocol::ConsumerGroupHeartbeatResponse response;
  response.member_id = request.member_id;
  response.member_epoch = request.member_epoch;
  AnswerFollows answer{{token, std::move(response)}};
  const bool away = request.group_instance_id &&
                    request.member_epoch == ConsumerGroupHeartbeatRequest::static_leave_epoch;
  if (!away) {
    store(fence(*group, *member), std::move(answer),
          named(request.member_id, member->info) + " left");
    return;
  }
  ConsumerMemberPlace place = member->place;
  place.epoch = ConsumerGroupHeartbeatRequest::static_leave_epoch;
  place.pending_revocation.clear();
  std::vector<GroupRecord> records;
  records.push_back(consumer_record(ConsumerRecordKind::current_place, group->id(),
                                    member->member_id, std::move(place)));
  store(std::move(records), std::move(answer), named(request.member_id, member->info) + " is away");
}

std::vector<GroupRecord> ConsumerGroups::fence(const ConsumerGroup& group,
                                               const ConsumerMember& member) {
  std::vector<GroupRecord> records;
  remove_records(records, group.id(), member.member_id);
  GroupTopics topics = known_topics(group.subscribers_after(&member.info, nullptr));
  if (topics != group.topics()) {
    records.push_back(
        consumer_record(ConsumerRecordKind::topics, group.id(), "", std::move(topics)));
  }
  records.push_back(
      consumer_record(ConsumerRecordKind::group_epoch, group.id(), "", group.epoch() + 1));
  effects_.timers.cancel(GroupTimerKind::consumer_session, group.id(), member.member_id);
  effects_.timers.cancel(GroupTimerKind::consumer_rebalance, group.id(), member.member_id);
  return records;
}

void ConsumerGroups::fire(const GroupTimer& timer) {
  const ConsumerGroup* group = find(timer.group_id);
  const ConsumerMember* member = group == nullptr ? nullptr : group->find(timer.member_id);
  if (member == nullptr) return;
  const bool is_rebalance = timer.kind == GroupTimerKind::consumer_rebalance;
  if (is_rebalance && member->place.epoch != timer.generation) return;
  const std::string reason = is_rebalance ? " did not give its partitions back in time"
                                          : " has sent no heartbeat within its session";
  store(fence(*group, *member), FenceStored{timer}, named(timer.member_id, member->info) + reason);
}

void ConsumerGroups::fence_again(const FenceStored& fence) {
  effects_.timers.schedule(sim::later(effects_.now, timer_retry), fence.timer);
}

ErrorCode ConsumerGroups::accept_commit(const protocol::OffsetCommitRequest& request) const {
  const ConsumerGroup& group = groups_.at(request.group_id);
  // From a tool, or from a consumer that assigns itself.
  if (request.generation_id_or_member_epoch < 0 && group.is_empty()) return ErrorCode::none;
  const ConsumerMember* member = group.find(request.member_id);
  if (member == nullptr) return ErrorCode::unknown_member_id;
  return member->place.epoch == request.generation_id_or_member_epoch
             ? ErrorCode::none
             : ErrorCode::stale_member_epoch;
}

ErrorCode ConsumerGroups::accept_fetch(const protocol::OffsetFetchRequest& request) const {
  if (request.member_id.empty() && request.member_epoch < 0) return ErrorCode::none;
  const ConsumerMember* member = groups_.at(request.group_id).find(request.member_id);
  if (member == nullptr) return ErrorCode::unknown_member_id;
  return member->place.epoch == request.member_epoch ? ErrorCode::none
                                                     : ErrorCode::stale_member_epoch;
}

void ConsumerGroups::refuse(GroupToken token, const Refusal& refusal) {
  protocol::ConsumerGroupHeartbeatResponse response;
  response.error = refusal.error;
  response.error_message = refusal.message;
  effects_.reply(token, std::move(response));
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::fencing_of(
    const ConsumerMember& member, const ConsumerGroupHeartbeatRequest& request) {
  const std::int32_t known = member.place.epoch;
  if (request.member_epoch == known) return std::nullopt;
  const bool is_greater = request.member_epoch > known;
  // Its response with the next epoch may have been lost.
  if (!is_greater && request.member_epoch == member.place.previous_epoch &&
      owns_only(request.owned, member.place.assigned)) {
    return std::nullopt;
  }
  return Refusal{
      ErrorCode::fenced_member_epoch,
      fmt::format("The consumer group member has a {} member epoch ({}) than the one known by the "
                  "group coordinator ({}). The member must abandon all its partitions and rejoin.",
                  is_greater ? "greater" : "smaller", request.member_epoch, known)};
}

std::string ConsumerGroups::fenced_text(const std::string& member_id,
                                        const ConsumerMember& holder) {
  return fmt::format("Static member {} with instance id {} was fenced by member {}.", member_id,
                     holder.info.group_instance_id, holder.member_id);
}

}  // namespace kafkasim::broker
