// Compares a recorded answer with ours, field by field.
#pragma once

#include "tests/conformance/differences.hpp"
#include "tests/conformance/findings.hpp"

namespace kafkasim::conformance {

// Looks at every field that the recording has. Lists that Kafka gives in any order (brokers,
// topics, partitions, ISRs, members) are compared as sets. `place`: the answer as a whole.
void compare(const Place& place, const nlohmann::json& expected, const nlohmann::json& got,
             Findings& findings);

}  // namespace kafkasim::conformance
