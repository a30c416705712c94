// One replica of one partition on one broker: leader, follower or neither. Decides in plain
// functions; what follows from a decision for others (a moved high watermark, a proposal to the
// controller) comes back as data. The leader's side is in partition.cpp and partition_isr.cpp,
// reading in partition_read.cpp, the follower's in partition_follower.cpp. Left out: quotas.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/log.hpp"
#include "broker/metadata_image.hpp"
#include "broker/mutations.hpp"
#include "broker/replica_selector.hpp"
#include "broker/replica_state.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/data_messages.hpp"
#include "sim/time.hpp"

namespace kafkasim::broker {

class ReplicaWatch;

enum class Role { none, leader, follower };

struct HighWatermarkMove {
  protocol::Offset from;
  protocol::Offset to;
};

// A change of the ISR that the controller is asked for. `number` tells apart two proposals of one
// partition.
struct IsrProposal {
  std::uint64_t number = 0;
  protocol::AlterPartitionItem item;
};

// What a decision means for others.
struct Effects {
  std::optional<HighWatermarkMove> high_watermark;  // the leader's moved
  std::optional<IsrProposal> proposal;              // to be sent
};

struct LeaderAppend {
  AppendResult result;
  Effects effects;
};

// Who reads, and how much.
struct ReadParams {
  protocol::BrokerId replica_id;  // not set = a consumer
  protocol::BrokerEpoch replica_epoch;
  protocol::IsolationLevel isolation = protocol::IsolationLevel::read_uncommitted;
  std::int64_t max_bytes = 0;
  bool min_one = false;        // at least one batch, however large
  std::string rack;            // of a consumer; empty = none
  bool note_position = false;  // a follower's fetch tells where its log ends; only when it arrives,
                               // not when it is over

  bool is_follower() const { return replica_id.is_set(); }
};

struct PartitionRead {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  protocol::Offset high_watermark;  // all three as they were before this fetch was noted
  protocol::Offset last_stable_offset;
  protocol::Offset log_start_offset;
  std::optional<protocol::EpochEndOffset> diverging_epoch;
  std::vector<protocol::StoredBatch> records;
  std::vector<protocol::AbortedTransaction> aborted_transactions;
  std::int64_t bytes = 0;
  Effects effects;
};

struct OffsetLookup {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::optional<TimestampedOffset> found;
};

// Where a follower cuts its log, and whether it then agrees with the leader as far as it goes.
struct OffsetTruncation {
  protocol::Offset offset;
  bool complete = true;
};

class Partition {
 public:
  // `image`: the brokers as this one knows them. It and `storage` outlive the partition.
  Partition(protocol::TopicPartition id, protocol::BrokerId local, LogStorage& storage,
            LogConfig config, const MetadataImage& image, sim::Duration replica_lag_time_max,
            std::int64_t now_ms);

  // Whom to tell of changes, and which guards are off. Requires: both outlive it.
  void inspect(ReplicaWatch* watch, const Mutations& mutations);

  const protocol::TopicPartition& id() const { return id_; }
  Role role() const { return role_; }
  bool is_leader() const { return role_ == Role::leader; }
  protocol::BrokerId leader() const { return leader_; }
  protocol::LeaderEpoch leader_epoch() const { return leader_epoch_; }
  protocol::PartitionEpoch partition_epoch() const { return partition_epoch_; }
  const Log& log() const { return log_; }
  Log& log() { return log_; }
  // As committed by the controller; known to the leader only.
  const std::vector<protocol::BrokerId>& isr() const { return isr_; }
  // The ISR plus who is being added: all of them hold back the high watermark.
  std::vector<protocol::BrokerId> maximal_isr() const;
  std::int32_t effective_min_isr() const;
  bool has_pending_proposal() const { return pending_.has_value(); }
  std::uint64_t proposals_made() const { return proposals_made_; }
  // Who is being let into the ISR; not set = nobody.
  protocol::BrokerId joining() const { return pending_ ? pending_->joining : protocol::BrokerId(); }
  // Where another replica's log ends as the leader knows it; not set = it has not fetched yet.
  protocol::Offset end_of(protocol::BrokerId replica) const;
  // Of the own leadership; not set while not leading.
  protocol::Offset epoch_start_offset() const { return epoch_start_offset_; }
  // "leader=2 epoch=1 isr=2,3 log=A,B hw=1"
  std::string describe() const;

  // ---- from metadata. An older partition epoch than known changes nothing. ----
  struct LeaderChange {
    bool is_new_epoch = false;  // false also when nothing was done
    Effects effects;
  };
  LeaderChange make_leader(const PartitionRegistration& registration, protocol::Uuid topic_id,
                           sim::Time now);
  // True when the leader epoch is new: fetching starts over.
  bool make_follower(const PartitionRegistration& registration);

  // ---- leader ----
  // With `awaits_disk`, or where the log asks to be flushed now, the high watermark does not move
  // before settle_append().
  LeaderAppend append_as_leader(const protocol::BatchRef& batch, protocol::Acks acks,
                                AppendOrigin origin, sim::Time now, std::int64_t now_ms,
                                bool awaits_disk = false);
  // The disk is done with an append; `flushed_to`: it has everything below that.
  Effects settle_append(std::optional<protocol::Offset> flushed_to, sim::Time now);
  // Is everything below `next_offset` replicated as acks=all demands? None: not yet.
  std::optional<protocol::ErrorCode> replication_outcome(protocol::Offset next_offset) const;
  // Proposes to remove followers that have not been caught up for too long.
  Effects maybe_shrink_isr(protocol::BrokerEpoch local_epoch, sim::Time now);
  // The answer to a proposal. Answers to proposals that are no longer pending are ignored. On
  // errors that may pass the same proposal comes back to be sent again.
  Effects on_alter_partition(const IsrProposal& proposal,
                             const protocol::AlterPartitionItemResponse& response, sim::Time now);

  // ---- deleting records: partition_delete.cpp ----
  // The log begins at `before` (not set = at the high watermark) from now on; `target` gets that
  // offset. NOT_LEADER_OR_FOLLOWER, POLICY_VIOLATION where the topic is only compacted,
  // OFFSET_OUT_OF_RANGE beyond the high watermark.
  protocol::ErrorCode delete_records(protocol::Offset before, protocol::Offset& target);
  // Where the log begins at the latest on every live replica; not set = one has not fetched yet.
  protocol::Offset low_watermark() const;

  // ---- reading: leader and follower ----
  // `local_epoch` goes into a proposal that this fetch may cause.
  PartitionRead read(const protocol::FetchPartition& fetch, const ReadParams& params,
                     protocol::BrokerEpoch local_epoch, sim::Time now);
  // The offsets that a read would name, without reading.
  PartitionRead marks(protocol::LeaderEpoch current_leader_epoch) const;
  // Of a leader: followers that may serve a consumer at `offset` in its place, being in sync,
  // unfenced and having it, as far as the leader knows.
  std::vector<ReadableReplica> readable_followers(protocol::Offset offset) const;
  // How much a parked fetch would get now, counted up to `enough`; an error where it should be
  // answered at once.
  struct Available {
    bool answer_now = false;
    std::int64_t bytes = 0;
  };
  Available available(const protocol::FetchPartition& fetch, const ReadParams& params,
                      std::int64_t enough) const;
  // Isolation none = a replica asks: everything up to the end of the log.
  OffsetLookup find_offset(std::int64_t timestamp,
                           std::optional<protocol::IsolationLevel> isolation,
                           protocol::LeaderEpoch current_leader_epoch) const;
  protocol::OffsetForLeaderPartitionResponse end_offset_for_epoch(
      const protocol::OffsetForLeaderPartition& request) const;

  // ---- follower ----
  protocol::Offset initial_fetch_offset() const;
  OffsetTruncation truncation_for(const protocol::EpochEndOffset& leader_end,
                                  protocol::Offset fetch_offset) const;
  // The answer to a fetch at the end of the log: appends, then takes over high watermark and log
  // start. The batches that were appended; none (and an untouched log) when they do not fit the
  // log: a bug or a broken leader. `now_ms`: the broker's clock; -1 = as it was last.
  std::optional<std::vector<protocol::StoredBatch>> append_fetched(
      const protocol::FetchPartitionResponse& response, std::int64_t now_ms = -1);

 private:
  struct Pending {
    IsrProposal proposal;
    protocol::BrokerId joining;  // of an expansion; not set = a shrink
  };

  void tell_of_change() const;
  protocol::ErrorCode check_epoch(protocol::LeaderEpoch current_leader_epoch) const;
  protocol::ErrorCode check_access(protocol::LeaderEpoch current_leader_epoch,
                                   bool require_leader) const;
  bool is_in_isr(protocol::BrokerId replica) const;
  bool is_in_maximal_isr(protocol::BrokerId replica) const;
  bool is_isr_eligible(protocol::BrokerId replica) const;
  std::optional<HighWatermarkMove> maybe_raise_high_watermark(sim::Time now);
  protocol::Offset end_of_majority() const;
  protocol::ErrorCode note_fetch(const protocol::FetchPartition& fetch, const ReadParams& params,
                                 protocol::Offset leader_end, protocol::BrokerEpoch local_epoch,
                                 sim::Time now, Effects& effects);
  std::optional<IsrProposal> maybe_expand_isr(protocol::BrokerId replica,
                                              protocol::BrokerEpoch local_epoch);
  IsrProposal propose(const std::vector<protocol::BrokerId>& new_isr, protocol::BrokerId joining,
                      protocol::BrokerEpoch local_epoch);
  protocol::Offset visible_bound(const ReadParams& params) const;
  // Error, or divergence, of the epoch that the reader last saw; nothing when its log is a prefix
  // of this one.
  void check_divergence(const protocol::FetchPartition& fetch, PartitionRead& read) const;

  protocol::TopicPartition id_;
  protocol::BrokerId local_;
  Log log_;
  const MetadataImage& image_;
  sim::Duration replica_lag_time_max_;

  Role role_ = Role::none;
  protocol::Uuid topic_id_;
  protocol::BrokerId leader_;
  protocol::LeaderEpoch leader_epoch_;
  protocol::PartitionEpoch partition_epoch_;
  protocol::Offset epoch_start_offset_;  // of the own leadership; not set while not leading
  std::vector<protocol::BrokerId> replicas_;
  std::vector<protocol::BrokerId> isr_;
  std::map<protocol::BrokerId, ReplicaState> remote_;  // every other replica, while leading
  std::optional<Pending> pending_;
  std::uint64_t proposals_made_ = 0;
  ReplicaWatch* watch_ = nullptr;
  const Mutations* mutations_ = &no_mutations;
};

}  // namespace kafkasim::broker
