// What consumers tell one another through the group coordinator, which does not look into it: a
// subscription in JoinGroup, an assignment in SyncGroup. As values and as Kafka's bytes, versions 0
// to 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::protocol {

inline constexpr const char* consumer_protocol_type = "consumer";
inline constexpr std::int16_t consumer_protocol_version = 3;

struct ConsumerSubscription {
  std::vector<std::string> topics;
  Bytes user_data;                               // of the assignor
  std::vector<TopicPartition> owned_partitions;  // from version 1
  std::int32_t generation_id = -1;     // from version 2: in which they were owned; -1 = none
  std::optional<std::string> rack_id;  // from version 3

  friend bool operator==(const ConsumerSubscription&, const ConsumerSubscription&) = default;
};

struct ConsumerAssignment {
  std::vector<TopicPartition> partitions;
  Bytes user_data;

  friend bool operator==(const ConsumerAssignment&, const ConsumerAssignment&) = default;
};

// The bytes, with the version in front; what the version does not have is left out. Topics keep
// their order; partitions are grouped by topic, topics in the order of their first partition.
// Requires: 0 <= version <= consumer_protocol_version.
Bytes encode(const ConsumerSubscription& subscription,
             std::int16_t version = consumer_protocol_version);
Bytes encode(const ConsumerAssignment& assignment,
             std::int16_t version = consumer_protocol_version);

// None when the bytes are not of that form. A version above ours is read as ours, as Kafka does. A
// topic without partitions in an owned or assigned list vanishes.
std::optional<ConsumerSubscription> decode_subscription(const Bytes& bytes);
std::optional<ConsumerAssignment> decode_assignment(const Bytes& bytes);

// What the sticky assignor keeps in the user data of a subscription: the partitions of the last
// assignment and its generation (none in the oldest form).
struct StickyUserData {
  std::vector<TopicPartition> partitions;
  std::optional<std::int32_t> generation;

  friend bool operator==(const StickyUserData&, const StickyUserData&) = default;
};

// Topics in the order of Java's hash map, the partitions of one as given; without a generation the
// oldest form.
Bytes encode(const StickyUserData& data);
// None when the bytes are of neither form. What follows the data is ignored.
std::optional<StickyUserData> decode_sticky_user_data(const Bytes& bytes);

// The cooperative sticky assignor keeps only the generation there; its partitions are in the
// subscription itself.
Bytes cooperative_sticky_user_data(std::int32_t generation);
std::optional<std::int32_t> decode_cooperative_sticky_user_data(const Bytes& bytes);

// Topics and owned partitions sorted, as Kafka's consumer sends them, so that equal subscriptions
// have equal bytes.
ConsumerSubscription sorted(ConsumerSubscription subscription);

}  // namespace kafkasim::protocol
