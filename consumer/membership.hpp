// What a consumer knows of its own membership: generation, member id, how far a rebalance is, and
// whether it must join again. Plain state; the conversation with the coordinator is
// group_member.hpp. With the consumer protocol (consumer_member.hpp) the generation is the member
// epoch, and only that part of it is used.
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
  // Neither the round nor the member id was reset: what it owns is its own.
  bool has_generation() const { return generation_.id != -1 && generation_.has_member_id(); }
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

  // ---- the consumer protocol ----
  // From now on a member by that id, not yet in the group.
  void use_epochs(std::string member_id) {
    has_epochs_ = true;
    rejoin_needed_ = false;
    generation_.member_id = std::move(member_id);
  }
  bool has_epochs() const { return has_epochs_; }
  // Not positive: out of the group.
  void set_epoch(std::int32_t epoch) {
    generation_.id = epoch > 0 ? epoch : -1;
    state_ = epoch > 0 ? MemberState::stable : MemberState::unjoined;
  }
  // As whom to commit and to ask for committed offsets: nobody while out of the group.
  Generation epoch_to_send() const { return generation_.id > 0 ? generation_ : Generation(); }

  // The partitions were not given away yet for the join to come.
  bool needs_join_prepare = true;

 private:
  Generation generation_;
  MemberState state_ = MemberState::unjoined;
  bool rejoin_needed_ = true;
  std::string rejoin_reason_;
  bool has_epochs_ = false;
};

}  // namespace kafkasim::consumer
