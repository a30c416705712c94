// A classic group's members: who they are, who leads, who waits.
#include "broker/group/classic_group.hpp"

#include <algorithm>
#include <utility>

#include "protocol/java_hash.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

std::string_view to_string(GroupState state) {
  switch (state) {
    case GroupState::empty:
      return "Empty";
    case GroupState::preparing_rebalance:
      return "PreparingRebalance";
    case GroupState::completing_rebalance:
      return "CompletingRebalance";
    case GroupState::stable:
      return "Stable";
    case GroupState::dead:
      return "Dead";
  }
  return "Unknown";
}

bool ClassicMember::matches(const std::vector<protocol::JoinGroupProtocol>& other) const {
  return std::equal(protocols.begin(), protocols.end(), other.begin(), other.end(),
                    [](const protocol::JoinGroupProtocol& a, const protocol::JoinGroupProtocol& b) {
                      return a.name == b.name && a.metadata == b.metadata;
                    });
}

protocol::Bytes ClassicMember::metadata(const std::string& protocol_name) const {
  for (const protocol::JoinGroupProtocol& each : protocols) {
    if (each.name == protocol_name) return each.metadata;
  }
  return protocol::Bytes("");
}

ClassicGroup::ClassicGroup(std::string group_id, sim::Time now, const LeaderChoice& choice)
    : group_id_(std::move(group_id)), choice_(&choice), state_since_ms_(sim::to_epoch_ms(now)) {}

ClassicMember* ClassicGroup::find(const std::string& member_id) {
  const auto at = members_.find(member_id);
  return at == members_.end() ? nullptr : &at->second;
}

std::string ClassicGroup::static_member(const std::string& group_instance_id) const {
  const auto at = static_members_.find(group_instance_id);
  return at == static_members_.end() ? "" : at->second;
}

ClassicMember& ClassicGroup::add(ClassicMember member) {
  if (members_.empty()) protocol_type_ = member.protocol_type;
  CHECKED(protocol_type_ == member.protocol_type, "group {}: a {} member among {}", group_id_,
          member.protocol_type, protocol_type_);
  CHECKED(supports(member.protocol_type, member.protocols), "group {} shares no protocol with {}",
          group_id_, member.member_id);
  if (member.is_static()) {
    const bool free = static_members_.emplace(member.group_instance_id, member.member_id).second;
    CHECKED(free, "group {}: instance {} is taken", group_id_, member.group_instance_id);
  }
  if (leader_.empty()) leader_ = member.member_id;
  count_protocols(member, 1);
  if (member.parked_join) ++awaiting_join_;
  member.joined_as = next_joined_as_++;
  pending_joins_.erase(member.member_id);
  const auto [at, fresh] = members_.emplace(member.member_id, std::move(member));
  CHECKED(fresh, "group {} has member {} twice", group_id_, at->first);
  return at->second;
}

std::optional<ClassicMember> ClassicGroup::remove(const std::string& member_id) {
  pending_joins_.erase(member_id);
  pending_syncs_.erase(member_id);
  auto node = members_.extract(member_id);
  if (node.empty()) return std::nullopt;
  ClassicMember& member = node.mapped();
  count_protocols(member, -1);
  if (member.parked_join) --awaiting_join_;
  if (member.is_static()) static_members_.erase(member.group_instance_id);
  if (leader_ == member.member_id) {
    leader_.clear();
    if (!members_.empty()) elect(in_join_order(false));
  }
  return std::move(member);
}

ClassicGroup::Replaced ClassicGroup::replace_static(const std::string& old_member_id,
                                                    const std::string& new_member_id) {
  auto node = members_.extract(old_member_id);
  CHECKED(!node.empty(), "group {} has no member {}", group_id_, old_member_id);
  ClassicMember& member = node.mapped();
  Replaced replaced;
  replaced.parked_join = take_join(member);
  replaced.parked_sync = std::exchange(member.parked_sync, std::nullopt);
  member.is_new = false;
  member.member_id = new_member_id;
  node.key() = new_member_id;
  if (leader_ == old_member_id) leader_ = new_member_id;
  static_members_[member.group_instance_id] = new_member_id;
  replaced.member = &members_.insert(std::move(node)).position->second;
  return replaced;
}

std::optional<GroupToken> ClassicGroup::update(
    ClassicMember& member, const std::vector<protocol::JoinGroupProtocol>& protocols,
    sim::Duration rebalance_timeout, sim::Duration session_timeout,
    std::optional<GroupToken> join) {
  count_protocols(member, -1);
  member.protocols = protocols;
  count_protocols(member, 1);
  member.rebalance_timeout = rebalance_timeout;
  member.session_timeout = session_timeout;
  awaiting_join_ += (join ? 1 : 0) - (member.parked_join ? 1 : 0);
  return std::exchange(member.parked_join, join);
}

std::optional<GroupToken> ClassicGroup::take_join(ClassicMember& member) {
  if (member.parked_join) --awaiting_join_;
  return std::exchange(member.parked_join, std::nullopt);
}

ErrorCode ClassicGroup::validate_member(const std::string& member_id,
                                        const std::string& group_instance_id) const {
  if (!group_instance_id.empty()) {
    const std::string holder = static_member(group_instance_id);
    if (holder.empty()) return ErrorCode::unknown_member_id;
    if (holder != member_id) return ErrorCode::fenced_instance_id;
  }
  return members_.contains(member_id) ? ErrorCode::none : ErrorCode::unknown_member_id;
}

ErrorCode ClassicGroup::validate_commit(const protocol::OffsetCommitRequest& request) const {
  if (is(GroupState::dead)) return ErrorCode::coordinator_not_available;
  const std::int32_t generation = request.generation_id_or_member_epoch;
  // Whoever assigns itself, and tools, commit without a generation; only while nobody else is in
  // charge.
  if (generation < 0 && is(GroupState::empty)) return ErrorCode::none;
  if (generation >= 0 || !request.member_id.empty() || !request.group_instance_id.empty()) {
    const ErrorCode error = validate_member(request.member_id, request.group_instance_id);
    if (error != ErrorCode::none) return error;
    if (generation != generation_) return ErrorCode::illegal_generation;
  } else {
    return ErrorCode::unknown_member_id;
  }
  // The member has this generation but not yet its assignment: it must sync first.
  return is(GroupState::completing_rebalance) ? ErrorCode::rebalance_in_progress : ErrorCode::none;
}

void ClassicGroup::count_protocols(const ClassicMember& member, int by) {
  for (const protocol::JoinGroupProtocol& each : member.protocols) supporters_[each.name] += by;
}

std::size_t first_in_hash_map(const std::vector<std::string>& candidates) {
  const std::string first = protocol::in_java_map_order(candidates).front();
  const auto found = std::find(candidates.begin(), candidates.end(), first);
  return static_cast<std::size_t>(found - candidates.begin());
}

void ClassicGroup::elect(const std::vector<std::string>& candidates) {
  const std::size_t chosen = (*choice_)(candidates);
  CHECKED(chosen < candidates.size(), "group {}: leader {} of {}", group_id_, chosen,
          candidates.size());
  leader_ = candidates[chosen];
}

std::vector<std::string> ClassicGroup::in_join_order(bool waiting_only) const {
  std::vector<const ClassicMember*> order;
  for (const auto& [id, member] : members_) {
    if (!waiting_only || member.parked_join) order.push_back(&member);
  }
  std::sort(order.begin(), order.end(), [](const ClassicMember* a, const ClassicMember* b) {
    return a->joined_as < b->joined_as;
  });
  std::vector<std::string> ids;
  for (const ClassicMember* member : order) ids.push_back(member->member_id);
  return ids;
}

}  // namespace kafkasim::broker
