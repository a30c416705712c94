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
      if (!prepare_join()) co_return Step::not_yet();
      membership_.needs_join_prepare = false;
      if (sim::must_yield(context_.process)) co_await sim::yield_now();
    }
    if (!join_) start_join();
    if (!join_->done) co_return Step::not_yet();
    const std::shared_ptr<Join> join = std::exchange(join_, nullptr);
    if (!join->failure) {
      if (membership_.is_stable() && !membership_.generation().was_reset()) {
        complete_join(join->assignment);
        membership_.needs_join_prepare = true;
        if (sim::must_yield(context_.process)) co_await sim::yield_now();
      } else {
        membership_.reset_and_rejoin(
            "rebalance failed since the generation/state was modified by heartbeat thread", true);
      }
      continue;
    }
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

// ---- before ----

// False: the auto-commit of what was consumed so far is still under way.
bool GroupMember::prepare_join() {
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
  if (!auto_commit_is_over()) return false;
  give_up_partitions();
  is_leader_ = false;
  subscriptions_.set_group_topics({});
  context_.metadata().set_topics(subscriptions_.metadata_topics());
  prepared_.reset();
  return true;
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

void GroupMember::give_up_partitions() {
  const Generation& generation = membership_.generation();
  const Partitions owned = subscriptions_.assigned();
  if (generation.id == -1 || !generation.has_member_id()) {
    report_revoked(owned, true);
    if (!owned.empty()) subscriptions_.assign_from_group({});
    return;
  }
  Partitions kept;
  if (context_.settings.rebalance_protocol == RebalanceProtocol::cooperative) {
    for (const TopicPartition& partition : owned) {
      if (subscriptions_.topics().contains(partition.topic)) kept.insert(partition);
    }
  }
  Partitions revoked;
  std::set_difference(owned.begin(), owned.end(), kept.begin(), kept.end(),
                      std::inserter(revoked, revoked.end()));
  report_revoked(revoked, false);
  if (!revoked.empty()) subscriptions_.assign_from_group(kept);
}

// ---- under way ----

void GroupMember::start_join() {
  membership_.begin_join();
  join_ = std::make_shared<Join>();
  sim::spawn(context_.process, run_join(join_));
}

sim::Task<> GroupMember::run_join(std::shared_ptr<Join> join) {
  co_await join_group(join);
  join->done = true;
  context_.progress.made();
}

// ---- after ----

void GroupMember::complete_join(const protocol::Bytes& bytes) {
  if (!is_leader_) assignment_snapshot_.reset();
  const std::optional<protocol::ConsumerAssignment> assignment = protocol::decode_assignment(bytes);
  CHECKED(assignment.has_value(), "{} cannot read its assignment of {} bytes", context_.name,
          bytes.view().size());
  const Partitions assigned(assignment->partitions.begin(), assignment->partitions.end());
  if (!subscriptions_.matches_subscription(assigned)) {
    membership_.request_rejoin("received assignment does not match the current subscription");
    return;
  }
  adopt(assigned);
  const Generation& generation = membership_.generation();
  last_assignments_[generation.protocol_name] = {assignment->partitions, generation.id};
}

void GroupMember::adopt(const Partitions& assigned) {
  const Partitions owned = subscriptions_.assigned();
  Partitions added;
  Partitions revoked;
  std::set_difference(assigned.begin(), assigned.end(), owned.begin(), owned.end(),
                      std::inserter(added, added.end()));
  std::set_difference(owned.begin(), owned.end(), assigned.begin(), assigned.end(),
                      std::inserter(revoked, revoked.end()));
  if (context_.settings.rebalance_protocol == RebalanceProtocol::cooperative && !revoked.empty()) {
    report_revoked(revoked, false);
    membership_.request_rejoin("need to revoke partitions and re-join");
  }
  commits_.restart_auto_commit_timer(context_.now());
  subscriptions_.assign_from_group(assigned);

  protocol::events::Joined joined;
  joined.group = context_.settings.group_id;
  joined.generation = membership_.generation().id;
  joined.assigned.assign(assigned.begin(), assigned.end());
  context_.report(joined);
  if (added.empty()) return;
  protocol::events::PartitionsAssigned event;
  event.partitions.assign(added.begin(), added.end());
  context_.report(event);
}

}  // namespace kafkasim::consumer
