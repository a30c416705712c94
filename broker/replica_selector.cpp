// Kafka's RackAwareReplicaSelector.
#include "broker/replica_selector.hpp"

#include <tuple>

namespace kafkasim::broker {

namespace {

auto rank(const ReadableReplica& replica) {
  constexpr std::int64_t long_ago = -1;
  const std::int64_t caught_up =
      replica.last_caught_up ? sim::to_epoch_ms(*replica.last_caught_up) : long_ago;
  return std::tuple(replica.log_end_offset, caught_up, replica.id);
}

}  // namespace

protocol::BrokerId nearest_follower(const std::string& reader_rack, const std::string& leader_rack,
                                    const std::vector<ReadableReplica>& followers) {
  if (reader_rack.empty() || reader_rack == leader_rack) return {};
  const ReadableReplica* best = nullptr;
  for (const ReadableReplica& follower : followers) {
    if (follower.rack != reader_rack) continue;
    if (best == nullptr || rank(*best) < rank(follower)) best = &follower;
  }
  return best == nullptr ? protocol::BrokerId() : best->id;
}

}  // namespace kafkasim::broker
