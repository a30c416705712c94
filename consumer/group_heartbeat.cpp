// API: Heartbeat and LeaveGroup, as a member sends them.
#include <fmt/format.h>

#include <algorithm>

#include "consumer/group_member.hpp"

namespace kafkasim::consumer {

using client::CallResult;
using protocol::ErrorCode;

namespace {

constexpr sim::Duration shortest_pause = std::chrono::milliseconds(1);

}  // namespace

void GroupMember::start_heartbeats() {
  if (heartbeats_run_) return;
  heartbeats_run_ = true;
  sim::spawn(context_.process, run_heartbeats());
}

sim::Task<> GroupMember::run_heartbeats() {
  sim::Time next_look_up = context_.now();
  while (!closed_) {
    if (!heartbeats_enabled_) {
      co_await heartbeat_wake_.wait(sim::never);  // a join enables them
      continue;
    }
    if (membership_.has_not_joined() || heartbeat_failure_) {
      heartbeats_enabled_ = false;
      continue;
    }
    const sim::Time now = context_.now();
    if (coordinator_.is_unknown()) {
      // One that was found and cannot be reached yet is lost at once: no reason to hurry.
      if (now >= next_look_up) {
        coordinator_.look_up();
        next_look_up = sim::later(now, std::max(context_.settings.retry_backoff, shortest_pause));
      }
      co_await heartbeat_wake_.wait(next_look_up);
    } else if (heartbeat_.session_expired(now)) {
      coordinator_.mark_unknown(false);
    } else if (heartbeat_.poll_expired(now)) {
      if (std::optional<protocol::LeaveGroupRequest> request =
              leave("consumer poll timeout has expired.")) {
        sim::spawn(context_.process, send_leave(std::move(*request)));
      }
    } else if (heartbeat_.is_due(now)) {
      heartbeat_.sent(now);
      sim::spawn(context_.process, send_heartbeat(membership_.generation()));
    } else {
      co_await heartbeat_wake_.wait(heartbeat_.next_deadline());
    }
  }
}

sim::Task<> GroupMember::send_heartbeat(Generation sent) {
  protocol::HeartbeatRequest request;
  request.group_id = context_.settings.group_id;
  request.generation_id = sent.id;
  request.member_id = sent.member_id;
  request.group_instance_id = context_.settings.group_instance_id;
  protocol::RequestBody body = std::move(request);
  const sim::Time at = context_.now();
  context_.metrics.heartbeat_sent(at);
  const CallResult answer = co_await coordinator_.call(std::move(body));
  if (answer.answered()) {
    context_.metrics.heartbeat_answered(context_.now() - at);
    take(answer.as<protocol::HeartbeatResponse>(), sent);
  } else {
    heartbeat_.failed(context_.now());
  }
  heartbeat_wake_.notify_all();
  context_.progress.made();
}

void GroupMember::take(const protocol::HeartbeatResponse& response, const Generation& sent) {
  context_.met("Heartbeat", response.error);
  const sim::Time now = context_.now();
  switch (response.error) {
    case ErrorCode::none:
      heartbeat_.answered(now);
      return;
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      coordinator_.mark_unknown(false);
      heartbeat_.failed(now);
      return;
    case ErrorCode::rebalance_in_progress:
      // Not being told for the first time: the join is under way.
      if (membership_.is_stable()) membership_.request_rejoin("group is already rebalancing");
      heartbeat_.answered(now);
      return;
    case ErrorCode::illegal_generation:
    case ErrorCode::unknown_member_id:
    case ErrorCode::fenced_instance_id:
      if (membership_.generation() != sent) {
        heartbeat_.answered(now);  // about a membership of the past
        return;
      }
      membership_.reset_and_rejoin(
          fmt::format("encountered {} from HEARTBEAT response", protocol::name(response.error)),
          response.error != ErrorCode::illegal_generation);
      if (response.error == ErrorCode::fenced_instance_id) {
        heartbeat_failure_ = failure_of(response.error);
      } else {
        heartbeat_.failed(now);
      }
      return;
    default:
      heartbeat_.failed(now);
      return;
  }
}

// Out of the group. The request, if one is to be sent: static members keep their place until their
// session ends.
std::optional<protocol::LeaveGroupRequest> GroupMember::leave(const std::string& reason) {
  std::optional<protocol::LeaveGroupRequest> request;
  const Generation& generation = membership_.generation();
  const bool is_member = membership_.state() != MemberState::unjoined && generation.has_member_id();
  if (!context_.settings.is_static() && is_member && !coordinator_.is_unknown()) {
    request.emplace();
    request->group_id = context_.settings.group_id;
    request->members.push_back({generation.member_id, "", reason});
    context_.report(protocol::events::LeftGroup{context_.settings.group_id, reason});
  }
  membership_.reset_and_rejoin("consumer pro-actively leaving the group", true);
  context_.progress.made();
  return request;
}

// Once, without retry: the session's end does the same.
sim::Task<> GroupMember::send_leave(protocol::LeaveGroupRequest request) {
  protocol::RequestBody body = std::move(request);
  const CallResult answer = co_await coordinator_.call(std::move(body));
  if (answer.answered()) {
    const auto& response = answer.as<protocol::LeaveGroupResponse>();
    context_.met("LeaveGroup", response.error);
    if (response.error == ErrorCode::none) context_.met_in("LeaveGroup", response.members);
  }
  context_.progress.made();
}

sim::Task<std::optional<Failure>> GroupMember::give_back_all() {
  const Partitions owned = subscriptions_.assigned();
  if (!subscriptions_.is_subscribed() || owned.empty()) co_return std::nullopt;
  const bool is_lost = !membership_.has_generation() || membership_.rebalance_in_progress();
  std::optional<Failure> failure;
  if (is_lost) {
    failure = co_await calls_.lost(owned);
  } else {
    failure = co_await calls_.revoked(owned);
  }
  subscriptions_.assign_from_group({});
  if (failure) failure = callback_failure(*failure);
  co_return failure;
}

}  // namespace kafkasim::consumer
