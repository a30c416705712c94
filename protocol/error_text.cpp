// Texts as a user of Kafka knows them, so that a search for them finds Kafka's own documentation.
#include "protocol/error_text.hpp"

#include <algorithm>
#include <array>

namespace kafkasim::protocol {

namespace {

struct Text {
  ErrorCode error;
  std::string_view text;
};

constexpr std::array texts{
    Text{ErrorCode::unknown_server_error,
         "The server experienced an unexpected error when processing the request."},
    Text{ErrorCode::offset_out_of_range,
         "The requested offset is not within the range of offsets maintained by the server."},
    Text{ErrorCode::replica_not_available,
         "The replica is not available for the requested topic-partition. Produce/Fetch requests "
         "and other requests intended only for the leader or follower return "
         "NOT_LEADER_OR_FOLLOWER if the broker is not a replica of the topic-partition."},
    Text{ErrorCode::offset_metadata_too_large,
         "The metadata field of the offset request was too large."},
    Text{ErrorCode::not_coordinator, "This is not the correct coordinator."},
    Text{ErrorCode::illegal_generation, "Specified group generation id is not valid."},
    Text{ErrorCode::inconsistent_group_protocol,
         "The group member's supported protocols are incompatible with those of existing members "
         "or first group member tried to join with empty protocol type or empty protocol list."},
    Text{ErrorCode::invalid_group_id, "The configured groupId is invalid."},
    Text{ErrorCode::unknown_member_id, "The coordinator is not aware of this member."},
    Text{ErrorCode::invalid_session_timeout,
         "The session timeout is not within the range allowed by the broker (as configured by "
         "group.min.session.timeout.ms and group.max.session.timeout.ms)."},
    Text{ErrorCode::rebalance_in_progress, "The group is rebalancing, so a rejoin is needed."},
    Text{ErrorCode::invalid_commit_offset_size, "The committing offset data size is not valid."},
    Text{ErrorCode::group_authorization_failed, "Group authorization failed."},
    Text{ErrorCode::unsupported_version, "The version of API is not supported."},
    Text{ErrorCode::invalid_request,
         "This most likely occurs because of a request being malformed by the client library or "
         "the message was sent to an incompatible broker. See the broker logs for more details."},
    Text{ErrorCode::non_empty_group, "The group is not empty."},
    Text{ErrorCode::group_id_not_found, "The group id does not exist."},
    Text{ErrorCode::unknown_leader_epoch,
         "The leader epoch in the request is newer than the epoch on the broker."},
    Text{ErrorCode::offset_not_available,
         "The leader high watermark has not caught up from a recent leader election so the offsets "
         "cannot be guaranteed to be monotonically increasing."},
    Text{ErrorCode::member_id_required,
         "The group member needs to have a valid member id before actually entering a consumer "
         "group."},
    Text{ErrorCode::group_max_size_reached, "The consumer group has reached its max size."},
    Text{ErrorCode::fenced_instance_id,
         "The broker rejected this static consumer since another consumer with the same "
         "group.instance.id has registered with a different member.id."},
    Text{ErrorCode::group_subscribed_to_topic,
         "Deleting offsets of a topic is forbidden while the consumer group is actively subscribed "
         "to it."},
    Text{ErrorCode::unstable_offset_commit, "There are unstable offsets that need to be cleared."},
    Text{ErrorCode::unknown_topic_id, "This server does not host this topic ID."},
    Text{ErrorCode::inconsistent_topic_id,
         "The log's topic ID did not match the topic ID in the request."},
    Text{ErrorCode::fenced_member_epoch,
         "The member epoch is fenced by the group coordinator. The member must abandon all its "
         "partitions and rejoin."},
    Text{ErrorCode::unreleased_instance_id,
         "The instance ID is still used by another member in the consumer group. That member must "
         "leave first."},
    Text{ErrorCode::unsupported_assignor,
         "The assignor or its version range is not supported by the consumer group."},
    Text{ErrorCode::stale_member_epoch,
         "The member epoch is stale. The member must retry after receiving its updated member "
         "epoch via the ConsumerGroupHeartbeat API."},
    Text{ErrorCode::corrupt_message,
         "This message has failed its CRC checksum, exceeds the valid size, has a null key for a "
         "compacted topic, or "
         "is otherwise corrupt."},
    Text{ErrorCode::unknown_topic_or_partition, "This server does not host this topic-partition."},
    Text{ErrorCode::leader_not_available,
         "There is no leader for this topic-partition as we are in the middle of a leadership "
         "election."},
    Text{ErrorCode::not_leader_or_follower,
         "For requests intended only for the leader, this error indicates that the broker is not "
         "the current leader. "
         "For requests intended for any replica, this error indicates that the broker is not a "
         "replica of the topic "
         "partition."},
    Text{ErrorCode::request_timed_out, "The request timed out."},
    Text{ErrorCode::message_too_large,
         "The request included a message larger than the max message size the server will accept."},
    Text{ErrorCode::network_exception, "The server disconnected before a response was received."},
    Text{ErrorCode::coordinator_load_in_progress,
         "The coordinator is loading and hence can't process requests."},
    Text{ErrorCode::coordinator_not_available, "The coordinator is not available."},
    Text{ErrorCode::invalid_topic_exception,
         "The request attempted to perform an operation on an invalid topic."},
    Text{ErrorCode::record_list_too_large,
         "The request included message batch larger than the configured segment size on the "
         "server."},
    Text{ErrorCode::not_enough_replicas,
         "Messages are rejected since there are fewer in-sync replicas than required."},
    Text{ErrorCode::not_enough_replicas_after_append,
         "Messages are written to the log, but to fewer in-sync replicas than required."},
    Text{ErrorCode::invalid_required_acks,
         "Produce request specified an invalid value for required acks."},
    Text{ErrorCode::topic_authorization_failed, "Topic authorization failed."},
    Text{ErrorCode::cluster_authorization_failed, "Cluster authorization failed."},
    Text{ErrorCode::invalid_timestamp, "The timestamp of the message is out of acceptable range."},
    Text{ErrorCode::unsupported_for_message_format,
         "The message format version on the broker does not support the request."},
    Text{ErrorCode::policy_violation, "Request parameters do not satisfy the configured policy."},
    Text{ErrorCode::out_of_order_sequence_number,
         "The broker received an out of order sequence number."},
    Text{ErrorCode::duplicate_sequence_number, "The broker received a duplicate sequence number."},
    Text{ErrorCode::invalid_producer_epoch, "Producer attempted to produce with an old epoch."},
    Text{ErrorCode::invalid_txn_state,
         "The producer attempted a transactional operation in an invalid state."},
    Text{ErrorCode::transactional_id_authorization_failed,
         "Transactional Id authorization failed."},
    Text{ErrorCode::kafka_storage_error, "Disk error when trying to access log file on the disk."},
    Text{ErrorCode::unknown_producer_id,
         "This exception is raised by the broker if it could not locate the producer metadata "
         "associated with the "
         "producerId in question. This could happen if, for instance, the producer's records were "
         "deleted because "
         "their retention time had elapsed. Once the last records of the producerId are removed, "
         "the producer's "
         "metadata is removed from the broker, and future appends by the producer will return this "
         "exception."},
    Text{ErrorCode::fenced_leader_epoch,
         "The leader epoch in the request is older than the epoch on the broker."},
    Text{ErrorCode::invalid_record,
         "This record has failed the validation on broker and hence will be rejected."},
    Text{ErrorCode::throttling_quota_exceeded, "The throttling quota has been exceeded."},
    Text{ErrorCode::producer_fenced,
         "There is a newer producer with the same transactionalId which fences the current one."},
};

// Most classes are named like their errors; these are not.
struct Class {
  ErrorCode error;
  std::string_view name;
};

constexpr std::array odd_classes{
    Class{ErrorCode::unknown_server_error, "UnknownServerException"},
    Class{ErrorCode::corrupt_message, "CorruptRecordException"},
    Class{ErrorCode::request_timed_out, "TimeoutException"},
    Class{ErrorCode::message_too_large, "RecordTooLargeException"},
    Class{ErrorCode::stale_controller_epoch, "ControllerMovedException"},
    Class{ErrorCode::offset_metadata_too_large, "OffsetMetadataTooLarge"},
    Class{ErrorCode::record_list_too_large, "RecordBatchTooLargeException"},
    Class{ErrorCode::topic_authorization_failed, "TopicAuthorizationException"},
    Class{ErrorCode::group_authorization_failed, "GroupAuthorizationException"},
    Class{ErrorCode::cluster_authorization_failed, "ClusterAuthorizationException"},
    Class{ErrorCode::topic_already_exists, "TopicExistsException"},
    Class{ErrorCode::invalid_config, "InvalidConfigurationException"},
    Class{ErrorCode::out_of_order_sequence_number, "OutOfOrderSequenceException"},
    Class{ErrorCode::duplicate_sequence_number, "DuplicateSequenceException"},
    Class{ErrorCode::transactional_id_authorization_failed,
          "TransactionalIdAuthorizationException"},
    Class{ErrorCode::kafka_storage_error, "KafkaStorageException"},
    Class{ErrorCode::non_empty_group, "GroupNotEmptyException"},
};

}  // namespace

std::string exception_name(ErrorCode error) {
  for (const Class& odd : odd_classes) {
    if (odd.error == error) return std::string(odd.name);
  }
  std::string result;
  bool starts_word = true;
  for (const char c : name(error)) {
    if (c != '_') {
      const bool lowers = !starts_word && c >= 'A' && c <= 'Z';
      result += lowers ? static_cast<char>(c - 'A' + 'a') : c;
    }
    starts_word = c == '_';
  }
  constexpr std::string_view ending = "Exception";
  if (!result.ends_with(ending)) result += ending;
  return result;
}

std::string_view error_text(ErrorCode error) {
  const auto found =
      std::find_if(texts.begin(), texts.end(), [&](const Text& t) { return t.error == error; });
  return found == texts.end() ? name(error) : found->text;
}

}  // namespace kafkasim::protocol
