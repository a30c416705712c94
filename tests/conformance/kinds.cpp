// The registry.
#include "tests/conformance/kinds.hpp"

#include <fmt/format.h>

#include <array>
#include <exception>

namespace kafkasim::conformance {
namespace {

constexpr std::array all = {
    Kind{"assignor_cooperative_sticky", replay_assignor_cooperative_sticky},
    Kind{"assignor_range", replay_assignor_range},
    Kind{"assignor_roundrobin", replay_assignor_round_robin},
    Kind{"assignor_sticky", replay_assignor_sticky},
    Kind{"broker24_fault_acks", replay_broker_fault},
    Kind{"broker24_fault_burst", replay_broker_fault},
    Kind{"broker24_fault_rebalance", replay_rebalances},
    Kind{"broker24_fault_redelivery", replay_redelivery},
    Kind{"broker24_random_transcripts", replay_broker_transcript},
    Kind{"broker24_replication", replay_broker_replication},
    Kind{"broker24_transcripts", replay_broker_transcript},
    Kind{"builtin_partitioner", replay_builtin_partitioner},
    Kind{"client_config_defs", replay_client_config_def},
    Kind{"client_config_random", replay_client_config},
    Kind{"client_config_validation", replay_client_config},
    Kind{"controller_traces", replay_controller_trace},
    Kind{"group_classic_traces", replay_group_classic_trace},
    Kind{"group_consumer_traces", replay_group_consumer_trace},
    Kind{"leader_epoch_cache", replay_leader_epoch_cache},
    Kind{"murmur2_partition", replay_murmur2_partition},
    Kind{"producer_state_manager", replay_producer_state},
    Kind{"producer_traces", replay_producer_trace},
    Kind{"producer_traces_random", replay_random_producer_trace},
    Kind{"server_assignor_range", replay_server_assignor_range},
    Kind{"server_assignor_uniform", replay_server_assignor_uniform},
};

}  // namespace

std::span<const Kind> kinds() { return all; }

const Kind* find_kind(std::string_view name) {
  for (const Kind& kind : all) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

Findings replay(const Kind& kind, const nlohmann::json& recorded,
                std::span<const nlohmann::json> file) {
  Findings findings;
  try {
    if (kind.among != nullptr) {
      kind.among(recorded, file, findings);
    } else {
      kind.alone(recorded, findings);
    }
  } catch (const std::exception& error) {
    findings.fail(fmt::format("threw: {}", error.what()));
  }
  return findings;
}

}  // namespace kafkasim::conformance
