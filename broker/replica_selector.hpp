// Which replica a consumer should read from (KIP-392): the leader, or with Kafka's
// RackAwareReplicaSelector a follower in the consumer's rack. Left out: selectors of one's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "sim/time.hpp"

namespace kafkasim::broker {

inline constexpr std::string_view rack_aware_selector =
    "org.apache.kafka.common.replica.RackAwareReplicaSelector";
inline constexpr std::string_view leader_selector =
    "org.apache.kafka.common.replica.LeaderSelector";

// A follower that has what the consumer asks for.
struct ReadableReplica {
  protocol::BrokerId id;
  std::string rack;
  protocol::Offset log_end_offset;          // as its leader knows it
  std::optional<sim::Time> last_caught_up;  // none = long ago
};

// The follower for a reader in `reader_rack`; not set = the leader. A leader in that rack serves
// itself. Otherwise it is the follower there whose log is the longest, of these the one that was
// caught up last (in whole milliseconds), of these the one with the highest id.
protocol::BrokerId nearest_follower(const std::string& reader_rack, const std::string& leader_rack,
                                    const std::vector<ReadableReplica>& followers);

}  // namespace kafkasim::broker
