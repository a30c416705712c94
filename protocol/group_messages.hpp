// Requests and responses of both group protocols, of committed offsets, and of what removes groups
// and their offsets. Fields are
// Kafka's; in the offset messages the nesting group -> topic -> partition is flattened (one group a
// request).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::protocol {

struct JoinGroupProtocol {
  std::string name;  // of an assignor
  Bytes metadata;    // a subscription, see consumer_protocol
};

struct JoinGroupRequest {
  std::string group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;
  std::string member_id;          // empty = a newcomer
  std::string group_instance_id;  // empty = a dynamic member
  std::string protocol_type;
  std::vector<JoinGroupProtocol> protocols;  // in the member's order of preference
  std::string reason;
};

struct JoinGroupMember {
  std::string member_id;
  std::string group_instance_id;
  Bytes metadata;
};

struct JoinGroupResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::int32_t generation_id = -1;
  std::string protocol_type;
  std::string protocol_name;
  std::string leader;  // member id
  bool skip_assignment = false;
  std::string member_id;
  std::vector<JoinGroupMember> members;  // only the leader gets them
};

struct SyncGroupAssignment {
  std::string member_id;
  Bytes assignment;
};

struct SyncGroupRequest {
  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::string group_instance_id;
  std::string protocol_type;
  std::string protocol_name;
  std::vector<SyncGroupAssignment> assignments;  // only the leader sends them
};

struct SyncGroupResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::string protocol_type;
  std::string protocol_name;
  Bytes assignment;
};

struct HeartbeatRequest {
  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::string group_instance_id;
};

struct HeartbeatResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
};

struct LeavingMember {
  std::string member_id;
  std::string group_instance_id;
  std::string reason;
};

struct LeaveGroupRequest {
  std::string group_id;
  std::vector<LeavingMember> members;
};

struct LeftMember {
  std::string member_id;
  std::string group_instance_id;
  ErrorCode error = ErrorCode::none;
};

struct LeaveGroupResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::vector<LeftMember> members;
};

struct OffsetCommitPartition {
  TopicPartition partition;
  Offset committed_offset;
  LeaderEpoch committed_leader_epoch;
  std::string committed_metadata;
};

struct OffsetCommitRequest {
  std::string group_id;
  std::int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::string group_instance_id;
  std::vector<OffsetCommitPartition> partitions;
  // Versions 2 to 4: how long the broker shall keep these; -1 = as long as it keeps others.
  std::int64_t retention_time_ms = -1;
};

struct OffsetCommitPartitionResponse {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
};

struct OffsetCommitResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetCommitPartitionResponse> partitions;
};

struct OffsetFetchRequest {
  std::string group_id;
  std::string member_id;
  std::int32_t member_epoch = -1;
  bool all_partitions = false;  // Kafka's null topic list
  std::vector<TopicPartition> partitions;
  bool require_stable = false;
};

struct OffsetFetchPartitionResponse {
  TopicPartition partition;
  Offset committed_offset;  // -1 = none
  LeaderEpoch committed_leader_epoch;
  std::string metadata;
  ErrorCode error = ErrorCode::none;
};

struct OffsetFetchResponse {
  std::int32_t throttle_time_ms = 0;
  std::string group_id;
  ErrorCode error = ErrorCode::none;
  std::vector<OffsetFetchPartitionResponse> partitions;
};

// ---- what administrators remove ----

struct DeleteGroupsRequest {
  std::vector<std::string> groups;  // Kafka's GroupsNames
};

struct DeletedGroup {
  std::string group_id;
  ErrorCode error = ErrorCode::none;
};

struct DeleteGroupsResponse {
  std::int32_t throttle_time_ms = 0;
  std::vector<DeletedGroup> results;
};

struct OffsetDeleteRequest {
  std::string group_id;
  std::vector<TopicPartition> partitions;
};

struct OffsetDeletePartitionResponse {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
};

struct OffsetDeleteResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;  // of the group; then no partition is listed
  std::vector<OffsetDeletePartitionResponse> partitions;
};

// ---- the newer consumer protocol (KIP-848): one API for joining, living and leaving ----

struct TopicIdPartitions {
  Uuid topic_id;
  std::vector<std::int32_t> partitions;
  friend bool operator==(const TopicIdPartitions&, const TopicIdPartitions&) = default;
};

struct ConsumerGroupHeartbeatRequest {
  static constexpr std::int32_t join_epoch = 0;
  static constexpr std::int32_t leave_epoch = -1;
  static constexpr std::int32_t static_leave_epoch = -2;  // of a static member that will be back

  std::string group_id;
  std::string member_id;  // made by the member; in version 0 empty = a newcomer
  std::int32_t member_epoch = 0;
  // What follows is sent when joining and when it has changed; otherwise it is left out.
  std::optional<std::string> group_instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;  // -1 = unchanged
  std::optional<std::vector<std::string>> subscribed_topics;
  std::optional<std::string> server_assignor;
  std::optional<std::vector<TopicIdPartitions>> owned;  // Kafka's TopicPartitions
};

struct ConsumerGroupHeartbeatResponse {
  std::int32_t throttle_time_ms = 0;
  ErrorCode error = ErrorCode::none;
  std::string error_message;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  // Only when it has changed, or the member sent everything.
  std::optional<std::vector<TopicIdPartitions>> assignment;
};

}  // namespace kafkasim::protocol
