// API: OffsetCommit. The texts are those that applications see.
#include "consumer/offset_commits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::consumer {

using protocol::ErrorCode;

namespace {

Failure failure_with(ErrorCode error, const char* exception, const char* message) {
  Failure failure;
  failure.error = error;
  failure.exception = exception;
  failure.message = message;
  return failure;
}

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
    request.partitions.push_back({partition, offset.offset, offset.leader_epoch, ""});
  }
  if (!subscriptions_.is_subscribed())
    return prepared;  // generation -1: partitions assigned by hand
  if (!membership_.is_stable()) {
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
  prepared.sent = membership_.generation();
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
  const client::CallResult answer = co_await coordinator_.call(std::move(body));
  --in_flight_;
  if (!answer.answered()) co_return connection_failure();
  co_return take(answer.as<protocol::OffsetCommitResponse>(), prepared);
}

// ---- what came back ----

std::optional<Failure> OffsetCommits::take(const protocol::OffsetCommitResponse& response,
                                           const Prepared& sent) {
  context_.met_in("OffsetCommit", response.partitions);
  for (const protocol::OffsetCommitPartitionResponse& part : response.partitions) {
    if (part.error != ErrorCode::none) return failure_for(part.error, sent.sent);
  }
  for (const protocol::OffsetCommitPartition& part : sent.request.partitions) {
    if (PartitionState* state = subscriptions_.find(part.partition)) {
      state->committed = part.committed_offset;
    }
  }
  return std::nullopt;
}

Failure OffsetCommits::failure_for(ErrorCode error, const Generation& sent) {
  switch (error) {
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
    case ErrorCode::request_timed_out:
      coordinator_.mark_unknown(false);
      return failure_of(error, "KafkaException");
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::offset_metadata_too_large:
    case ErrorCode::invalid_commit_offset_size:
      return failure_of(error, "KafkaException");
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
    case ErrorCode::topic_authorization_failed: {
      Failure failure = failure_of(error, "AuthorizationException");
      failure.retriable = false;
      return failure;
    }
    default: {
      Failure failure = failure_of(error, "KafkaException");
      failure.retriable = false;
      failure.message = fmt::format("Unexpected error in commit: {}", protocol::name(error));
      return failure;
    }
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
    return failure_with(
        error, "FencedInstanceIdException",
        "The broker rejected this static consumer since another consumer with the same "
        "group.instance.id has registered with a different member.id.");
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

// ---- ways to commit ----

sim::Task<std::optional<Failure>> OffsetCommits::commit_sync(Offsets offsets, sim::Time deadline) {
  if (std::optional<Failure> failure = report_completed()) co_return failure;
  const client::Backoff backoff = context_.retry_backoff();
  for (int attempts = 0; !offsets.empty(); ++attempts) {
    if (coordinator_.is_unknown()) {
      const Step found = co_await coordinator_.ensure_ready(deadline);
      if (found.failure()) co_return found.failure();
      if (!found.is_done()) break;
    }
    Start start = prepare(offsets);
    const std::optional<Failure> failure = co_await exchange(std::move(start));
    if (std::optional<Failure> earlier = report_completed()) co_return earlier;
    if (!failure || !failure->retriable) co_return failure;
    if (context_.now() >= deadline) break;
    const sim::Time next = sim::later(context_.now(), backoff.after(attempts));
    co_await sim::sleep_until(std::min(deadline, next));
    if (context_.now() >= deadline) break;
  }
  if (offsets.empty()) co_return std::nullopt;
  co_return failure_with(ErrorCode::request_timed_out, "TimeoutException",
                         "Timeout expired before successfully committing offsets");
}

PendingCommitPtr OffsetCommits::commit_async(Offsets offsets) {
  return start(std::move(offsets), Kind::by_application);
}

PendingCommitPtr OffsetCommits::start(Offsets offsets, Kind kind) {
  auto pending = std::make_shared<PendingCommit>();
  if (coordinator_.is_unknown() && !offsets.empty()) {
    sim::spawn(context_.process, run_commit_once_known(std::move(offsets), kind, pending));
  } else {
    // What is committed, and as whose member, is settled now.
    sim::spawn(context_.process, run_commit(prepare(offsets), kind, pending));
  }
  return pending;
}

// One look-up; when that fails the commit has failed.
sim::Task<> OffsetCommits::run_commit_once_known(Offsets offsets, Kind kind,
                                                 PendingCommitPtr pending) {
  coordinator_.look_up();
  const sim::Time deadline = context_.call_deadline(context_.settings.request_timeout);
  while (coordinator_.is_looking_up() && context_.now() < deadline) {
    const std::uint64_t seen = context_.progress.count();
    co_await context_.progress.past(seen, deadline);
  }
  Start what = prepare(offsets);
  co_await run_commit(std::move(what), kind, std::move(pending));
}

sim::Task<> OffsetCommits::run_commit(Start what, Kind kind, PendingCommitPtr pending) {
  std::optional<Failure> failure = co_await exchange(std::move(what));
  if (failure && failure->error == ErrorCode::fenced_instance_id &&
      failure->exception == "FencedInstanceIdException") {
    fenced_ = true;
  }
  pending->failure = failure;
  pending->done = true;
  completed_.push_back(Completed{kind, std::move(failure)});
  context_.progress.made();
}

std::optional<Failure> OffsetCommits::report_completed() {
  if (fenced_) {
    return failure_with(ErrorCode::fenced_instance_id, "FencedInstanceIdException",
                        "Get fenced exception for group.instance.id");
  }
  std::deque<Completed> completed;
  completed.swap(completed_);
  for (const Completed& one : completed) {
    if (!one.failure) continue;
    if (one.kind == Kind::automatic && one.failure->retriable) {
      next_auto_commit_ = sim::later(context_.now(), context_.settings.retry_backoff);
      continue;
    }
    context_.report(protocol::events::CommitFailed{context_.settings.group_id, one.failure->error,
                                                   one.failure->message});
  }
  return std::nullopt;
}

// ---- auto-commit ----

void OffsetCommits::maybe_auto_commit(sim::Time now) {
  if (!context_.settings.auto_commit || now < next_auto_commit_) return;
  restart_auto_commit_timer(now);
  auto_commit_now();
}

PendingCommitPtr OffsetCommits::auto_commit_now() {
  if (!context_.settings.auto_commit) return nullptr;
  return start(subscriptions_.all_consumed(), Kind::automatic);
}

sim::Task<> OffsetCommits::auto_commit_and_wait(sim::Time deadline) {
  if (context_.settings.auto_commit) {
    Offsets offsets = subscriptions_.all_consumed();
    const std::optional<Failure> failure = co_await commit_sync(std::move(offsets), deadline);
    if (failure) {
      context_.report(protocol::events::CommitFailed{context_.settings.group_id, failure->error,
                                                     failure->message});
    }
  }
  while (in_flight_ > 0 && context_.now() < deadline) {
    const std::uint64_t seen = context_.progress.count();
    co_await context_.progress.past(seen, deadline);
  }
  report_completed();
}

void OffsetCommits::restart_auto_commit_timer(sim::Time now) {
  next_auto_commit_ = sim::later(now, context_.settings.auto_commit_interval);
}

}  // namespace kafkasim::consumer
