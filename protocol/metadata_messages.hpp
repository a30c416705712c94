// Requests and responses that tell a client where things are: ApiVersions, Metadata,
// FindCoordinator, InitProducerId, CreateTopics. Fields are Kafka's; authorization fields are left
// out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/data_messages.hpp"
#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"
#include "protocol/shared_list.hpp"

namespace kafkasim::protocol {

struct ApiVersionsRequest {
  std::string client_software_name;
  std::string client_software_version;
};

struct ApiVersionRange {
  std::int16_t api_key = 0;
  std::int16_t min_version = 0;
  std::int16_t max_version = 0;
};

struct ApiVersionsResponse {
  ErrorCode error = ErrorCode::none;
  std::vector<ApiVersionRange> api_keys;
  std::int32_t throttle_time_ms = 0;
};

struct MetadataRequest {
  bool all_topics = false;          // Kafka's null topic list
  std::vector<std::string> topics;  // by name
  bool allow_auto_topic_creation = true;
};

struct MetadataPartition {
  ErrorCode error = ErrorCode::none;
  std::int32_t partition = 0;
  BrokerId leader_id;
  LeaderEpoch leader_epoch;
  std::vector<BrokerId> replica_nodes;
  std::vector<BrokerId> isr_nodes;
  std::vector<BrokerId> offline_replicas;
};

struct MetadataTopic {
  ErrorCode error = ErrorCode::none;
  std::string name;
  Uuid topic_id;
  bool is_internal = false;
  SharedList<MetadataPartition> partitions;  // by partition number
};

struct MetadataResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> brokers;
  std::string cluster_id;
  BrokerId controller_id;  // in KRaft: any live broker, which forwards
  std::vector<MetadataTopic> topics;
  ErrorCode error = ErrorCode::none;
};

enum class CoordinatorType : std::int8_t { group = 0, transaction = 1, share = 2 };

struct FindCoordinatorRequest {
  CoordinatorType key_type = CoordinatorType::group;
  std::vector<std::string> coordinator_keys;
};

struct Coordinator {
  std::string key;
  BrokerId node_id;
  std::string host;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
};

struct FindCoordinatorResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<Coordinator> coordinators;
};

struct InitProducerIdRequest {
  std::string transactional_id;  // empty = none
  std::int32_t transaction_timeout_ms = 0;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
};

struct InitProducerIdResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
};

struct TopicConfig {
  std::string name;
  std::string value;
};

struct CreatableTopic {
  std::string name;
  std::int32_t num_partitions = -1;  // -1 = the broker's default, or by assignments
  std::int16_t replication_factor = -1;
  std::vector<std::vector<BrokerId>> assignments;  // by partition; empty = the controller places
  std::vector<TopicConfig> configs;
};

struct CreateTopicsRequest {
  std::vector<CreatableTopic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;
};

struct CreatableTopicResult {
  std::string name;
  Uuid topic_id;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
  std::int32_t num_partitions = -1;
  std::int16_t replication_factor = -1;
};

struct CreateTopicsResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<CreatableTopicResult> topics;
};

}  // namespace kafkasim::protocol
