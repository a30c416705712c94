// What half of the drawn lives of groups have beside the rest: commits in the less usual orders,
// workers, commits when partitions are taken away, members of librdkafka, a second group on the
// same topics. Left out: automatic commits together with any of these but the second group, as they
// commit what is not handled yet.
#pragma once

#include "sim/rng.hpp"
#include "tests/stress/draw_groups.hpp"

namespace kafkasim::stress {

// Changes the consumers of a scenario, and adds some. Requires: all are of one group.
void widen_groups(scenarios::Scenario& scenario, const GroupAssignor& assignor, sim::Rng rng);

}  // namespace kafkasim::stress
