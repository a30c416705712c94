// How a member takes over what it was assigned: commit, give back, take, acknowledge. Goes on in
// the background, next to polls that read the partitions that stay.
#include <algorithm>
#include <iterator>

#include "consumer/consumer_member.hpp"

namespace kafkasim::consumer {

using protocol::ErrorCode;
using protocol::TopicPartition;

namespace {

Partitions without(const Partitions& all, const Partitions& these) {
  Partitions out;
  std::set_difference(all.begin(), all.end(), these.begin(), these.end(),
                      std::inserter(out, out.end()));
  return out;
}

}  // namespace

// ---- whether ----

// With auto-commit only inside poll(): there the positions are those of records that the
// application has finished with.
void ConsumerMember::maybe_reconcile(bool inside_poll) {
  if (!member_.is(EpochState::reconciling) || member_.has_reconciled() || reconciling_) return;
  context_.metrics.rebalance_began(context_.now());
  LocalAssignment resolved;
  Partitions assigned;
  if (!resolve(assigned, resolved)) context_.metadata().request_update(true);
  const LocalAssignment& current = member_.current();
  if (!current.is_none() && resolved.partitions == current.partitions) {
    member_.take_over(std::move(resolved));  // nothing new that it knows the names of
    context_.metrics.rebalance_ended(context_.now());
    return;
  }
  if (context_.settings.auto_commit && !inside_poll) return;
  reconciling_ = true;
  rejoined_meanwhile_ = false;
  // Now, not when the coroutine begins: what is not handed out any more cannot be consumed after
  // the commit, and what this poll hands out is not committed yet.
  subscriptions_.mark_pending_revocation(without(subscriptions_.assigned(), assigned), true);
  sim::spawn(context_.process,
             reconcile(std::move(resolved), std::move(assigned), commits_.auto_commit_now()));
}

// As much of the target as consists of topics whose names are known. False: there are others.
bool ConsumerMember::resolve(Partitions& assigned, LocalAssignment& resolved) {
  std::map<protocol::Uuid, std::string> known;
  for (const auto& [name, topic] : context_.metadata().topics()) known[topic.id] = name;
  bool all = true;
  resolved.local_epoch = member_.target().local_epoch;
  for (const auto& [id, partitions] : member_.target().partitions) {
    if (const auto found = known.find(id); found != known.end()) topic_names_[id] = found->second;
    const auto name = topic_names_.find(id);
    if (name == topic_names_.end()) {
      all = false;
      continue;
    }
    resolved.partitions[id] = partitions;
    for (const std::int32_t partition : partitions) assigned.insert({name->second, partition});
  }
  return all;
}

// ---- the way ----

sim::Task<> ConsumerMember::reconcile(LocalAssignment resolved, Partitions assigned,
                                      PendingCommitPtr commit) {
  co_await commit_before_rebalance(std::move(commit));
  bool goes_on = !is_interrupted();
  if (goes_on) {
    Partitions revoked = without(subscriptions_.assigned(), assigned);
    if (!revoked.empty()) goes_on = co_await tell(Heard::revoked, std::move(revoked));
    goes_on = goes_on && !is_interrupted();
  }
  if (goes_on) {
    const bool done = co_await hand_over(std::move(resolved), std::move(assigned));
    if (done) {
      context_.metrics.rebalance_ended(context_.now());
    } else {
      context_.metrics.rebalance_failed();
    }
  } else {
    context_.metrics.rebalance_failed();
    subscriptions_.mark_pending_revocation(subscriptions_.assigned(), false);
  }
  reconciling_ = false;
  wake_.notify_all();
  context_.progress.made();
}

// False: the listener failed, or the member is where this does not matter any more. What is new is
// not fetched before the listener has heard of it; what it failed on is tried again.
sim::Task<bool> ConsumerMember::hand_over(LocalAssignment resolved, Partitions assigned) {
  Partitions added = without(assigned, subscriptions_.assigned());
  subscriptions_.assign_from_group(assigned);
  subscriptions_.await_callback(added, true);
  if (!added.empty() || member_.epoch() != reported_epoch_) report_joined(assigned);
  std::erase_if(topic_names_,
                [&](const auto& entry) { return !resolved.partitions.contains(entry.first); });
  const bool told = co_await tell(Heard::assigned, std::move(added));
  if (told) subscriptions_.await_callback(assigned, false);
  if (!told || is_interrupted()) co_return false;
  member_.take_over(std::move(resolved));
  commits_.restart_auto_commit_timer(context_.now());
  co_return true;
}

// Until it is committed, refused for good, or the coordinator would not wait any longer. Goes on
// with the rebalance whatever came of it.
sim::Task<> ConsumerMember::commit_before_rebalance(PendingCommitPtr commit) {
  const sim::Time ends = sim::later(context_.now(), context_.settings.rebalance_timeout());
  const client::Backoff backoff = context_.retry_backoff();
  for (int attempts = 0; commit; ++attempts) {
    while (!commit->done && context_.now() < ends) {
      const std::uint64_t seen = context_.progress.count();
      co_await context_.progress.past(seen, ends);
    }
    if (!commit->done || !commit->failure) co_return;
    const ErrorCode error = commit->failure->error;
    const bool newer_epoch = error == ErrorCode::stale_member_epoch && member_.epoch() > 0;
    const bool retriable = commit->failure->retriable || newer_epoch;
    if (!retriable || error == ErrorCode::unknown_topic_or_partition) co_return;
    const sim::Time next = sim::later(context_.now(), backoff.after(attempts));
    co_await sim::sleep_until(std::min(ends, next));
    if (context_.now() >= ends) co_return;
    commit = commits_.auto_commit_now();
  }
}

// Not what is to be done any more: thrown out, leaving, or joined again since.
bool ConsumerMember::is_interrupted() const {
  return !member_.is(EpochState::reconciling) || rejoined_meanwhile_;
}

void ConsumerMember::report_joined(const Partitions& assigned) {
  reported_epoch_ = member_.epoch();
  protocol::events::Joined joined;
  joined.group = context_.settings.group_id;
  joined.generation = member_.epoch();
  joined.assigned.assign(assigned.begin(), assigned.end());
  joined.by_epoch = true;
  joined.member_id = member_id_;
  context_.report(joined);
}

// ---- giving up ----

// After being fenced, or having left without asking the application, or an error.
sim::Task<> ConsumerMember::lose_partitions() {
  Partitions owned = subscriptions_.assigned();
  co_await tell(Heard::lost, std::move(owned));
  release_partitions();
  --releasing_;
  const bool rejoins =
      member_.is(EpochState::fenced) || (member_.is(EpochState::stale) && rejoin_after_release_);
  if (rejoins && subscriptions_.is_subscribed()) {
    rejoin_after_release_ = false;
    join();
  }
  context_.progress.made();
}

void ConsumerMember::release_partitions() {
  if (subscriptions_.is_subscribed()) subscriptions_.assign_from_group({});
  member_.forget_assignment();
  topic_names_.clear();
  reported_epoch_ = 0;
}

}  // namespace kafkasim::consumer
