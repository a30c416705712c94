// What the kinds of consumers' assignors share: reading a case and comparing an assignment.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "consumer/assignor.hpp"
#include "tests/conformance/findings.hpp"

namespace kafkasim::conformance {

// Replays a case with that assignor. Lists are compared in their order; where Kafka's own order is
// arbitrary as sets, and where the sets are, by how equal the shares are and how much was kept.
void replay_assignor(
    const nlohmann::json& recorded, Findings& findings,
    consumer::Assignments (*assign)(const consumer::AssignorTopics& topics,
                                    const std::vector<consumer::AssignorMember>& members));

}  // namespace kafkasim::conformance
