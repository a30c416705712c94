// The classic group protocol as the coordinator plays it: JoinGroup, SyncGroup, Heartbeat,
// LeaveGroup and the timers behind them, for all groups of one partition of the offsets topic.
// Plain functions on state: effects go to GroupEffects. Left out: groups of the newer consumer
// protocol and moving between the two.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/group/classic_group.hpp"
#include "broker/group/group_effects.hpp"

namespace kafkasim::broker {

// Gives a newcomer an id that starts with that text and is never given twice.
using MemberIdSource = std::function<std::string(const std::string& prefix)>;

// Who joins, beyond what JoinGroup says. The flags are what newer versions of the request can do.
struct JoinContext {
  std::string client_id;
  std::string client_host;
  bool knows_member_id_required =
      true;                           // version 4: a newcomer first gets an id, then joins with it
  bool knows_skip_assignment = true;  // version 9
};

class ClassicGroups {
 public:
  ClassicGroups(GroupEffects& effects, MemberIdSource new_member_id, LeaderChoice choose_leader);
  ClassicGroups(const ClassicGroups&) = delete;
  ClassicGroups& operator=(const ClassicGroups&) = delete;

  // Each answers `token` once, now or later.
  void join(GroupToken token, const protocol::JoinGroupRequest& request,
            const JoinContext& context);
  void sync(GroupToken token, const protocol::SyncGroupRequest& request);
  void heartbeat(GroupToken token, const protocol::HeartbeatRequest& request);
  void leave(GroupToken token, const protocol::LeaveGroupRequest& request);
  // May this commit be written? If so it also counts as a heartbeat.
  protocol::ErrorCode accept_commit(const protocol::OffsetCommitRequest& request);

  void fire(const GroupTimer& timer);
  // A write that one of the handlers wanted is replicated (none), or has failed.
  void written(FollowUp& follow_up, protocol::ErrorCode error, bool in_log);

  // Applies a stored record; none is a tombstone.
  void replay(const std::string& group_id, const GroupMetadataValue* value);
  // A group that only commits exists, empty. True when it did not.
  bool ensure(const std::string& group_id);
  // An empty group is deleted, and handed out. None when it is not there.
  std::optional<ClassicGroup> take(const std::string& group_id, const std::string& reason);
  // The deletion, or the creation, could not be stored: as it was. Whoever has come since is gone.
  void put_back(ClassicGroup group);
  void drop(const std::string& group_id);
  // All records are replayed: sessions start anew.
  void loaded();
  // Another broker coordinates these groups now: parked requests are sent there.
  void resigned();

  const std::map<std::string, ClassicGroup>& groups() const { return groups_; }
  const ClassicGroup* find(const std::string& group_id) const;

 private:
  using Protocols = std::vector<protocol::JoinGroupProtocol>;

  bool accepts_joining(ClassicGroup& group, const std::string& member_id) const;
  void join_new(GroupToken token, const protocol::JoinGroupRequest& request,
                const JoinContext& context, ClassicGroup& group);
  void join_existing(GroupToken token, const protocol::JoinGroupRequest& request,
                     const JoinContext& context, ClassicGroup& group);
  void rejoin(GroupToken token, const protocol::JoinGroupRequest& request, ClassicGroup& group,
              ClassicMember& member);
  void add_member(GroupToken token, const protocol::JoinGroupRequest& request,
                  const JoinContext& context, ClassicGroup& group, const std::string& member_id);
  void update_member(GroupToken token, const protocol::JoinGroupRequest& request,
                     ClassicGroup& group, ClassicMember& member, const std::string& reason);
  void rejoin_static(GroupToken token, const protocol::JoinGroupRequest& request,
                     const JoinContext& context, ClassicGroup& group, const std::string& old_id,
                     const std::string& new_id);
  ClassicMember& replace_static(ClassicGroup& group, const std::string& old_id,
                                const std::string& new_id);

  void prepare_or_complete(ClassicGroup& group, const std::string& reason);
  void prepare_rebalance(ClassicGroup& group, const std::string& reason);
  void maybe_complete_join(ClassicGroup& group);
  void complete_join(ClassicGroup& group, const std::string& reason);
  void extend_or_complete_initial(ClassicGroup& group, const GroupTimer& timer);
  void expire_session(ClassicGroup& group, const std::string& member_id);
  void expire_sync(ClassicGroup& group, std::int32_t generation);
  // Also ends its session timer; what it had parked is abandoned.
  void remove(ClassicGroup& group, const std::string& member_id);

  protocol::ErrorCode validate_sync(const ClassicGroup& group,
                                    const protocol::SyncGroupRequest& request) const;
  void store_assignment(ClassicGroup& group, const protocol::SyncGroupRequest& request);
  void has_synced(ClassicGroup& group, const std::string& member_id);
  // Answers every parked SyncGroup, with the member's assignment or an error.
  void answer_syncs(ClassicGroup& group, protocol::ErrorCode error);
  void drop_assignments(ClassicGroup& group, protocol::ErrorCode error);
  protocol::ErrorCode remove_leaving(ClassicGroup& group, const protocol::LeavingMember& leaving);

  void assignment_written(const AssignmentStored& stored, protocol::ErrorCode error);
  void static_member_written(const StaticMemberStored& stored, protocol::ErrorCode error);

  protocol::JoinGroupResponse joined(const ClassicGroup& group, const std::string& member_id) const;
  void answer_join(ClassicGroup& group, ClassicMember& member,
                   protocol::JoinGroupResponse response);
  void refuse_join(GroupToken token, const std::string& member_id, protocol::ErrorCode error);
  void restart_session(ClassicGroup& group, const ClassicMember& member);
  void start_session(const ClassicGroup& group, const std::string& member_id,
                     sim::Duration timeout);
  void move(ClassicGroup& group, GroupState state, const std::string& reason);
  void report(const ClassicGroup& group, const std::string& reason);

  GroupEffects& effects_;
  MemberIdSource new_member_id_;
  LeaderChoice choose_leader_;
  std::map<std::string, ClassicGroup> groups_;
};

}  // namespace kafkasim::broker
