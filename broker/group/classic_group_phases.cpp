// A classic group's phases: when a join phase may end, which protocol wins, the next generation,
// and what is stored.
#include <algorithm>

#include "broker/group/classic_group.hpp"
#include "protocol/consumer_protocol.hpp"
#include "protocol/java_hash.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

namespace {

std::int32_t to_ms(sim::Duration duration) {
  return static_cast<std::int32_t>(std::chrono::floor<std::chrono::milliseconds>(duration).count());
}

}  // namespace

ClassicGroup ClassicGroup::restored(const std::string& group_id, const GroupMetadataValue& value,
                                    const LeaderChoice& choice) {
  ClassicGroup group(group_id, sim::zero, choice);
  group.state_ = value.members.empty() ? GroupState::empty : GroupState::stable;
  group.state_since_ms_ = value.current_state_timestamp_ms;
  group.generation_ = value.generation;
  group.protocol_name_ = value.protocol;
  group.leader_ = value.leader;
  for (const GroupMetadataMember& stored : value.members) {
    ClassicMember member;
    member.member_id = stored.member_id;
    member.group_instance_id = stored.group_instance_id;
    member.client_id = stored.client_id;
    member.client_host = stored.client_host;
    member.session_timeout = std::chrono::milliseconds(stored.session_timeout_ms);
    member.rebalance_timeout =
        stored.rebalance_timeout_ms < 0
            ? member.session_timeout
            : sim::Duration(std::chrono::milliseconds(stored.rebalance_timeout_ms));
    member.protocol_type = value.protocol_type;
    member.protocols = {{value.protocol, stored.subscription}};
    member.assignment = stored.assignment;
    group.add(std::move(member));
  }
  group.protocol_type_ = value.protocol_type;
  group.subscribed_topics_ = group.topics_of_members();
  return group;
}

bool ClassicGroup::can_rebalance() const {
  return is(GroupState::stable) || is(GroupState::completing_rebalance) || is(GroupState::empty);
}

bool ClassicGroup::all_have_joined() const {
  return static_cast<int>(members_.size()) == awaiting_join_ && pending_joins_.empty();
}

sim::Duration ClassicGroup::rebalance_timeout() const {
  sim::Duration longest{0};
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

bool ClassicGroup::elect_joined_leader() {
  if (leader_.empty()) return false;
  if (members_.at(leader_).parked_join) return true;
  const std::vector<std::string> joined = in_join_order(true);
  if (joined.empty()) return false;
  elect(joined);
  return true;
}

bool ClassicGroup::supports(const std::string& protocol_type,
                            const std::vector<protocol::JoinGroupProtocol>& protocols) const {
  if (is(GroupState::empty)) return !protocol_type.empty() && !protocols.empty();
  if (members_.empty()) return protocol_type_ == protocol_type && !protocols.empty();
  if (protocol_type_ != protocol_type) return false;
  return std::any_of(protocols.begin(), protocols.end(),
                     [&](const protocol::JoinGroupProtocol& each) {
                       const auto supporters = supporters_.find(each.name);
                       return supporters != supporters_.end() &&
                              supporters->second == static_cast<int>(members_.size());
                     });
}

std::string ClassicGroup::select_protocol() const {
  CHECKED(!members_.empty(), "group {} votes without members", group_id_);
  const auto is_candidate = [&](const protocol::JoinGroupProtocol& each) {
    return supporters_.at(each.name) == static_cast<int>(members_.size());
  };
  std::map<std::string, int> votes;
  std::vector<std::string> voted;
  for (const auto& [id, member] : members_) {
    const auto vote = std::find_if(member.protocols.begin(), member.protocols.end(), is_candidate);
    CHECKED(vote != member.protocols.end(), "group {}: {} supports no candidate", group_id_, id);
    ++votes[vote->name];
  }
  for (const auto& [name, count] : votes) voted.push_back(name);
  // Equally many votes: the one that Kafka's map happens to hand out first.
  std::string winner;
  int most = 0;
  for (const std::string& name : protocol::in_java_map_order(voted)) {
    if (votes.at(name) > most) {
      winner = name;
      most = votes.at(name);
    }
  }
  return winner;
}

void ClassicGroup::move_to(GroupState state, sim::Time now) {
  const bool allowed = [&] {
    switch (state) {
      case GroupState::empty:
        return is(GroupState::preparing_rebalance);
      case GroupState::preparing_rebalance:
        return can_rebalance();
      case GroupState::completing_rebalance:
        return is(GroupState::preparing_rebalance);
      case GroupState::stable:
        return is(GroupState::completing_rebalance);
      case GroupState::dead:
        return true;
    }
    return false;
  }();
  CHECKED(allowed, "group {} from {} to {}", group_id_, to_string(state_), to_string(state));
  previous_state_ = state_;
  state_ = state;
  state_since_ms_ = sim::to_epoch_ms(now);
}

void ClassicGroup::next_generation(sim::Time now) {
  ++generation_;
  protocol_name_ = members_.empty() ? "" : select_protocol();
  subscribed_topics_ = topics_of_members();
  move_to(members_.empty() ? GroupState::empty : GroupState::completing_rebalance, now);
  pending_syncs_.clear();
}

std::vector<protocol::JoinGroupMember> ClassicGroup::listed_members() const {
  std::vector<protocol::JoinGroupMember> out;
  for (const auto& [id, member] : members_) {
    out.push_back({id, member.group_instance_id, member.metadata(protocol_name_)});
  }
  return out;
}

bool ClassicGroup::is_subscribed(const std::string& topic) const {
  return subscribed_topics_ ? subscribed_topics_->contains(topic)
                            : protocol_type_ == protocol::consumer_protocol_type;
}

std::optional<std::set<std::string>> ClassicGroup::topics_of_members() const {
  if (protocol_type_ != protocol::consumer_protocol_type) return std::nullopt;
  std::set<std::string> topics;
  if (members_.empty()) return topics;
  if (protocol_name_.empty()) return std::nullopt;
  for (const auto& [id, member] : members_) {
    const auto subscription = protocol::decode_subscription(member.metadata(protocol_name_));
    if (!subscription) return std::nullopt;
    topics.insert(subscription->topics.begin(), subscription->topics.end());
  }
  return topics;
}

protocol::Ref<protocol::InternalValue> ClassicGroup::metadata_value(
    const std::map<std::string, protocol::Bytes>& assignments) const {
  GroupMetadataValue value;
  value.group_id = group_id_;
  value.protocol_type = protocol_type_;
  value.generation = generation_;
  value.protocol = protocol_name_;
  value.leader = leader_;
  value.current_state_timestamp_ms = state_since_ms_;
  for (const auto& [id, member] : members_) {
    const auto assignment = assignments.find(id);
    value.members.push_back(
        {id, member.group_instance_id, member.client_id, member.client_host,
         to_ms(member.rebalance_timeout), to_ms(member.session_timeout),
         member.metadata(protocol_name_),
         assignment == assignments.end() ? protocol::Bytes("") : assignment->second});
  }
  return protocol::Ref<protocol::InternalValue>(new GroupMetadataValue(std::move(value)));
}

protocol::Ref<protocol::InternalValue> ClassicGroup::empty_metadata_value() const {
  GroupMetadataValue value;
  value.group_id = group_id_;
  value.current_state_timestamp_ms = state_since_ms_;
  return protocol::Ref<protocol::InternalValue>(new GroupMetadataValue(std::move(value)));
}

}  // namespace kafkasim::broker
