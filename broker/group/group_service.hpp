// The group coordinator of one broker: answers JoinGroup, SyncGroup, Heartbeat, LeaveGroup,
// ConsumerGroupHeartbeat, OffsetCommit, OffsetFetch, DeleteGroups and OffsetDelete for the groups
// whose partition of the offsets topic this broker leads. Decisions are in GroupCoordinator, one
// for each such partition; here is what takes time: waiting, appending, loading after a change of
// leadership. Left out: what GroupCoordinator leaves out; FindCoordinator and creating the offsets
// topic are elsewhere.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "broker/context.hpp"
#include "broker/group/group_coordinator.hpp"
#include "broker/invariants/group_watch.hpp"
#include "broker/replica_manager.hpp"
#include "protocol/group_messages.hpp"
#include "sim/executor.hpp"
#include "sim/rng.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

class GroupService final : public LeadershipListener {
 public:
  // Both outlive the process; so does the service. Hears of leadership from `replicas` from now on.
  GroupService(const Context& context, ReplicaManager& replicas);
  GroupService(const GroupService&) = delete;
  GroupService& operator=(const GroupService&) = delete;

  // Starts the coroutine behind all timers.
  void start();

  // ---- requests ----
  sim::Task<protocol::JoinGroupResponse> join_group(protocol::JoinGroupRequest request,
                                                    std::string client_id,
                                                    std::string client_host = "");
  sim::Task<protocol::SyncGroupResponse> sync_group(protocol::SyncGroupRequest request);
  sim::Task<protocol::HeartbeatResponse> heartbeat(protocol::HeartbeatRequest request);
  sim::Task<protocol::LeaveGroupResponse> leave_group(protocol::LeaveGroupRequest request);
  sim::Task<protocol::ConsumerGroupHeartbeatResponse> consumer_heartbeat(
      protocol::ConsumerGroupHeartbeatRequest request, std::string client_id,
      std::string client_host = "");
  sim::Task<protocol::OffsetCommitResponse> offset_commit(protocol::OffsetCommitRequest request);
  sim::Task<protocol::OffsetFetchResponse> offset_fetch(protocol::OffsetFetchRequest request);
  sim::Task<protocol::DeleteGroupsResponse> delete_groups(protocol::DeleteGroupsRequest request);
  sim::Task<protocol::OffsetDeleteResponse> offset_delete(protocol::OffsetDeleteRequest request);

  // ---- news, noted and acted on a little later ----
  void became_leader(const protocol::TopicPartition& partition,
                     protocol::LeaderEpoch epoch) override;
  void resigned(const protocol::TopicPartition& partition) override;
  void high_watermark_moved(const protocol::TopicPartition& partition,
                            protocol::Offset high_watermark) override;

  void partitions_deleted(const std::set<protocol::TopicPartition>& partitions);
  // The broker's image has changed in these topics.
  void topics_changed(const std::set<std::string>& topics);

  // The classic group of that name, for tests and reports; null when this broker does not
  // coordinate one.
  const ClassicGroup* group(const std::string& group_id) const;
  // The committed offsets of the groups that share that group's coordinator; null likewise.
  const OffsetStore* offsets(const std::string& group_id) const;
  // The same for a group of the consumer protocol.
  const ConsumerGroup* consumer_group(const std::string& group_id) const;
  // The loaded coordinators here, by partition of the offsets topic.
  std::map<protocol::TopicPartition, const GroupCoordinator*> coordinators() const;

 private:
  // The groups of one partition of the offsets topic.
  struct Shard {
    protocol::TopicPartition partition;
    std::unique_ptr<GroupCoordinator> coordinator;
    protocol::LeaderEpoch leader_epoch;
    bool loaded = false;
    sim::Time load_at = sim::never;
    sim::Time flush_at = sim::never;  // when what is to be written goes to the log
  };
  struct Note {
    enum class Kind { became_leader, resigned, high_watermark } kind;
    protocol::TopicPartition partition;
    protocol::Offset high_watermark;
    protocol::LeaderEpoch leader_epoch{};
  };
  struct Parked {
    sim::Signal answered;
    std::optional<GroupResponse> response;
    GroupResponse unanswered;
  };
  struct Route {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    GroupCoordinator* coordinator = nullptr;
  };

  // Acts on what is noted first, so that the answer is up to date.
  Route route(const std::string& group_id);
  protocol::TopicPartition partition_of(const std::string& group_id) const;
  template <class Submit>
  GroupToken ask(const std::string& group_id, bool needs_group_id, GroupResponse response,
                 Submit submit);
  sim::Task<GroupResponse> answer(GroupToken token);

  sim::Task<> run();
  sim::Time next_deadline() const;
  // Everything that can happen now: news, loading, timers, appends, until nothing follows from it.
  void settle();
  void act_on(const Note& note);
  bool settle_shard(Shard& shard);
  void load(Shard& shard);
  void flush(Shard& shard);
  void hand_out(Shard& shard);
  void wake();

  const Context& context_;
  ReplicaManager& replicas_;
  GroupSettings settings_;
  sim::Duration append_linger_;
  std::int32_t partition_count_;
  sim::Rng member_ids_;
  std::map<protocol::TopicPartition, Shard> shards_;
  std::deque<Note> notes_;
  std::map<GroupToken, std::unique_ptr<Parked>> parked_;
  GroupToken next_token_ = 1;
  sim::Signal wake_;
  GroupWatch watch_;
  sim::Time sleeping_until_{};
};

}  // namespace kafkasim::broker
