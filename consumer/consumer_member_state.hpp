// A member of a group of the consumer protocol as plain state: where it stands, its epoch, what it
// was assigned and what it has taken over, and the heartbeat it would send now. Who sends, waits
// and calls the application is consumer_member.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/settings.hpp"
#include "protocol/group_messages.hpp"

namespace kafkasim::consumer {

// The names are Kafka's.
enum class EpochState {
  unsubscribed,     // no member: nothing subscribed to, or left
  joining,          // asks to be taken in, with epoch 0
  reconciling,      // was assigned something else than it owns
  acknowledging,    // has taken that over and tells with the next heartbeat, at once
  stable,           // owns what it was assigned
  fenced,           // thrown out; gives up its partitions, then joins again
  prepare_leaving,  // gives up its partitions in order to leave
  leaving,          // the heartbeat that says so is to be sent
  fatal,            // an error that no retry cures
  stale,            // left since the application did not poll; joins again when it does
};
std::string_view name(EpochState state);

// Partitions by topic id. Each assignment that a member is given has the next local epoch; the same
// partitions given twice are one assignment.
struct LocalAssignment {
  static constexpr std::int64_t none = -1;
  std::int64_t local_epoch = none;
  std::map<protocol::Uuid, std::set<std::int32_t>> partitions;

  bool is_none() const { return local_epoch == none; }
  friend bool operator==(const LocalAssignment&, const LocalAssignment&) = default;
};

// What the last heartbeats told, so that the next says only what has changed.
class SentFields {
 public:
  // Everything will be sent again: the coordinator may not have it.
  void reset() { *this = SentFields(); }
  // The heartbeat of a member with that epoch. `everything`: it joins.
  protocol::ConsumerGroupHeartbeatRequest fill(const Settings& settings,
                                               const std::string& member_id, std::int32_t epoch,
                                               const std::set<std::string>& topics,
                                               const LocalAssignment& owned, bool everything);
  // Were these the topics told last?
  bool has_told(const std::set<std::string>& topics) const { return topics_ == topics; }

 private:
  std::optional<std::int32_t> rebalance_timeout_ms_;
  std::optional<std::set<std::string>> topics_;
  std::optional<std::string> assignor_;
  std::optional<LocalAssignment> owned_;
};

class EpochMember {
 public:
  EpochState state() const { return state_; }
  bool is(EpochState state) const { return state_ == state; }
  std::int32_t epoch() const { return epoch_; }
  const LocalAssignment& current() const { return current_; }
  const LocalAssignment& target() const { return target_; }
  bool has_reconciled() const { return current_ == target_; }

  bool is_out_of_group() const;
  bool is_leaving() const {
    return state_ == EpochState::prepare_leaving || state_ == EpochState::leaving;
  }
  bool sends_no_heartbeats() const;
  // A heartbeat must not wait for the interval.
  bool is_in_a_hurry() const;

  // ---- changes; those that are not allowed from where it stands are bugs ----
  void join();
  void fence();
  void fail();
  void prepare_leave();
  // `epoch` says how: for good, or for a while. Requires: in the group, or preparing to leave.
  void leave(std::int32_t epoch);
  void become_stale() { become(EpochState::stale); }
  void be_gone() { become(EpochState::unsubscribed); }
  // A heartbeat was built: what it tells counts as told.
  void heartbeat_sent();
  // The member epoch of an answer. Requires: in the group.
  void take_epoch(std::int32_t epoch) { epoch_ = epoch; }
  void take_assignment(const std::vector<protocol::TopicIdPartitions>& assignment);
  // This much of the target is taken over.
  void take_over(LocalAssignment assignment);
  // Owns nothing and was assigned nothing.
  void forget_assignment();

 private:
  void become(EpochState next);

  EpochState state_ = EpochState::unsubscribed;
  std::int32_t epoch_ = 0;
  LocalAssignment current_;
  LocalAssignment target_;
};

}  // namespace kafkasim::consumer
