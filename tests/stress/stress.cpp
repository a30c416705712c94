// What is a broken promise, and what Kafka never promised.
#include "tests/stress/stress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "scenarios/engine/causes.hpp"
#include "scenarios/engine/run.hpp"

namespace kafkasim::stress {

using scenarios::Anomaly;
using scenarios::Finding;
using scenarios::Outcome;
using scenarios::PartitionState;
using scenarios::ReplicaState;

namespace {

const scenarios::Producer* find(const scenarios::Scenario& scenario, const std::string& name) {
  for (const scenarios::Producer& candidate : scenario.producers) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

bool met_out_of_order(const Outcome& outcome, const std::string& producer) {
  return std::any_of(outcome.timeline.entries.begin(), outcome.timeline.entries.end(),
                     [&](const scenarios::TimelineEntry& entry) {
                       return entry.who == producer &&
                              entry.text.find("OUT_OF_ORDER_SEQUENCE") != std::string::npos;
                     });
}

// What Kafka promises a producer about duplicates and order. Without idempotence: nothing, a retry
// stores twice and overtakes. With it all, as long as a leader remembers the batch that is sent
// again, which is not so in two cases. A leader that comes back after a crash remembers the last
// batch of each producer only (so it is in the snapshots that recovery writes). And after a change
// of leaders more than five batches may be under way, five to each leader, of which only five are
// remembered. In both cases the old batch is answered with OUT_OF_ORDER_SEQUENCE_NUMBER, and the
// producer begins a new epoch sooner or later.
bool keeps_order(const scenarios::Scenario& scenario, const Outcome& outcome,
                 const std::string& producer) {
  const scenarios::Producer* const found = find(scenario, producer);
  if (found == nullptr || !found->config.flag("enable.idempotence")) return false;
  return !met_out_of_order(outcome, producer);
}

// Between the two halves of a cooperative rebalance some partitions are nobody's. A member with an
// instance id that was to give them back and restarts just then gets its old assignment, and no
// second half follows: they wait for the next rebalance, whenever that is. So do partitions that
// were added while a leader with an instance id was away.
bool may_stay_withheld(const Outcome& outcome, const std::string& group,
                       const protocol::TopicPartition& partition) {
  return std::any_of(outcome.withheld.begin(), outcome.withheld.end(),
                     [&](const scenarios::Withheld& withheld) {
                       return withheld.group == group && withheld.partition == partition;
                     });
}

// Who commits what it has not handled yet loses it when it ends between the two.
bool commits_ahead(const scenarios::Scenario& scenario, const std::string& group) {
  return std::any_of(scenario.consumers.begin(), scenario.consumers.end(),
                     [&](const scenarios::Consumer& consumer) {
                       return consumer.group == group &&
                              consumer.commits == scenarios::Commits::before_handling;
                     });
}

// Consumers handle again after a rebalance, and out of order what was stored so.
bool is_allowed(const scenarios::Scenario& scenario, const Outcome& outcome,
                const Finding& finding) {
  switch (finding.anomaly) {
    case Anomaly::duplicated:
    case Anomaly::reordered:
      return !keeps_order(scenario, outcome, finding.whose);
    case Anomaly::handled_twice:
    case Anomaly::handled_out_of_order:
    case Anomaly::effect_twice:
    case Anomaly::two_owners:
      return true;
    case Anomaly::skipped:
      return commits_ahead(scenario, finding.whose);
    case Anomaly::lost:
    case Anomaly::phantom:
    case Anomaly::aborted_visible:
    case Anomaly::torn:
      return false;
    case Anomaly::stuck:
      return may_stay_withheld(outcome, finding.whose, finding.partition);
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

// The groups that live: each partition of their topics has one owner, and it is a live member that
// reads the topic.
std::string badly_owned(const Drawn& drawn, const Outcome& outcome) {
  const scenarios::FinalState& state = outcome.state;
  std::map<std::pair<std::string, protocol::TopicPartition>, std::string> owners;
  std::map<std::string, std::set<std::string>> topics;  // of live members, by group
  for (const scenarios::Consumer& spec : drawn.scenario.consumers) {
    const scenarios::ConsumerState* const consumer = state.consumer(spec.name);
    if (consumer == nullptr || !consumer->alive || !spec.group) continue;
    topics[*spec.group].insert(spec.reads.begin(), spec.reads.end());
    for (const protocol::TopicPartition& partition : consumer->owned) {
      const auto [owner, fresh] = owners.emplace(std::pair(*spec.group, partition), spec.name);
      if (!fresh) {
        return fmt::format("{} is owned by {} and by {} at the end", to_string(partition),
                           owner->second, spec.name);
      }
      if (std::find(spec.reads.begin(), spec.reads.end(), partition.topic) == spec.reads.end())
        return fmt::format("{} is owned by {}, which does not read it", to_string(partition),
                           spec.name);
    }
  }
  for (const auto& [group, read] : topics) {
    for (const PartitionState& partition : state.partitions) {
      if (!read.contains(partition.partition.topic)) continue;
      if (owners.contains({group, partition.partition})) continue;
      if (may_stay_withheld(outcome, group, partition.partition)) continue;
      return fmt::format("{} has no owner at the end", to_string(partition.partition));
    }
  }
  return "";
}

// An asynchronous commit is never tried again, whatever became of it.
bool tries_once(const scenarios::Scenario& scenario, const std::string& consumer) {
  return std::any_of(
      scenario.consumers.begin(), scenario.consumers.end(), [&](const scenarios::Consumer& spec) {
        const bool is_async = spec.commits == scenarios::Commits::after_handling_async ||
                              (spec.commits == scenarios::Commits::after_each && spec.workers);
        return spec.name == consumer && is_async;
      });
}

// A commit that a rebalance refuses is not repeated by the application: whoever keeps the partition
// commits with the next records, if there are some. Nor does it know of one that was carried out
// late.
bool was_refused(const scenarios::Scenario& scenario, const Outcome& outcome,
                 const std::string& group, const PartitionState& partition) {
  return std::any_of(
      outcome.commit_gaps.begin(), outcome.commit_gaps.end(), [&](const scenarios::CommitGap& gap) {
        const bool by_rebalance = gap.error == protocol::ErrorCode::rebalance_in_progress ||
                                  gap.error == protocol::ErrorCode::stale_member_epoch;
        const bool is_excused = by_rebalance || gap.was_overtaken || tries_once(scenario, gap.who);
        return is_excused && gap.group == group && gap.partition == partition.partition &&
               gap.tried == partition.replicas.front().log_end;
      });
}

std::string badly_committed(const scenarios::Scenario& scenario, const Outcome& outcome) {
  for (const scenarios::GroupState& group : outcome.state.groups) {
    if (group.members_alive == 0) continue;
    for (const PartitionState& partition : outcome.state.partitions) {
      const auto committed = group.committed.find(partition.partition);
      const auto reached =
          committed == group.committed.end() ? protocol::Offset(0) : committed->second;
      const protocol::Offset end = partition.replicas.front().log_end;
      if (reached == end || was_refused(scenario, outcome, group.name, partition)) continue;
      if (may_stay_withheld(outcome, group.name, partition.partition)) continue;
      return fmt::format("{} lags behind {} at the end: it has committed {} of {}", group.name,
                         to_string(partition.partition), reached.value(), end.value());
    }
  }
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
    if (scenarios::lacks_cause(finding)) {
      return fmt::format("{} is {} without a cause: {}", finding.record, to_string(finding.anomaly),
                         finding.cause);
    }
    if (is_allowed(drawn.scenario, outcome, finding)) continue;
    return fmt::format("{} is {}: {}", finding.record, to_string(finding.anomaly), finding.cause);
  }
  if (outcome.ended_because != "nothing was left to do")
    return fmt::format("not at rest after {} s", scenarios::seconds(sim::zero + outcome.duration));
  if (outcome.duration > drawn.faults_end + rest_limit)
    return fmt::format("at rest only after {} s", scenarios::seconds(sim::zero + outcome.duration));
  for (const PartitionState& partition : outcome.state.partitions) {
    if (std::string difference = replicas_differ(partition); !difference.empty()) return difference;
  }
  if (std::string problem = badly_owned(drawn, outcome); !problem.empty()) return problem;
  return badly_committed(drawn.scenario, outcome);
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
