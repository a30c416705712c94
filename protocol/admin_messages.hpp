// Requests and responses of an administrator: topics deleted and grown, leaders elected, partitions
// moved, settings changed, records deleted. Fields are Kafka's, lists of partitions flat as in the
// other messages. Left out: describing requests, access control, quotas, log directories.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::protocol {

// ---- topics ----

struct DeleteTopicState {
  std::string name;  // one of the two is given
  Uuid topic_id;
};

struct DeleteTopicsRequest {
  std::vector<DeleteTopicState> topics;
  std::int32_t timeout_ms = 60000;
};

struct DeletableTopicResult {
  std::string name;  // empty = not known
  Uuid topic_id;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
};

struct DeleteTopicsResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<DeletableTopicResult> responses;
};

struct CreatePartitionsTopic {
  std::string name;
  std::int32_t count = 0;  // of all partitions afterwards
  // Of each new partition; none = the controller places them.
  std::optional<std::vector<std::vector<BrokerId>>> assignments;
};

struct CreatePartitionsRequest {
  std::vector<CreatePartitionsTopic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;
};

struct CreatePartitionsTopicResult {
  std::string name;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
};

struct CreatePartitionsResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsTopicResult> results;
};

// ---- leaders and replicas ----

enum class ElectionType : std::int8_t { preferred = 0, unclean = 1 };

struct ElectLeadersRequest {
  ElectionType election_type = ElectionType::preferred;
  bool all_partitions = false;  // Kafka's null list
  std::vector<TopicPartition> partitions;
  std::int32_t timeout_ms = 60000;
};

struct ElectLeadersPartitionResult {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
};

struct ElectLeadersResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::vector<ElectLeadersPartitionResult> partitions;
};

struct ReassignablePartition {
  TopicPartition partition;
  std::optional<std::vector<BrokerId>> replicas;  // none = cancel
};

struct AlterPartitionReassignmentsRequest {
  std::int32_t timeout_ms = 60000;
  std::vector<ReassignablePartition> partitions;
};

struct ReassignablePartitionResponse {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
};

struct AlterPartitionReassignmentsResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
  std::vector<ReassignablePartitionResponse> partitions;
};

struct ListPartitionReassignmentsRequest {
  std::int32_t timeout_ms = 60000;
  bool all_partitions = true;  // Kafka's null list
  std::vector<TopicPartition> partitions;
};

struct OngoingPartitionReassignment {
  TopicPartition partition;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> adding_replicas;
  std::vector<BrokerId> removing_replicas;
};

struct ListPartitionReassignmentsResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
  std::vector<OngoingPartitionReassignment> partitions;
};

// ---- settings ----

enum class ConfigResourceType : std::int8_t { topic = 2, broker = 4 };

enum class ConfigOperation : std::int8_t {
  set = 0,
  remove = 1,    // back to the default; Kafka's DELETE
  append = 2,    // to a list
  subtract = 3,  // from a list
};

struct AlterableConfig {
  std::string name;
  ConfigOperation operation = ConfigOperation::set;
  std::optional<std::string> value;
};

struct AlterConfigsResource {
  ConfigResourceType type = ConfigResourceType::topic;
  std::string name;  // a topic, or a broker id; empty = the default of all brokers
  std::vector<AlterableConfig> configs;
};

struct IncrementalAlterConfigsRequest {
  std::vector<AlterConfigsResource> resources;
  bool validate_only = false;
};

struct AlterConfigsResourceResponse {
  ErrorCode error = ErrorCode::none;
  std::string error_message;
  ConfigResourceType type = ConfigResourceType::topic;
  std::string name;
};

struct IncrementalAlterConfigsResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResourceResponse> responses;
};

// ---- records ----

struct DeleteRecordsPartition {
  TopicPartition partition;
  Offset offset;  // the first that stays; not set (Kafka's -1) = the high watermark
};

struct DeleteRecordsRequest {
  std::vector<DeleteRecordsPartition> partitions;
  std::int32_t timeout_ms = 60000;
};

struct DeleteRecordsPartitionResult {
  TopicPartition partition;
  Offset low_watermark;  // not set = not known
  ErrorCode error = ErrorCode::none;
};

struct DeleteRecordsResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsPartitionResult> partitions;
};

}  // namespace kafkasim::protocol
