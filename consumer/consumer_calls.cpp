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

Failure no_group_failure() {
  return failure_with(protocol::ErrorCode::invalid_group_id, "InvalidGroupIdException",
                      "To use the group management or offset commit APIs, you must provide a valid "
                      "group.id in the consumer configuration.");
}

}  // namespace

void Consumer::enforce_rebalance() {
  CHECKED(settings_.has_group(), "Tried to force a rebalance but consumer does not have a group.");
  if (settings_.uses_consumer_protocol) return;
  membership_.request_rejoin("rebalance enforced by user");
  progress_.made();
}

// ---- commits ----

sim::Task<std::optional<Failure>> Consumer::commit_sync() {
  Offsets offsets = subscriptions_.all_consumed();
  co_return co_await commit_sync(std::move(offsets));
}

sim::Task<std::optional<Failure>> Consumer::commit_sync(Offsets offsets) {
  if (!settings_.has_group()) co_return no_group_failure();
  for (const auto& [partition, offset] : offsets) {
    metadata_.update_last_seen_epoch(partition, offset.leader_epoch);
  }
  const sim::Time began = process_.now();
  Offsets tried = offsets;
  std::optional<Failure> failure =
      co_await commits_.commit_sync(std::move(offsets), settings_.default_api_timeout);
  metrics_.committed_synchronously(process_.now() - began);
  if (failure) report_commit_failure(*failure, tried);
  co_return failure;
}

std::optional<Failure> Consumer::commit_async(CommitCallback callback) {
  return commit_async(subscriptions_.all_consumed(), std::move(callback));
}

std::optional<Failure> Consumer::commit_async(Offsets offsets, CommitCallback callback) {
  if (!settings_.has_group()) return no_group_failure();
  for (const auto& [partition, offset] : offsets) {
    metadata_.update_last_seen_epoch(partition, offset.leader_epoch);
  }
  // Callbacks of earlier commits come before this one is sent.
  if (std::optional<Failure> failure = commits_.report_completed()) return failure;
  commits_.commit_async(std::move(offsets), std::move(callback));
  return std::nullopt;
}

bool Consumer::store_offset(const TopicPartition& partition, OffsetAndEpoch offset) {
  PartitionState* const state = subscriptions_.find(partition);
  if (state == nullptr || !settings_.commits_stored || settings_.stores_automatically) return false;
  state->stored = std::move(offset);
  return true;
}

void Consumer::report_commit_failure(const Failure& failure, const Offsets& tried) {
  context_.report(protocol::events::CommitFailed{settings_.group_id, failure.error, failure.message,
                                                 plain(tried)});
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
  return seek(partition, OffsetAndEpoch{offset, {}, ""});
}

bool Consumer::seek(const TopicPartition& partition, const OffsetAndEpoch& offset) {
  PartitionState* const state = subscriptions_.find(partition);
  if (state == nullptr || !offset.offset.is_set()) return false;
  protocol::events::PositionReset event;
  event.partition = partition;
  event.from = position(partition);
  event.to = offset.offset;
  event.reason = "seek";
  metadata_.update_last_seen_epoch(partition, offset.leader_epoch);
  FetchPosition position;
  position.offset = offset.offset;
  position.offset_epoch = offset.leader_epoch;
  position.current_leader = {metadata_.leader(partition), metadata_.leader_epoch(partition)};
  state->seek_unvalidated(position);
  context_.report(event);
  progress_.made();
  return true;
}

void Consumer::seek_to_beginning(const Partitions& partitions) {
  seek_to({OffsetReset::Kind::earliest, {}}, partitions);
}

void Consumer::seek_to_end(const Partitions& partitions) {
  seek_to({OffsetReset::Kind::latest, {}}, partitions);
}

void Consumer::seek_to(OffsetReset reset, const Partitions& partitions) {
  const Partitions assigned = subscriptions_.assigned();
  for (const TopicPartition& partition : partitions.empty() ? assigned : partitions) {
    if (PartitionState* state = subscriptions_.find(partition)) state->reset(reset, "seek");
  }
  progress_.made();
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

sim::Task<std::optional<Failure>> Consumer::close() {
  std::optional<Failure> failure;
  if (closed_) co_return failure;
  const sim::Duration timeout = std::min(close_timeout, settings_.request_timeout);
  const sim::Time deadline = sim::later(process_.now(), timeout);
  if (settings_.has_group()) failure = co_await member_->close(deadline);
  closed_ = true;
  caller_.stop();
  for (const client::Node& node : metadata_.nodes()) {
    network_.close(node.id);
    const bool is_broker = node.id.value() >= 0;  // not a bootstrap server
    if (is_broker) network_.close(client::coordinator_node(protocol::BrokerId(node.id.value())));
  }
  co_return failure;
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

Offsets Consumer::uncommitted() const {
  Offsets out;
  for (const TopicPartition& partition : subscriptions_.assigned()) {
    const PartitionState& state = *subscriptions_.find(partition);
    if (state.returned_to > state.committed) out[partition].offset = state.returned_to;
  }
  return out;
}

bool Consumer::is_settled() const {
  if (closed_) return true;
  if (subscriptions_.is_subscribed() && !member_->is_settled()) return false;
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
