// The way into a generation as poll() goes it: commit, give the partitions back, have JoinGroup and
// SyncGroup carried out (group_requests.cpp), take the assignment over. It never waits: what is not
// ready is looked at again by the next poll.
#include <algorithm>

#include "consumer/group_member.hpp"
#include "protocol/consumer_protocol.hpp"
#include "sim/check.hpp"

namespace kafkasim::consumer {

using protocol::ErrorCode;
using protocol::TopicPartition;

// ---- whether to join ----

bool GroupMember::snapshot_changed() const {
  return assignment_snapshot_ && *assignment_snapshot_ != snapshot_;
}

bool GroupMember::must_rejoin() {
  if (snapshot_changed()) membership_.request_rejoin_if_necessary("cached metadata has changed");
  if (joined_topics_ && *joined_topics_ != subscriptions_.topics()) {
    membership_.request_rejoin_if_necessary("subscription has changed");
  }
  return membership_.rejoin_needed();
}

// ---- the way through a join, as far as it goes without waiting ----

sim::Task<Step> GroupMember::join_if_needed() {
  while (must_rejoin() || join_) {
    if (coordinator_.is_unknown()) co_return Step::not_yet();
    if (membership_.needs_join_prepare) {
      if (!ready_to_give_up()) co_return Step::not_yet();
      // Before the listener is called: a reset meanwhile asks for it again, a failure does not.
      membership_.needs_join_prepare = false;
      std::optional<Failure> failed = co_await prepare_join();
      if (failed) co_return Step::failed(callback_failure(*failed));
    }
    if (!join_) start_join();
    if (!join_->done) co_return Step::not_yet();
    const std::shared_ptr<Join> join = join_;
    if (!join->failure) {
      std::optional<Failure> failed = co_await finish_join(join);
      if (failed) co_return Step::failed(std::move(*failed));
      continue;
    }
    join_.reset();
    const ErrorCode error = join->failure->error;
    if (error != ErrorCode::member_id_required) {
      membership_.request_rejoin("rebalance failed due to " + join->failure->exception);
    }
    const bool at_once =
        error == ErrorCode::member_id_required || error == ErrorCode::unknown_member_id ||
        error == ErrorCode::illegal_generation || error == ErrorCode::rebalance_in_progress;
    if (at_once) continue;
    if (!join->failure->retriable) co_return Step::failed(*join->failure);
    co_return Step::not_yet();
  }
  co_return Step::done();
}

// After a failure of the listener the assignment is still to be taken over: the next poll does it.
sim::Task<std::optional<Failure>> GroupMember::finish_join(std::shared_ptr<Join> join) {
  if (membership_.is_stable() && !membership_.generation().was_reset()) {
    std::optional<Failure> failed = co_await complete_join(join->assignment);
    if (failed) co_return failed;
    membership_.needs_join_prepare = true;
  } else {
    membership_.reset_and_rejoin(
        "rebalance failed since the generation/state was modified by heartbeat thread", true);
  }
  join_.reset();
  co_return std::nullopt;
}

// ---- before ----

// False: the auto-commit of what was consumed so far is still under way.
bool GroupMember::ready_to_give_up() {
  if (!prepared_) {
    prepared_.emplace();
    prepared_->ends = sim::later(context_.now(), context_.settings.rebalance_timeout());
  }
  if (!prepared_->commit && context_.settings.auto_commit) {
    // What is not handed out any more cannot be consumed after the commit.
    if (context_.settings.rebalance_protocol == RebalanceProtocol::eager) {
      subscriptions_.mark_all_pending_revocation();
    }
    prepared_->commit = commits_.auto_commit_now();
  }
  return auto_commit_is_over();
}

sim::Task<std::optional<Failure>> GroupMember::prepare_join() {
  std::optional<Failure> failure = co_await give_up_partitions();
  is_leader_ = false;
  subscriptions_.set_group_topics({});
  context_.metadata().set_topics(subscriptions_.metadata_topics());
  prepared_.reset();
  co_return failure;
}

bool GroupMember::auto_commit_is_over() {
  const PendingCommitPtr commit = prepared_->commit;
  if (!commit) return true;
  const bool expired = context_.now() >= prepared_->ends;
  if (!commit->done) return expired;
  prepared_->commit.reset();
  const bool failed_for_now = commit->failure && commit->failure->retriable;
  return expired || !failed_for_now;
}

sim::Task<std::optional<Failure>> GroupMember::give_up_partitions() {
  const Partitions owned = subscriptions_.assigned();
  std::optional<Failure> failure;
  if (!membership_.has_generation()) {
    if (owned.empty()) co_return std::nullopt;
    failure = co_await calls_.lost(owned);
    subscriptions_.assign_from_group({});
    co_return failure;
  }
  const bool eager = context_.settings.rebalance_protocol == RebalanceProtocol::eager;
  Partitions kept;
  Partitions revoked;
  for (const TopicPartition& partition : owned) {
    const bool keeps = !eager && subscriptions_.topics().contains(partition.topic);
    (keeps ? kept : revoked).insert(partition);
  }
  if (!eager && revoked.empty()) co_return std::nullopt;
  failure = co_await calls_.revoked(std::move(revoked));
  subscriptions_.assign_from_group(kept);
  co_return failure;
}

// ---- under way ----

void GroupMember::start_join() {
  context_.metrics.rebalance_began(context_.now());
  membership_.begin_join();
  join_ = std::make_shared<Join>();
  sim::spawn(context_.process, run_join(join_));
}

sim::Task<> GroupMember::run_join(std::shared_ptr<Join> join) {
  co_await join_group(join);
  if (join->failure) {
    context_.metrics.rebalance_failed();
  } else {
    context_.metrics.rebalance_ended(context_.now());
  }
  join->done = true;
  context_.progress.made();
}

// ---- after ----

sim::Task<std::optional<Failure>> GroupMember::complete_join(protocol::Bytes bytes) {
  if (!is_leader_) assignment_snapshot_.reset();
  const std::optional<protocol::ConsumerAssignment> assignment = protocol::decode_assignment(bytes);
  CHECKED(assignment.has_value(), "{} cannot read its assignment of {} bytes", context_.name,
          bytes.view().size());
  Partitions assigned(assignment->partitions.begin(), assignment->partitions.end());
  if (!subscriptions_.matches_subscription(assigned)) {
    membership_.request_rejoin("received assignment does not match the current subscription");
    co_return std::nullopt;
  }
  last_assignments_[membership_.generation().protocol_name] = {assignment->partitions,
                                                               membership_.generation().id};
  co_return co_await adopt(std::move(assigned));
}

// The generation may be lost while the listener is waited for: the assignment is taken over as it
// was meant, and lost at the next poll.
sim::Task<std::optional<Failure>> GroupMember::adopt(Partitions assigned) {
  const std::int32_t generation = membership_.generation().id;
  const std::string member_id = membership_.generation().member_id;
  const Partitions owned = subscriptions_.assigned();
  Partitions added;
  Partitions revoked;
  std::set_difference(assigned.begin(), assigned.end(), owned.begin(), owned.end(),
                      std::inserter(added, added.end()));
  std::set_difference(owned.begin(), owned.end(), assigned.begin(), assigned.end(),
                      std::inserter(revoked, revoked.end()));
  std::optional<Failure> first_failure;
  if (context_.settings.rebalance_protocol == RebalanceProtocol::cooperative && !revoked.empty()) {
    first_failure = co_await calls_.revoked(std::move(revoked));
    membership_.request_rejoin("need to revoke partitions and re-join");
  }
  commits_.restart_auto_commit_timer(context_.now());
  subscriptions_.assign_from_group(assigned);

  protocol::events::Joined joined;
  joined.group = context_.settings.group_id;
  joined.generation = generation;
  joined.assigned.assign(assigned.begin(), assigned.end());
  joined.member_id = member_id;
  context_.report(joined);
  std::optional<Failure> failure = co_await calls_.assigned(std::move(added));
  if (!first_failure) first_failure = std::move(failure);
  co_return first_failure;
}

}  // namespace kafkasim::consumer
