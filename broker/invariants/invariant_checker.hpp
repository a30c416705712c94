// The invariants of a cluster, checked after every event that touched something: partitions and the
// controller say what changed, and only that is looked at, from where it was looked at before. A
// broken one ends the run (see invariant.hpp). It reads and never changes anything, so runs with
// and without it are the same.
//
// What lifts promises is said where it is checked: an unclean election (earlier records may go),
// data lost by as many replicas as min.insync.replicas, or by the last one in sync.
// Left out: producers and transactions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/invariants/group_check.hpp"
#include "broker/invariants/quorum_check.hpp"
#include "broker/invariants/watched_partition.hpp"
#include "broker/metadata_image.hpp"
#include "sim/loop.hpp"

namespace kafkasim::broker {

class ReplicationControl;

class InvariantChecker final : public sim::Watcher {
 public:
  // Looks after each event of the loop from now on. Requires: the loop outlives it.
  explicit InvariantChecker(sim::Loop& loop);
  ~InvariantChecker() override;
  InvariantChecker(const InvariantChecker&) = delete;
  InvariantChecker& operator=(const InvariantChecker&) = delete;

  // ---- the active controller; what one of an older epoch says does not count ----
  // It took office: all that it knows may differ from what the last one knew.
  void took_office(protocol::LeaderEpoch epoch, const ReplicationControl& control,
                   const MetadataImage& image);
  // It decided that much; the image has it.
  void decided(protocol::LeaderEpoch epoch, const ReplicationControl& control,
               const MetadataImage& image, const MetadataDelta& delta);
  // The same for whoever writes metadata without a controller.
  void decided(const MetadataImage& image, const MetadataDelta& delta, std::int32_t min_isr);

  // ---- the controller quorum ----
  QuorumCheck& quorum() { return quorum_; }
  // A voter changed.
  void quorum_changed();

  // ---- groups ----
  GroupCheck& groups() { return groups_; }
  // Up to where a partition is replicated; none when it is not known, or when records of it may
  // have gone or changed in a way that Kafka promises nothing for.
  std::optional<protocol::Offset> replicated_end(const protocol::TopicPartition& id) const;

  // Looks at all that changed; after each event by itself.
  void after_event() override;

  // How often a leader's own ISR held a replica that lacked something replicated.
  std::uint64_t weak_isr_broken() const { return weak_isr_broken_; }

 private:
  friend class ReplicaWatch;
  friend class PartitionCheck;

  WatchedPartition& watched(const protocol::Uuid& topic, const protocol::TopicPartition& id);
  void enqueue(WatchedPartition& partition);
  void note_decision(const MetadataImage& image, const TopicImage& topic, std::int32_t partition,
                     std::int32_t min_isr);
  template <class MinIsr>
  void note_decisions(const MetadataImage& image, const MetadataDelta& delta, MinIsr min_isr);

  sim::Loop& loop_;
  std::map<std::pair<protocol::Uuid, std::int32_t>, std::unique_ptr<WatchedPartition>> partitions_;
  std::vector<WatchedPartition*> queue_;
  protocol::LeaderEpoch controller_epoch_;
  QuorumCheck quorum_;
  GroupCheck groups_;
  bool quorum_dirty_ = false;
  bool eligible_leader_replicas_ = false;  // the controller keeps them
  std::uint64_t weak_isr_broken_ = 0;
};

}  // namespace kafkasim::broker
