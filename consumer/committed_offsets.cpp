// API: OffsetFetch, the other half of OffsetCommits. Asks for offsets that are stable: the broker
// keeps those back that a transaction still may change.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "consumer/consumer_member_commits.hpp"
#include "consumer/offset_commits.hpp"

namespace kafkasim::consumer {

using protocol::ErrorCode;

sim::Task<Step> OffsetCommits::initialize_positions(sim::Time deadline) {
  const Partitions partitions = subscriptions_.initializing();
  const client::Backoff backoff = context_.retry_backoff();
  for (int attempts = 0; !partitions.empty(); ++attempts) {
    const Step found = co_await coordinator_.ensure_ready(deadline);
    if (!found.is_done()) co_return found;
    Generation generation;
    if (membership_.is_stable()) generation = membership_.generation();
    const bool same =
        fetch_ && fetch_->partitions == partitions && fetch_->generation == generation;
    if (!same) {
      fetch_ = std::make_shared<PendingFetch>();
      fetch_->partitions = partitions;
      fetch_->generation = generation;
      sim::spawn(context_.process, run_fetch(fetch_));
    }
    const std::shared_ptr<PendingFetch> fetch = fetch_;
    while (!fetch->done && context_.now() < deadline) {
      const std::uint64_t seen = context_.progress.count();
      co_await context_.progress.past(seen, deadline);
    }
    if (!fetch->done) co_return Step::not_yet();
    fetch_.reset();
    if (!fetch->failure) {
      use_committed(*fetch);
      co_return Step::done();
    }
    if (!fetch->failure->retriable) co_return Step::failed(*fetch->failure);
    const sim::Time next = sim::later(context_.now(), backoff.after(attempts));
    co_await sim::sleep_until(std::min(deadline, next));
    if (context_.now() >= deadline) co_return Step::not_yet();
  }
  co_return Step::done();
}

sim::Task<> OffsetCommits::run_fetch(std::shared_ptr<PendingFetch> fetch) {
  protocol::OffsetFetchRequest request;
  request.group_id = context_.settings.group_id;
  request.partitions.assign(fetch->partitions.begin(), fetch->partitions.end());
  request.require_stable = true;
  if (membership_.has_epochs() && fetch->generation.id > 0) {
    request.member_id = fetch->generation.member_id;
    request.member_epoch = fetch->generation.id;
  }
  protocol::RequestBody body = std::move(request);
  const client::CallResult answer = co_await coordinator_.call(std::move(body));
  if (answer.answered()) {
    const auto& response = answer.as<protocol::OffsetFetchResponse>();
    fetch->failure = take(response);
    fetch->found = response.partitions;
  } else {
    fetch->failure = connection_failure();
  }
  fetch->done = true;
  context_.progress.made();
}

std::optional<Failure> OffsetCommits::take(const protocol::OffsetFetchResponse& response) {
  context_.met("OffsetFetch", response.error);
  if (response.error != ErrorCode::none) {
    if (membership_.has_epochs()) {
      const bool in_group = membership_.generation().id > 0;
      if (auto failure = epoch_fetch_failure(response.error, in_group)) return failure;
    }
    if (response.error == ErrorCode::coordinator_not_available ||
        response.error == ErrorCode::not_coordinator) {
      coordinator_.mark_unknown(false);
    }
    if (response.error == ErrorCode::group_authorization_failed)
      return not_authorized_failure(context_.settings.group_id);
    if (protocol::is_retriable(response.error)) return failure_of(response.error);
    return unexpected_failure("Unexpected error in fetch offset response: ", response.error);
  }
  context_.met_in("OffsetFetch", response.partitions);
  std::optional<Failure> unstable;
  std::set<std::string> unauthorized;
  for (const protocol::OffsetFetchPartitionResponse& part : response.partitions) {
    if (part.error == ErrorCode::none) continue;
    if (part.error == ErrorCode::unstable_offset_commit) {
      unstable = failure_of(part.error);
      continue;
    }
    if (part.error == ErrorCode::topic_authorization_failed) {
      unauthorized.insert(part.partition.topic);
      continue;
    }
    const std::string name = to_string(part.partition);
    if (part.error == ErrorCode::unknown_topic_or_partition) {
      return failure_with(part.error, "KafkaException",
                          fmt::format("Topic or Partition {} does not exist", name));
    }
    return unexpected_failure(
        fmt::format("Unexpected error in fetch offset response for partition {}: ", name),
        part.error);
  }
  if (!unauthorized.empty()) return not_authorized_failure(unauthorized);
  return unstable;
}

void OffsetCommits::use_committed(const PendingFetch& fetch) {
  client::Metadata& metadata = context_.metadata();
  for (const protocol::OffsetFetchPartitionResponse& part : fetch.found) {
    if (!part.committed_offset.is_set()) continue;
    metadata.update_last_seen_epoch(part.partition, part.committed_leader_epoch);
    PartitionState* const state = subscriptions_.find(part.partition);
    if (state == nullptr) continue;
    FetchPosition position;
    position.offset = part.committed_offset;
    position.offset_epoch = part.committed_leader_epoch;
    position.current_leader = {metadata.leader(part.partition),
                               metadata.leader_epoch(part.partition)};
    state->seek_unvalidated(position);
    state->committed = part.committed_offset;
  }
}

}  // namespace kafkasim::consumer
