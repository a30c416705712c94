// Texts as a user of Kafka knows them, so that a search for them finds Kafka's own documentation.
#include "producer/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kafkasim::producer {

using protocol::ErrorCode;

namespace {

struct Text {
  ErrorCode error;
  std::string_view text;
};

constexpr std::array texts{
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

std::int64_t to_ms(sim::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

std::string_view error_message(ErrorCode error) {
  const auto found =
      std::find_if(texts.begin(), texts.end(), [&](const Text& t) { return t.error == error; });
  return found == texts.end() ? protocol::name(error) : found->text;
}

std::string expired_message(const protocol::TopicPartition& partition, int records,
                            sim::Duration age) {
  return fmt::format("Expiring {} record(s) for {}:{} ms has passed since batch creation", records,
                     to_string(partition), to_ms(age));
}

std::string gapless_message(const protocol::TopicPartition& partition, int messages,
                            std::string_view error) {
  return fmt::format(
      "ProduceRequest for {} [{}] with {} message(s) failed: {}: unable to satisfy gap-less "
      "guarantee",
      partition.topic, partition.partition, messages, error);
}

std::string record_too_large_message(std::int32_t size, std::int32_t max_request_size) {
  return fmt::format(
      "The message is {} bytes when serialized which is larger than {}, which is the value of the "
      "max.request.size "
      "configuration.",
      size, max_request_size);
}

std::string larger_than_buffer_message(std::int32_t size) {
  return fmt::format(
      "The message is {} bytes when serialized which is larger than the total memory buffer you "
      "have configured with "
      "the buffer.memory configuration.",
      size);
}

std::string allocation_too_large_message(std::int64_t bytes, std::int64_t total) {
  return fmt::format(
      "Attempt to allocate {} bytes, but there is a hard limit of {} on memory allocations.", bytes,
      total);
}

std::string topic_not_present_message(const std::string& topic, sim::Duration waited) {
  return fmt::format("Topic {} not present in metadata after {} ms.", topic, to_ms(waited));
}

std::string partition_not_present_message(const protocol::TopicPartition& partition, int partitions,
                                          sim::Duration waited) {
  return fmt::format(
      "Partition {} of topic {} with partition count {} is not present in metadata after {} ms.",
      partition.partition, partition.topic, partitions, to_ms(waited));
}

}  // namespace kafkasim::producer
