// Produce: stores the batches as leader and, with acks=all, waits until every in-sync replica has
// them or the request's time is over. What timed out stays in the log and may be replicated later.
// A disk that takes its time, and settings that ask for a flush, hold the handler up. Left out:
// authorization, asking the transaction coordinator before the first batch of a
// transaction.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "broker/replica_manager.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/events.hpp"

namespace kafkasim::broker {

using protocol::Acks;
using protocol::ErrorCode;
using protocol::Offset;
using protocol::ProducePartition;
using protocol::ProducePartitionResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using protocol::TopicPartition;

struct ReplicaManager::ProduceState {
  // Items of the response that wait for replication, and up to where.
  struct Pending {
    std::size_t index = 0;
    Offset next_offset;
  };
  std::vector<Pending> pending;
  std::size_t index = 0;               // of the item under way
  std::optional<Unsettled> unsettled;  // its append, if the disk is not done with it
};

namespace {

// Refused before anybody looked at the records: the answer then says nothing about the log.
bool is_refused_unread(ErrorCode error) {
  return error == ErrorCode::message_too_large || error == ErrorCode::record_list_too_large;
}

bool lacks_transactional_id(const ProduceRequest& request) {
  return request.transactional_id.empty() &&
         std::any_of(request.partitions.begin(), request.partitions.end(),
                     [](const ProducePartition& item) { return item.records->transactional; });
}

}  // namespace

ProducePartitionResponse ReplicaManager::produce_one(const ProduceRequest& request,
                                                     const ProducePartition& item,
                                                     ProduceState& state) {
  ProducePartitionResponse response;
  response.partition = item.partition;
  if (item.partition.topic == protocol::offsets_topic) {
    response.error = ErrorCode::invalid_topic_exception;
    response.error_message =
        fmt::format("Cannot append to internal topic {}", item.partition.topic);
    return response;
  }
  Hosted* here = hosted(item.partition);
  if (here == nullptr) {
    response.error = absence(item.partition);
    return response;
  }
  Partition& partition = here->partition;
  LeaderAppend append = partition.append_as_leader(item.records, request.acks, AppendOrigin::client,
                                                   context_.now(), now_ms());
  const AppendResult& result = append.result;
  response.error = result.error;
  response.error_message = result.message;
  response.record_errors = result.record_errors;
  response.base_offset = result.first_offset;
  response.log_append_time_ms = result.append_time_ms;
  if (partition.is_leader() && !is_refused_unread(result.error))
    response.log_start_offset = partition.log().start_offset();
  if (result.error != ErrorCode::none) return response;

  if (result.duplicate) {
    context_.report(
        protocol::events::Deduplicated{item.partition, result.first_offset, item.records});
  } else {
    context_.report(protocol::events::Appended{
        item.partition,
        {result.first_offset, partition.leader_epoch(), result.append_time_ms, item.records}});
    state.unsettled = settle(*here, append.effects);
  }
  if (request.acks == Acks::all) state.pending.push_back({state.index, result.last_offset.next()});
  return response;
}

sim::Task<ProduceResponse> ReplicaManager::produce(ProduceRequest request) {
  ProduceResponse response;
  if (request.acks != Acks::all && request.acks != Acks::leader && request.acks != Acks::none) {
    response = std::get<ProduceResponse>(
        protocol::error_response(request, ErrorCode::invalid_required_acks));
    co_return response;
  }
  if (lacks_transactional_id(request)) {
    response = std::get<ProduceResponse>(
        protocol::error_response(request, ErrorCode::transactional_id_authorization_failed));
    co_return response;
  }
  ProduceState state;
  for (const ProducePartition& item : request.partitions) {
    if (!log_dir_.is_instant() && leads(item.partition)) co_await log_dir_.write();
    response.partitions.push_back(produce_one(request, item, state));
    if (state.unsettled) {
      const Unsettled append = *std::exchange(state.unsettled, std::nullopt);
      co_await flush_append(append);
      if (log_dir_.is_offline()) response.partitions.back().error = ErrorCode::kafka_storage_error;
    }
    ++state.index;
  }
  if (sim::must_yield(context_.process)) co_await sim::yield_now();

  // The request's time counts from here: what the disk took is not part of it.
  const sim::Time deadline = context_.now() + std::chrono::milliseconds(request.timeout_ms);
  Watch watch;
  for (const auto& pending : state.pending) {
    const TopicPartition& id = response.partitions[pending.index].partition;
    if (Hosted* here = hosted(id)) watch.add(here->at_replicated, pending.next_offset);
  }
  for (bool in_time = true;;) {
    std::erase_if(state.pending, [&](const ProduceState::Pending& pending) {
      ProducePartitionResponse& item = response.partitions[pending.index];
      const Hosted* here = hosted(item.partition);
      const auto outcome = here == nullptr
                               ? absence(item.partition)
                               : here->partition.replication_outcome(pending.next_offset);
      if (outcome) item.error = *outcome;
      if (outcome == ErrorCode::none) hosted(item.partition)->watch.acked(pending.next_offset);
      return outcome.has_value();
    });
    if (state.pending.empty() || !in_time) break;
    in_time = co_await watch.wait(deadline);
  }
  for (const auto& pending : state.pending)
    response.partitions[pending.index].error = ErrorCode::request_timed_out;
  add_leader_hints(response);
  co_return response;
}

}  // namespace kafkasim::broker
