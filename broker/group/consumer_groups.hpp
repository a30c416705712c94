// The consumer protocol (KIP-848) as the coordinator plays it, for all groups of one partition of
// the offsets topic: ConsumerGroupHeartbeat, which joins, lives, reconciles and leaves, and the
// timers behind it. Plain functions on state: effects go to GroupEffects. All state is what the
// records say; each request decides on records, which are applied at once and taken back when they
// cannot be appended. Left out: moving a group that has members between the two protocols.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/group/assignor.hpp"
#include "broker/group/classic_groups.hpp"
#include "broker/group/consumer_group.hpp"
#include "broker/group/group_effects.hpp"

namespace kafkasim::broker {

// What the broker knows of a topic; none when it does not exist.
using TopicSource = std::function<std::optional<GroupTopic>(const std::string& name)>;

class ConsumerGroups {
 public:
  // An empty classic group of the same name makes room, and is asked for commits in its place.
  ConsumerGroups(GroupEffects& effects, ClassicGroups& classic, MemberIdSource new_member_id,
                 TopicSource topics);
  ConsumerGroups(const ConsumerGroups&) = delete;
  ConsumerGroups& operator=(const ConsumerGroups&) = delete;

  // Answers `token` once, now or later.
  void heartbeat(GroupToken token, const protocol::ConsumerGroupHeartbeatRequest& request,
                 const JoinContext& context);
  // May this member commit, or fetch offsets? Requires: find(request.group_id).
  protocol::ErrorCode accept_commit(const protocol::OffsetCommitRequest& request) const;
  protocol::ErrorCode accept_fetch(const protocol::OffsetFetchRequest& request) const;

  void fire(const GroupTimer& timer);
  // A write of a member's end has failed: its timer fires again a little later.
  void fence_again(const FenceStored& fence);
  // The write with this number is in the log; or all that are not, never will be.
  void appended(GroupWriteId id);
  void undo_unwritten();

  // A classic member joins: an empty group of that name makes room. False when it has members.
  bool make_room_for_classic(const std::string& group_id);
  // Requires: it is there and empty. Its offsets are not its own.
  void remove_empty(const std::string& group_id, const std::string& reason);

  // These topics were created, grew or went away.
  void topics_changed(const std::set<std::string>& names);

  // Applies a stored record.
  void replay(const GroupRecord& record);
  // All records are replayed: sessions, and rebalances of those who revoke, start anew.
  void loaded();
  // Another broker coordinates these groups now.
  void resigned();

  const std::map<std::string, ConsumerGroup>& groups() const { return groups_; }
  const ConsumerGroup* find(const std::string& group_id) const;
  // Rises with every change of any group.
  std::uint64_t version() const { return version_; }

 private:
  struct Refusal {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    std::string message;
  };
  struct Beat;  // one heartbeat while it is handled

  std::optional<Refusal> refusal_of(const protocol::ConsumerGroupHeartbeatRequest& request) const;
  void beat(GroupToken token, Beat& beat, const JoinContext& context);
  // Steps of beat(), in this order. Those that may refuse answer why.
  std::optional<Refusal> find_group(Beat& beat) const;
  std::optional<Refusal> find_member(Beat& beat) const;
  std::optional<Refusal> find_static_member(Beat& beat) const;
  void update_info(Beat& beat, const JoinContext& context) const;
  void update_epoch(Beat& beat) const;
  std::optional<Refusal> update_target(Beat& beat) const;
  void reconcile(Beat& beat);
  std::vector<ServerAssignorMember> assignor_members(const Beat& beat) const;
  protocol::ConsumerGroupHeartbeatResponse response_to(const Beat& beat) const;

  // Why its epoch is not accepted, if it is not.
  static std::optional<Refusal> fencing_of(const ConsumerMember& member,
                                           const protocol::ConsumerGroupHeartbeatRequest& request);
  static std::string fenced_text(const std::string& member_id, const ConsumerMember& holder);
  std::vector<GroupRecord> tombstones(const ConsumerGroup& group) const;
  void leave(GroupToken token, const protocol::ConsumerGroupHeartbeatRequest& request);
  // The records that take a member out of its group; its timers end.
  std::vector<GroupRecord> fence(const ConsumerGroup& group, const ConsumerMember& member);
  void refuse(GroupToken token, const Refusal& refusal);
  // Writes and applies; the answer waits for replication.
  void store(std::vector<GroupRecord> records, FollowUp follow_up, const std::string& reason);
  GroupTopics known_topics(const std::map<std::string, int>& subscribers) const;

  void apply(const GroupRecord& record);
  void apply_to_group(const ConsumerRecordKey& key, const ConsumerGroupValue* value);
  // The record that brings back what `record` would change.
  GroupRecord inverse(const GroupRecord& record) const;
  void report(const std::string& group_id, const std::string& reason);
  void start_session(const std::string& group_id, const std::string& member_id);
  void start_rebalance(const std::string& group_id, const std::string& member_id,
                       std::int32_t epoch, std::int32_t timeout_ms);

  GroupEffects& effects_;
  ClassicGroups& classic_;
  MemberIdSource new_member_id_;
  TopicSource topic_;
  std::map<std::string, ConsumerGroup> groups_;
  struct Unwritten {
    GroupWriteId id = 0;
    std::vector<GroupRecord> undo;  // in the order in which they undo
  };
  std::deque<Unwritten> unwritten_;
  struct Told {
    ConsumerGroupState state = ConsumerGroupState::empty;
    std::int32_t epoch = 0;
    friend bool operator==(const Told&, const Told&) = default;
  };
  std::map<std::string, Told> told_;  // what the trace heard last
  std::uint64_t version_ = 0;
};

}  // namespace kafkasim::broker
