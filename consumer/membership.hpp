// What a consumer knows of its own membership: generation, member id, how far a rebalance is, and
// whether it must join again. Plain state; the conversation with the coordinator is
// group_member.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace kafkasim::consumer {

struct Generation {
  std::int32_t id = -1;
  std::string member_id;
  std::string protocol_name;

  bool has_member_id() const { return !member_id.empty(); }
  // Reset since the join: neither a round nor a protocol.
  bool was_reset() const { return id == -1 && protocol_name.empty(); }
  friend bool operator==(const Generation&, const Generation&) = default;
};

enum class MemberState {
  unjoined,
  preparing_rebalance,   // JoinGroup under way
  completing_rebalance,  // has a generation, SyncGroup under way
  stable,
};

class Membership {
 public:
  const Generation& generation() const { return generation_; }
  MemberState state() const { return state_; }
  bool is_stable() const { return state_ == MemberState::stable; }
  bool rebalance_in_progress() const {
    return state_ == MemberState::preparing_rebalance ||
           state_ == MemberState::completing_rebalance;
  }
  // No heartbeats are due: not a member, or about to join.
  bool has_not_joined() const {
    return state_ == MemberState::unjoined || state_ == MemberState::preparing_rebalance;
  }
  bool rejoin_needed() const { return rejoin_needed_; }
  const std::string& rejoin_reason() const { return rejoin_reason_; }

  void request_rejoin(std::string reason) {
    rejoin_reason_ = std::move(reason);
    rejoin_needed_ = true;
  }
  void request_rejoin_if_necessary(std::string reason) {
    if (!rejoin_needed_) request_rejoin(std::move(reason));
  }
  // Out of the group: the partitions will be given away before the next join.
  void reset_and_rejoin(std::string reason, bool reset_member_id) {
    state_ = MemberState::unjoined;
    Generation none;
    if (!reset_member_id) none.member_id = generation_.member_id;
    generation_ = std::move(none);
    request_rejoin(std::move(reason));
    needs_join_prepare = true;
  }

  void begin_join() { state_ = MemberState::preparing_rebalance; }
  // The coordinator gave a member id to come back with.
  void take_member_id(std::string member_id) {
    generation_ = Generation();
    generation_.member_id = std::move(member_id);
    request_rejoin("need to re-join with the given member-id: " + generation_.member_id);
  }
  void joined(Generation generation) {
    state_ = MemberState::completing_rebalance;
    generation_ = std::move(generation);
  }
  void synced() {
    state_ = MemberState::stable;
    rejoin_reason_.clear();
    rejoin_needed_ = false;
  }

  // The partitions were not given away yet for the join to come.
  bool needs_join_prepare = true;

 private:
  Generation generation_;
  MemberState state_ = MemberState::unjoined;
  bool rejoin_needed_ = true;
  std::string rejoin_reason_;
};

}  // namespace kafkasim::consumer
