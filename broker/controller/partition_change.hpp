// One change of one partition as the controller decides it: elects a leader where one is needed,
// completes a reassignment that is done, keeps the eligible leader replicas. A plain function of
// the partition and what is wanted. Left out: log directories, leader epochs as metadata versions
// before 3.6 bumped them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "broker/controller/reassignment.hpp"
#include "broker/metadata_image.hpp"
#include "broker/metadata_records.hpp"

namespace kafkasim::broker {

enum class Election {
  preferred,  // moves to the first of the assignment if that is in sync and active
  online,     // keeps a good leader, otherwise the first in-sync replica of the assignment
  unclean,    // as online, and if there is none the first active replica, in sync or not
};

// What should be different. What is not set stays as it is (or as the change itself requires).
struct WantedChange {
  Election election = Election::online;
  std::optional<BrokerIds> isr;
  std::optional<BrokerIds> replicas;
  std::optional<BrokerIds> removing;
  std::optional<BrokerIds> adding;
  std::optional<protocol::LeaderRecoveryState> leader_recovery_state;
  protocol::BrokerId shut_down_uncleanly;  // may not be an eligible leader replica; not set = none
};

struct ChangeRules {
  std::function<bool(protocol::BrokerId)> may_lead;
  bool eligible_leader_replicas = false;  // KIP-966
  std::int32_t min_insync_replicas = 1;   // effective: at most the replication factor
};

// The record of that change; none when nothing changes. The caller fills in topic id and partition.
std::optional<PartitionChangeRecord> decide_change(const PartitionRegistration& partition,
                                                   const WantedChange& wanted,
                                                   const ChangeRules& rules);

}  // namespace kafkasim::broker
