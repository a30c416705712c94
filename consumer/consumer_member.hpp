// A member of a group of the consumer protocol (group.protocol=consumer): the broker assigns, and
// one request, the heartbeat, joins, lives, acknowledges and leaves. Heartbeats and taking over an
// assignment go on in the background; what the application is to see of it runs inside poll().
// Left out: subscriptions by pattern, client-side assignors.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/backoff.hpp"
#include "consumer/consumer_member_state.hpp"
#include "consumer/context.hpp"
#include "consumer/coordinator.hpp"
#include "consumer/group_part.hpp"
#include "consumer/membership.hpp"
#include "consumer/offset_commits.hpp"
#include "consumer/rebalance_listener.hpp"
#include "consumer/subscription_state.hpp"

namespace kafkasim::consumer {

class ConsumerMember final : public GroupPart {
 public:
  // The membership gets the member's id, drawn for this incarnation, and its epochs.
  ConsumerMember(Context& context, Membership& membership, Coordinator& coordinator,
                 SubscriptionState& subscriptions, OffsetCommits& commits, RebalanceCalls& calls);
  ConsumerMember(const ConsumerMember&) = delete;
  ConsumerMember& operator=(const ConsumerMember&) = delete;

  sim::Task<Step> poll(sim::Time deadline) override;
  sim::Task<std::optional<Failure>> close(sim::Time deadline) override;
  // Leaves even if the listener fails.
  sim::Task<std::optional<Failure>> unsubscribe() override;
  bool is_settled() const override;

 private:
  sim::Task<std::optional<Failure>> give_up(std::string reason);

  // ---- heartbeats (consumer_member_heartbeat.cpp) ----
  void start();
  sim::Task<> run();
  sim::Time act();
  bool heartbeat_is_due(sim::Time now) const;
  void polled();
  void leave(const std::string& reason);
  void leave_for_want_of_polls();
  void send_heartbeat();
  sim::Task<> exchange(protocol::ConsumerGroupHeartbeatRequest request, bool leaves);
  void take(const protocol::ConsumerGroupHeartbeatResponse& response);
  void take_success(const protocol::ConsumerGroupHeartbeatResponse& response);
  void take_error(const protocol::ConsumerGroupHeartbeatResponse& response);
  void heartbeat_failed(sim::Time now);
  void coordinator_lost(sim::Time now);
  void fenced(protocol::ErrorCode error);
  void failed(const protocol::ConsumerGroupHeartbeatResponse& response);
  void set_epoch();
  std::int32_t leave_epoch() const;

  // ---- taking over and giving up (consumer_member_reconcile.cpp) ----
  void maybe_reconcile(bool inside_poll);
  bool resolve(Partitions& assigned, LocalAssignment& resolved);
  sim::Task<> reconcile(LocalAssignment resolved, Partitions assigned, PendingCommitPtr commit);
  sim::Task<bool> hand_over(LocalAssignment resolved, Partitions assigned);
  sim::Task<> commit_before_rebalance(PendingCommitPtr commit);
  bool is_interrupted() const;
  void report_joined(const Partitions& assigned);
  sim::Task<> lose_partitions();
  void release_partitions();
  void join();

  // ---- what the application hears (consumer_member_calls.cpp) ----
  enum class Heard { revoked, assigned, lost };
  struct Call {
    Heard what = Heard::assigned;
    Partitions partitions;
    bool done = false;
    bool failed = false;
  };
  sim::Task<bool> tell(Heard what, Partitions partitions);
  sim::Task<std::optional<Failure>> call(Heard what, Partitions partitions);
  sim::Task<std::optional<Failure>> run_calls();
  void drop_calls();

  Context& context_;
  Membership& membership_;
  Coordinator& coordinator_;
  SubscriptionState& subscriptions_;
  OffsetCommits& commits_;
  RebalanceCalls& calls_;

  const std::string member_id_;
  EpochMember member_;
  SentFields sent_;
  bool runs_ = false;
  bool closed_ = false;
  sim::Signal wake_;
  std::optional<Failure> failure_;  // fatal, for the next poll

  // Of heartbeats: how often, when the next, not before when, and how many failed in a row.
  sim::Duration interval_{};
  sim::Time next_;
  sim::Time not_before_;
  int failures_ = 0;
  sim::Time next_look_up_;  // of the coordinator, not earlier
  bool in_flight_ = false;
  int life_ = 0;                 // counts joins and leaves: an answer may be about an earlier one
  bool leaving_is_over_ = true;  // the leave heartbeat was answered, or never will be
  client::Backoff backoff_;
  sim::Time poll_ends_ = sim::never;
  bool poll_expired_ = false;  // leaves, or has left, for that reason

  bool reconciling_ = false;
  bool rejoined_meanwhile_ = false;  // while it reconciles
  int releasing_ = 0;                // partitions are being lost
  bool rejoin_after_release_ = false;
  std::map<protocol::Uuid, std::string> topic_names_;  // of what is assigned
  std::int32_t reported_epoch_ = 0;
  std::deque<std::shared_ptr<Call>> waiting_calls_;  // for the next poll
  sim::Signal called_;
};

}  // namespace kafkasim::consumer
