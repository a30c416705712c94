// Runs drawn scenarios and says which promises they broke: no acked record lost, nothing reordered
// or stored twice for idempotent producers, no invariant broken, and after the last fault
// everything comes to rest with all replicas equal and nothing left to read.
#pragma once

#include <cstdint>
#include <string>

#include "broker/mutations.hpp"
#include "scenarios/engine/outcome.hpp"
#include "tests/stress/draw.hpp"

namespace kafkasim::stress {

// Virtual time after the last fault within which everything must have come to rest.
inline constexpr scenarios::Duration rest_limit = std::chrono::minutes(5);

struct Result {
  std::string failure;  // one line; empty = all promises were kept
  scenarios::Outcome outcome;

  bool ok() const { return failure.empty(); }
};

Result run(const Drawn& drawn, const broker::Mutations& mutations = {});
// Why the run broke a promise; empty when it did not.
std::string judge(const Drawn& drawn, const scenarios::Outcome& outcome);

}  // namespace kafkasim::stress
