// Which part of a broker answers which request.
#include <algorithm>
#include <utility>
#include <vector>

#include "broker/api_versions.hpp"
#include "broker/broker.hpp"
#include "broker/find_coordinator.hpp"
#include "broker/metadata_handler.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/events.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

// What only the controller serves.
template <class Body>
sim::Task<Answer> Broker::serve(Body request, std::string) {
  co_return Answer(protocol::error_response(request, ErrorCode::unsupported_version));
}

sim::Task<Answer> Broker::serve(protocol::ProduceRequest request, std::string) {
  const bool wants_response = request.acks != protocol::Acks::none;
  protocol::ProduceResponse response = co_await replicas_.produce(std::move(request));
  if (wants_response) co_return Answer(std::move(response));
  // The only way to tell a producer that does not listen that something went wrong.
  const bool failed =
      std::any_of(response.partitions.begin(), response.partitions.end(),
                  [](const auto& partition) { return partition.error != ErrorCode::none; });
  if (failed) co_return Answer::close_connection();
  co_return Answer::none();
}

sim::Task<Answer> Broker::serve(protocol::FetchRequest request, std::string) {
  protocol::FetchResponse response = co_await replicas_.fetch(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::ListOffsetsRequest request, std::string) {
  co_return Answer(replicas_.list_offsets(request));
}

sim::Task<Answer> Broker::serve(protocol::OffsetForLeaderEpochRequest request, std::string) {
  co_return Answer(replicas_.offset_for_leader_epoch(request));
}

sim::Task<Answer> Broker::serve(protocol::ApiVersionsRequest request, std::string) {
  co_return Answer(answer_api_versions(request));
}

sim::Task<Answer> Broker::serve(protocol::MetadataRequest request, std::string) {
  const bool may_create = settings_.config.flag("auto.create.topics.enable");
  MetadataAnswer answer =
      answer_metadata(image_, request, settings_.cluster_id, may_create, &metadata_cache_);
  topic_creation_.create_missing(answer.missing);
  co_return Answer(std::move(answer.response));
}

sim::Task<Answer> Broker::serve(protocol::FindCoordinatorRequest request, std::string) {
  CoordinatorAnswer answer = answer_find_coordinator(image_, request, settings_.config);
  if (answer.needs_offsets_topic) topic_creation_.create_missing({protocol::offsets_topic});
  co_return Answer(std::move(answer.response));
}

sim::Task<Answer> Broker::serve(protocol::CreateTopicsRequest request, std::string) {
  protocol::CreateTopicsResponse response = co_await topic_creation_.create(std::move(request));
  co_return Answer(std::move(response));
}

// ---- administrators: what the controller decides ----

sim::Task<Answer> Broker::forward(protocol::RequestBody request) {
  protocol::ResponseBody response = co_await admin_requests_.forward(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::DeleteTopicsRequest request, std::string) {
  return forward(std::move(request));
}

sim::Task<Answer> Broker::serve(protocol::CreatePartitionsRequest request, std::string) {
  return forward(std::move(request));
}

sim::Task<Answer> Broker::serve(protocol::ElectLeadersRequest request, std::string) {
  return forward(std::move(request));
}

sim::Task<Answer> Broker::serve(protocol::AlterPartitionReassignmentsRequest request, std::string) {
  return forward(std::move(request));
}

sim::Task<Answer> Broker::serve(protocol::ListPartitionReassignmentsRequest request, std::string) {
  return forward(std::move(request));
}

sim::Task<Answer> Broker::serve(protocol::IncrementalAlterConfigsRequest request, std::string) {
  protocol::IncrementalAlterConfigsResponse response =
      co_await admin_requests_.alter_configs(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::DeleteRecordsRequest request, std::string) {
  protocol::DeleteRecordsResponse response = co_await replicas_.delete_records(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::InitProducerIdRequest request, std::string) {
  co_return Answer(producer_ids_.init(request));
}

sim::Task<Answer> Broker::serve(protocol::JoinGroupRequest request, std::string client_id) {
  protocol::JoinGroupResponse response =
      co_await groups_.join_group(std::move(request), std::move(client_id));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::SyncGroupRequest request, std::string) {
  protocol::SyncGroupResponse response = co_await groups_.sync_group(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::HeartbeatRequest request, std::string) {
  protocol::HeartbeatResponse response = co_await groups_.heartbeat(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::LeaveGroupRequest request, std::string) {
  protocol::LeaveGroupResponse response = co_await groups_.leave_group(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::ConsumerGroupHeartbeatRequest request,
                                std::string client_id) {
  protocol::ConsumerGroupHeartbeatResponse response =
      co_await groups_.consumer_heartbeat(std::move(request), std::move(client_id));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::OffsetCommitRequest request, std::string) {
  // What does not exist is refused here; the coordinator does not hear of it.
  protocol::OffsetCommitResponse missing;
  std::erase_if(request.partitions, [&](const protocol::OffsetCommitPartition& item) {
    if (image_.partition(item.partition) != nullptr) return false;
    missing.partitions.push_back({item.partition, ErrorCode::unknown_topic_or_partition});
    return true;
  });
  if (request.partitions.empty()) co_return Answer(std::move(missing));
  protocol::OffsetCommitResponse response = co_await groups_.offset_commit(std::move(request));
  response.partitions.insert(response.partitions.end(), missing.partitions.begin(),
                             missing.partitions.end());
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::OffsetFetchRequest request, std::string) {
  protocol::OffsetFetchResponse response = co_await groups_.offset_fetch(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::DeleteGroupsRequest request, std::string) {
  protocol::DeleteGroupsResponse response = co_await groups_.delete_groups(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::serve(protocol::OffsetDeleteRequest request, std::string) {
  std::vector<protocol::TopicPartition> missing;
  std::erase_if(request.partitions, [&](const protocol::TopicPartition& partition) {
    if (image_.partition(partition) != nullptr) return false;
    missing.push_back(partition);
    return true;
  });
  protocol::OffsetDeleteResponse response = co_await groups_.offset_delete(std::move(request));
  if (response.error == ErrorCode::none) {
    for (const protocol::TopicPartition& partition : missing) {
      response.partitions.push_back({partition, ErrorCode::unknown_topic_or_partition});
    }
  }
  co_return Answer(std::move(response));
}

sim::Task<Answer> Broker::produce_within_quota(protocol::Request request) {
  const std::string client_id = request.client_id;
  const std::int32_t bytes = protocol::wire_size(request);
  protocol::ProduceRequest body = std::move(std::get<protocol::ProduceRequest>(request.body));
  Answer answer = co_await serve(std::move(body), client_id);
  const sim::Duration pause = quotas_.record(client_id, bytes, context_.now());
  if (pause == sim::Duration{}) co_return answer;
  const auto pause_ms = std::chrono::duration_cast<std::chrono::milliseconds>(pause).count();
  context_.report(protocol::events::Throttled{client_id, pause_ms});
  if (answer.body()) {
    std::get<protocol::ProduceResponse>(*answer.body()).throttle_time_ms =
        static_cast<std::int32_t>(pause_ms);
  }
  answer.mute(pause);
  co_return answer;
}

sim::Task<Answer> Broker::handle(protocol::Request request, sim::HostId) {
  const bool produces = std::holds_alternative<protocol::ProduceRequest>(request.body);
  if (produces && quotas_.limits(request.client_id))
    return produce_within_quota(std::move(request));
  return std::visit(
      [&](auto& body) { return serve(std::move(body), std::move(request.client_id)); },
      request.body);
}

}  // namespace kafkasim::broker
