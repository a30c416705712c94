// The parts of causes.cpp: what each anomaly is explained by, and questions about the life of a
// group that they share. A text without letters means that the trace explains nothing.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenarios/engine/anomalies_truth.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

// A cause, or empty. `whose` is the finding's group.
std::string why_handled_twice(const Truth& truth, const Finding& finding);
std::string why_skipped(const Truth& truth, const Finding& finding);
std::string why_out_of_order(const Truth& truth, const Finding& finding);
std::string why_phantom(const Truth& truth, const Finding& finding);

// From `from` (not included, unless it is the beginning) to `to` (included).
struct Window {
  sim::Time from{};
  sim::Time to{};
  bool contains(sim::Time time) const { return time >= from && time <= to; }
};

// One record in the hands of one consumer.
struct Turn {
  const Handling* handling = nullptr;
  sim::Time polled{};  // when poll() returned it; when it was handled where the trace does not say
};

class GroupLife {
 public:
  // Both must outlive it.
  GroupLife(const Truth& truth, const std::string& group) : truth_(truth), group_(group) {}

  // With the last poll that returned the record to its consumer before then.
  Turn turn(const Handling& handling, sim::Time before = sim::never) const;
  // Handlings of that record by the group, in order of time.
  std::vector<Turn> turns(protocol::RecordTag tag) const;
  bool is_member(const std::string& consumer) const;
  // Since when the consumer has owned the partition without a break, as of that time. Where no
  // assignment is in the trace (partitions assigned by hand): since its process runs.
  sim::Time owned_since(const std::string& consumer, const TopicPartition& partition,
                        sim::Time at) const;
  // The first note of that kind about the consumer in the window; of `revoked` and `lost` only with
  // that partition. Null when there is none.
  const CauseNote* first(CauseKind kind, const std::string& consumer,
                         const TopicPartition& partition, Window window) const;
  // By which coordinators have known the consumer.
  std::set<std::string> member_ids(const std::string& consumer) const;
  // The last change of the group's state in the window that has a reason; where one in it names the
  // consumer's member id, that one.
  const CauseNote* rebalance(const std::string& consumer, Window window) const;
  // An administrator's reset of the group's offsets in the window.
  const CauseNote* offsets_reset(Window window) const;
  const CauseNote* offsets_log_cut(Window window) const;
  // The last election of a leader for the log of offsets.
  const CauseNote* coordinator_moved(Window window) const;
  // Has the group ever assigned the partition to that consumer?
  bool was_given(const std::string& consumer, const TopicPartition& partition) const;
  // The last reset of the consumer's position in the window; for other reasons than that nothing
  // was committed only, if so wanted.
  const Reset* position_reset(const std::string& consumer, const TopicPartition& partition,
                              Window window) const;
  const std::vector<Commit>& commits(const TopicPartition& partition) const;
  // Why a member stopped owning or working in that window: it died, was stopped, left, was removed,
  // gave its partitions back or lost them. Empty when nothing of that is in the trace.
  std::string end_of_ownership(const std::string& consumer, const TopicPartition& partition,
                               Window window) const;

 private:
  const Truth& truth_;
  const std::string& group_;
};

// "billing-1 died at 3.000 s".
std::string died_text(const CauseNote& note);

}  // namespace kafkasim::scenarios
