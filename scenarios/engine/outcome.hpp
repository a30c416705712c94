// What one run of one variant came to, as plain data: the state at its end, the anomalies, each
// expectation with its answer, the timeline. Reports print it and the command line maps it to an
// exit code; nothing here decides anything.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/metrics.hpp"
#include "producer/metrics.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"
#include "scenarios/engine/group_table.hpp"
#include "scenarios/engine/scenario.hpp"
#include "sim/time.hpp"

namespace kafkasim::scenarios {

// ---- the state of the world, filled in by the runner at the end (and at the time of each check)
// ----

struct ReplicaState {
  std::string broker;  // "broker-1"
  bool alive = true;
  protocol::LeaderEpoch leader_epoch;  // the newest that it knows
  protocol::Offset log_start{0};
  protocol::Offset log_end{0};             // the offset of the next record
  protocol::Offset high_watermark{0};      // its own idea of it
  std::vector<protocol::StoredBatch> log;  // all of it, in order of offsets
};

struct PartitionState {
  TopicPartition partition;
  std::string leader;  // by the controller's word; empty = none
  protocol::LeaderEpoch leader_epoch;
  std::vector<int> isr;                // broker ids, ascending; by the controller's word
  std::vector<int> elr;                // likewise: eligible leader replicas
  std::vector<ReplicaState> replicas;  // in the order of the assignment
};

struct GroupState {
  std::string name;
  int members_alive = 0;            // members whose process lives
  std::vector<std::string> topics;  // those that its members subscribe to
  std::map<TopicPartition, protocol::Offset> committed;
  bool committed_is_whole = false;  // for what is not in it nothing is committed
};

struct ConsumerState {
  std::string name;   // the instance: "billing-1"
  std::string group;  // empty = none
  bool alive = true;
  std::vector<TopicPartition> owned;
  std::map<TopicPartition, protocol::Offset> positions;
  consumer::MetricsSnapshot metrics{};
  // Over all of the run, across rebalances: what it got again from poll(), and what it never got as
  // others moved on meanwhile; names of records in the order of its polls.
  std::vector<std::string> polled_again{};
  std::vector<std::string> poll_skipped{};
};

struct ProducerState {
  std::string name;
  bool alive = true;
  producer::MetricsSnapshot metrics;
};

struct ControllerState {
  std::string name;  // "controller-1"
  bool alive = true;
  bool active = false;                 // by its own word
  protocol::LeaderEpoch epoch;         // of the quorum, as it knows
  protocol::Offset log_end{0};         // of the metadata log
  protocol::Offset high_watermark{0};  // as it knows; 0 = it does not
};

// Of user topics only: a partition that was deleted is not there. All controllers, producers,
// groups and consumers of the scenario are, also those that never started.
struct FinalState {
  sim::Time at{};
  std::vector<PartitionState> partitions;  // ascending
  std::vector<ControllerState> controllers;
  std::vector<ProducerState> producers;
  std::vector<GroupState> groups;
  std::vector<ConsumerState> consumers;
  GroupTables tables{};  // as coordinators have them

  const PartitionState* find(
      const TopicPartition& partition) const;  // null when there is none, as below
  const GroupState* group(std::string_view name) const;
  const ConsumerState* consumer(std::string_view name) const;
  const ProducerState* producer(std::string_view name) const;
};

// The replica whose log counts as the partition's: the leader's, dead or alive. Without a leader:
// the one whose log ends in the newest leader epoch, of these the longest, of equals the first of
// the assignment (the most complete log that is left). Null when there are no replicas.
const ReplicaState* deciding_replica(const PartitionState& partition);

// ---- what was found ----

// One record that an anomaly befell.
struct Finding {
  Anomaly anomaly = Anomaly::lost;
  std::string record;
  protocol::RecordTag tag = 0;
  std::string whose;  // the producer (lost, duplicated, reordered), the group, or the consumer that
                      // has none
  TopicPartition partition;
  std::vector<protocol::Offset> offsets;  // where it is or was, as far as known
  std::vector<sim::Time> times;           // of the happenings that the cause speaks of, ascending
  std::string cause;                      // one sentence
  bool expected = false;                  // named by the scenario
  std::string
      because;  // what the trace has as cause, of causes.hpp's anomalies; empty = none found
};

// A partition of which its group stays behind, as the last commit of its owner failed.
struct CommitGap {
  std::string group;
  TopicPartition partition;
  std::string who;                                        // the owner
  sim::Time failed{};                                     // when
  protocol::ErrorCode error = protocol::ErrorCode::none;  // none = the client itself refused
  protocol::Offset tried;
  protocol::Offset committed;  // not set = nothing
  // True: `tried` was committed, and the coordinator carried the failed one, which had reached it
  // on a connection that broke, out after it.
  bool was_overtaken = false;
};

// A partition that a classic group leaves to nobody, as a member came back under its
// group.instance.id to the assignment of before and asked for no rebalance.
struct Withheld {
  std::string group;
  TopicPartition partition;
  std::string who;
  std::int32_t generation = -1;  // that of the assignment
  sim::Time came_back{};
  // True: the partition was added meanwhile, and who came back leads the group. False: who came
  // back was to give it back, and then ask for the second half of a cooperative rebalance.
  bool is_new = false;
};

struct ExpectationResult {
  std::string key;  // "log orders-0", "duplicated", "lag billing at 3s"
  bool met = false;
  std::string expected;
  std::string got;
  Position position;
};

// ---- what happened ----

enum class Weight : std::uint8_t { routine, notable, trouble, fault };

// One line of the story.
struct TimelineEntry {
  sim::Time time{};
  Weight weight = Weight::routine;
  std::string who;
  std::string text;
};

struct TimelineText {
  std::vector<TimelineEntry> entries;
  std::uint64_t left_out = 0;  // lines that were not even kept
};

// ---- the whole ----

enum class Verdict : std::uint8_t { as_expected, not_as_expected, invariant_broken };

struct Outcome {
  std::string scenario;
  std::string variant;  // empty: the experiment itself
  std::string file;
  std::uint64_t seed = 1;
  std::string question;
  std::string answer;
  TimelineText timeline;
  FinalState state;
  std::vector<GroupTables> tables;  // of groups, at the time of each check; those at the end: state
  std::vector<ExpectationResult> expectations;
  std::vector<Finding> findings;
  std::vector<CommitGap> commit_gaps;
  std::vector<Withheld> withheld;
  std::string invariant;  // what broke, with the last lines of the trace; empty = nothing
  Verdict verdict = Verdict::as_expected;
  std::uint64_t trace_hash = 0;
  std::uint64_t trace_lines = 0;
  std::uint64_t events_run = 0;
  sim::Duration duration{};        // virtual
  std::string ended_because;       // "nothing was left to do", "its time limit"; may be empty
  std::vector<std::string> notes;  // besides: "event 3 never happened"; no part of the verdict
};

// 0 as expected, 1 an expectation failed (an unexpected anomaly is one), 3 an invariant broke.
int exit_code(Verdict verdict);
// "as expected", "NOT as expected", "an invariant broke".
std::string_view to_string(Verdict verdict);
// The command that runs exactly this again.
std::string reproduce_line(const Outcome& outcome);
// "10.001" seconds, for people.
std::string seconds(sim::Time time);

}  // namespace kafkasim::scenarios
