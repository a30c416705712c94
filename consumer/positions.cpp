// Transitions of a partition's position. One that is not allowed is ignored, as in Kafka.
#include "consumer/positions.hpp"

#include <fmt/format.h>

#include "sim/check.hpp"

namespace kafkasim::consumer {

namespace {

constexpr sim::Time at_once = sim::zero - std::chrono::hours(1000);

}  // namespace

std::string to_string(const Offsets& offsets) {
  std::string text = "{";
  for (const auto& [partition, offset] : offsets) {
    if (text.size() > 1) text += ", ";
    const std::string epoch =
        offset.leader_epoch.is_set() ? std::to_string(offset.leader_epoch.value()) : "null";
    text += fmt::format("{}=OffsetAndMetadata{{offset={}, leaderEpoch={}, metadata='{}'}}",
                        to_string(partition), offset.offset.value(), epoch, offset.metadata);
  }
  return text + "}";
}

std::vector<std::pair<protocol::TopicPartition, protocol::Offset>> plain(const Offsets& offsets) {
  std::vector<std::pair<protocol::TopicPartition, protocol::Offset>> out;
  out.reserve(offsets.size());
  for (const auto& [partition, offset] : offsets) out.emplace_back(partition, offset.offset);
  return out;
}

bool PartitionState::may_become(FetchState next) const {
  switch (next) {
    case FetchState::initializing:
      return false;
    case FetchState::fetching:
    case FetchState::await_reset:
      return true;
    // What waits for its reset has no position that could be compared.
    case FetchState::await_validation:
      return fetch_state_ != FetchState::await_reset;
  }
  return false;
}

void PartitionState::reset(OffsetReset strategy, std::string_view reason) {
  reset_from_ = position_ ? position_->offset : protocol::Offset();
  reset_reason_ = reason;
  fetch_state_ = FetchState::await_reset;
  position_.reset();
  reset_strategy_ = strategy;
  next_retry_ = at_once;
}

void PartitionState::seek_validated(FetchPosition position) {
  fetch_state_ = FetchState::fetching;
  position_ = position;
  reset_strategy_ = OffsetReset();
  next_retry_ = at_once;
}

void PartitionState::seek_unvalidated(FetchPosition position) {
  seek_validated(position);
  validate(position);
}

void PartitionState::validate(FetchPosition position) {
  const bool comparable = position.offset_epoch.is_set() && position.current_leader.epoch.is_set();
  const FetchState next = comparable ? FetchState::await_validation : FetchState::fetching;
  if (!may_become(next)) return;
  fetch_state_ = next;
  position_ = position;
  next_retry_ = at_once;
}

bool PartitionState::maybe_validate(LeaderAndEpoch leader) {
  if (fetch_state_ == FetchState::await_reset || !leader.leader.is_set()) return false;
  if (position_ && position_->current_leader != leader) {
    FetchPosition moved = *position_;
    moved.current_leader = leader;
    validate(moved);
    preferred_replica_ = protocol::BrokerId();
  }
  return fetch_state_ == FetchState::await_validation;
}

void PartitionState::complete_validation() {
  if (!position_) return;
  fetch_state_ = FetchState::fetching;
  next_retry_ = at_once;
}

void PartitionState::advance(FetchPosition position) {
  CHECKED(has_valid_position(), "a position was advanced that is not valid");
  position_ = position;
}

void PartitionState::prefer_replica(protocol::BrokerId replica, sim::Time until) {
  if (preferred_replica_ == replica) return;
  preferred_replica_ = replica;
  preferred_until_ = until;
}

protocol::BrokerId PartitionState::preferred_replica(sim::Time now) {
  if (now > preferred_until_) preferred_replica_ = protocol::BrokerId();
  return preferred_replica_;
}

protocol::BrokerId PartitionState::clear_preferred_replica() {
  const protocol::BrokerId was = preferred_replica_;
  preferred_replica_ = protocol::BrokerId();
  return was;
}

}  // namespace kafkasim::consumer
