// Requests and responses that move records: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch.
// Fields are Kafka's; the nesting topic -> partitions is flattened into one list in the same order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::protocol {

// The leader that a broker knows, in answers that refuse a client with an old view.
struct LeaderIdAndEpoch {
  BrokerId leader_id;
  LeaderEpoch leader_epoch;
};

struct NodeEndpoint {
  BrokerId node_id;
  std::string host;  // the simulated host's name
  std::string rack;  // empty = none
};

enum class Acks : std::int16_t { all = -1, none = 0, leader = 1 };

struct ProducePartition {
  TopicPartition partition;
  BatchRef records;
};

struct ProduceRequest {
  std::string transactional_id;  // empty = none
  Acks acks = Acks::all;
  std::int32_t timeout_ms = 0;
  std::vector<ProducePartition> partitions;
};

struct RecordError {
  std::int32_t batch_index = 0;
  std::string message;
};

struct ProducePartitionResponse {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  Offset base_offset;
  std::int64_t log_append_time_ms = -1;
  Offset log_start_offset;
  std::vector<RecordError> record_errors;
  std::string error_message;  // empty = none
  LeaderIdAndEpoch current_leader;
};

struct ProduceResponse {
  std::vector<ProducePartitionResponse> partitions;
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;
};

enum class IsolationLevel : std::int8_t { read_uncommitted = 0, read_committed = 1 };

struct FetchPartition {
  TopicPartition partition;
  Uuid topic_id;
  LeaderEpoch current_leader_epoch;
  Offset fetch_offset;
  LeaderEpoch last_fetched_epoch;  // followers; not set = no epoch known
  Offset log_start_offset;         // of the follower; -1 for consumers
  std::int32_t max_bytes = 1048576;
};

struct FetchRequest {
  BrokerId replica_id;  // not set = a consumer
  BrokerEpoch replica_epoch;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = 0x7fffffff;
  IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
  std::vector<FetchPartition> partitions;  // all of them each time: fetch sessions are left out
  std::string rack_id;                     // empty = none
};

struct EpochEndOffset {
  LeaderEpoch epoch;
  Offset end_offset;
};

struct AbortedTransaction {
  ProducerId producer_id;
  Offset first_offset;
};

struct FetchPartitionResponse {
  TopicPartition partition;
  Uuid topic_id;
  ErrorCode error = ErrorCode::none;
  Offset high_watermark;
  Offset last_stable_offset;
  Offset log_start_offset;
  std::optional<EpochEndOffset> diverging_epoch;
  LeaderIdAndEpoch current_leader;
  std::vector<AbortedTransaction> aborted_transactions;
  BrokerId preferred_read_replica;
  std::vector<StoredBatch> records;  // the first may start before the offset asked for
};

struct FetchResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::vector<FetchPartitionResponse> partitions;
  std::vector<NodeEndpoint> node_endpoints;
};

// Timestamps with a meaning in ListOffsets.
inline constexpr std::int64_t latest_timestamp = -1;
inline constexpr std::int64_t earliest_timestamp = -2;
inline constexpr std::int64_t max_timestamp = -3;

struct ListOffsetsPartition {
  TopicPartition partition;
  LeaderEpoch current_leader_epoch;
  std::int64_t timestamp = latest_timestamp;  // ms since 1970, or one of the above
};

struct ListOffsetsRequest {
  BrokerId replica_id;  // not set = a client
  IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
  std::vector<ListOffsetsPartition> partitions;
  std::int32_t timeout_ms = 0;
};

struct ListOffsetsPartitionResponse {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  std::int64_t timestamp = -1;
  Offset offset;
  LeaderEpoch leader_epoch;
};

struct ListOffsetsResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<ListOffsetsPartitionResponse> partitions;
};

struct OffsetForLeaderPartition {
  TopicPartition partition;
  LeaderEpoch current_leader_epoch;
  LeaderEpoch leader_epoch;
};

struct OffsetForLeaderEpochRequest {
  BrokerId replica_id;  // not set = a client
  std::vector<OffsetForLeaderPartition> partitions;
};

struct OffsetForLeaderPartitionResponse {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  LeaderEpoch leader_epoch;
  Offset end_offset;
};

struct OffsetForLeaderEpochResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetForLeaderPartitionResponse> partitions;
};

}  // namespace kafkasim::protocol
