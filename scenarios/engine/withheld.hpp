// Partitions that are nobody's because a static member came back to its old assignment: one that
// was to give them back and restarted between the halves of a cooperative rebalance, or a leader
// that was away while they were added. Left out: other reasons to have no owner.
#pragma once

#include <string>
#include <vector>

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

// By group, each by topic and partition. Requires: the groups are at rest.
std::vector<Withheld> find_withheld(const Ledger& ledger, const FinalState& state);
// One sentence for each member and reason.
std::vector<std::string> withheld_notes(const std::vector<Withheld>& withheld);

}  // namespace kafkasim::scenarios
