// Watches what poll() hands out, always: as long as a consumer keeps a partition, and nobody moves
// its position, offsets rise and no record of the log is passed over. A client that breaks this has
// a bug, whatever the cluster did. What it polls again, or passes over, across a rebalance is no
// bug, and only noted.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/engine/ledger.hpp"
#include "sim/trace.hpp"

namespace kafkasim::scenarios {

class PollWatch {
 public:
  // Has seen every event before this does; outlives it.
  explicit PollWatch(const Ledger& ledger) : ledger_(ledger) {}

  // Throws what CHECKED throws when a poll breaks the rule.
  void observe(std::string_view who, const sim::TraceEvent& event);

  // What a consumer got again after it had lost the partition for a while, and what it never got
  // because others moved on meanwhile: names of records in the order of its polls.
  struct AcrossRebalances {
    std::vector<std::string> again;
    std::vector<std::string> skipped;
  };
  const AcrossRebalances& across_rebalances(const std::string& consumer) const;

 private:
  using Offsets = std::map<TopicPartition, protocol::Offset>;

  void polled(std::string_view who, const protocol::events::Polled& event);
  void returned(std::string_view who, const protocol::events::Polled& event);
  // The position may have moved; `is_rebalance`: because the partition is somebody else's.
  void forget(std::string_view who, const TopicPartition& partition, bool is_rebalance);
  void forget_all(std::string_view who);
  // Records that stand between the two offsets and were never taken out of a log.
  std::vector<const RecordFate*> passed_over(const TopicPartition& partition, protocol::Offset from,
                                             protocol::Offset to) const;

  const Ledger& ledger_;
  // The last offset that a consumer got, where it still has the partition.
  std::map<std::string, Offsets, std::less<>> last_;
  // The same of partitions that it gave back or lost.
  std::map<std::string, Offsets, std::less<>> before_;
  std::map<std::string, AcrossRebalances> across_;
};

}  // namespace kafkasim::scenarios
