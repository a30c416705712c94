// Why a record was handled twice, skipped, handled out of order, or handled and then gone: the
// happening in the trace that explains it, such as a member that died before it committed. A
// finding that has none is a bug of the simulator: nothing of this happens to a group without a
// reason. Left out: anomalies of producers and logs, whose finders name the cause themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/anomalies_truth.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

// What stands in a finding's sentence instead of a cause.
inline constexpr std::string_view no_cause_found = "no cause found";

// Fills in `because` of findings of the four anomalies and adds it to their sentence, or that no
// cause was found. Leaves the others alone. Requires: their times are in order.
void name_causes(const Truth& truth, std::vector<Finding>& found);

// Is it one of the four, and has the trace no cause for it? For stress: that must never be.
bool lacks_cause(const Finding& finding);

}  // namespace kafkasim::scenarios
