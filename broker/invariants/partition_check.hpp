// The invariants of one partition after an event that touched it.
#pragma once

#include <string>

#include "broker/invariants/invariant.hpp"
#include "broker/invariants/watched_partition.hpp"

namespace kafkasim::broker {

class InvariantChecker;

class PartitionCheck {
 public:
  PartitionCheck(InvariantChecker& checker, WatchedPartition& partition)
      : checker_(checker), partition_(partition) {}

  void run();

 private:
  using Id = protocol::BrokerId;

  // ---- partition_check_log.cpp: one log ----
  void check_opening(Id id, WatchedReplica& replica);
  void take_as_given(WatchedReplica& replica);
  void check_truncation(Id id, WatchedReplica& replica);
  void check_new_records(Id id, WatchedReplica& replica);
  void check_high_watermark(Id id, WatchedReplica& replica);
  void check_answers(Id id, WatchedReplica& replica);

  // ---- partition_check_leader.cpp ----
  void check_office(Id id, WatchedReplica& replica);
  void check_advance(Id id, WatchedReplica& replica);
  void check_isr_knowledge(Id id, const WatchedReplica& replica);
  void check_proposal(Id id, const WatchedReplica& replica);
  void extend(Id id, WatchedReplica& replica);
  void begin_new_history(Id id, WatchedReplica& leader);

  // ---- partition_check_members.cpp: all of them, and what the controller decided ----
  void check_decision();
  void check_members();
  void check_leader_holds_all();
  void check_not_lost();
  void count_weak_isr(const WatchedReplica& leader);

  // ---- words and questions ----
  // Compares its log with what is replicated, as far as it goes; false when they differ.
  bool match(WatchedReplica& replica);
  // Everything that is replicated is in its log.
  bool holds_all(WatchedReplica& replica);
  bool runs(const WatchedReplica& replica) const;
  // Data went, in a way that Kafka promises nothing for.
  bool may_lack(const WatchedReplica& replica) const;
  bool is_of_old_history(const WatchedReplica& replica) const;
  std::int32_t lossy_replicas() const;
  bool loss_is_legal(Id id) const;
  [[noreturn]] void broken(Invariant invariant, const std::string& what) const;

  InvariantChecker& checker_;
  WatchedPartition& partition_;
};

}  // namespace kafkasim::broker
