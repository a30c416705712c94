// Judges what is expected of consumer groups, at the end and at a time: lag, state, assignments.
#pragma once

#include <string>
#include <vector>

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

// Each adds its results; `when` ends their keys: "" or " at 3s".
void compare_lag(const ExpectedMap<std::string, ExpectedLag>& expected, const std::string& when,
                 const Ledger& ledger, const FinalState& state,
                 std::vector<ExpectationResult>& out);
// One result for each thing that is said of a group, from its coordinator's table.
void compare_groups(const ExpectedMap<std::string, ExpectedGroup>& expected,
                    const std::string& when, const FinalState& state,
                    std::vector<ExpectationResult>& out);
// What each member that runs owns, as it knows; those that own nothing need not be named.
void compare_owners(const ExpectedMap<std::string, Assignment>& expected, const std::string& when,
                    const FinalState& state, std::vector<ExpectationResult>& out);

// What poll() gave again, or passed over, across rebalances.
void compare_polls(const Expectations& expect, const FinalState& state,
                   std::vector<ExpectationResult>& out);

// "{worker-a: jobs-0 jobs-1, worker-b: jobs-2}"; members that own nothing are left out.
std::string assignment_text(Assignment assignment);

}  // namespace kafkasim::scenarios
