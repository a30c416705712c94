// API: Fetch, as a consumer sends it.
#include "consumer/fetcher.hpp"

#include <algorithm>

namespace kafkasim::consumer {

using client::CallResult;
using protocol::ErrorCode;
using protocol::TopicPartition;

namespace {

std::int64_t bytes_in(const protocol::FetchResponse& response) {
  std::int64_t bytes = 0;
  for (const protocol::FetchPartitionResponse& part : response.partitions) {
    for (const protocol::StoredBatch& stored : part.records) bytes += stored.batch->size_in_bytes;
  }
  return bytes;
}

}  // namespace

void Fetcher::send_fetches() {
  lookup_.notice_new_leaders();
  const Partitions buffered = collector_.buffered();
  std::map<client::NodeId, protocol::FetchRequest> requests;
  next_fetch_ = sim::never;
  for (const TopicPartition& partition : subscriptions_.fetchable()) {
    if (buffered.contains(partition)) continue;
    PartitionState& state = *subscriptions_.find(partition);
    if (context_.now() < state.next_fetch) {
      next_fetch_ = std::min(next_fetch_, state.next_fetch);
      continue;
    }
    const client::Node* const node = target(partition, state);
    if (node == nullptr || context_.is_unavailable(node->id) || busy_.contains(node->id)) continue;
    const auto request = requests.try_emplace(node->id, empty_request()).first;
    request->second.partitions.push_back(part(partition, *state.position()));
  }
  for (auto& [id, request] : requests) {
    busy_.insert(id);
    sim::spawn(context_.process, run_fetch(*context_.metadata().node(id), std::move(request)));
  }
}

const client::Node* Fetcher::target(const TopicPartition& partition, PartitionState& state) {
  const protocol::BrokerId leader = state.position()->current_leader.leader;
  if (leader.is_set()) {
    if (const client::Node* follower = preferred(partition, state)) return follower;
  }
  const client::Node* const node =
      leader.is_set() ? context_.metadata().node(client::node_of(leader)) : nullptr;
  if (node == nullptr) {
    context_.metadata().request_update(false);
    context_.caller.wake();
  }
  return node;
}

const client::Node* Fetcher::preferred(const TopicPartition& partition, PartitionState& state) {
  const protocol::BrokerId replica = state.preferred_replica(context_.now());
  if (!replica.is_set()) return nullptr;
  const client::PartitionInfo* const info = context_.metadata().partition(partition);
  const bool is_replica = info != nullptr && std::find(info->replicas.begin(), info->replicas.end(),
                                                       replica) != info->replicas.end();
  const client::Node* const node =
      is_replica ? context_.metadata().node(client::node_of(replica)) : nullptr;
  if (node == nullptr) {
    state.clear_preferred_replica();
    context_.metadata().request_update(false);
    context_.caller.wake();
  }
  return node;
}

protocol::FetchPartition Fetcher::part(const TopicPartition& partition,
                                       const FetchPosition& position) const {
  protocol::FetchPartition part;
  part.partition = partition;
  if (const client::TopicInfo* topic = context_.metadata().topic(partition.topic))
    part.topic_id = topic->id;
  part.current_leader_epoch = position.current_leader.epoch;
  part.fetch_offset = position.offset;
  part.max_bytes = context_.settings.max_partition_fetch_bytes;
  return part;
}

protocol::FetchRequest Fetcher::empty_request() const {
  protocol::FetchRequest request;
  request.max_wait_ms = context_.settings.fetch_max_wait_ms;
  request.min_bytes = context_.settings.fetch_min_bytes;
  request.max_bytes = context_.settings.fetch_max_bytes;
  request.isolation_level = context_.settings.isolation;
  request.rack_id = context_.settings.client_rack;
  return request;
}

sim::Task<> Fetcher::run_fetch(client::Node node, protocol::FetchRequest request) {
  Asked asked;
  for (const protocol::FetchPartition& p : request.partitions) asked[p.partition] = p.fetch_offset;
  protocol::RequestBody body = std::move(request);
  const sim::Time deadline = context_.call_deadline(context_.settings.request_timeout);
  const sim::Time sent = context_.now();
  const CallResult answer = co_await context_.caller.call(node, std::move(body), deadline);
  busy_.erase(node.id);
  if (answer.answered()) {
    const auto& response = answer.as<protocol::FetchResponse>();
    context_.metrics.fetched(context_.now() - sent, bytes_in(response));
    take(response, asked);
  } else {
    failed(asked);
  }
  context_.progress.made();
}

void Fetcher::take(const protocol::FetchResponse& response, const Asked& asked) {
  context_.met("Fetch", response.error);
  context_.met_in("Fetch", response.partitions);
  if (response.error != ErrorCode::none) {
    failed(asked);
    return;
  }
  for (const protocol::FetchPartitionResponse& part : response.partitions) {
    const auto offset = asked.find(part.partition);
    if (offset == asked.end()) continue;
    collector_.add(CompletedFetch(part, offset->second, context_.settings.isolation));
  }
  for (const protocol::FetchPartitionResponse& part : response.partitions) {
    const bool names_leader = part.error == ErrorCode::not_leader_or_follower ||
                              part.error == ErrorCode::fenced_leader_epoch;
    if (!names_leader) continue;
    const bool newer = context_.metadata().update_leadership(
        part.partition, part.current_leader.leader_id, part.current_leader.leader_epoch,
        response.node_endpoints);
    if (newer) lookup_.notice_new_leader(part.partition);
  }
}

void Fetcher::failed(const Asked& asked) {
  for (const auto& [partition, offset] : asked) {
    PartitionState* const state = subscriptions_.find(partition);
    if (state == nullptr) continue;
    state->clear_preferred_replica();
    state->next_fetch = sim::later(context_.now(), context_.settings.fetch_error_backoff);
  }
}

}  // namespace kafkasim::consumer
