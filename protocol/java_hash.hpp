// What Kafka inherits from Java's hashing: the hash of a string, which picks a group's partition of
// the offsets topic, and the order in which a HashMap hands out its keys, which decides ties and
// the order of some lists. Left out: the trees that a HashMap makes of very full buckets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kafkasim::protocol {

// String.hashCode() of what these UTF-8 bytes spell: over its UTF-16 units.
std::int32_t java_string_hash(std::string_view text);

// The distinct strings in the order in which iterating a HashMap meets them that got them in this
// order and never removed one.
std::vector<std::string> in_java_map_order(const std::vector<std::string>& keys);

// The partition of the offsets topic that holds a group; its leader is the group's coordinator.
// Requires: partition_count > 0.
std::int32_t group_partition(std::string_view group_id, std::int32_t partition_count);

}  // namespace kafkasim::protocol
