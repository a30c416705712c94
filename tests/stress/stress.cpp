// What is a broken promise, and what Kafka never promised.
#include "tests/stress/stress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/run.hpp"

namespace kafkasim::stress {

using scenarios::Anomaly;
using scenarios::Finding;
using scenarios::Outcome;
using scenarios::PartitionState;
using scenarios::ReplicaState;

namespace {

bool is_idempotent(const scenarios::Scenario& scenario, const std::string& producer) {
  for (const scenarios::Producer& candidate : scenario.producers) {
    if (candidate.name == producer) return candidate.config.flag("enable.idempotence");
  }
  return false;
}

// Without idempotence a retry stores twice and overtakes. A leader that comes back after a crash or
// a power loss remembers only the last batch of each producer (so it is in the snapshots that
// recovery writes): an older retry is then out of order, and the producer begins a new epoch with
// it. Consumers handle again after a rebalance, and out of order what was stored so.
bool is_allowed(const scenarios::Scenario& scenario, const Finding& finding) {
  switch (finding.anomaly) {
    case Anomaly::duplicated:
    case Anomaly::reordered:
      return !is_idempotent(scenario, finding.whose) ||
             finding.cause.find("OUT_OF_ORDER_SEQUENCE_NUMBER") != std::string::npos;
    case Anomaly::handled_twice:
    case Anomaly::handled_out_of_order:
      return true;
    case Anomaly::lost:
    case Anomaly::skipped:
    case Anomaly::phantom:
    case Anomaly::aborted_visible:
    case Anomaly::torn:
    case Anomaly::stuck:
      return false;
  }
  return false;
}

bool same(const ReplicaState& a, const ReplicaState& b) {
  return a.log_end == b.log_end && a.high_watermark == b.high_watermark &&
         a.log.size() == b.log.size() &&
         std::equal(a.log.begin(), a.log.end(), b.log.begin(),
                    [](const protocol::StoredBatch& x, const protocol::StoredBatch& y) {
                      return x.base_offset == y.base_offset && x.leader_epoch == y.leader_epoch &&
                             x.batch == y.batch;
                    });
}

std::string replicas_differ(const PartitionState& partition) {
  const std::string name = to_string(partition.partition);
  if (partition.leader.empty()) return name + " has no leader at the end";
  for (const ReplicaState& replica : partition.replicas) {
    if (!replica.alive) return fmt::format("{} is down at the end", replica.broker);
    if (replica.high_watermark != replica.log_end) {
      return fmt::format("{} on {} is not replicated to its end", name, replica.broker);
    }
    if (!same(replica, partition.replicas.front()))
      return fmt::format("{} differs on {} and {}", name, replica.broker,
                         partition.replicas.front().broker);
  }
  if (partition.isr.size() != partition.replicas.size())
    return fmt::format("{} has only {} in sync at the end", name, partition.isr.size());
  return "";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find("\n  ")); }

}  // namespace

std::string judge(const Drawn& drawn, const Outcome& outcome) {
  if (!outcome.invariant.empty()) {
    std::string line = first_line(outcome.invariant);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
  }
  for (const scenarios::ExpectationResult& result : outcome.expectations) {
    if (result.key == "set-up") return "set-up: " + result.got;
  }
  for (const Finding& finding : outcome.findings) {
    if (is_allowed(drawn.scenario, finding)) continue;
    return fmt::format("{} is {}: {}", finding.record, to_string(finding.anomaly), finding.cause);
  }
  if (outcome.ended_because != "nothing was left to do")
    return fmt::format("not at rest after {} s", scenarios::seconds(sim::zero + outcome.duration));
  if (outcome.duration > drawn.faults_end + rest_limit)
    return fmt::format("at rest only after {} s", scenarios::seconds(sim::zero + outcome.duration));
  for (const PartitionState& partition : outcome.state.partitions) {
    if (std::string difference = replicas_differ(partition); !difference.empty()) return difference;
  }
  for (const scenarios::GroupState& group : outcome.state.groups) {
    for (const PartitionState& partition : outcome.state.partitions) {
      const auto committed = group.committed.find(partition.partition);
      const auto reached =
          committed == group.committed.end() ? protocol::Offset(0) : committed->second;
      if (group.members_alive == 0 || reached == partition.replicas.front().log_end) continue;
      return fmt::format("{} lags behind {} at the end: it has committed {} of {}", group.name,
                         to_string(partition.partition), reached.value(),
                         partition.replicas.front().log_end.value());
    }
  }
  return "";
}

Result run(const Drawn& drawn, const broker::Mutations& mutations) {
  scenarios::RunOptions options;
  options.file = "stress.yaml";
  options.mutations = mutations;
  Result result;
  result.outcome = scenarios::run(drawn.scenario, options).outcome;
  result.failure = judge(drawn, result.outcome);
  return result;
}

}  // namespace kafkasim::stress
