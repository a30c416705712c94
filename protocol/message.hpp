// The frames that travel on a connection: one request or response of any API, with Kafka's header
// fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/admin_messages.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/data_messages.hpp"
#include "protocol/group_messages.hpp"
#include "protocol/metadata_messages.hpp"
#include "protocol/quorum_messages.hpp"

namespace kafkasim::protocol {

using RequestBody =
    std::variant<ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest,
                 OffsetCommitRequest, OffsetFetchRequest, FindCoordinatorRequest, JoinGroupRequest,
                 HeartbeatRequest, LeaveGroupRequest, SyncGroupRequest, ApiVersionsRequest,
                 CreateTopicsRequest, DeleteTopicsRequest, DeleteRecordsRequest,
                 InitProducerIdRequest, OffsetForLeaderEpochRequest, CreatePartitionsRequest,
                 DeleteGroupsRequest, ElectLeadersRequest, IncrementalAlterConfigsRequest,
                 AlterPartitionReassignmentsRequest, ListPartitionReassignmentsRequest,
                 OffsetDeleteRequest, VoteRequest, BeginQuorumEpochRequest, EndQuorumEpochRequest,
                 AlterPartitionRequest, BrokerRegistrationRequest, BrokerHeartbeatRequest,
                 AllocateProducerIdsRequest, ConsumerGroupHeartbeatRequest>;

// In the order of RequestBody: the answer to alternative i is alternative i.
using ResponseBody =
    std::variant<ProduceResponse, FetchResponse, ListOffsetsResponse, MetadataResponse,
                 OffsetCommitResponse, OffsetFetchResponse, FindCoordinatorResponse,
                 JoinGroupResponse, HeartbeatResponse, LeaveGroupResponse, SyncGroupResponse,
                 ApiVersionsResponse, CreateTopicsResponse, DeleteTopicsResponse,
                 DeleteRecordsResponse, InitProducerIdResponse, OffsetForLeaderEpochResponse,
                 CreatePartitionsResponse, DeleteGroupsResponse, ElectLeadersResponse,
                 IncrementalAlterConfigsResponse, AlterPartitionReassignmentsResponse,
                 ListPartitionReassignmentsResponse, OffsetDeleteResponse, VoteResponse,
                 BeginQuorumEpochResponse, EndQuorumEpochResponse, AlterPartitionResponse,
                 BrokerRegistrationResponse, BrokerHeartbeatResponse, AllocateProducerIdsResponse,
                 ConsumerGroupHeartbeatResponse>;

static_assert(std::variant_size_v<RequestBody> == std::variant_size_v<ResponseBody>);

struct Request {
  std::int32_t correlation_id = 0;
  std::string client_id;
  RequestBody body;
  // Set by an injected fault: the broker answers with this error and does nothing.
  std::optional<ErrorCode> rejected_with;
};

struct Response {
  std::int32_t correlation_id = 0;
  ResponseBody body;
};

// What a request or response is called in Kafka and in scenario files: "ProduceRequest",
// "ProduceResponse".
std::string_view kind(const Request& request);
std::string_view kind(const Response& response);
// The name without its suffix, "Produce", of the API at that place of the variants.
std::string_view api_name(std::size_t index);
// Kafka's key of that API, for example 0 for Produce.
std::int16_t api_key(std::size_t index);
// Is this the name of a request or response that exists here?
bool is_message_kind(std::string_view name);

// Does the message speak of that partition? (For faults that name one.)
bool concerns(const Request& request, const TopicPartition& partition);
bool concerns(const Response& response, const TopicPartition& partition);

// The answer to `request` that carries `error` wherever Kafka's broker would put it (every
// partition listed, or the top level). What an injected rejection, or a broker that cannot serve
// the API, answers.
ResponseBody error_response(const RequestBody& request, ErrorCode error);

// Bytes on the wire, roughly: header and fixed fields as a constant, records and lists by their
// sizes. Used for bandwidth and for fetch limits, not for behaviour that depends on single bytes.
std::int32_t wire_size(const Request& request);
std::int32_t wire_size(const Response& response);

// One line: "Produce orders-0 [A B] acks=-1". For traces.
std::string summary(const Request& request);
std::string summary(const Response& response);

}  // namespace kafkasim::protocol
