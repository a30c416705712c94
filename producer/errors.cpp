// Texts as a user of Kafka knows them, so that a search for them finds Kafka's own documentation.
#include "producer/errors.hpp"

#include <fmt/format.h>

#include "protocol/error_text.hpp"

namespace kafkasim::producer {

using protocol::ErrorCode;

namespace {

std::int64_t to_ms(sim::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

std::string_view error_message(ErrorCode error) { return protocol::error_text(error); }

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
