// Who votes on the metadata log, and where they are: what every controller and every broker is told
// at its start.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/ids.hpp"
#include "sim/network.hpp"

namespace kafkasim::broker {

struct Voter {
  protocol::BrokerId id;
  sim::HostId host{};
};
using Voters = std::vector<Voter>;  // ascending

// Node ids of controllers and brokers are of one space; controllers begin here.
inline constexpr std::int32_t first_controller_id = 3001;

// The node id of controller-1, controller-2 ...
constexpr protocol::BrokerId controller_id(int number) {
  return protocol::BrokerId(first_controller_id + number - 1);
}

}  // namespace kafkasim::broker
