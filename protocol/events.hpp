// What the parts of the cluster and its clients report to the trace, in Kafka's words. Each event
// has a name (that of its trigger in scenario files where it has one) and says itself in one line.
// The ledger, expectations and reports read these and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::protocol::events {

// ---- producers; the trace's "who" is the producer ----
struct Sent {  // send() was called
  static constexpr std::string_view name = "sent";
  std::string topic;
  Record record;
  void describe(std::string& out) const;
};
struct Acked {  // the producer heard success; offsets are -1 with acks=0
  static constexpr std::string_view name = "acked";
  TopicPartition partition;
  Offset base_offset;
  BatchRef batch;              // all records of it, in order
  bool expects_offset = true;  // false with acks=0
  void describe(std::string& out) const;
};
struct Failed {  // the application got an error for this record
  static constexpr std::string_view name = "failed";
  std::string topic;
  std::int32_t partition = -1;  // -1 = none was chosen
  Record record;
  ErrorCode error = ErrorCode::none;
  std::string message;        // the exception's text
  bool maybe_stored = false;  // it may be in the log all the same
  void describe(std::string& out) const;
};
struct Retried {  // a batch goes back to the queue after an error
  static constexpr std::string_view name = "retried";
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  std::int32_t attempts = 0;
  BatchRef batch;
  void describe(std::string& out) const;
};
struct MetError {  // a client met a protocol error (each time)
  static constexpr std::string_view name = "error";
  std::string request;  // "Produce"
  ErrorCode error = ErrorCode::none;
  void describe(std::string& out) const;
};
struct ProducerIdAssigned {
  static constexpr std::string_view name = "producer-id";
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  void describe(std::string& out) const;
};

// ---- brokers; "who" is the broker ----
struct Appended {  // to the leader's log (not a follower's)
  static constexpr std::string_view name = "appended";
  TopicPartition partition;
  StoredBatch stored;
  void describe(std::string& out) const;
};
struct Copied {  // appended to a follower's log
  static constexpr std::string_view name = "copied";
  TopicPartition partition;
  StoredBatch stored;
  void describe(std::string& out) const;
};
struct Deduplicated {  // a batch whose sequence was in the log already: answered with success,
                       // nothing appended
  static constexpr std::string_view name = "deduplicated";
  TopicPartition partition;
  Offset base_offset;
  BatchRef batch;
  void describe(std::string& out) const;
};
struct Throttled {  // a client is over its quota: its connection is not read for that long
  static constexpr std::string_view name = "throttled";
  std::string client_id;
  std::int64_t milliseconds = 0;
  void describe(std::string& out) const;
};
struct HighWatermarkMoved {  // at the leader; records below `to` are replicated
  static constexpr std::string_view name = "replicated";
  TopicPartition partition;
  Offset from;
  Offset to;
  std::vector<StoredBatch> records;  // those that crossed it, batches of [from, to)
  void describe(std::string& out) const;
};
struct Truncated {
  static constexpr std::string_view name = "truncated";
  TopicPartition partition;
  Offset to;  // the new log end offset
  std::vector<StoredBatch> removed;
  void describe(std::string& out) const;
};
struct UnflushedLost {  // a power loss took what was in the page cache only
  static constexpr std::string_view name = "unflushed-lost";
  TopicPartition partition;
  Offset to;  // the new log end offset
  std::vector<StoredBatch> removed;
  void describe(std::string& out) const;
};
struct RecoveryCut {  // recovery after an unclean stop found an invalid batch
  static constexpr std::string_view name = "recovery-cut";
  TopicPartition partition;
  Offset to;  // the new log end offset
  std::vector<StoredBatch> removed;
  void describe(std::string& out) const;
};
struct RecordsDeleted {  // as the topic's owner wanted: retention, DeleteRecords
  static constexpr std::string_view name = "records-deleted";
  TopicPartition partition;
  Offset new_start;
  std::string reason;
  std::vector<StoredBatch> removed;
  void describe(std::string& out) const;
};
struct Compacted {  // the cleaner went over a log
  static constexpr std::string_view name = "compacted";
  TopicPartition partition;
  Offset clean_until;
  std::int64_t bytes_before = 0;
  std::int64_t bytes_after = 0;
  std::vector<StoredBatch> removed;  // the records that went, and no others, at their offsets
  void describe(std::string& out) const;
};
struct LogDirFailed {  // the disk refused something: the broker halts
  static constexpr std::string_view name = "log-dir-failed";
  std::string reason;
  void describe(std::string& out) const;
};
struct BecameLeader {
  static constexpr std::string_view name = "leader";
  TopicPartition partition;
  LeaderEpoch leader_epoch;
  Offset log_end_offset;
  void describe(std::string& out) const;
};
struct BecameFollower {
  static constexpr std::string_view name = "follower";
  TopicPartition partition;
  LeaderEpoch leader_epoch;
  BrokerId leader;  // not set = none
  void describe(std::string& out) const;
};
struct BrokerStarted {  // unfenced: takes part again
  static constexpr std::string_view name = "started";
  BrokerEpoch broker_epoch;
  void describe(std::string& out) const;
};

// ---- the controller; "who" is the controller ----
struct Elected {
  static constexpr std::string_view name = "elected";
  TopicPartition partition;
  BrokerId leader;  // not set = nobody could be
  LeaderEpoch leader_epoch;
  bool unclean = false;
  void describe(std::string& out) const;
};
struct IsrChanged {  // committed by the controller
  static constexpr std::string_view name = "isr";
  TopicPartition partition;
  std::vector<BrokerId> isr;
  void describe(std::string& out) const;
};
struct EligibleLeadersChanged {  // likewise; outside the ISR, but with all that was replicated
  static constexpr std::string_view name = "elr";
  TopicPartition partition;
  std::vector<BrokerId> elr;
  void describe(std::string& out) const;
};
struct BrokerFenced {
  static constexpr std::string_view name = "fenced";
  BrokerId broker;
  void describe(std::string& out) const;
};
struct BrokerUnfenced {
  static constexpr std::string_view name = "unfenced";
  BrokerId broker;
  void describe(std::string& out) const;
};
struct BrokerRegistered {
  static constexpr std::string_view name = "registered";
  BrokerId broker;
  BrokerEpoch broker_epoch;
  void describe(std::string& out) const;
};
struct TopicCreated {
  static constexpr std::string_view name = "created";
  std::string topic;
  std::int32_t partitions = 0;
  void describe(std::string& out) const;
};

struct ControllerElected {  // the one who reports it is the active controller from now on
  static constexpr std::string_view name = "controller";
  LeaderEpoch epoch;  // of the controller quorum
  void describe(std::string& out) const;
};
struct ControllerResigned {  // was the active controller and learnt that it is not any more
  static constexpr std::string_view name = "controller-resigned";
  LeaderEpoch epoch;  // the one that it led
  void describe(std::string& out) const;
};
struct TopicDeleted {
  static constexpr std::string_view name = "deleted";
  std::string topic;
  void describe(std::string& out) const;
};
struct PartitionsAdded {
  static constexpr std::string_view name = "grown";
  std::string topic;
  std::int32_t from = 0;
  std::int32_t to = 0;  // partitions now
  void describe(std::string& out) const;
};
struct ReassignmentChanged {  // a partition moves, or has arrived, or was taken back
  static constexpr std::string_view name = "reassigned";
  TopicPartition partition;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> adding;  // both empty: no move is under way any more
  std::vector<BrokerId> removing;
  void describe(std::string& out) const;
};
struct ConfigChanged {
  static constexpr std::string_view name = "config";
  std::string of;  // "orders", "broker-1", "all brokers"
  std::string setting;
  bool is_set = true;  // false: back to the default
  std::string value;
  void describe(std::string& out) const;
};

// ---- administrators; "who" is the admin client, or the broker whose log begins later ----
struct LogStartRaised {  // at the leader; `from` is the log start before
  static constexpr std::string_view name = "log-start";
  TopicPartition partition;
  Offset from;
  Offset to;
  void describe(std::string& out) const;
};
struct AdminDone {
  static constexpr std::string_view name = "admin-done";
  std::string request;  // in words: "delete topic orders"
  void describe(std::string& out) const;
};
struct AdminFailed {
  static constexpr std::string_view name = "admin-failed";
  std::string request;
  ErrorCode error = ErrorCode::none;
  std::string message;  // may be empty
  void describe(std::string& out) const;
};

// ---- groups; "who" is the coordinator's broker ----
struct GroupStateChanged {
  static constexpr std::string_view name = "group";
  std::string group;
  // Empty, PreparingRebalance, CompletingRebalance, Stable, Dead; of a group of the consumer
  // protocol: Empty, Assigning, Reconciling, Stable, Dead, and its epoch for the generation.
  std::string state;
  std::int32_t generation = -1;
  std::string reason;
  void describe(std::string& out) const;
};
struct OffsetCommitted {  // replicated: below the high watermark of its partition of the offsets
                          // topic
  static constexpr std::string_view name = "committed";
  std::string group;
  TopicPartition partition;
  Offset offset;
  std::string member_id;
  // Of that partition: what a deposed coordinator tells late is old.
  LeaderEpoch coordinator_epoch{};
  void describe(std::string& out) const;
};

// ---- consumers; "who" is the consumer instance ----
struct Joined {  // has a generation and an assignment
  static constexpr std::string_view name = "joined";
  std::string group;
  std::int32_t generation = -1;
  std::vector<TopicPartition> assigned;  // everything it now owns
  bool by_epoch = false;                 // consumer protocol: the generation is its member epoch
  std::string member_id{};               // by which the coordinator knows it
  void describe(std::string& out) const;
};
struct MemberFenced {  // consumer protocol: the coordinator does not know it, or not in this epoch
  static constexpr std::string_view name = "fenced";
  std::string group;
  std::int32_t member_epoch = 0;
  ErrorCode error = ErrorCode::none;
  void describe(std::string& out) const;
};
struct PartitionsAssigned {
  static constexpr std::string_view name = "assigned";
  std::vector<TopicPartition> partitions;
  void describe(std::string& out) const;
};
struct PartitionsRevoked {
  static constexpr std::string_view name = "revoked";
  std::vector<TopicPartition> partitions;
  bool lost = false;
  void describe(std::string& out) const;
};
struct LeftGroup {
  static constexpr std::string_view name = "left";
  std::string group;
  std::string reason;
  void describe(std::string& out) const;
};
struct PositionReset {  // by auto.offset.reset, after truncation, or a seek
  static constexpr std::string_view name = "reset";
  TopicPartition partition;
  Offset from;  // not set = there was none
  Offset to;
  std::string reason;
  void describe(std::string& out) const;
};
struct Polled {  // handed to the application by poll()
  static constexpr std::string_view name = "polled";
  TopicPartition partition;
  Offset offset;
  Record record;
  void describe(std::string& out) const;
};
struct Handled {  // the application finished with it
  static constexpr std::string_view name = "handled";
  std::string group;  // empty = none
  TopicPartition partition;
  Offset offset;
  Record record;
  // False: outside Kafka nothing changed, as it was there already (upsert).
  bool has_effect = true;
  void describe(std::string& out) const;
};
struct HandlingFailed {  // an attempt to handle it failed
  static constexpr std::string_view name = "handling-failed";
  std::string group;  // empty = none
  TopicPartition partition;
  Offset offset;
  Record record;
  int attempt = 1;   // counted over the life of the group
  std::string then;  // what the application does now: "tries again", "skips it"
  void describe(std::string& out) const;
};
struct Parked {  // it was written to a dead-letter topic in place of being handled
  static constexpr std::string_view name = "parked";
  std::string group;  // empty = none
  TopicPartition partition;
  Offset offset;
  Record record;
  std::string topic;  // where it lies now
  void describe(std::string& out) const;
};
struct FetchingPaused {  // the application paused these partitions, as its queue is full
  static constexpr std::string_view name = "fetching-paused";
  std::vector<TopicPartition> partitions;
  std::size_t queued = 0;  // records that wait for a worker
  void describe(std::string& out) const;
};
struct FetchingResumed {
  static constexpr std::string_view name = "fetching-resumed";
  std::vector<TopicPartition> partitions;
  std::size_t queued = 0;
  void describe(std::string& out) const;
};
struct QueueDropped {  // polled records that wait for a worker are thrown away
  static constexpr std::string_view name = "queue-dropped";
  std::vector<TopicPartition> partitions;
  std::size_t records = 0;
  std::string reason;
  void describe(std::string& out) const;
};
struct CommitFailed {
  static constexpr std::string_view name = "commit-failed";
  std::string group;
  ErrorCode error = ErrorCode::none;
  std::string message;
  std::vector<std::pair<TopicPartition, Offset>> offsets{};  // what it would have committed
  void describe(std::string& out) const;
};

}  // namespace kafkasim::protocol::events
