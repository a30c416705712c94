// The logs of all replicas, the controllers and the groups at the end of a run, as tables.
#pragma once

#include <string>

#include "scenarios/engine/outcome.hpp"
#include "scenarios/engine/report_text.hpp"

namespace kafkasim::scenarios {

// One row a replica: "orders-0  broker-1  leader  0  4  4  e0 0:A 1:A 2:B 3:C". Empty without
// partitions.
std::string logs_report(const FinalState& state, std::size_t width, const Paint& paint);
// One row a controller. Empty when there is one, and it is active: that goes without saying.
std::string controllers_report(const FinalState& state, std::size_t width, const Paint& paint);
// One row a partition of each group. Empty without groups.
std::string groups_report(const FinalState& state, std::size_t width, const Paint& paint);

// "e0 0:A 1:B e1 2:C >> 3:D": eN before the first record of an epoch, ">>" before the first above
// the high watermark. Long logs show their two ends.
std::string log_text(const ReplicaState& replica);

}  // namespace kafkasim::scenarios
