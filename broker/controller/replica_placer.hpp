// Where the replicas of a new topic go: striped over racks, and inside a rack over its brokers, as
// Kafka's controller does it. Two replicas never share a broker, a leader is never fenced. The
// starting points are drawn from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"
#include "sim/rng.hpp"

namespace kafkasim::broker {

struct UsableBroker {
  protocol::BrokerId id;
  std::string rack;  // empty = none, a rack like any other
  bool fenced = false;
};

using Assignment =
    std::vector<std::vector<protocol::BrokerId>>;  // by partition; the first replica leads

// The assignment, or Kafka's words why there is none.
std::variant<Assignment, std::string> place_replicas(const std::vector<UsableBroker>& brokers,
                                                     std::int32_t num_partitions,
                                                     std::int32_t replication_factor,
                                                     sim::Rng& rng);

}  // namespace kafkasim::broker
