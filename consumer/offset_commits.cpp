// API: OffsetCommit: what is sent, and what an answer means. The texts are those that applications
// see. When commits are made is commit_ways.cpp.
#include "consumer/offset_commits.hpp"

#include <fmt/format.h>

#include <set>

#include "consumer/consumer_member_commits.hpp"
#include "protocol/error_text.hpp"

namespace kafkasim::consumer {

using protocol::ErrorCode;

namespace {

Failure commit_failed(ErrorCode error) {
  return failure_with(error, "CommitFailedException",
                      "Commit cannot be completed since the group has already rebalanced and "
                      "assigned the partitions to another "
                      "member. This means that the time between subsequent calls to poll() was "
                      "longer than the configured "
                      "max.poll.interval.ms, which typically implies that the poll loop is "
                      "spending too much time message "
                      "processing. You can address this either by increasing max.poll.interval.ms "
                      "or by reducing the maximum size "
                      "of batches returned in poll() with max.poll.records.");
}

}  // namespace

OffsetCommits::OffsetCommits(Context& context, Membership& membership, Coordinator& coordinator,
                             SubscriptionState& subscriptions)
    : context_(context),
      membership_(membership),
      coordinator_(coordinator),
      subscriptions_(subscriptions),
      next_auto_commit_(sim::later(context.now(), context.settings.auto_commit_interval)) {}

// ---- what to send ----

OffsetCommits::Start OffsetCommits::prepare(const Offsets& offsets) {
  Prepared prepared;
  if (offsets.empty()) return prepared;
  if (coordinator_.is_unknown()) return no_coordinator_failure();
  protocol::OffsetCommitRequest& request = prepared.request;
  request.group_id = context_.settings.group_id;
  for (const auto& [partition, offset] : offsets) {
    if (!offset.offset.is_set()) {
      return failure_with(ErrorCode::none, "IllegalArgumentException",
                          fmt::format("Invalid offset: {}", offset.offset.value()));
    }
    request.partitions.push_back({partition, offset.offset, offset.leader_epoch, offset.metadata});
  }
  if (!subscriptions_.is_subscribed())
    return prepared;  // generation -1: partitions assigned by hand
  // With epochs the coordinator says whether it may.
  if (!membership_.has_epochs() && !membership_.is_stable()) {
    if (membership_.rebalance_in_progress()) {
      return failure_with(ErrorCode::rebalance_in_progress, "RebalanceInProgressException",
                          "Offset commit cannot be completed since the consumer is undergoing a "
                          "rebalance for auto partition "
                          "assignment. You can try completing the rebalance by calling poll() and "
                          "then retry the operation.");
    }
    return failure_with(ErrorCode::none, "CommitFailedException",
                        "Offset commit cannot be completed since the consumer is not part of an "
                        "active group for auto partition "
                        "assignment; it is likely that the consumer was kicked out of the group.");
  }
  prepared.sent = membership_.has_epochs() ? membership_.epoch_to_send() : membership_.generation();
  request.generation_id_or_member_epoch = prepared.sent.id;
  request.member_id = prepared.sent.member_id;
  request.group_instance_id = context_.settings.group_instance_id;
  return prepared;
}

sim::Task<std::optional<Failure>> OffsetCommits::exchange(Start start) {
  if (const Failure* refused = std::get_if<Failure>(&start)) co_return *refused;
  const Prepared prepared = std::move(std::get<Prepared>(start));
  if (prepared.request.partitions.empty()) co_return std::nullopt;
  protocol::RequestBody body = prepared.request;
  ++in_flight_;
  const sim::Time at = context_.now();
  const client::CallResult answer = co_await coordinator_.call(std::move(body));
  --in_flight_;
  if (!answer.answered()) co_return connection_failure();
  context_.metrics.committed(context_.now() - at);
  co_return take(answer.as<protocol::OffsetCommitResponse>(), prepared);
}

// ---- what came back ----

std::optional<Failure> OffsetCommits::take(const protocol::OffsetCommitResponse& response,
                                           const Prepared& sent) {
  context_.met_in("OffsetCommit", response.partitions);
  std::set<std::string> unauthorized;
  for (const protocol::OffsetCommitPartitionResponse& part : response.partitions) {
    if (part.error == ErrorCode::topic_authorization_failed) {
      unauthorized.insert(part.partition.topic);
    } else if (part.error != ErrorCode::none) {
      return failure_for(part.error, sent.sent);
    }
  }
  if (!unauthorized.empty()) {
    return not_authorized_failure(unauthorized);
  }
  for (const protocol::OffsetCommitPartition& part : sent.request.partitions) {
    if (PartitionState* state = subscriptions_.find(part.partition)) {
      state->committed = part.committed_offset;
    }
  }
  return std::nullopt;
}

Failure OffsetCommits::failure_for(ErrorCode error, const Generation& sent) {
  if (membership_.has_epochs()) {
    if (auto failure = epoch_commit_failure(error, context_.settings.group_instance_id))
      return *failure;
  }
  switch (error) {
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
    case ErrorCode::request_timed_out:
      coordinator_.mark_unknown(false);
      return failure_of(error);
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::offset_metadata_too_large:
    case ErrorCode::invalid_commit_offset_size:
      return failure_of(error);
    case ErrorCode::fenced_instance_id:
      return fenced(sent);
    case ErrorCode::rebalance_in_progress:
      membership_.request_rejoin("offset commit failed since group is already rebalancing");
      context_.progress.made();
      return failure_with(
          error, "RebalanceInProgressException",
          "Offset commit cannot be completed since the consumer group is executing a rebalance at "
          "the moment. You "
          "can try completing the rebalance by calling poll() and then retry commit again");
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
      return refused(error, sent);
    case ErrorCode::group_authorization_failed:
      return not_authorized_failure(context_.settings.group_id);
    default:
      return unexpected_failure("Unexpected error in commit: ", error);
  }
}

Failure OffsetCommits::refused(ErrorCode error, const Generation& sent) {
  const bool unchanged = membership_.generation() == sent;
  if (!unchanged && membership_.state() == MemberState::preparing_rebalance) {
    return failure_with(error, "RebalanceInProgressException",
                        "Offset commit cannot be completed since the consumer member's generation "
                        "is already stale, meaning it has "
                        "already participated another rebalance and got a new generation. You can "
                        "try completing the rebalance by "
                        "calling poll() and then retry commit again");
  }
  membership_.reset_and_rejoin(
      fmt::format("encountered {} from OFFSET_COMMIT response", protocol::name(error)),
      error != ErrorCode::illegal_generation);
  context_.progress.made();
  return commit_failed(error);
}

Failure OffsetCommits::fenced(const Generation& sent) {
  constexpr ErrorCode error = ErrorCode::fenced_instance_id;
  if (membership_.generation() == sent) {
    return failure_of(error);
  }
  if (membership_.state() == MemberState::preparing_rebalance) {
    return failure_with(error, "RebalanceInProgressException",
                        "Offset commit cannot be completed since the consumer member's old "
                        "generation is fenced by its group "
                        "instance id, it is possible that this consumer has already participated "
                        "another rebalance and got a new "
                        "generation");
  }
  return commit_failed(error);
}

}  // namespace kafkasim::consumer
