// What is true of every message: its name, the partitions it speaks of, its size, and the answer
// that only carries an error. Its text for traces is in message_text.cpp.
#include "protocol/message.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

namespace kafkasim::protocol {

namespace {

struct Api {
  std::string_view name;
  std::string_view request;
  std::string_view response;
  std::int16_t key;
};

// In the order of RequestBody.
constexpr std::array apis{
    Api{"Produce", "ProduceRequest", "ProduceResponse", 0},
    Api{"Fetch", "FetchRequest", "FetchResponse", 1},
    Api{"ListOffsets", "ListOffsetsRequest", "ListOffsetsResponse", 2},
    Api{"Metadata", "MetadataRequest", "MetadataResponse", 3},
    Api{"OffsetCommit", "OffsetCommitRequest", "OffsetCommitResponse", 8},
    Api{"OffsetFetch", "OffsetFetchRequest", "OffsetFetchResponse", 9},
    Api{"FindCoordinator", "FindCoordinatorRequest", "FindCoordinatorResponse", 10},
    Api{"JoinGroup", "JoinGroupRequest", "JoinGroupResponse", 11},
    Api{"Heartbeat", "HeartbeatRequest", "HeartbeatResponse", 12},
    Api{"LeaveGroup", "LeaveGroupRequest", "LeaveGroupResponse", 13},
    Api{"SyncGroup", "SyncGroupRequest", "SyncGroupResponse", 14},
    Api{"ApiVersions", "ApiVersionsRequest", "ApiVersionsResponse", 18},
    Api{"CreateTopics", "CreateTopicsRequest", "CreateTopicsResponse", 19},
    Api{"DeleteTopics", "DeleteTopicsRequest", "DeleteTopicsResponse", 20},
    Api{"DeleteRecords", "DeleteRecordsRequest", "DeleteRecordsResponse", 21},
    Api{"InitProducerId", "InitProducerIdRequest", "InitProducerIdResponse", 22},
    Api{"OffsetForLeaderEpoch", "OffsetForLeaderEpochRequest", "OffsetForLeaderEpochResponse", 23},
    Api{"CreatePartitions", "CreatePartitionsRequest", "CreatePartitionsResponse", 37},
    Api{"DeleteGroups", "DeleteGroupsRequest", "DeleteGroupsResponse", 42},
    Api{"ElectLeaders", "ElectLeadersRequest", "ElectLeadersResponse", 43},
    Api{"IncrementalAlterConfigs", "IncrementalAlterConfigsRequest",
        "IncrementalAlterConfigsResponse", 44},
    Api{"AlterPartitionReassignments", "AlterPartitionReassignmentsRequest",
        "AlterPartitionReassignmentsResponse", 45},
    Api{"ListPartitionReassignments", "ListPartitionReassignmentsRequest",
        "ListPartitionReassignmentsResponse", 46},
    Api{"OffsetDelete", "OffsetDeleteRequest", "OffsetDeleteResponse", 47},
    Api{"Vote", "VoteRequest", "VoteResponse", 52},
    Api{"BeginQuorumEpoch", "BeginQuorumEpochRequest", "BeginQuorumEpochResponse", 53},
    Api{"EndQuorumEpoch", "EndQuorumEpochRequest", "EndQuorumEpochResponse", 54},
    Api{"AlterPartition", "AlterPartitionRequest", "AlterPartitionResponse", 56},
    Api{"BrokerRegistration", "BrokerRegistrationRequest", "BrokerRegistrationResponse", 62},
    Api{"BrokerHeartbeat", "BrokerHeartbeatRequest", "BrokerHeartbeatResponse", 63},
    Api{"AllocateProducerIds", "AllocateProducerIdsRequest", "AllocateProducerIdsResponse", 67},
    Api{"ConsumerGroupHeartbeat", "ConsumerGroupHeartbeatRequest", "ConsumerGroupHeartbeatResponse",
        68},
};
static_assert(apis.size() == std::variant_size_v<RequestBody>);

const TopicPartition& partition_of(const TopicPartition& partition) { return partition; }
template <class Item>
const TopicPartition& partition_of(const Item& item) {
  return item.partition;
}

template <class Message>
constexpr bool is_metadata =
    std::is_same_v<Message, MetadataRequest> || std::is_same_v<Message, MetadataResponse>;

bool speaks_of(const MetadataRequest& request, const TopicPartition& partition) {
  return request.all_topics || std::find(request.topics.begin(), request.topics.end(),
                                         partition.topic) != request.topics.end();
}

bool speaks_of(const MetadataResponse& response, const TopicPartition& partition) {
  return std::any_of(
      response.topics.begin(), response.topics.end(), [&](const MetadataTopic& topic) {
        return topic.name == partition.topic &&
               std::any_of(
                   topic.partitions.begin(), topic.partitions.end(),
                   [&](const MetadataPartition& p) { return p.partition == partition.partition; });
      });
}

template <class Body>
bool body_concerns(const Body& body, const TopicPartition& partition) {
  return std::visit(
      [&](const auto& message) {
        using Message = std::decay_t<decltype(message)>;
        if constexpr (is_metadata<Message>) {
          return speaks_of(message, partition);
        } else if constexpr (requires { message.partitions; }) {
          return std::any_of(message.partitions.begin(), message.partitions.end(),
                             [&](const auto& item) { return partition_of(item) == partition; });
        } else {
          return false;
        }
      },
      body);
}

// ---- answers that only carry an error ----

// A response whose partitions are those of the request, each with the error.
template <class Answer, class Ask>
Answer on_each_partition(const Ask& request, ErrorCode error) {
  Answer response;
  for (const auto& item : request.partitions) {
    auto& out = response.partitions.emplace_back();
    out.partition = partition_of(item);
    out.error = error;
  }
  return response;
}

template <class Answer>
Answer on_top(ErrorCode error) {
  Answer response;
  response.error = error;
  return response;
}

struct ErrorAnswer {
  ErrorCode error;

  ResponseBody operator()(const ProduceRequest& r) const {
    return on_each_partition<ProduceResponse>(r, error);
  }
  // Kafka refuses a fetch as a whole only for its session, which does not exist here, or when it
  // names nothing.
  ResponseBody operator()(const FetchRequest& r) const {
    if (r.partitions.empty()) return on_top<FetchResponse>(error);
    auto response = on_each_partition<FetchResponse>(r, error);
    for (std::size_t i = 0; i < r.partitions.size(); ++i) {
      response.partitions[i].topic_id = r.partitions[i].topic_id;
    }
    return response;
  }
  ResponseBody operator()(const ListOffsetsRequest& r) const {
    return on_each_partition<ListOffsetsResponse>(r, error);
  }
  ResponseBody operator()(const MetadataRequest& r) const {
    MetadataResponse response;
    for (const std::string& topic : r.topics) {
      MetadataTopic& out = response.topics.emplace_back();
      out.name = topic;
      out.error = error;
    }
    if (r.topics.empty()) response.error = error;
    return response;
  }
  ResponseBody operator()(const OffsetCommitRequest& r) const {
    return on_each_partition<OffsetCommitResponse>(r, error);
  }
  ResponseBody operator()(const OffsetFetchRequest& r) const {
    auto response = on_top<OffsetFetchResponse>(error);
    response.group_id = r.group_id;
    return response;
  }
  ResponseBody operator()(const FindCoordinatorRequest& r) const {
    FindCoordinatorResponse response;
    for (const std::string& key : r.coordinator_keys) {
      Coordinator& out = response.coordinators.emplace_back();
      out.key = key;
      out.error = error;
    }
    return response;
  }
  ResponseBody operator()(const JoinGroupRequest& r) const {
    auto response = on_top<JoinGroupResponse>(error);
    response.member_id = r.member_id;
    return response;
  }
  ResponseBody operator()(const CreateTopicsRequest& r) const {
    CreateTopicsResponse response;
    for (const CreatableTopic& topic : r.topics) {
      CreatableTopicResult& out = response.topics.emplace_back();
      out.name = topic.name;
      out.error = error;
    }
    return response;
  }
  ResponseBody operator()(const DeleteTopicsRequest& r) const {
    DeleteTopicsResponse response;
    for (const DeleteTopicState& topic : r.topics)
      response.responses.push_back({topic.name, topic.topic_id, error, ""});
    return response;
  }
  ResponseBody operator()(const CreatePartitionsRequest& r) const {
    CreatePartitionsResponse response;
    for (const CreatePartitionsTopic& topic : r.topics)
      response.results.push_back({topic.name, error, ""});
    return response;
  }
  ResponseBody operator()(const IncrementalAlterConfigsRequest& r) const {
    IncrementalAlterConfigsResponse response;
    for (const AlterConfigsResource& resource : r.resources)
      response.responses.push_back({error, "", resource.type, resource.name});
    return response;
  }
  ResponseBody operator()(const DeleteRecordsRequest& r) const {
    return on_each_partition<DeleteRecordsResponse>(r, error);
  }
  ResponseBody operator()(const ElectLeadersRequest&) const {
    return on_top<ElectLeadersResponse>(error);
  }
  ResponseBody operator()(const AlterPartitionReassignmentsRequest&) const {
    return on_top<AlterPartitionReassignmentsResponse>(error);
  }
  ResponseBody operator()(const ListPartitionReassignmentsRequest&) const {
    return on_top<ListPartitionReassignmentsResponse>(error);
  }
  ResponseBody operator()(const OffsetForLeaderEpochRequest& r) const {
    return on_each_partition<OffsetForLeaderEpochResponse>(r, error);
  }
  ResponseBody operator()(const HeartbeatRequest&) const {
    return on_top<HeartbeatResponse>(error);
  }
  ResponseBody operator()(const LeaveGroupRequest&) const {
    return on_top<LeaveGroupResponse>(error);
  }
  ResponseBody operator()(const SyncGroupRequest&) const {
    return on_top<SyncGroupResponse>(error);
  }
  ResponseBody operator()(const ApiVersionsRequest&) const {
    return on_top<ApiVersionsResponse>(error);
  }
  ResponseBody operator()(const InitProducerIdRequest&) const {
    return on_top<InitProducerIdResponse>(error);
  }
  ResponseBody operator()(const VoteRequest&) const { return on_top<VoteResponse>(error); }
  ResponseBody operator()(const BeginQuorumEpochRequest&) const {
    return on_top<BeginQuorumEpochResponse>(error);
  }
  ResponseBody operator()(const EndQuorumEpochRequest&) const {
    return on_top<EndQuorumEpochResponse>(error);
  }
  ResponseBody operator()(const AlterPartitionRequest&) const {
    return on_top<AlterPartitionResponse>(error);
  }
  ResponseBody operator()(const BrokerRegistrationRequest&) const {
    return on_top<BrokerRegistrationResponse>(error);
  }
  ResponseBody operator()(const BrokerHeartbeatRequest&) const {
    return on_top<BrokerHeartbeatResponse>(error);
  }
  ResponseBody operator()(const AllocateProducerIdsRequest&) const {
    return on_top<AllocateProducerIdsResponse>(error);
  }
  ResponseBody operator()(const ConsumerGroupHeartbeatRequest&) const {
    return on_top<ConsumerGroupHeartbeatResponse>(error);
  }
  ResponseBody operator()(const DeleteGroupsRequest& r) const {
    DeleteGroupsResponse response;
    for (const std::string& group : r.groups) response.results.push_back({group, error});
    return response;
  }
  ResponseBody operator()(const OffsetDeleteRequest&) const {
    return on_top<OffsetDeleteResponse>(error);
  }
};

// ---- sizes ----

constexpr std::size_t header_bytes = 24;       // length, key, version, correlation id
constexpr std::size_t fixed_field_bytes = 16;  // of a message, on average
constexpr std::size_t item_bytes = 32;  // of one entry of its main list, without names and records

std::size_t extra(const ProducePartition& item) {
  return item.records ? static_cast<std::size_t>(item.records->size_in_bytes) : 0;
}
std::size_t extra(const FetchPartitionResponse& item) {
  std::size_t bytes = item.aborted_transactions.size() * 16;
  for (const StoredBatch& stored : item.records)
    bytes += static_cast<std::size_t>(stored.batch->size_in_bytes);
  return bytes;
}
std::size_t extra(const TopicIdPartitions& item) { return item.partitions.size() * 4; }
std::size_t extra(const std::optional<std::vector<TopicIdPartitions>>& list) {
  std::size_t bytes = 0;
  if (list) {
    for (const TopicIdPartitions& item : *list) bytes += item_bytes + extra(item);
  }
  return bytes;
}
std::size_t extra(const Bytes& bytes) { return bytes.view().size(); }
std::size_t extra(const JoinGroupProtocol& item) { return item.name.size() + extra(item.metadata); }
std::size_t extra(const JoinGroupMember& item) {
  return item.member_id.size() + extra(item.metadata);
}
std::size_t extra(const SyncGroupAssignment& item) {
  return item.member_id.size() + extra(item.assignment);
}
std::size_t extra(const MetadataTopic& item) {
  return item.name.size() + item.partitions.size() * 48;
}
template <class Item>
std::size_t extra(const Item&) {
  return 0;
}

template <class Item>
std::size_t item_size(const Item& item) {
  if constexpr (requires { item.partition.topic; }) {
    return item_bytes + item.partition.topic.size() + extra(item);
  } else {
    return item_bytes + extra(item);
  }
}

template <class List>
std::size_t list_size(const List& list) {
  std::size_t bytes = 0;
  for (const auto& item : list) bytes += item_size(item);
  return bytes;
}

template <class Body>
std::int32_t body_size(const Body& body, std::size_t header) {
  return std::visit(
      [&](const auto& m) {
        std::size_t bytes = header + fixed_field_bytes;
        if constexpr (requires { m.partitions; }) bytes += list_size(m.partitions);
        if constexpr (requires { m.topics; }) bytes += list_size(m.topics);
        if constexpr (requires { m.members; }) bytes += list_size(m.members);
        if constexpr (requires { m.protocols; }) bytes += list_size(m.protocols);
        if constexpr (requires { m.assignments; }) bytes += list_size(m.assignments);
        if constexpr (requires { m.assignment; }) bytes += extra(m.assignment);
        if constexpr (requires { m.owned; }) bytes += extra(m.owned);
        if constexpr (requires { m.brokers; }) bytes += m.brokers.size() * item_bytes;
        if constexpr (requires { m.coordinators; }) bytes += m.coordinators.size() * item_bytes;
        if constexpr (requires { m.api_keys; }) bytes += m.api_keys.size() * 6;
        return static_cast<std::int32_t>(bytes);
      },
      body);
}

}  // namespace

std::string_view kind(const Request& request) { return apis[request.body.index()].request; }
std::string_view kind(const Response& response) { return apis[response.body.index()].response; }
std::string_view api_name(std::size_t index) { return apis.at(index).name; }
std::int16_t api_key(std::size_t index) { return apis.at(index).key; }

bool is_message_kind(std::string_view name) {
  return std::any_of(apis.begin(), apis.end(),
                     [&](const Api& api) { return api.request == name || api.response == name; });
}

bool concerns(const Request& request, const TopicPartition& partition) {
  return body_concerns(request.body, partition);
}
bool concerns(const Response& response, const TopicPartition& partition) {
  return body_concerns(response.body, partition);
}

ResponseBody error_response(const RequestBody& request, ErrorCode error) {
  return std::visit(ErrorAnswer{error}, request);
}

std::int32_t wire_size(const Request& request) {
  return body_size(request.body, header_bytes + request.client_id.size());
}
std::int32_t wire_size(const Response& response) { return body_size(response.body, header_bytes); }

}  // namespace kafkasim::protocol
