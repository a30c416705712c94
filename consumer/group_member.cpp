// The group's part of poll() and close().
#include "consumer/group_member.hpp"

#include <algorithm>

namespace kafkasim::consumer {

GroupMember::GroupMember(Context& context, Membership& membership, Coordinator& coordinator,
                         SubscriptionState& subscriptions, OffsetCommits& commits)
    : context_(context),
      membership_(membership),
      coordinator_(coordinator),
      subscriptions_(subscriptions),
      commits_(commits),
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
    if (heartbeat_failure_) co_return Step::failed(*heartbeat_failure_);
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

sim::Task<> GroupMember::close(sim::Time deadline) {
  co_await commits_.auto_commit_and_wait(deadline);
  closed_ = true;
  heartbeat_wake_.notify_all();
  if (!context_.settings.leave_group_on_close) co_return;
  give_back_all();
  std::optional<protocol::LeaveGroupRequest> request = leave("the consumer is being closed");
  if (!request) co_return;
  const bool in_time = context_.now() < deadline;
  sim::spawn(context_.process, send_leave(std::move(*request)));
  if (!in_time) co_return;
  // Let the request get under way, then wait for everything the coordinator was asked.
  co_await sim::yield_now();
  const client::Node* const node = coordinator_.node();
  if (node == nullptr) co_return;
  const client::NodeId id = node->id;
  while (context_.caller.is_busy(id) && context_.now() < deadline) {
    const std::uint64_t seen = context_.progress.count();
    co_await context_.progress.past(seen, deadline);
  }
}

void GroupMember::unsubscribe() {
  give_back_all();
  if (std::optional<protocol::LeaveGroupRequest> request =
          leave("the consumer unsubscribed from all topics")) {
    sim::spawn(context_.process, send_leave(std::move(*request)));
  }
  joined_topics_.reset();
  assignment_snapshot_.reset();
}

bool GroupMember::is_settled() const {
  const bool same_topics = joined_topics_ && *joined_topics_ == subscriptions_.topics();
  return membership_.is_stable() && !membership_.rejoin_needed() && !join_ && same_topics &&
         !snapshot_changed() && coordinator_.is_known();
}

void GroupMember::report_revoked(const Partitions& partitions, bool lost) const {
  if (partitions.empty()) return;
  protocol::events::PartitionsRevoked event;
  event.partitions.assign(partitions.begin(), partitions.end());
  event.lost = lost;
  context_.report(event);
}

}  // namespace kafkasim::consumer
