// Partitions of which a group stays behind because the last commit of their owner failed: the
// application has handled everything, tries no commit again, and no record came after it to be
// committed with. Or because such a commit, of a connection that broke, was carried out after a
// later one. Left out: what a later commit or a new owner made good.
#pragma once

#include <string>
#include <vector>

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

// Of live owners in their groups at the end, by owner, each by topic and partition.
std::vector<CommitGap> find_commit_gaps(const Ledger& ledger, const FinalState& state);
// One sentence for each commit that left some.
std::vector<std::string> gap_notes(const std::vector<CommitGap>& gaps);

}  // namespace kafkasim::scenarios
