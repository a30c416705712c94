// The registry.
#include "tests/conformance/kinds.hpp"

#include <array>

namespace kafkasim::conformance {
namespace {

constexpr std::array all = {
    Kind{"assignor_range", replay_assignor_range},
    Kind{"broker24_random_transcripts", replay_broker_transcript},
    Kind{"broker24_replication", replay_broker_replication},
    Kind{"broker24_transcripts", replay_broker_transcript},
    Kind{"builtin_partitioner", replay_builtin_partitioner},
    Kind{"controller_traces", replay_controller_trace},
    Kind{"group_classic_traces", replay_group_classic_trace},
    Kind{"leader_epoch_cache", replay_leader_epoch_cache},
    Kind{"murmur2_partition", replay_murmur2_partition},
    Kind{"producer_state_manager", replay_producer_state},
    Kind{"producer_traces", replay_producer_trace},
    Kind{"producer_traces_random", replay_random_producer_trace},
};

}  // namespace

std::span<const Kind> kinds() { return all; }

const Kind* find_kind(std::string_view name) {
  for (const Kind& kind : all) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace kafkasim::conformance
