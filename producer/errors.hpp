// What the application reads when a send fails: the words of Kafka's exceptions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"
#include "sim/time.hpp"

namespace kafkasim::producer {

// The text of a broker's error; its name where nothing better is known.
std::string_view error_message(protocol::ErrorCode error);

std::string expired_message(const protocol::TopicPartition& partition, int records,
                            sim::Duration age);
// What librdkafka says when enable.gapless.guarantee cannot be kept.
std::string gapless_message(const protocol::TopicPartition& partition, int messages,
                            std::string_view error);
std::string record_too_large_message(std::int32_t size, std::int32_t max_request_size);
std::string larger_than_buffer_message(std::int32_t size);
std::string allocation_too_large_message(std::int64_t bytes, std::int64_t total);
std::string topic_not_present_message(const std::string& topic, sim::Duration waited);
std::string partition_not_present_message(const protocol::TopicPartition& partition, int partitions,
                                          sim::Duration waited);

inline constexpr const char* closed_forcefully_message = "Producer is closed forcefully.";
inline constexpr const char* part_of_invalid_batch_message =
    "Failed to append record because it was part of a batch which had one more more invalid "
    "records";

}  // namespace kafkasim::producer
