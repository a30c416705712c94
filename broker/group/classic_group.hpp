// One group of the classic protocol as its coordinator knows it: state, generation, members, the
// leader among them, the protocols they share, and which of them have a JoinGroup or SyncGroup
// parked. Moves by its methods only; when to call them is in classic_groups.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/group_records.hpp"
#include "protocol/error_code.hpp"
#include "protocol/group_messages.hpp"
#include "sim/time.hpp"

namespace kafkasim::broker {

enum class GroupState { empty, preparing_rebalance, completing_rebalance, stable, dead };

// As Kafka writes it: "PreparingRebalance".
std::string_view to_string(GroupState state);

// The caller's name for a request whose response may come later.
using GroupToken = std::uint64_t;

// Picks a leader among members listed in the order in which they joined; Kafka leaves the choice to
// a hash map.
using LeaderChoice = std::function<std::size_t(const std::vector<std::string>& candidates)>;
// The one that Kafka's map hands out first: for ids with something drawn in them, any.
std::size_t first_in_hash_map(const std::vector<std::string>& candidates);

struct ClassicMember {
  std::string member_id;
  std::string group_instance_id;  // empty = a dynamic member
  std::string client_id;
  std::string client_host;
  sim::Duration rebalance_timeout{0};
  sim::Duration session_timeout{0};
  std::string protocol_type;
  std::vector<protocol::JoinGroupProtocol> protocols;  // in its order of preference
  protocol::Bytes assignment{""};
  std::optional<GroupToken> parked_join;
  std::optional<GroupToken> parked_sync;
  bool is_new = false;          // has not got a response to its first JoinGroup yet
  std::uint64_t joined_as = 0;  // rises with each member added

  bool is_static() const { return !group_instance_id.empty(); }
  // While it waits for us its session cannot expire, except that of a new member, which knows no id
  // to beat with.
  bool session_is_satisfied() const { return !is_new && (parked_join || parked_sync); }
  // Same names, same metadata, same order?
  bool matches(const std::vector<protocol::JoinGroupProtocol>& other) const;
  // Its subscription under that protocol; empty when it has none.
  protocol::Bytes metadata(const std::string& protocol_name) const;
};

class ClassicGroup {
 public:
  ClassicGroup(std::string group_id, sim::Time now, const LeaderChoice& choice);
  // As it was persisted: Stable with members, otherwise Empty.
  static ClassicGroup restored(const std::string& group_id, const GroupMetadataValue& value,
                               const LeaderChoice& choice);

  const std::string& id() const { return group_id_; }
  GroupState state() const { return state_; }
  GroupState previous_state() const { return previous_state_; }
  bool is(GroupState state) const { return state_ == state; }
  std::int64_t state_since_ms() const { return state_since_ms_; }
  std::int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }  // empty = none yet
  const std::string& protocol_name() const { return protocol_name_; }  // empty = none
  const std::string& leader() const { return leader_; }                // empty = none
  bool is_leader(const std::string& member_id) const {
    return !leader_.empty() && leader_ == member_id;
  }

  // ---- members ----
  std::map<std::string, ClassicMember>& members() { return members_; }
  const std::map<std::string, ClassicMember>& members() const { return members_; }
  ClassicMember* find(const std::string& member_id);
  // The member that holds this instance id; empty when nobody does.
  std::string static_member(const std::string& group_instance_id) const;
  // Requires: its protocols are supported; its instance id is free.
  ClassicMember& add(ClassicMember member);
  // Takes a member, also a pending one, out; hands out another leader if need be. None if it is not
  // known as a member.
  std::optional<ClassicMember> remove(const std::string& member_id);
  // The member under a new id, with everything but its parked requests, which are handed back with
  // the old one.
  struct Replaced {
    std::optional<GroupToken> parked_join;
    std::optional<GroupToken> parked_sync;
    ClassicMember* member = nullptr;
  };
  Replaced replace_static(const std::string& old_member_id, const std::string& new_member_id);
  // New metadata and timeouts, and a parked join (or none). Returns the join that was parked
  // before, which nobody answers.
  std::optional<GroupToken> update(ClassicMember& member,
                                   const std::vector<protocol::JoinGroupProtocol>& protocols,
                                   sim::Duration rebalance_timeout, sim::Duration session_timeout,
                                   std::optional<GroupToken> join);
  // Takes the parked join out, to be answered.
  std::optional<GroupToken> take_join(ClassicMember& member);
  int awaiting_join() const { return awaiting_join_; }
  // Unknown, or fenced: another member has taken the instance id. Kafka's checks of every request
  // of a member.
  protocol::ErrorCode validate_member(const std::string& member_id,
                                      const std::string& group_instance_id) const;
  protocol::ErrorCode validate_commit(const protocol::OffsetCommitRequest& request) const;

  // ---- those who got an id and have not joined with it, and those who have not synced ----
  std::set<std::string>& pending_joins() { return pending_joins_; }
  const std::set<std::string>& pending_joins() const { return pending_joins_; }
  std::set<std::string>& pending_syncs() { return pending_syncs_; }

  // ---- phases ----
  bool can_rebalance() const;
  bool all_have_joined() const;
  // The longest of the members' rebalance timeouts.
  sim::Duration rebalance_timeout() const;
  // The leader if it rejoined, else one of those who did takes over. False when nobody did.
  bool elect_joined_leader();
  bool supports(const std::string& protocol_type,
                const std::vector<protocol::JoinGroupProtocol>& protocols) const;
  // Each member votes for the first of its protocols that all have; most votes win. Requires: there
  // are members.
  std::string select_protocol() const;
  void move_to(GroupState state, sim::Time now);
  // The next generation: Completing with a protocol when there are members, else Empty.
  void next_generation(sim::Time now);
  // A new member arrived during the delay of the first rebalance.
  bool new_member_added = false;

  // ---- what leaves the coordinator ----
  // The members with their subscriptions under the chosen protocol, for the leader.
  std::vector<protocol::JoinGroupMember> listed_members() const;
  // Topics that some member of this generation subscribes to; none when that is not known: before
  // the first generation, not consumers, or bytes of another form.
  const std::optional<std::set<std::string>>& subscribed_topics() const {
    return subscribed_topics_;
  }
  // Of consumers whose topics are not known: all.
  bool is_subscribed(const std::string& topic) const;
  protocol::Ref<protocol::InternalValue> metadata_value(
      const std::map<std::string, protocol::Bytes>& assignments) const;
  // What a group that exists but never had a generation is stored as.
  protocol::Ref<protocol::InternalValue> empty_metadata_value() const;

 private:
  void count_protocols(const ClassicMember& member, int by);
  std::optional<std::set<std::string>> topics_of_members() const;
  void elect(const std::vector<std::string>& candidates);
  // Ids of members in the order of joining; only those who wait for a join, if so wanted.
  std::vector<std::string> in_join_order(bool waiting_only) const;

  std::string group_id_;
  const LeaderChoice* choice_;
  GroupState state_ = GroupState::empty;
  GroupState previous_state_ = GroupState::dead;
  std::int64_t state_since_ms_ = -1;
  std::int32_t generation_ = 0;
  std::string protocol_type_;
  std::string protocol_name_;
  std::string leader_;
  std::optional<std::set<std::string>> subscribed_topics_;
  std::map<std::string, ClassicMember> members_;
  std::map<std::string, std::string> static_members_;  // instance id -> member id
  std::set<std::string> pending_joins_;
  std::set<std::string> pending_syncs_;
  std::map<std::string, int> supporters_;  // protocol -> number of members that list it
  int awaiting_join_ = 0;
  std::uint64_t next_joined_as_ = 1;
};

}  // namespace kafkasim::broker
