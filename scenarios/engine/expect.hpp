// Judges a run: each expectation of a scenario against the ledger and the state at the end,
// compared exactly, and the anomalies as a closed world: one that is not named must not have
// happened.
//
// In order: acked, log, handled by a consumer, errors, leaders, assignments. In no order: handled
// by a group (each record as often as it was handled), failed, truncated and anomalies (each record
// once, however often it happened).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

// One result for each thing that is expected, in the order of the scenario language's keys; checks
// are not among them (see evaluate_check). Marks the findings that were expected.
std::vector<ExpectationResult> judge(const Expectations& expect, const Ledger& ledger,
                                     const FinalState& state, std::vector<Finding>& findings);

// The results of one check, against the state at its time.
std::vector<ExpectationResult> evaluate_check(const Check& check, const Ledger& ledger,
                                              const FinalState& snapshot);
// The same for a check whose time the run did not reach.
ExpectationResult missed_check(const Check& check);

// Sets the verdict from results, findings and invariant.
Verdict verdict_of(const Outcome& outcome);

// Records that a group has yet to handle: high watermark less committed offset, over the partitions
// that it reads (all of a partition where nothing is committed). Nothing when the state does not
// know the group.
std::optional<std::int64_t> lag_of(const std::string& group, const Ledger& ledger,
                                   const FinalState& state);

// "TIMED_OUT", as an application calls it, for REQUEST_TIMED_OUT; else Kafka's own name.
std::string failure_name(protocol::ErrorCode error);

}  // namespace kafkasim::scenarios
