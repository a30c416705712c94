// Fetch: what a consumer or a follower reads. When there is less than it wants, the request waits:
// for appends if it is a follower's, for the high watermark if it is a consumer's, and at most as
// long as it says. A follower's position is noted when its fetch arrives, not when it is answered.
// A consumer may be sent to a follower that is nearer to it. Left out: fetch sessions, quotas.
#include <algorithm>

#include "broker/replica_manager.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::FetchPartition;
using protocol::FetchPartitionResponse;
using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::TopicPartition;

struct ReplicaManager::FetchOutcome {
  FetchResponse response;
  std::int64_t bytes = 0;
  bool answer_now = false;  // an error, a divergence or another replica should not wait
};

ErrorCode ReplicaManager::absence(const TopicPartition& partition) const {
  if (log_dir_.is_offline()) return ErrorCode::kafka_storage_error;
  return context_.image.partition(partition) == nullptr ? ErrorCode::unknown_topic_or_partition
                                                        : ErrorCode::not_leader_or_follower;
}

protocol::LeaderIdAndEpoch ReplicaManager::leader_of(const TopicPartition& partition) const {
  if (const Hosted* here = hosted(partition))
    return {here->partition.leader(), here->partition.leader_epoch()};
  const PartitionRegistration* known = context_.image.partition(partition);
  if (known == nullptr) return {};
  return {known->leader, known->leader_epoch};
}

protocol::BrokerId ReplicaManager::preferred_replica(const Partition& partition,
                                                     const FetchPartition& item,
                                                     const ReadParams& params) const {
  if (!rack_aware_reads_ || params.is_follower() || !partition.is_leader()) return {};
  const BrokerRegistration* self = context_.image.broker(context_.id);
  return nearest_follower(params.rack, self == nullptr ? "" : self->rack,
                          partition.readable_followers(item.fetch_offset));
}

FetchPartitionResponse ReplicaManager::read_one(const FetchPartition& item, ReadParams& params,
                                                FetchOutcome& outcome) {
  FetchPartitionResponse response;
  response.partition = item.partition;
  response.topic_id = item.topic_id;
  const TopicImage* topic = context_.image.topic(item.partition.topic);
  Hosted* here = hosted(item.partition);
  if (!item.topic_id.is_zero() && (topic == nullptr || topic->id != item.topic_id)) {
    response.error = ErrorCode::unknown_topic_id;
    return response;
  }
  if (here == nullptr) {
    response.error = absence(item.partition);
    return response;
  }
  if (const protocol::BrokerId nearer = preferred_replica(here->partition, item, params);
      nearer.is_set()) {
    const PartitionRead marks = here->partition.marks(item.current_leader_epoch);
    response.error = marks.error;
    if (marks.error != ErrorCode::none) return response;
    response.high_watermark = marks.high_watermark;
    response.last_stable_offset = marks.last_stable_offset;
    response.log_start_offset = marks.log_start_offset;
    response.preferred_read_replica = nearer;
    return response;
  }
  ReadParams limited = params;
  limited.max_bytes = std::min<std::int64_t>(item.max_bytes, params.max_bytes);
  PartitionRead read = here->partition.read(item, limited, context_.epoch, context_.now());
  act_on(*here, read.effects);
  if (params.is_follower() && params.note_position) here->at_log_start.notify_all();
  response.error = read.error;
  if (read.error != ErrorCode::none) return response;

  response.high_watermark = read.high_watermark;
  response.log_start_offset = read.log_start_offset;
  response.diverging_epoch = read.diverging_epoch;
  response.last_stable_offset = read.last_stable_offset;
  response.aborted_transactions = std::move(read.aborted_transactions);
  response.records = std::move(read.records);
  if (!params.is_follower() && !response.records.empty())
    here->watch.consumed(response.records.back().next_offset());
  outcome.bytes += read.bytes;
  params.max_bytes = std::max<std::int64_t>(0, params.max_bytes - read.bytes);
  // Only the first partition that has anything may go beyond the limits.
  if (read.bytes > 0) params.min_one = false;
  return response;
}

ReplicaManager::FetchOutcome ReplicaManager::read(const FetchRequest& request, bool is_arrival) {
  FetchOutcome outcome;
  ReadParams params;
  params.replica_id = request.replica_id;
  params.replica_epoch = request.replica_epoch;
  params.isolation = request.isolation_level;
  params.max_bytes = std::min(request.max_bytes, fetch_max_bytes_);
  params.min_one = true;
  params.rack = request.rack_id;
  params.note_position = is_arrival;
  for (const FetchPartition& item : request.partitions) {
    FetchPartitionResponse response = read_one(item, params, outcome);
    outcome.answer_now = outcome.answer_now || response.error != ErrorCode::none ||
                         response.diverging_epoch || response.preferred_read_replica.is_set();
    outcome.response.partitions.push_back(std::move(response));
  }
  return outcome;
}

bool ReplicaManager::has_enough(const FetchRequest& request) const {
  ReadParams params;
  params.replica_id = request.replica_id;
  params.isolation = request.isolation_level;
  std::int64_t bytes = 0;
  for (const FetchPartition& item : request.partitions) {
    const Hosted* here = hosted(item.partition);
    if (here == nullptr) return true;
    const Partition::Available available =
        here->partition.available(item, params, request.min_bytes - bytes);
    if (available.answer_now) return true;
    bytes += available.bytes;
    if (bytes >= request.min_bytes) return true;
  }
  return false;
}

sim::Task<FetchResponse> ReplicaManager::fetch(FetchRequest request) {
  const sim::Time deadline = context_.now() + std::chrono::milliseconds(request.max_wait_ms);
  request.min_bytes = std::min({request.min_bytes, request.max_bytes, fetch_max_bytes_});
  FetchOutcome outcome = read(request, true);
  if (sim::must_yield(context_.process)) co_await sim::yield_now();
  const bool at_once = request.max_wait_ms <= 0 || request.partitions.empty() ||
                       outcome.answer_now || outcome.bytes >= request.min_bytes;
  if (!at_once) {
    Watch watch;
    for (const FetchPartition& item : request.partitions) {
      Hosted* here = hosted(item.partition);
      if (here == nullptr) continue;
      watch.add(request.replica_id.is_set() ? here->at_end : here->at_watermark,
                protocol::Offset(0));
    }
    for (bool in_time = true; in_time && !has_enough(request);)
      in_time = co_await watch.wait(deadline);
    outcome = read(request, false);
  }
  add_leader_hints(outcome.response);
  co_return std::move(outcome.response);
}

}  // namespace kafkasim::broker
