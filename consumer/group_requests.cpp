// API: JoinGroup and SyncGroup, as a member sends them. One coroutine carries a join through both,
// while poll() looks in on it. What a member does with its assignment is in group_join.cpp.
#include <fmt/format.h>

#include <algorithm>

#include "consumer/group_member.hpp"
#include "protocol/consumer_protocol.hpp"

namespace kafkasim::consumer {

using client::CallResult;
using protocol::ErrorCode;

// ---- JoinGroup ----

protocol::JoinGroupRequest GroupMember::join_request() {
  const Settings& settings = context_.settings;
  protocol::JoinGroupRequest request;
  request.group_id = settings.group_id;
  request.session_timeout_ms = to_ms(settings.session_timeout);
  request.rebalance_timeout_ms = to_ms(settings.rebalance_timeout());
  request.member_id = membership_.generation().member_id;
  request.group_instance_id = settings.group_instance_id;
  request.protocol_type = protocol::consumer_protocol_type;
  request.reason = membership_.rejoin_reason();
  joined_topics_ = subscriptions_.topics();
  protocol::ConsumerSubscription subscription;
  subscription.topics.assign(joined_topics_->begin(), joined_topics_->end());
  const Partitions owned = subscriptions_.assigned();
  subscription.owned_partitions.assign(owned.begin(), owned.end());
  subscription.generation_id = membership_.generation().id;
  if (!settings.client_rack.empty()) subscription.rack_id = settings.client_rack;
  subscription = protocol::sorted(std::move(subscription));
  for (const Assignor* assignor : settings.assignors) {
    subscription.user_data = user_data_for(*assignor);
    request.protocols.push_back({std::string(assignor->name), protocol::encode(subscription)});
  }
  return request;
}

protocol::Bytes GroupMember::user_data_for(const Assignor& assignor) const {
  if (assignor.user_data == nullptr) return {};
  const auto last = last_assignments_.find(assignor.name);
  return assignor.user_data(last == last_assignments_.end() ? nullptr : &last->second);
}

sim::Task<> GroupMember::join_group(std::shared_ptr<Join> join) {
  const Generation sent = membership_.generation();
  protocol::RequestBody body = join_request();
  // The answer comes when the whole group has joined.
  const sim::Duration rebalance = context_.settings.rebalance_timeout() + std::chrono::seconds(5);
  const sim::Duration timeout = std::max(context_.settings.request_timeout, rebalance);
  const sim::Time at = context_.now();
  const CallResult answer = co_await coordinator_.call(std::move(body), timeout);
  if (!answer.answered()) {
    join->failure = connection_failure();
    co_return;
  }
  protocol::JoinGroupResponse response = answer.as<protocol::JoinGroupResponse>();
  join->failure = take(response, sent);
  if (join->failure) co_return;
  context_.metrics.joined(context_.now() - at);

  protocol::SyncGroupRequest sync;
  sync.group_id = context_.settings.group_id;
  sync.generation_id = membership_.generation().id;
  sync.member_id = membership_.generation().member_id;
  sync.group_instance_id = context_.settings.group_instance_id;
  sync.protocol_type = protocol::consumer_protocol_type;
  sync.protocol_name = membership_.generation().protocol_name;
  if (response.leader == response.member_id) {
    join->failure = co_await lead(std::move(response), &sync);
    if (join->failure) co_return;
  }
  co_await sync_group(std::move(join), std::move(sync));
}

std::optional<Failure> GroupMember::take(const protocol::JoinGroupResponse& response,
                                         const Generation& sent) {
  // Being given a member id first is the ordinary way in, not an error that a consumer meets.
  if (response.error != ErrorCode::member_id_required) context_.met("JoinGroup", response.error);
  switch (response.error) {
    case ErrorCode::none: {
      if (membership_.state() != MemberState::preparing_rebalance) {
        Failure failure;
        failure.retriable = true;
        failure.exception = "UnjoinedGroupException";
        failure.message = "The member left the group while it was joining";
        return failure;
      }
      Generation generation;
      generation.id = response.generation_id;
      generation.member_id = response.member_id;
      generation.protocol_name = response.protocol_name;
      membership_.joined(std::move(generation));
      heartbeat_.reset_all(context_.now());
      heartbeats_enabled_ = true;
      heartbeat_wake_.notify_all();
      return std::nullopt;
    }
    case ErrorCode::member_id_required:
      membership_.take_member_id(response.member_id);
      return failure_of(response.error);
    case ErrorCode::unknown_member_id:
      if (membership_.generation() == sent) {
        membership_.reset_and_rejoin("encountered UNKNOWN_MEMBER_ID from JOIN_GROUP response",
                                     true);
      }
      return failure_of(response.error);
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      coordinator_.mark_unknown(false);
      return failure_of(response.error);
    case ErrorCode::group_max_size_reached: {
      Failure failure = failure_of(response.error);
      failure.message =
          fmt::format("Consumer group {} already has the configured maximum number of members.",
                      context_.settings.group_id);
      return failure;
    }
    case ErrorCode::fenced_instance_id:
      return failure_of(response.error);
    case ErrorCode::coordinator_load_in_progress:
      return failure_of(response.error);
    case ErrorCode::rebalance_in_progress:
      return failure_of(response.error);
    case ErrorCode::inconsistent_group_protocol:
      return failure_of(response.error);
    case ErrorCode::invalid_session_timeout:
      return failure_of(response.error);
    case ErrorCode::invalid_group_id:
      return failure_of(response.error);
    case ErrorCode::unsupported_version:
      return failure_of(response.error);
    case ErrorCode::group_authorization_failed:
      return not_authorized_failure(context_.settings.group_id);
    default:
      break;
  }
  return unexpected_failure("Unexpected error in join group response: ", response.error);
}

// ---- SyncGroup ----

sim::Task<> GroupMember::sync_group(std::shared_ptr<Join> join,
                                    protocol::SyncGroupRequest request) {
  const Generation sent = membership_.generation();
  protocol::RequestBody body = std::move(request);
  const sim::Time at = context_.now();
  const CallResult answer = co_await coordinator_.call(std::move(body));
  if (!answer.answered()) {
    join->failure = connection_failure();
    co_return;
  }
  const auto& response = answer.as<protocol::SyncGroupResponse>();
  join->failure = take(response, sent);
  if (!join->failure) context_.metrics.synced(context_.now() - at);
  join->assignment = response.assignment;
}

std::optional<Failure> GroupMember::take(const protocol::SyncGroupResponse& response,
                                         const Generation& sent) {
  context_.met("SyncGroup", response.error);
  switch (response.error) {
    case ErrorCode::none:
      if (membership_.generation().was_reset() ||
          membership_.state() != MemberState::completing_rebalance) {
        return failure_of(ErrorCode::illegal_generation);
      }
      membership_.synced();
      return std::nullopt;
    case ErrorCode::rebalance_in_progress:
      return failure_of(response.error);
    case ErrorCode::fenced_instance_id:
      return failure_of(response.error);
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
      if (membership_.generation() == sent) {
        membership_.reset_and_rejoin(
            fmt::format("encountered {} from SYNC_GROUP response", protocol::name(response.error)),
            response.error != ErrorCode::illegal_generation);
      }
      return failure_of(response.error);
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      coordinator_.mark_unknown(false);
      return failure_of(response.error);
    case ErrorCode::group_authorization_failed:
      return not_authorized_failure(context_.settings.group_id);
    default:
      break;
  }
  return unexpected_failure("Unexpected error from SyncGroup: ", response.error);
}

}  // namespace kafkasim::consumer
