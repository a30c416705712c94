// What a ledger keeps of a group's life so that the cause of an anomaly can be named later: members
// that died, left, were removed or gave partitions back, commits that failed, rebalances with their
// reasons, what an administrator did.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/engine/scenario.hpp"
#include "sim/time.hpp"

namespace kafkasim::scenarios {

enum class CauseKind : std::uint8_t {
  owns,               // `who` has an assignment: `partitions`, all of it; `text`: its member id
  revoked,            // `who` gave `partitions` back
  lost,               // `who` learned that `partitions` are no longer its own
  left,               // `who` left the group, `text` says why
  replaced,           // `who` was told that another joined with its group.instance.id
  commit_failed,      // a commit of `who` of `partitions` was refused or failed: `text`
  unhandled,          // `who` failed to handle a record of `partitions`: `text` is what it did then
  rebalance,          // the coordinator changed the group's state: `text` is the reason
  led,                // the member with the id `text` divided the partitions of a generation
  died,               // the process of `who` ended at once
  stopped,            // `who` was told to stop, or its application ended by itself: `text`
  started,            // the process of `who` runs again
  stalled,            // the application or the process of `who` stood still
  offsets_reset,      // an administrator reset the offsets of `group`
  offsets_log_cut,    // replicated records may have left the log of the internal topic of offsets
  coordinator_moved,  // that topic has another leader
};

struct CauseNote {
  sim::Time time{};
  CauseKind kind = CauseKind::owns;
  std::string who;    // the consumer; with `rebalance` the coordinator
  std::string group;  // empty where the event does not say
  std::vector<TopicPartition> partitions;
  std::string text;
};

}  // namespace kafkasim::scenarios
