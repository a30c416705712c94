// What a replica tells the checker of invariants: that something about it changed. The checker
// looks at it after the event. Without a checker nothing is noted.
#pragma once

#include <algorithm>

#include "broker/invariants/watched_partition.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::sim {
class Process;
}

namespace kafkasim::broker {

class InvariantChecker;
class Partition;

class ReplicaWatch {
 public:
  // From now on the replica is watched, as it is: an open log of a broker process. Without a
  // checker it is not. Requires: `partition` outlives it.
  ReplicaWatch(InvariantChecker* checker, const sim::Process& process, protocol::BrokerId broker,
               const protocol::Uuid& topic_id, const Partition& partition);
  ~ReplicaWatch();
  ReplicaWatch(const ReplicaWatch&) = delete;
  ReplicaWatch& operator=(const ReplicaWatch&) = delete;

  // Its role, its log, what it knows of others or what it wants of the controller.
  void changed() {
    if (checker_ != nullptr) mark();
  }
  // Everything from `to` on was cut off.
  void truncated(protocol::Offset to) {
    if (checker_ == nullptr) return;
    replica_->truncated_to =
        replica_->truncated_to.is_set() ? std::min(replica_->truncated_to, to) : to;
    mark();
  }
  // A producer that asked for acks=all was told that everything below `next_offset` is stored.
  void acked(protocol::Offset next_offset) {
    if (checker_ == nullptr) return;
    replica_->acked = std::max(replica_->acked, next_offset);
    mark();
  }
  // A consumer was given records below `next_offset`.
  void consumed(protocol::Offset next_offset) {
    if (checker_ == nullptr || next_offset <= replica_->consumed) return;
    replica_->consumed = next_offset;
    mark();
  }
  // The log is deleted: the replica is none any more.
  void deleted();

 private:
  void mark();

  InvariantChecker* checker_;
  WatchedPartition* partition_ = nullptr;
  WatchedReplica* replica_ = nullptr;
};

}  // namespace kafkasim::broker
