// The group's part of poll() and close().
#include "consumer/group_member.hpp"

#include <algorithm>

namespace kafkasim::consumer {

GroupMember::GroupMember(Context& context, Membership& membership, Coordinator& coordinator,
                         SubscriptionState& subscriptions, OffsetCommits& commits,
                         RebalanceCalls& calls)
    : context_(context),
      membership_(membership),
      coordinator_(coordinator),
      subscriptions_(subscriptions),
      commits_(commits),
      calls_(calls),
      heartbeat_(context.settings.heartbeat_interval, context.settings.session_timeout,
                 context.settings.max_poll_interval, context.retry_backoff()) {
  coordinator_.on_found([this] {
    heartbeat_.reset_session(context_.now());
    heartbeat_wake_.notify_all();
  });
  coordinator_.on_lost([this] { heartbeat_wake_.notify_all(); });
}

sim::Task<Step> GroupMember::poll(sim::Time deadline) {
  refresh_snapshot();
  if (std::optional<Failure> failure = commits_.report_completed())
    co_return Step::failed(*failure);
  if (subscriptions_.is_subscribed()) {
    if (heartbeat_failure_) {
      // Said once: an application that goes on all the same joins anew.
      Failure failure = std::move(*heartbeat_failure_);
      heartbeat_failure_.reset();
      co_return Step::failed(std::move(failure));
    }
    heartbeat_.polled(context_.now());
    if (coordinator_.is_unknown()) {
      const Step found = co_await coordinator_.ensure_ready(deadline);
      if (!found.is_done()) co_return found;
    }
    if (must_rejoin() || join_) {
      start_heartbeats();
      const Step joined = co_await join_if_needed();
      if (!joined.is_done()) co_return joined;
    }
  }
  commits_.maybe_auto_commit(context_.now());
  co_return Step::done();
}

sim::Task<std::optional<Failure>> GroupMember::close(sim::Time deadline) {
  co_await commits_.auto_commit_and_wait(deadline);
  closed_ = true;
  heartbeat_wake_.notify_all();
  if (!context_.settings.leave_group_on_close) co_return std::nullopt;
  std::optional<Failure> failure = co_await give_back_all();
  if (failure) co_return failure;
  std::optional<protocol::LeaveGroupRequest> request = leave("the consumer is being closed");
  if (!request) co_return std::nullopt;
  const bool in_time = context_.now() < deadline;
  sim::spawn(context_.process, send_leave(std::move(*request)));
  if (in_time) co_await await_answers(deadline);
  co_return std::nullopt;
}

// Lets the last request get under way, then waits for everything the coordinator was asked.
sim::Task<> GroupMember::await_answers(sim::Time deadline) {
  co_await sim::yield_now();
  const client::Node* const node = coordinator_.node();
  if (node == nullptr) co_return;
  const client::NodeId id = node->id;
  while (context_.caller.is_busy(id) && context_.now() < deadline) {
    const std::uint64_t seen = context_.progress.count();
    co_await context_.progress.past(seen, deadline);
  }
}

sim::Task<std::optional<Failure>> GroupMember::unsubscribe() {
  std::optional<Failure> failure = co_await give_back_all();
  if (failure) co_return failure;
  if (std::optional<protocol::LeaveGroupRequest> request =
          leave("the consumer unsubscribed from all topics")) {
    sim::spawn(context_.process, send_leave(std::move(*request)));
  }
  joined_topics_.reset();
  assignment_snapshot_.reset();
  co_return std::nullopt;
}

bool GroupMember::is_settled() const {
  const bool same_topics = joined_topics_ && *joined_topics_ == subscriptions_.topics();
  return membership_.is_stable() && !membership_.rejoin_needed() && !join_ && same_topics &&
         !snapshot_changed() && coordinator_.is_known();
}

}  // namespace kafkasim::consumer
