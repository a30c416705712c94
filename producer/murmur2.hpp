// The hash behind keyed records: the same partition as Kafka's Java client for the same key.
#pragma once

#include <cstdint>
#include <string_view>

namespace kafkasim::producer {

// Kafka's murmur2 of the bytes, as a signed 32-bit number.
std::int32_t murmur2(std::string_view bytes);

// The partition of a key among `partitions`, led by anyone or no one. Requires: partitions > 0.
std::int32_t partition_for_key(std::string_view key, std::int32_t partitions);

}  // namespace kafkasim::producer
