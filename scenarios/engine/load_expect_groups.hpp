// Reads what is expected of consumer groups, at the end and at a time: lag, state, assignments.
// Private to the loader.
#pragma once

#include <string>

#include "scenarios/engine/reading.hpp"

namespace kafkasim::scenarios {

// Each from the key of that name below `parent`; empty when it is not there.
ExpectedMap<std::string, ExpectedLag> read_lag(Reading& reading, const Node& parent);
ExpectedMap<std::string, ExpectedGroup> read_groups(Reading& reading, const Node& parent);
// One assignment of each group, as `checks` has it.
ExpectedMap<std::string, Assignment> read_owners(Reading& reading, const Node& parent);

// One assignment, its members and partitions checked.
Assignment read_assignment(Reading& reading, const std::string& group, const Node& node);

}  // namespace kafkasim::scenarios
