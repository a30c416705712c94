// What an application does with a consumer besides polling: commits, positions, closing; and what
// others see of it.
#include <algorithm>

#include "consumer/consumer.hpp"
#include "sim/check.hpp"

namespace kafkasim::consumer {

using protocol::Offset;
using protocol::TopicPartition;

namespace {

constexpr sim::Duration close_timeout = std::chrono::seconds(30);

}  // namespace

// ---- commits ----

sim::Task<std::optional<Failure>> Consumer::commit_sync() {
  Offsets offsets = subscriptions_.all_consumed();
  co_return co_await commit_sync(std::move(offsets));
}

sim::Task<std::optional<Failure>> Consumer::commit_sync(Offsets offsets) {
  CHECKED(settings_.has_group(), "{} commits without a group", name_);
  for (const auto& [partition, offset] : offsets) {
    metadata_.update_last_seen_epoch(partition, offset.leader_epoch);
  }
  const sim::Time deadline = sim::later(process_.now(), settings_.default_api_timeout);
  std::optional<Failure> failure = co_await commits_.commit_sync(std::move(offsets), deadline);
  if (failure) report_commit_failure(*failure);
  co_return failure;
}

void Consumer::commit_async() { commit_async(subscriptions_.all_consumed()); }

void Consumer::commit_async(Offsets offsets) {
  CHECKED(settings_.has_group(), "{} commits without a group", name_);
  commits_.commit_async(std::move(offsets));
}

void Consumer::report_commit_failure(const Failure& failure) {
  context_.report(
      protocol::events::CommitFailed{settings_.group_id, failure.error, failure.message});
}

// ---- positions ----

Offset Consumer::position(const TopicPartition& partition) const {
  const PartitionState* const state = subscriptions_.find(partition);
  return state == nullptr || !state->position() ? Offset() : state->position()->offset;
}

Offset Consumer::committed(const TopicPartition& partition) const {
  const PartitionState* const state = subscriptions_.find(partition);
  return state == nullptr ? Offset() : state->committed;
}

bool Consumer::seek(const TopicPartition& partition, Offset offset) {
  PartitionState* const state = subscriptions_.find(partition);
  if (state == nullptr || !offset.is_set()) return false;
  protocol::events::PositionReset event;
  event.partition = partition;
  event.from = position(partition);
  event.to = offset;
  event.reason = "seek";
  FetchPosition position;
  position.offset = offset;
  position.current_leader = {metadata_.leader(partition), metadata_.leader_epoch(partition)};
  state->seek_unvalidated(position);
  context_.report(event);
  progress_.made();
  return true;
}

bool Consumer::pause(const TopicPartition& partition) {
  PartitionState* const state = subscriptions_.find(partition);
  if (state == nullptr) return false;
  state->paused = true;
  return true;
}

bool Consumer::resume(const TopicPartition& partition) {
  PartitionState* const state = subscriptions_.find(partition);
  if (state == nullptr) return false;
  state->paused = false;
  return true;
}

// ---- the end ----

sim::Task<> Consumer::close() {
  if (closed_) co_return;
  const sim::Duration timeout = std::min(close_timeout, settings_.request_timeout);
  const sim::Time deadline = sim::later(process_.now(), timeout);
  if (settings_.has_group()) co_await member_.close(deadline);
  closed_ = true;
  caller_.stop();
  for (const client::Node& node : metadata_.nodes()) {
    network_.close(node.id);
    network_.close(client::coordinator_node(protocol::BrokerId(node.id.value())));
  }
}

// ---- for whoever watches ----

std::map<TopicPartition, std::int64_t> Consumer::lag() const {
  std::map<TopicPartition, std::int64_t> result;
  for (const TopicPartition& partition : subscriptions_.assigned()) {
    const Offset end = subscriptions_.end_offset(partition, settings_.isolation);
    const Offset at = position(partition);
    if (end.is_set() && at.is_set()) result[partition] = end - at;
  }
  return result;
}

bool Consumer::has_uncommitted() const {
  const Partitions assigned = subscriptions_.assigned();
  return std::any_of(assigned.begin(), assigned.end(), [&](const TopicPartition& partition) {
    const PartitionState& state = *subscriptions_.find(partition);
    return state.returned_to > state.committed;
  });
}

bool Consumer::is_settled() const {
  if (closed_) return true;
  if (subscriptions_.is_subscribed() && !member_.is_settled()) return false;
  // A commit under way that has nothing new to say (auto-commit repeats itself) is no work left.
  if (!collector_.is_empty() || (commits_.is_committing() && has_uncommitted())) return false;
  const Partitions assigned = subscriptions_.assigned();
  return std::all_of(assigned.begin(), assigned.end(), [&](const TopicPartition& partition) {
    const PartitionState& state = *subscriptions_.find(partition);
    const Offset end = subscriptions_.end_offset(partition, settings_.isolation);
    return state.paused ||
           (state.has_valid_position() && end.is_set() && state.position()->offset >= end);
  });
}

}  // namespace kafkasim::consumer
