// The ledger: what became of every application record, and who led, owned and committed what, noted
// from the trace as it happens. It reads the trace and nothing else (and, once, the state in which
// the scenario begins). It judges nothing: anomalies.hpp and expect.hpp do.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/events.hpp"
#include "scenarios/engine/cause_notes.hpp"
#include "scenarios/engine/outcome.hpp"
#include "sim/trace.hpp"

namespace kafkasim::scenarios {

using RecordIndex = std::size_t;  // of Ledger::records()

enum class StepKind : std::uint8_t {
  sent,          // send() was called; more than once when the application sends again
  appended,      // by a leader
  copied,        // by a follower
  deduplicated,  // a leader knew it already
  replicated,    // the high watermark passed it
  acked,         // success; offset not set with acks=0
  retried,       // the producer queued it again after `error`
  failed,        // the application got `error`
  truncated,     // from a broker's log
  unflushed,     // a power loss took it from a broker's log
  cut,           // recovery after a crash did
  deleted,       // retention or a deletion did, as the topic's owner wanted
  compacted,     // the cleaner did
  polled,
  handled,
  unhandled,  // an attempt to handle it failed
  parked,     // written to a dead-letter topic instead
};

// One step of a record's life. Pointers are into the ledger and live as long.
struct Step {
  sim::Time time{};
  StepKind kind = StepKind::sent;
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::int32_t partition = -1;  // -1 = not known yet
  protocol::Offset offset;      // not set = none
  const std::string* who = nullptr;
};

struct RecordFate {
  protocol::RecordTag tag = 0;
  std::string name;
  std::string topic;
  protocol::Bytes key;
  const std::string* producer = nullptr;
  std::uint64_t send_order = 0;  // by first send() over all producers
  std::vector<Step> life;        // in order of time

  // The n-th (0-based) step of that kind; null when there are not so many.
  const Step* step(StepKind kind, std::size_t n = 0) const;
  std::size_t count(StepKind kind) const;
  bool was(StepKind kind) const { return step(kind) != nullptr; }
  const Step* last(StepKind kind) const;
  // Whose logs still hold it, as far as this life tells; each once.
  std::vector<const std::string*> holders() const;
};

struct Handling {
  sim::Time time{};
  RecordIndex record = 0;
  const std::string* who = nullptr;
  const std::string* group = nullptr;  // empty text = none
  TopicPartition partition;
  protocol::Offset offset;
  protocol::Offset committed;  // what the group had committed of the partition at that moment
  bool has_effect = true;      // it changed something outside Kafka
  const std::string* owner = nullptr;  // another member that owned the partition then; null = none
};

struct Failure {
  sim::Time time{};
  RecordIndex record = 0;
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string message;
};

struct ProducerNotes {
  std::vector<RecordIndex> acked;  // in order
  std::vector<Failure> failed;
};

struct Office {        // of a leader
  std::string leader;  // empty = nobody
  sim::Time since{};
  bool unclean = false;
};

struct PartitionNotes {
  std::map<protocol::LeaderEpoch, Office> offices;
  std::vector<int> isr;  // broker ids, ascending
  std::vector<protocol::RecordTag>
      replicated;  // by offset: what the high watermark passed there last; 0 = none
  std::vector<std::pair<sim::Time, protocol::Offset>> high_watermarks;  // moves, in order of time
};

struct Commit {
  sim::Time time{};
  protocol::Offset offset;
  std::string member_id;
  protocol::LeaderEpoch coordinator_epoch;
};

struct Generation {
  std::int32_t number = -1;
  sim::Time time{};
  bool by_epoch = false;  // consumer protocol: a round only if the group became stable in it
  Assignment members;     // instance -> what it owns, ascending
};

struct GroupNotes {
  std::map<TopicPartition, std::vector<Commit>> commits;
  std::vector<Generation> generations;
  std::set<std::int32_t> stable_in;  // generations or epochs, as the coordinator tells
  std::map<TopicPartition, const std::string*> owners;  // who was told last that it is its
  std::set<RecordIndex> parked;
};

struct Reset {
  sim::Time time{};
  std::string consumer;
  TopicPartition partition;
  protocol::Offset from;
  protocol::Offset to;
  std::string reason;
};

struct FailedCommit {
  sim::Time time{};
  std::string who;
  std::string group;
  protocol::ErrorCode error = protocol::ErrorCode::none;  // none = the client itself refused
  std::vector<std::pair<TopicPartition, protocol::Offset>> offsets;  // as it would have made them
};

struct FaultNote {
  sim::Time time{};
  std::string text;
};

struct FaultHappened;

class Ledger {
 public:
  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Who leads and which replicas are in sync when the scenario begins, for runs whose set-up leaves
  // no trace.
  void begin(const FinalState& state);
  // The observer. Register it with Trace::observe, or hand events to it in a test.
  void observe(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  template <class E>
  void note(sim::Time time, std::string_view who, const E& event) {
    observe(time, who, sim::TraceEvent(event));
  }

  const std::vector<RecordFate>& records() const { return records_; }  // in order of first mention
  // Null when no such record was mentioned.
  const RecordFate* record(protocol::RecordTag tag) const;
  const std::vector<Handling>& handlings() const { return handlings_; }  // in order of time
  const std::map<std::string, ProducerNotes>& producers() const { return producers_; }
  const std::map<TopicPartition, PartitionNotes>& partitions() const { return partitions_; }
  const std::map<std::string, GroupNotes>& groups() const { return groups_; }
  // Records that each broker cut off its logs, each once, in order.
  const std::map<std::string, std::vector<RecordIndex>>& truncated() const { return truncated_; }
  // Protocol errors that each client met, each once, in order of first appearance.
  const std::map<std::string, std::vector<protocol::ErrorCode>>& errors() const { return errors_; }
  const std::vector<Reset>& resets() const { return resets_; }
  const std::vector<FailedCommit>& failed_commits() const { return failed_commits_; }  // in order
  // When a topic of that name was last deleted; null when never.
  const sim::Time* deleted(const std::string& topic) const;
  const std::vector<FaultNote>& faults() const { return faults_; }
  // Brokers that halted because of their disk, in order of time; the text is the broker's name.
  const std::vector<FaultNote>& failed_disks() const { return failed_disks_; }

  // What causes are named from, in order of time.
  const std::vector<CauseNote>& cause_notes() const { return cause_notes_; }

  // Leaders in order of office; nobody is left out, and a leader that follows itself is listed
  // once.
  std::vector<std::string> leaders(const TopicPartition& partition) const;
  // The stable assignments of a group in turn, members without partitions left out, equal
  // neighbours once.
  std::vector<Assignment> assignments(const std::string& group) const;
  // The last fault that began at or before `time`; null when none did.
  const FaultNote* fault_before(sim::Time time) const;
  // The last committed offset; not set when there is none.
  protocol::Offset committed(const std::string& group, const TopicPartition& partition) const;

 private:
  const std::string* intern(std::string_view text);
  RecordIndex index_of(const protocol::Record& record, const std::string& topic);
  void add_step(RecordIndex record, const Step& step);
  void add_batch(const TopicPartition& partition, protocol::Offset base,
                 const protocol::BatchRef& batch, const Step& pattern);

  bool note_producer(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  bool note_log(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  bool note_cluster(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  bool note_group(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  bool note_consumer(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  void note_replicated(sim::Time time, std::string_view who,
                       const protocol::events::HighWatermarkMoved& event);
  bool note_removal(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  void note_removed(const TopicPartition& partition, const Step& step,
                    const std::vector<protocol::StoredBatch>& removed);
  void note_handled(sim::Time time, std::string_view who, const protocol::events::Handled& event);
  void note_not_handled(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  void note_assigned(std::string_view who, const protocol::events::PartitionsAssigned& event);
  void note_revoked(std::string_view who, const protocol::events::PartitionsRevoked& event);
  void note_joined(sim::Time time, std::string_view who, const protocol::events::Joined& event);
  void note_cause(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  void note_fault_cause(sim::Time time, const FaultHappened& fault);
  void note_coordinator(sim::Time time, std::string_view who,
                        const protocol::events::Elected& event);
  void note_internal_cut(sim::Time time, std::string_view who, const TopicPartition& partition);

  std::set<std::string, std::less<>> names_;  // stable homes of names
  std::vector<RecordFate> records_;
  std::unordered_map<protocol::RecordTag, RecordIndex> by_tag_;  // lookup only
  std::uint64_t sends_ = 0;
  std::vector<Handling> handlings_;
  std::map<std::string, ProducerNotes> producers_;
  std::map<TopicPartition, PartitionNotes> partitions_;
  std::map<std::string, GroupNotes> groups_;
  std::map<std::string, std::vector<RecordIndex>> truncated_;
  std::map<std::string, std::vector<protocol::ErrorCode>> errors_;
  std::vector<Reset> resets_;
  std::vector<FailedCommit> failed_commits_;
  std::vector<FaultNote> faults_;
  std::map<std::string, std::string, std::less<>> group_of_;  // of consumers that have joined
  std::map<std::string, sim::Time> deleted_;                  // topics
  std::vector<FaultNote> failed_disks_;
  std::vector<CauseNote> cause_notes_;
};

// Topics of Kafka's own ("__consumer_offsets"): nobody's experiment is about them.
bool is_internal(std::string_view topic);
// 2 of "broker-2"; -1 when the name is not a broker's.
int broker_number(std::string_view name);

}  // namespace kafkasim::scenarios
