// What the checker of invariants remembers of a partition: how each replica stood after the last
// event, what the controller decided, and what is replicated.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/invariants/replicated_log.hpp"
#include "broker/metadata_image.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::sim {
class Process;
}

namespace kafkasim::broker {

class Partition;

struct WatchedReplica {
  // Set while a broker process has the log open, or had when it died: null after a restart, until
  // the log is opened again.
  const Partition* partition = nullptr;
  const sim::Process* process = nullptr;

  // ---- since the last check ----
  bool dirty = false;
  bool opened = false;
  bool known = false;             // it was looked at before
  protocol::Offset truncated_to;  // not set = was not
  protocol::Offset acked;         // the largest, ever
  protocol::Offset consumed;      // likewise

  // ---- at the last check ----
  bool led = false;
  protocol::LeaderEpoch leader_epoch;
  protocol::Offset end{0};
  protocol::Offset high_watermark{0};
  protocol::LeaderEpoch last_epoch;  // of its records
  std::uint64_t proposals = 0;
  // Up to where its log is known to agree with what is replicated.
  protocol::Offset matched{0};
  // It came back with less than it had, and has not caught up since.
  bool lossy = false;
  // After an unclean election, until it has copied from the new leader: its log may be another.
  bool astray = false;
};

struct WatchedPartition {
  protocol::TopicPartition id;
  bool queued = false;         // to be looked at after this event
  bool decided = false;        // the controller changed something
  bool members_dirty = false;  // who holds what is replicated is to be checked

  std::optional<PartitionRegistration> registration;  // as the active controller has it
  std::int32_t min_isr = 1;
  bool eligible_leader_replicas = false;   // are kept for it
  std::vector<protocol::BrokerId> fenced;  // of its replicas
  ReplicatedLog replicated;
  std::map<protocol::BrokerId, WatchedReplica> replicas;

  // The newest leadership that any broker took up.
  protocol::LeaderEpoch newest_epoch;
  protocol::BrokerId newest_leader;

  // An unclean election promises nothing of earlier records. It was decided for this epoch, and its
  // leader has not taken up office; not set = no such election is under way.
  protocol::LeaderEpoch unclean_epoch;
  // Since the last such leader: what earlier epochs do counts no more.
  protocol::LeaderEpoch new_history;
};

}  // namespace kafkasim::broker
