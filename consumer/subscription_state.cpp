// The bookkeeping of subscription and positions.
#include "consumer/subscription_state.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::consumer {

using protocol::Offset;
using protocol::TopicPartition;

// ---- what is read ----

bool SubscriptionState::subscribe(std::set<std::string> topics) {
  CHECKED(kind_ != Kind::by_hand,
          "Subscription to topics, partitions and pattern are mutually exclusive");
  kind_ = Kind::topics;
  if (topics == topics_) return false;
  topics_ = std::move(topics);
  return true;
}

bool SubscriptionState::assign_from_user(const Partitions& partitions) {
  CHECKED(kind_ != Kind::topics,
          "Subscription to topics, partitions and pattern are mutually exclusive");
  kind_ = Kind::by_hand;
  if (partitions == assigned()) return false;
  set_partitions(partitions);
  std::set<std::string> topics;
  for (const TopicPartition& partition : partitions) topics.insert(partition.topic);
  if (topics == topics_) return false;
  topics_ = std::move(topics);
  return true;
}

void SubscriptionState::assign_from_group(const Partitions& partitions) {
  CHECKED(kind_ == Kind::topics, "an assignment of the group without a subscription");
  set_partitions(partitions);
}

void SubscriptionState::set_partitions(const Partitions& partitions) {
  std::map<TopicPartition, PartitionState> next;
  for (const TopicPartition& partition : partitions) {
    const auto known = states_.find(partition);
    next.emplace(partition, known == states_.end() ? PartitionState() : std::move(known->second));
  }
  states_ = std::move(next);
  order_.assign(partitions.begin(), partitions.end());
}

void SubscriptionState::unsubscribe() {
  kind_ = Kind::none;
  topics_.clear();
  group_topics_.clear();
  states_.clear();
  order_.clear();
}

std::set<std::string> SubscriptionState::metadata_topics() const {
  std::set<std::string> all = topics_;
  all.insert(group_topics_.begin(), group_topics_.end());
  return all;
}

bool SubscriptionState::matches_subscription(const Partitions& partitions) const {
  return std::all_of(partitions.begin(), partitions.end(), [&](const TopicPartition& partition) {
    return topics_.contains(partition.topic);
  });
}

// ---- what is owned ----

Partitions SubscriptionState::assigned() const {
  return collect([](const PartitionState&) { return true; });
}

PartitionState* SubscriptionState::find(const TopicPartition& partition) {
  const auto found = states_.find(partition);
  return found == states_.end() ? nullptr : &found->second;
}

const PartitionState* SubscriptionState::find(const TopicPartition& partition) const {
  const auto found = states_.find(partition);
  return found == states_.end() ? nullptr : &found->second;
}

void SubscriptionState::mark_all_pending_revocation() {
  for (auto& [partition, state] : states_) state.pending_revocation = true;
}

void SubscriptionState::mark_pending_revocation(const Partitions& partitions, bool pending) {
  for (const TopicPartition& partition : partitions) {
    if (PartitionState* state = find(partition)) state->pending_revocation = pending;
  }
}

void SubscriptionState::await_callback(const Partitions& partitions, bool awaiting) {
  for (const TopicPartition& partition : partitions) {
    if (PartitionState* state = find(partition)) state->awaits_callback = awaiting;
  }
}

Partitions SubscriptionState::collect(
    const std::function<bool(const PartitionState&)>& filter) const {
  Partitions result;
  for (const auto& [partition, state] : states_) {
    if (filter(state)) result.insert(partition);
  }
  return result;
}

// ---- positions ----

bool SubscriptionState::has_all_positions() const {
  return std::all_of(states_.begin(), states_.end(),
                     [](const auto& entry) { return entry.second.has_valid_position(); });
}

Partitions SubscriptionState::initializing() const {
  return collect([](const PartitionState& s) {
    return s.fetch_state() == FetchState::initializing && !s.awaits_callback;
  });
}

Partitions SubscriptionState::needing_reset(sim::Time now) const {
  return collect([now](const PartitionState& s) {
    return s.fetch_state() == FetchState::await_reset && !s.awaits_retry(now);
  });
}

Partitions SubscriptionState::needing_validation(sim::Time now) const {
  return collect([now](const PartitionState& s) {
    return s.fetch_state() == FetchState::await_validation && !s.awaits_retry(now);
  });
}

Partitions SubscriptionState::reset_initializing(const Partitions& among) {
  Partitions without_offset;
  for (auto& [partition, state] : states_) {
    if (state.fetch_state() != FetchState::initializing || !among.contains(partition)) continue;
    if (has_reset_policy()) {
      state.reset(default_reset_, "no committed offset");
    } else {
      without_offset.insert(partition);
    }
  }
  return without_offset;
}

void SubscriptionState::retry_at(const Partitions& partitions, sim::Time time) {
  for (const TopicPartition& partition : partitions) {
    if (PartitionState* state = find(partition)) state->retry_at(time);
  }
}

bool SubscriptionState::complete_reset(const TopicPartition& partition, FetchPosition position,
                                       OffsetReset asked) {
  PartitionState* const state = find(partition);
  if (state == nullptr || state->fetch_state() != FetchState::await_reset) return false;
  if (state->reset_strategy() != asked) return false;
  state->seek_unvalidated(position);
  return true;
}

Validation SubscriptionState::complete_validation(const TopicPartition& partition,
                                                  const FetchPosition& asked,
                                                  protocol::EpochEndOffset answer) {
  Validation result;
  PartitionState* const state = find(partition);
  if (state == nullptr || state->fetch_state() != FetchState::await_validation) return result;
  if (*state->position() != asked) return result;
  result.from = asked.offset;
  const bool unknown = !answer.end_offset.is_set() || !answer.epoch.is_set();
  if (!unknown && answer.end_offset >= asked.offset) {
    state->complete_validation();
    result.kind = Validation::Kind::passed;
    return result;
  }
  if (!unknown) result.to = answer.end_offset;
  if (!has_reset_policy()) {
    result.kind = Validation::Kind::truncated;
  } else if (unknown) {
    state->reset(default_reset_, "truncated");
    result.kind = Validation::Kind::reset;
  } else {
    FetchPosition moved = asked;
    moved.offset = answer.end_offset;
    moved.offset_epoch = answer.epoch;
    state->seek_validated(moved);
    result.kind = Validation::Kind::moved;
  }
  return result;
}

Offsets SubscriptionState::all_consumed() const {
  Offsets result;
  for (const auto& [partition, state] : states_) {
    if (!state.has_valid_position()) continue;
    const FetchPosition& position = *state.position();
    result[partition] = OffsetAndEpoch{position.offset, position.offset_epoch, ""};
  }
  return result;
}

Offsets SubscriptionState::all_stored() const {
  Offsets result;
  for (const auto& [partition, state] : states_) {
    if (state.stored.offset > state.committed) result[partition] = state.stored;
  }
  return result;
}

// ---- fetching ----

std::vector<TopicPartition> SubscriptionState::fetchable() const {
  std::vector<TopicPartition> result;
  for (const TopicPartition& partition : order_) {
    if (states_.at(partition).is_fetchable()) result.push_back(partition);
  }
  return result;
}

void SubscriptionState::move_to_end(const TopicPartition& partition) {
  const auto found = std::find(order_.begin(), order_.end(), partition);
  if (found != order_.end()) std::rotate(found, found + 1, order_.end());
}

Offset SubscriptionState::end_offset(const TopicPartition& partition,
                                     protocol::IsolationLevel isolation) const {
  const PartitionState* const state = find(partition);
  if (state == nullptr) return Offset();
  return isolation == protocol::IsolationLevel::read_committed ? state->last_stable_offset
                                                               : state->high_watermark;
}

}  // namespace kafkasim::consumer
