// Runs one scenario (or one variant of it) from its beginning to its end and judges it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/mutations.hpp"
#include "scenarios/engine/outcome.hpp"
#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

struct RunOptions {
  std::string file;                   // what to call it in reports
  std::optional<std::uint64_t> seed;  // instead of the scenario's own
  bool keep_trace = false;            // every line of the trace, not only its hash
  bool check_invariants = true;       // off only where a bench wants to know what they cost
  broker::Mutations mutations;        // planted bugs, for tests of the checks
};

struct RunResult {
  Outcome outcome;
  std::vector<std::string> trace;  // all lines, when asked for
};

// Never throws for what a scenario can cause: a broken invariant is an outcome.
RunResult run(const Scenario& scenario, const RunOptions& options);

}  // namespace kafkasim::scenarios
