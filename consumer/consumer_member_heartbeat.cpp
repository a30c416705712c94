// API: ConsumerGroupHeartbeat, as a member sends it.
#include <fmt/format.h>

#include <algorithm>

#include "consumer/consumer_member.hpp"

namespace kafkasim::consumer {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;

namespace {

constexpr sim::Duration shortest_pause = std::chrono::milliseconds(1);

}  // namespace

// ---- when ----

void ConsumerMember::start() {
  if (runs_) return;
  runs_ = true;
  sim::spawn(context_.process, run());
}

sim::Task<> ConsumerMember::run() {
  while (!closed_) {
    const sim::Time next = act();
    co_await wake_.wait(next);
  }
}

// Does what is due. Returns when to look again unless something happens before.
sim::Time ConsumerMember::act() {
  const sim::Time now = context_.now();
  if (member_.sends_no_heartbeats()) return sim::never;
  if (coordinator_.is_unknown()) {
    if (member_.is(EpochState::leaving)) {
      // Best effort: nobody to tell, and the end of the session does the same.
      member_.be_gone();
      leaving_is_over_ = true;
      context_.progress.made();
      return sim::never;
    }
    // A look-up may fail at once; polls come by all the time.
    if (now >= next_look_up_) {
      coordinator_.look_up();
      next_look_up_ = sim::later(now, std::max(context_.settings.retry_backoff, shortest_pause));
    }
    return next_look_up_;
  }
  if (now >= poll_ends_ && !member_.is_leaving()) {
    leave_for_want_of_polls();
    return sim::never;
  }
  maybe_reconcile(false);
  if (heartbeat_is_due(now)) send_heartbeat();
  if (member_.sends_no_heartbeats()) return sim::never;
  const sim::Time wanted = member_.is_in_a_hurry() ? not_before_ : std::max(next_, not_before_);
  const sim::Time due = in_flight_ ? sim::never : wanted;
  return member_.is_leaving() ? due : std::min(due, poll_ends_);
}

bool ConsumerMember::heartbeat_is_due(sim::Time now) const {
  if (member_.is(EpochState::leaving)) return true;
  if (in_flight_ || now < not_before_) return false;
  return member_.is_in_a_hurry() || now >= next_;
}

// The application polls: joins when it has subscribed, and again when it did not poll for too long.
void ConsumerMember::polled() {
  const sim::Time now = context_.now();
  poll_ends_ = sim::later(now, context_.settings.max_poll_interval);
  if (member_.is(EpochState::unsubscribed)) {
    join();
  } else if (poll_expired_ && member_.is(EpochState::stale)) {
    poll_expired_ = false;
    if (releasing_ == 0) {
      join();
    } else {
      rejoin_after_release_ = true;
    }
  }
}

void ConsumerMember::join() {
  if (reconciling_) rejoined_meanwhile_ = true;
  member_.join();
  ++life_;
  topic_names_.clear();
  set_epoch();
  next_ = context_.now();
  wake_.notify_all();
}

void ConsumerMember::leave_for_want_of_polls() {
  poll_expired_ = true;
  leave("consumer poll timeout has expired.");
  sim::spawn(context_.process,
             exchange(sent_.fill(context_.settings, member_id_, member_.epoch(),
                                 subscriptions_.topics(), member_.current(), false),
                      true));
  member_.become_stale();
  sent_.reset();
  failures_ = 0;
  ++releasing_;
  sim::spawn(context_.process, lose_partitions());
}

std::int32_t ConsumerMember::leave_epoch() const {
  return context_.settings.is_static() ? ConsumerGroupHeartbeatRequest::static_leave_epoch
                                       : ConsumerGroupHeartbeatRequest::leave_epoch;
}

// What commits are sent with follows the member.
void ConsumerMember::set_epoch() { membership_.set_epoch(member_.epoch()); }

// ---- sending ----

void ConsumerMember::send_heartbeat() {
  const sim::Time now = context_.now();
  const bool leaves = member_.is(EpochState::leaving);
  ConsumerGroupHeartbeatRequest request =
      sent_.fill(context_.settings, member_id_, member_.epoch(), subscriptions_.topics(),
                 member_.current(), member_.is(EpochState::joining));
  if (leaves) {
    // No topics any more is not news for a group that is left.
    request.subscribed_topics.reset();
    member_.be_gone();
  } else {
    in_flight_ = true;
    member_.heartbeat_sent();
  }
  next_ = sim::later(now, interval_);
  sim::spawn(context_.process, exchange(std::move(request), leaves));
}

sim::Task<> ConsumerMember::exchange(ConsumerGroupHeartbeatRequest request, bool leaves) {
  const int life = life_;
  protocol::RequestBody body = std::move(request);
  const sim::Time at = context_.now();
  if (!leaves) context_.metrics.heartbeat_sent(at);
  const client::CallResult answer = co_await coordinator_.call(std::move(body));
  const bool answered = answer.answered();
  if (answered && !leaves) context_.metrics.heartbeat_answered(context_.now() - at);
  if (leaves) {
    // Sent once: the end of the session does the same.
    if (answered) {
      context_.met("ConsumerGroupHeartbeat", answer.as<ConsumerGroupHeartbeatResponse>().error);
    }
    leaving_is_over_ = true;
  } else {
    in_flight_ = false;
    if (life != life_) {
      // About a membership of the past.
    } else if (answered) {
      take(answer.as<ConsumerGroupHeartbeatResponse>());
    } else {
      sent_.reset();
      heartbeat_failed(context_.now());
    }
  }
  wake_.notify_all();
  context_.progress.made();
}

// ---- answers ----

void ConsumerMember::heartbeat_failed(sim::Time now) {
  next_ = now;
  not_before_ = sim::later(now, backoff_.after(failures_++));
}

// The next heartbeat goes out as soon as the new coordinator is known; when that one is not it
// either, they slow down.
void ConsumerMember::coordinator_lost(sim::Time now) {
  coordinator_.mark_unknown(false);
  if (failures_ <= 1) not_before_ = now;
}

void ConsumerMember::take(const ConsumerGroupHeartbeatResponse& response) {
  context_.met("ConsumerGroupHeartbeat", response.error);
  if (response.error != ErrorCode::none) {
    take_error(response);
    return;
  }
  const sim::Time now = context_.now();
  const sim::Duration interval = std::chrono::milliseconds(response.heartbeat_interval_ms);
  if (interval != interval_) {
    interval_ = interval;
    next_ = sim::later(now, interval_);
  }
  failures_ = 0;
  not_before_ = now;
  take_success(response);
}

void ConsumerMember::take_success(const ConsumerGroupHeartbeatResponse& response) {
  // An answer to a member that is on its way out, or was thrown out meanwhile.
  const bool is_gone = member_.is(EpochState::leaving) || member_.is_out_of_group();
  if (is_gone || response.member_epoch < 0) return;
  member_.take_epoch(response.member_epoch);
  set_epoch();
  if (member_.is_leaving()) return;  // what it would be assigned is no news for it any more
  if (response.assignment) member_.take_assignment(*response.assignment);
  const bool has_all = member_.is(EpochState::stable) && member_.has_reconciled();
  if (has_all && member_.epoch() != reported_epoch_) report_joined(subscriptions_.assigned());
}

void ConsumerMember::take_error(const ConsumerGroupHeartbeatResponse& response) {
  const sim::Time now = context_.now();
  sent_.reset();
  heartbeat_failed(now);
  if (member_.is_out_of_group()) return;
  switch (response.error) {
    case ErrorCode::not_coordinator:
    case ErrorCode::coordinator_not_available:
      coordinator_lost(now);
      return;
    case ErrorCode::coordinator_load_in_progress:
      return;
    case ErrorCode::fenced_member_epoch:
    case ErrorCode::unknown_member_id:
      failures_ = 0;
      not_before_ = now;
      fenced(response.error);
      return;
    default:
      failed(response);
      return;
  }
}

// Thrown out: what it owns may belong to others already.
void ConsumerMember::fenced(ErrorCode error) {
  if (member_.is_leaving()) {
    member_.leave(leave_epoch());
    member_.be_gone();
    leaving_is_over_ = true;
    return;
  }
  context_.report(
      protocol::events::MemberFenced{context_.settings.group_id, member_.epoch(), error});
  member_.fence();
  set_epoch();
  ++releasing_;
  sim::spawn(context_.process, lose_partitions());
}

// An error that no retry cures. The application hears of it in poll().
void ConsumerMember::failed(const ConsumerGroupHeartbeatResponse& response) {
  Failure failure = failure_of(response.error);
  failure.retriable = false;
  if (response.error == ErrorCode::group_authorization_failed) {
    failure = not_authorized_failure(context_.settings.group_id);
  } else if (response.error == ErrorCode::unsupported_version) {
    failure.message =
        "The cluster does not support the new CONSUMER group protocol. Set "
        "group.protocol=classic on the consumer configs to revert to the CLASSIC protocol until "
        "the cluster is upgraded.";
  } else if (!response.error_message.empty()) {
    failure.message = response.error_message;
  }
  failure_ = std::move(failure);
  const bool was_in_group = !member_.is_leaving();
  member_.fail();
  membership_.set_epoch(0);
  leaving_is_over_ = true;
  if (!was_in_group) return;
  ++releasing_;
  sim::spawn(context_.process, lose_partitions());
}

}  // namespace kafkasim::consumer
