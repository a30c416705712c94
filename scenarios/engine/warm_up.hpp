// A cluster that has served clients before: every broker holds a block of producer ids, and the
// offsets topic exists where the scenario has groups. Without it the first clients of every
// scenario would meet the retriable errors of a cluster's very first minute.
#pragma once

#include <vector>

#include "sim/world.hpp"

namespace kafkasim::scenarios {

// Asks every broker, as a client would, until it can answer, at most until `limit`. False when one
// of them cannot. Requires: the brokers serve requests; nothing else runs the loop.
bool warm_up(sim::World& world, const std::vector<sim::HostId>& brokers, bool with_groups,
             sim::Time limit);

}  // namespace kafkasim::scenarios
