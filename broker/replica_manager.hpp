// All partitions of one running broker: makes them leaders and followers as the metadata says,
// answers produce, fetch and offset requests, copies from other leaders, and carries out what
// partitions decide: wakes who waits, reports, proposes ISR changes. Handlers are in produce.cpp,
// fetch.cpp, list_offsets.cpp, delete_records.cpp, offset_for_leader_epoch.cpp; what the broker's
// own coordinators use in replica_manager_internal.cpp. Left out: several log directories,
// throttling, fetch sessions.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "broker/alter_partition_manager.hpp"
#include "broker/context.hpp"
#include "broker/invariants/replica_watch.hpp"
#include "broker/log_dir.hpp"
#include "broker/partition.hpp"
#include "broker/partition_watch.hpp"
#include "broker/replica_fetcher.hpp"
#include "broker/storage.hpp"
#include "protocol/admin_messages.hpp"
#include "protocol/data_messages.hpp"

namespace kafkasim::broker {

// Hears what happens to the partitions that this broker leads. Called from inside of decisions:
// note it and act later.
class LeadershipListener {
 public:
  virtual ~LeadershipListener() = default;
  // Also for a new epoch of the own leadership.
  virtual void became_leader(const protocol::TopicPartition& partition,
                             protocol::LeaderEpoch epoch) = 0;
  // Leads no longer: follows, or the partition is gone.
  virtual void resigned(const protocol::TopicPartition& partition) = 0;
  virtual void high_watermark_moved(const protocol::TopicPartition& partition,
                                    protocol::Offset high_watermark) = 0;
};

struct InternalAppend {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  protocol::Offset base_offset;
  protocol::Offset next_offset;
  protocol::LeaderEpoch leader_epoch;
};

class ReplicaManager {
 public:
  // Requires: all three outlive the process; so does the ReplicaManager.
  ReplicaManager(const Context& context, Storage& storage);
  ReplicaManager(const ReplicaManager&) = delete;
  ReplicaManager& operator=(const ReplicaManager&) = delete;

  void add_listener(LeadershipListener& listener) { listeners_.push_back(&listener); }
  // Starts the timers and the sender of ISR changes.
  void start();
  // The image changed: deletions first, then leaders, then followers. The first time, logs of
  // partitions that this broker no longer has are deleted.
  void apply(const MetadataDelta& delta);
  // A clean shutdown flushes the logs, and writes checkpoints and producer snapshots.
  sim::Task<> close();
  LogDir& log_dir() { return log_dir_; }

  // ---- requests of clients and other brokers ----
  sim::Task<protocol::ProduceResponse> produce(protocol::ProduceRequest request);
  sim::Task<protocol::FetchResponse> fetch(protocol::FetchRequest request);
  sim::Task<protocol::DeleteRecordsResponse> delete_records(protocol::DeleteRecordsRequest request);
  protocol::ListOffsetsResponse list_offsets(const protocol::ListOffsetsRequest& request) const;
  protocol::OffsetForLeaderEpochResponse offset_for_leader_epoch(
      const protocol::OffsetForLeaderEpochRequest& request) const;

  // ---- for the coordinators of this broker ----
  // Stores a batch in a partition that this broker leads, without asking for enough in-sync
  // replicas: waiting for its replication then takes longer.
  InternalAppend append_internal(const protocol::TopicPartition& partition,
                                 const protocol::BatchRef& batch);
  // NONE when all below `next_offset` is replicated; NOT_LEADER_OR_FOLLOWER when this broker does
  // not lead in that epoch any more; REQUEST_TIMED_OUT at the deadline.
  sim::Task<protocol::ErrorCode> wait_replicated(protocol::TopicPartition partition,
                                                 protocol::Offset next_offset,
                                                 protocol::LeaderEpoch leader_epoch,
                                                 sim::Time deadline);
  // Every batch from the start to the end of the log, replicated or not; empty when the partition
  // is not here.
  std::vector<protocol::StoredBatch> read_all(const protocol::TopicPartition& partition) const;

  // Null when the partition is not here.
  const Partition* find(const protocol::TopicPartition& partition) const;
  std::vector<const Partition*> partitions() const;

  // ---- for the log manager ----
  std::vector<protocol::TopicPartition> hosted_partitions() const;
  // Null when the partition is not here (any more), or the disk failed.
  Log* log(const protocol::TopicPartition& partition);
  // Waits for the disk to have everything below `to`.
  sim::Task<> flush(protocol::TopicPartition partition, protocol::Offset to);
  // Whoever has a log delete records says so through this.
  void report_deletion(const protocol::TopicPartition& partition, Deleted deleted) const;

  // ---- for the fetchers ----
  Partition* following(const protocol::TopicPartition& partition);
  // Appends what a leader sent; false when it does not fit the log.
  bool copy(Partition& partition, const protocol::FetchPartitionResponse& response);
  // As long as the disk takes to write so many partitions' data. False: it failed, and there is
  // nothing to copy any more.
  sim::Task<bool> write(std::size_t partitions);
  // Waits for the disk where a log asks to be flushed.
  sim::Task<> flush_if_due(protocol::TopicPartition partition);
  bool is_flush_due(const Partition& partition) const {
    return partition.log().flush_due().has_value();
  }
  void truncate(Partition& partition, protocol::Offset to);
  void truncate_fully_and_start_at(Partition& partition, protocol::Offset offset);

 private:
  struct Hosted {
    Hosted(const Context& context, const protocol::TopicPartition& id, LogStorage& storage,
           const LogConfig& config, sim::Duration lag_time_max);
    Partition partition;
    ReplicaWatch watch;
    WatchList at_end;         // followers, waiting for appends
    WatchList at_watermark;   // consumers
    WatchList at_replicated;  // producers
    WatchList at_log_start;   // who had records deleted
    void wake_all();
  };

  // ---- following the metadata ----
  void delete_stray_logs();
  void remove(const protocol::TopicPartition& partition);
  Hosted& host(const protocol::TopicPartition& partition, const TopicImage& topic);
  void make_leader(const protocol::TopicPartition& id, const TopicImage& topic);
  void make_follower(const protocol::TopicPartition& id, const TopicImage& topic);
  void stop_fetching(const protocol::TopicPartition& partition);
  void start_fetching(const Partition& partition);
  LogConfig config_of(const TopicImage& topic) const;
  bool is_mine(const protocol::TopicPartition& partition,
               const PartitionRegistration** registration = nullptr) const;

  // ---- carrying out ----
  // Null when the partition is not here, or cannot be used because the disk failed.
  Hosted* hosted(const protocol::TopicPartition& partition);
  const Hosted* hosted(const protocol::TopicPartition& partition) const;
  void act_on(Hosted& hosted, const Effects& effects);
  void on_alter_partition(const IsrProposal& proposal,
                          const protocol::AlterPartitionItemResponse& response);
  void report_recovery(const Hosted& hosted) const;
  void report_truncation(const Partition& partition,
                         std::vector<protocol::StoredBatch> removed) const;
  // Milliseconds since 1970 by this broker's clock.
  std::int64_t now_ms() const { return context_.wall_clock_ms(); }

  // ---- the disk ----
  struct Unsettled {
    protocol::TopicPartition partition;
    protocol::LeaderEpoch leader_epoch;
    protocol::Offset flush_to;
  };
  void went_offline();
  bool leads(const protocol::TopicPartition& partition) const;
  // Follows up an append of this leader: at once, or, when the disk has to flush it first, later
  // through flush_append.
  std::optional<Unsettled> settle(Hosted& hosted, const Effects& effects);
  sim::Task<> flush_append(Unsettled append);
  // The same for appends of coordinators, in the background.
  sim::Task<> settle_internal(protocol::TopicPartition partition, protocol::LeaderEpoch epoch);
  void flush_rolled(Hosted& hosted);

  // ---- requests ----
  // Why a partition that is not here cannot be served.
  protocol::ErrorCode absence(const protocol::TopicPartition& partition) const;
  // Who leads it, as far as this broker knows.
  protocol::LeaderIdAndEpoch leader_of(const protocol::TopicPartition& partition) const;
  // Tells a client with an old view where the leaders are.
  template <class Response>
  void add_leader_hints(Response& response) const;
  struct ProduceState;
  protocol::ProducePartitionResponse produce_one(const protocol::ProduceRequest& request,
                                                 const protocol::ProducePartition& item,
                                                 ProduceState& state);
  protocol::DeleteRecordsPartitionResult delete_records_of(
      const protocol::DeleteRecordsPartition& item, protocol::Offset& target);
  struct FetchOutcome;
  // The follower that a consumer should read from; not set = this leader.
  protocol::BrokerId preferred_replica(const Partition& partition,
                                       const protocol::FetchPartition& item,
                                       const ReadParams& params) const;
  FetchOutcome read(const protocol::FetchRequest& request, bool is_arrival);
  protocol::FetchPartitionResponse read_one(const protocol::FetchPartition& item,
                                            ReadParams& params, FetchOutcome& outcome);
  bool has_enough(const protocol::FetchRequest& request) const;

  // ---- timers ----
  sim::Task<> shrink_isrs();
  sim::Task<> checkpoint_high_watermarks();
  sim::Task<> expire_producers();

  const Context& context_;
  Storage& storage_;
  LogDir log_dir_;
  sim::Duration lag_time_max_;
  std::int32_t fetch_max_bytes_;
  bool rack_aware_reads_;
  std::map<protocol::TopicPartition, std::unique_ptr<Hosted>> hosted_;
  std::map<protocol::BrokerId, std::unique_ptr<ReplicaFetcher>> fetchers_;
  AlterPartitionManager alter_partition_;
  std::vector<LeadershipListener*> listeners_;
  bool strays_deleted_ = false;
};

template <class Response>
void ReplicaManager::add_leader_hints(Response& response) const {
  for (auto& item : response.partitions) {
    const bool stale = item.error == protocol::ErrorCode::not_leader_or_follower ||
                       item.error == protocol::ErrorCode::fenced_leader_epoch;
    if (!stale) continue;
    item.current_leader = leader_of(item.partition);
    const BrokerRegistration* leader = context_.image.broker(item.current_leader.leader_id);
    if (leader == nullptr) continue;
    bool known = false;
    for (const auto& node : response.node_endpoints) known = known || node.node_id == leader->id;
    if (!known) response.node_endpoints.push_back({leader->id, leader->host, leader->rack});
  }
}

}  // namespace kafkasim::broker
