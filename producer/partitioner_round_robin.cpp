// The counter wraps as a Java int does, and its sign is dropped.
#include "producer/partitioner_round_robin.hpp"

#include <vector>

#include "sim/check.hpp"

namespace kafkasim::producer {

std::optional<std::int32_t> RoundRobinPartitioner::choose(const std::string& topic,
                                                          const protocol::Bytes& /*key*/,
                                                          const client::Metadata& metadata,
                                                          sim::Time /*now*/) {
  const client::TopicInfo* known = metadata.topic(topic);
  CHECKED(known != nullptr && !known->partitions.empty(), "topic {} has no partitions", topic);
  const std::uint32_t turn = counters_[topic]++ & 0x7fffffff;
  std::vector<std::int32_t> available;
  for (std::size_t i = 0; i < known->partitions.size(); ++i) {
    if (known->partitions[i].leader.is_set()) available.push_back(static_cast<std::int32_t>(i));
  }
  if (available.empty()) return static_cast<std::int32_t>(turn % known->partitions.size());
  return available[turn % available.size()];
}

}  // namespace kafkasim::producer
