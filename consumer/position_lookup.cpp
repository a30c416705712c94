// API: ListOffsets and OffsetForLeaderEpoch, as a client asks them.
#include "consumer/position_lookup.hpp"

#include <fmt/format.h>

namespace kafkasim::consumer {

using client::CallResult;
using protocol::ErrorCode;
using protocol::TopicPartition;

namespace {

template <class Map>
Partitions keys(const Map& map) {
  Partitions result;
  for (const auto& [partition, value] : map) result.insert(partition);
  return result;
}

// Some topic may not be read: then the answer is of no use for the others either.
template <class Parts>
std::optional<Failure> unauthorized(const Parts& parts) {
  std::set<std::string> topics;
  for (const auto& part : parts) {
    if (part.error == ErrorCode::topic_authorization_failed) topics.insert(part.partition.topic);
  }
  if (topics.empty()) return std::nullopt;
  return not_authorized_failure(topics);
}

}  // namespace

LeaderAndEpoch PositionLookup::leader_of(const TopicPartition& partition) const {
  return {context_.metadata().leader(partition), context_.metadata().leader_epoch(partition)};
}

void PositionLookup::try_again_later(const Partitions& partitions) {
  subscriptions_.retry_at(partitions, sim::later(context_.now(), context_.settings.retry_backoff));
  context_.metadata().request_update(false);
  context_.caller.wake();
}

// ---- reset ----

std::optional<Failure> PositionLookup::reset_if_needed() {
  if (reset_failure_) return std::exchange(reset_failure_, std::nullopt);
  std::map<client::NodeId, Resets> by_node;
  for (const TopicPartition& partition : subscriptions_.needing_reset(context_.now())) {
    const client::Node* const leader = context_.metadata().leader_node(partition);
    if (leader == nullptr) {
      context_.metadata().request_update();
      context_.caller.wake();
    } else if (!context_.is_unavailable(leader->id)) {
      by_node[leader->id][partition] = subscriptions_.find(partition)->reset_strategy();
    }
  }
  for (auto& [id, resets] : by_node) {
    // Not again before this one can have ended.
    subscriptions_.retry_at(keys(resets),
                            sim::later(context_.now(), context_.settings.request_timeout));
    sim::spawn(context_.process, run_reset(*context_.metadata().node(id), std::move(resets)));
  }
  return std::nullopt;
}

std::int64_t PositionLookup::timestamp_for(const OffsetReset& reset) const {
  switch (reset.kind) {
    case OffsetReset::Kind::earliest:
      return protocol::earliest_timestamp;
    case OffsetReset::Kind::by_duration:
      return sim::to_epoch_ms(context_.now() - reset.back);
    case OffsetReset::Kind::latest:
    case OffsetReset::Kind::none:
      break;
  }
  return protocol::latest_timestamp;
}

protocol::ListOffsetsRequest PositionLookup::list_request(const Resets& resets) const {
  protocol::ListOffsetsRequest request;
  request.isolation_level = context_.settings.isolation;
  request.timeout_ms = to_ms(context_.settings.request_timeout);
  for (const auto& [partition, reset] : resets) {
    protocol::ListOffsetsPartition part;
    part.partition = partition;
    part.current_leader_epoch = context_.metadata().leader_epoch(partition);
    part.timestamp = timestamp_for(reset);
    request.partitions.push_back(std::move(part));
  }
  return request;
}

sim::Task<> PositionLookup::run_reset(client::Node node, Resets resets) {
  protocol::RequestBody body = list_request(resets);
  const sim::Time deadline = context_.call_deadline(context_.settings.request_timeout);
  const CallResult answer = co_await context_.caller.call(node, std::move(body), deadline);
  if (answer.answered()) {
    take(answer.as<protocol::ListOffsetsResponse>(), resets);
  } else {
    try_again_later(keys(resets));
  }
  context_.progress.made();
}

void PositionLookup::take(const protocol::ListOffsetsResponse& response, const Resets& resets) {
  context_.met_in("ListOffsets", response.partitions);
  if (const std::optional<Failure> refused = unauthorized(response.partitions)) {
    if (!reset_failure_) reset_failure_ = refused;
    try_again_later(keys(resets));
    return;
  }
  Partitions again;
  for (const protocol::ListOffsetsPartitionResponse& part : response.partitions) {
    const auto asked = resets.find(part.partition);
    if (asked == resets.end()) continue;
    if (part.error != ErrorCode::none) {
      again.insert(part.partition);
    } else if (part.offset.is_set()) {
      take_offset(part, asked->second);
    } else if (asked->second.kind == OffsetReset::Kind::by_duration) {
      // No record is that young: the end is the first offset that may get one.
      PartitionState* const state = subscriptions_.find(part.partition);
      const OffsetReset latest{OffsetReset::Kind::latest, {}};
      const bool waits = state != nullptr && state->fetch_state() == FetchState::await_reset;
      if (waits && state->reset_strategy() == asked->second)
        state->reset(latest, state->reset_reason());
    }
  }
  if (!again.empty()) try_again_later(again);
}

void PositionLookup::take_offset(const protocol::ListOffsetsPartitionResponse& part,
                                 const OffsetReset& asked) {
  context_.metadata().update_last_seen_epoch(part.partition, part.leader_epoch);
  // Without an epoch of its own: the record before it was never seen.
  FetchPosition position;
  position.offset = part.offset;
  position.current_leader = leader_of(part.partition);
  const PartitionState* const state = subscriptions_.find(part.partition);
  if (state == nullptr) return;
  protocol::events::PositionReset event;
  event.partition = part.partition;
  event.from = state->reset_from();
  event.to = part.offset;
  event.reason = std::string(state->reset_reason());
  if (subscriptions_.complete_reset(part.partition, position, asked)) context_.report(event);
}

// ---- validation ----

void PositionLookup::notice_new_leaders() {
  const int version = context_.metadata().update_version();
  if (version == metadata_version_) return;
  metadata_version_ = version;
  for (const TopicPartition& partition : subscriptions_.assigned()) notice_new_leader(partition);
}

void PositionLookup::notice_new_leader(const TopicPartition& partition) {
  if (PartitionState* state = subscriptions_.find(partition))
    state->maybe_validate(leader_of(partition));
}

std::optional<Failure> PositionLookup::validate_if_needed() {
  if (validation_failure_) return std::exchange(validation_failure_, std::nullopt);
  notice_new_leaders();
  std::map<client::NodeId, Asked> by_node;
  for (const TopicPartition& partition : subscriptions_.needing_validation(context_.now())) {
    const FetchPosition position = *subscriptions_.find(partition)->position();
    const client::NodeId leader = client::node_of(position.current_leader.leader);
    if (context_.metadata().node(leader) == nullptr) {
      context_.metadata().request_update();
      context_.caller.wake();
    } else if (!context_.is_unavailable(leader)) {
      by_node[leader][partition] = position;
    }
  }
  for (auto& [id, asked] : by_node) {
    subscriptions_.retry_at(keys(asked),
                            sim::later(context_.now(), context_.settings.request_timeout));
    sim::spawn(context_.process, run_validation(*context_.metadata().node(id), std::move(asked)));
  }
  return std::nullopt;
}

sim::Task<> PositionLookup::run_validation(client::Node node, Asked asked) {
  protocol::OffsetForLeaderEpochRequest request;
  for (const auto& [partition, position] : asked) {
    request.partitions.push_back({partition, position.current_leader.epoch, position.offset_epoch});
  }
  protocol::RequestBody body = std::move(request);
  const sim::Time deadline = context_.call_deadline(context_.settings.request_timeout);
  const CallResult answer = co_await context_.caller.call(node, std::move(body), deadline);
  if (answer.answered()) {
    take(answer.as<protocol::OffsetForLeaderEpochResponse>(), asked);
  } else {
    try_again_later(keys(asked));
  }
  context_.progress.made();
}

void PositionLookup::take(const protocol::OffsetForLeaderEpochResponse& response,
                          const Asked& asked) {
  context_.met_in("OffsetForLeaderEpoch", response.partitions);
  Partitions again = keys(asked);
  if (const std::optional<Failure> refused = unauthorized(response.partitions)) {
    if (!validation_failure_) validation_failure_ = refused;
    try_again_later(again);
    return;
  }
  std::optional<Offsets> truncated;
  for (const protocol::OffsetForLeaderPartitionResponse& part : response.partitions) {
    const auto position = asked.find(part.partition);
    if (position == asked.end() || part.error != ErrorCode::none) continue;
    again.erase(part.partition);
    take_end_offset(part, position->second, truncated);
  }
  if (!again.empty()) try_again_later(again);
  if (!truncated || validation_failure_) return;
  validation_failure_.emplace();
  validation_failure_->exception = "LogTruncationException";
  validation_failure_->message =
      "Truncated partitions detected with divergent offsets " + to_string(*truncated);
}

void PositionLookup::take_end_offset(const protocol::OffsetForLeaderPartitionResponse& part,
                                     const FetchPosition& asked,
                                     std::optional<Offsets>& truncated) {
  const protocol::EpochEndOffset answer{part.leader_epoch, part.end_offset};
  const Validation result = subscriptions_.complete_validation(part.partition, asked, answer);
  switch (result.kind) {
    case Validation::Kind::ignored:
    case Validation::Kind::passed:
    case Validation::Kind::reset:
      return;
    case Validation::Kind::moved:
      context_.report(
          protocol::events::PositionReset{part.partition, result.from, result.to, "truncated"});
      return;
    case Validation::Kind::truncated:
      if (!truncated) truncated.emplace();
      if (result.to.is_set()) (*truncated)[part.partition] = {result.to, part.leader_epoch, ""};
      return;
  }
}

}  // namespace kafkasim::consumer
