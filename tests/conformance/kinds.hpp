// The kinds of recorded vectors that can be replayed: one function a kind, one file a function.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "tests/conformance/findings.hpp"

namespace kafkasim::conformance {

// Runs our code on one case and says where it disagrees. May throw: the case has failed then.
using Replay = void (*)(const nlohmann::json& recorded, Findings& findings);

struct Kind {
  std::string_view name;  // of the file with the vectors, without ".jsonl"
  Replay replay;
};

// By name.
std::span<const Kind> kinds();
// Null when there is none of that name.
const Kind* find_kind(std::string_view name);

void replay_assignor_range(const nlohmann::json& recorded, Findings& findings);
void replay_broker_replication(const nlohmann::json& recorded, Findings& findings);
void replay_broker_transcript(const nlohmann::json& recorded, Findings& findings);
void replay_builtin_partitioner(const nlohmann::json& recorded, Findings& findings);
void replay_controller_trace(const nlohmann::json& recorded, Findings& findings);
void replay_group_classic_trace(const nlohmann::json& recorded, Findings& findings);
void replay_leader_epoch_cache(const nlohmann::json& recorded, Findings& findings);
void replay_murmur2_partition(const nlohmann::json& recorded, Findings& findings);
void replay_producer_state(const nlohmann::json& recorded, Findings& findings);
void replay_producer_trace(const nlohmann::json& recorded, Findings& findings);
void replay_random_producer_trace(const nlohmann::json& recorded, Findings& findings);

}  // namespace kafkasim::conformance
