// The state of the world for expectations and reports: what every log, group and consumer holds
// now.
#pragma once

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"
#include "scenarios/engine/staging.hpp"

namespace kafkasim::scenarios {

// Committed offsets are those that the ledger has seen.
FinalState snapshot(Staging& staging, const Ledger& ledger);

}  // namespace kafkasim::scenarios
