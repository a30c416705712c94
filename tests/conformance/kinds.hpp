// The kinds of recorded vectors that can be replayed: one function a kind, one file a function.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "tests/conformance/findings.hpp"

namespace kafkasim::conformance {

// Runs our code on one case and says where it disagrees. May throw: the case has failed then.
using Replay = void (*)(const nlohmann::json& recorded, Findings& findings);
// The same where other runs of one experiment tell what may vary: `file` has all cases.
using ReplayAmong = void (*)(const nlohmann::json& recorded, std::span<const nlohmann::json> file,
                             Findings& findings);

struct Kind {
  constexpr Kind(std::string_view n, Replay r) : name(n), alone(r) {}
  constexpr Kind(std::string_view n, ReplayAmong r) : name(n), among(r) {}

  std::string_view name;  // of the file with the vectors, without ".jsonl"
  Replay alone = nullptr;
  ReplayAmong among = nullptr;  // one of the two
};

// Replays one case of a file. Never throws: what is thrown is a finding.
Findings replay(const Kind& kind, const nlohmann::json& recorded,
                std::span<const nlohmann::json> file);

// By name.
std::span<const Kind> kinds();
// Null when there is none of that name.
const Kind* find_kind(std::string_view name);

void replay_assignor_cooperative_sticky(const nlohmann::json& recorded, Findings& findings);
void replay_assignor_range(const nlohmann::json& recorded, Findings& findings);
void replay_assignor_round_robin(const nlohmann::json& recorded, Findings& findings);
void replay_assignor_sticky(const nlohmann::json& recorded, Findings& findings);
void replay_broker_fault(const nlohmann::json& recorded, std::span<const nlohmann::json> file,
                         Findings& findings);
void replay_broker_replication(const nlohmann::json& recorded, Findings& findings);
void replay_broker_transcript(const nlohmann::json& recorded, Findings& findings);
void replay_builtin_partitioner(const nlohmann::json& recorded, Findings& findings);
void replay_client_config(const nlohmann::json& recorded, Findings& findings);
void replay_client_config_def(const nlohmann::json& recorded, Findings& findings);
void replay_controller_trace(const nlohmann::json& recorded, Findings& findings);
void replay_group_classic_trace(const nlohmann::json& recorded, Findings& findings);
void replay_group_consumer_trace(const nlohmann::json& recorded, Findings& findings);
void replay_leader_epoch_cache(const nlohmann::json& recorded, Findings& findings);
void replay_murmur2_partition(const nlohmann::json& recorded, Findings& findings);
void replay_producer_state(const nlohmann::json& recorded, Findings& findings);
void replay_producer_trace(const nlohmann::json& recorded, Findings& findings);
void replay_random_producer_trace(const nlohmann::json& recorded, Findings& findings);
void replay_rebalances(const nlohmann::json& recorded, Findings& findings);
void replay_redelivery(const nlohmann::json& recorded, Findings& findings);
void replay_server_assignor_range(const nlohmann::json& recorded, Findings& findings);
void replay_server_assignor_uniform(const nlohmann::json& recorded, Findings& findings);

}  // namespace kafkasim::conformance
