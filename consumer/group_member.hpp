// A member of a group of the classic protocol: joining, the assignment, heartbeats, leaving.
// Joining happens inside poll() and goes on over later polls; heartbeats have a coroutine of their
// own, so that they go on while the application is stalled, and it is they that leave the group
// when the application does not poll for too long.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/assignor.hpp"
#include "consumer/context.hpp"
#include "consumer/coordinator.hpp"
#include "consumer/group_part.hpp"
#include "consumer/heartbeat.hpp"
#include "consumer/membership.hpp"
#include "consumer/offset_commits.hpp"
#include "consumer/rebalance_listener.hpp"
#include "consumer/subscription_state.hpp"

namespace kafkasim::consumer {

class GroupMember final : public GroupPart {
 public:
  GroupMember(Context& context, Membership& membership, Coordinator& coordinator,
              SubscriptionState& subscriptions, OffsetCommits& commits, RebalanceCalls& calls);
  GroupMember(const GroupMember&) = delete;
  GroupMember& operator=(const GroupMember&) = delete;

  // The group's part of poll(): done when the consumer is an active member (or needs no group).
  // Waits until the deadline for a coordinator, never for a join.
  sim::Task<Step> poll(sim::Time deadline) override;
  // Gives everything back and leaves. Waits for the listener, and for what the coordinator was
  // asked at most until the deadline. The failure is the listener's.
  sim::Task<std::optional<Failure>> close(sim::Time deadline) override;
  // Gives everything back and leaves without waiting for an answer: the application unsubscribes.
  // Stays a member if the listener fails.
  sim::Task<std::optional<Failure>> unsubscribe() override;

  // Part of a generation with a known assignment, and nothing says that it must join again.
  bool is_settled() const override;

 private:
  // ---- joining (group_join.cpp, group_requests.cpp) ----
  struct Join {  // JoinGroup and SyncGroup, under way or done
    bool done = false;
    std::optional<Failure> failure;
    protocol::Bytes assignment;
  };
  struct Prepared {  // what has to be done before a join
    sim::Time ends;
    PendingCommitPtr commit;
  };
  bool must_rejoin();
  bool snapshot_changed() const;
  sim::Task<Step> join_if_needed();
  sim::Task<std::optional<Failure>> finish_join(std::shared_ptr<Join> join);
  bool ready_to_give_up();
  bool auto_commit_is_over();
  sim::Task<std::optional<Failure>> prepare_join();
  sim::Task<std::optional<Failure>> give_up_partitions();
  void start_join();
  sim::Task<> run_join(std::shared_ptr<Join> join);
  sim::Task<> join_group(std::shared_ptr<Join> join);
  sim::Task<> sync_group(std::shared_ptr<Join> join, protocol::SyncGroupRequest request);
  protocol::JoinGroupRequest join_request();
  protocol::Bytes user_data_for(const Assignor& assignor) const;
  std::optional<Failure> take(const protocol::JoinGroupResponse& response, const Generation& sent);
  std::optional<Failure> take(const protocol::SyncGroupResponse& response, const Generation& sent);
  sim::Task<std::optional<Failure>> complete_join(protocol::Bytes assignment);
  sim::Task<std::optional<Failure>> adopt(Partitions assigned);

  // ---- leading (group_lead.cpp) ----
  struct TopicSnapshot {
    std::size_t partitions = 0;
    TopicRacks racks;  // of a member that has one itself
    bool operator==(const TopicSnapshot&) const = default;
  };
  using TopicsSnapshot = std::map<std::string, TopicSnapshot>;
  sim::Task<std::optional<Failure>> lead(protocol::JoinGroupResponse response,
                                         protocol::SyncGroupRequest* sync);
  std::optional<Failure> assign(const protocol::JoinGroupResponse& response,
                                const std::vector<AssignorMember>& members,
                                protocol::SyncGroupRequest& sync);
  void refresh_snapshot();
  TopicsSnapshot topics_now() const;

  // ---- heartbeats and leaving (group_heartbeat.cpp) ----
  void start_heartbeats();
  sim::Task<> run_heartbeats();
  sim::Task<> send_heartbeat(Generation sent);
  void take(const protocol::HeartbeatResponse& response, const Generation& sent);
  std::optional<protocol::LeaveGroupRequest> leave(const std::string& reason);
  sim::Task<> send_leave(protocol::LeaveGroupRequest request);
  sim::Task<> await_answers(sim::Time deadline);
  sim::Task<std::optional<Failure>> give_back_all();

  Context& context_;
  Membership& membership_;
  Coordinator& coordinator_;
  SubscriptionState& subscriptions_;
  OffsetCommits& commits_;
  RebalanceCalls& calls_;

  Heartbeat heartbeat_;
  bool heartbeats_run_ = false;
  bool heartbeats_enabled_ = false;
  bool closed_ = false;
  sim::Signal heartbeat_wake_;
  std::optional<Failure> heartbeat_failure_;

  std::shared_ptr<Join> join_;
  std::optional<Prepared> prepared_;
  std::map<std::string, LastAssignment, std::less<>> last_assignments_;  // by assignor
  std::optional<std::set<std::string>> joined_topics_;  // subscribed to at the last join
  int snapshot_version_ = -1;
  TopicsSnapshot snapshot_;
  bool is_leader_ = false;
  std::optional<TopicsSnapshot>
      assignment_snapshot_;  // of the leader: what its assignment was made from
};

}  // namespace kafkasim::consumer
