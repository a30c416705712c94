// Requests and responses between brokers and the controller: registration, heartbeats, ISR changes,
// producer id blocks. Fields are Kafka's. Brokers read the metadata log with Fetch, like any
// follower.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::protocol {

// The log that the controller writes and every broker reads.
inline constexpr const char* metadata_topic = "__cluster_metadata";
inline constexpr const char* offsets_topic = "__consumer_offsets";

enum class LeaderRecoveryState : std::int8_t { recovered = 0, recovering = 1 };

struct BrokerState {
  BrokerId broker_id;
  BrokerEpoch broker_epoch;
};

struct AlterPartitionItem {
  TopicPartition partition;
  Uuid topic_id;
  LeaderEpoch leader_epoch;
  std::vector<BrokerState> new_isr;
  LeaderRecoveryState leader_recovery_state = LeaderRecoveryState::recovered;
  PartitionEpoch partition_epoch;
};

struct AlterPartitionRequest {
  BrokerId broker_id;
  BrokerEpoch broker_epoch;
  std::vector<AlterPartitionItem> partitions;
};

struct AlterPartitionItemResponse {
  TopicPartition partition;
  Uuid topic_id;
  ErrorCode error = ErrorCode::none;
  BrokerId leader_id;
  LeaderEpoch leader_epoch;
  std::vector<BrokerId> isr;
  LeaderRecoveryState leader_recovery_state = LeaderRecoveryState::recovered;
  PartitionEpoch partition_epoch;
};

struct AlterPartitionResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;  // of the whole request
  std::vector<AlterPartitionItemResponse> partitions;
};

struct BrokerRegistrationRequest {
  BrokerId broker_id;
  std::string cluster_id;
  Uuid incarnation_id;
  std::string host;
  std::string rack;  // empty = none
  BrokerEpoch previous_broker_epoch;
};

struct BrokerRegistrationResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  BrokerEpoch broker_epoch;
};

struct BrokerHeartbeatRequest {
  BrokerId broker_id;
  BrokerEpoch broker_epoch;
  Offset current_metadata_offset;
  bool want_fence = false;
  bool want_shut_down = false;
};

struct BrokerHeartbeatResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  bool is_caught_up = false;
  bool is_fenced = true;
  bool should_shut_down = false;
};

struct AllocateProducerIdsRequest {
  BrokerId broker_id;
  BrokerEpoch broker_epoch;
};

struct AllocateProducerIdsResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  ProducerId producer_id_start;
  std::int32_t producer_id_len = 0;
};

}  // namespace kafkasim::protocol
