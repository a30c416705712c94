// Reads the tables of consumer groups off a running scenario: what the coordinator of each group
// knows, with log ends from the leaders of its partitions.
#pragma once

#include "scenarios/engine/group_table.hpp"
#include "scenarios/engine/staging.hpp"

namespace kafkasim::scenarios {

// Those of all groups that the scenario's consumers are in, also of consumers that never started.
GroupTables describe_groups(Staging& staging);

}  // namespace kafkasim::scenarios
