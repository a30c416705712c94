// What follows from the records of a consumer group: its state, who holds what, and the counts that
// make these cheap to know.
#include "broker/group/consumer_group.hpp"

#include <utility>
#include <vector>

#include "protocol/java_hash.hpp"

namespace kafkasim::broker {

namespace {

template <class Key>
void count_one(std::map<Key, int>& counts, const Key& key, int by) {
  const auto at = counts.emplace(key, 0).first;
  at->second += by;
  if (at->second == 0) counts.erase(at);
}

void count_subscriptions(std::map<std::string, int>& counts, const ConsumerMemberInfo* info,
                         int by) {
  if (info == nullptr) return;
  for (const std::string& topic : info->topics) count_one(counts, topic, by);
}

void count_vote(std::map<std::string, int>& votes, const ConsumerMemberInfo* info, int by) {
  if (info != nullptr && !info->server_assignor.empty()) {
    count_one(votes, info->server_assignor, by);
  }
}

// The names as a hash map meets them.
std::vector<std::string> in_map_order(const std::map<std::string, int>& votes) {
  std::vector<std::string> names;
  for (const auto& [name, count] : votes) names.push_back(name);
  return protocol::in_java_map_order(names);
}

// Among those with as many votes, the first. Requires: `order` has the names of all votes.
std::string winner(const std::map<std::string, int>& votes, const std::vector<std::string>& order) {
  std::string best;
  int most = 0;
  for (const std::string& name : order) {
    const auto at = votes.find(name);
    if (at == votes.end() || at->second <= most) continue;
    most = at->second;
    best = name;
  }
  return best;
}

}  // namespace

std::string_view to_string(ConsumerGroupState state) {
  switch (state) {
    case ConsumerGroupState::empty:
      return "Empty";
    case ConsumerGroupState::assigning:
      return "Assigning";
    case ConsumerGroupState::reconciling:
      return "Reconciling";
    case ConsumerGroupState::stable:
      return "Stable";
  }
  return "";
}

ConsumerGroupState ConsumerGroup::state() const {
  if (members_.empty()) return ConsumerGroupState::empty;
  if (epoch_ > target_epoch_) return ConsumerGroupState::assigning;
  const auto arrived = arrived_.find(target_epoch_);
  const bool all =
      arrived != arrived_.end() && arrived->second == static_cast<int>(members_.size());
  return all ? ConsumerGroupState::stable : ConsumerGroupState::reconciling;
}

const ConsumerMember* ConsumerGroup::find(const std::string& member_id) const {
  const auto at = members_.find(member_id);
  return at == members_.end() ? nullptr : &at->second;
}

const ConsumerMember* ConsumerGroup::static_member(const std::string& group_instance_id) const {
  const auto at = static_members_.find(group_instance_id);
  return at == static_members_.end() ? nullptr : find(at->second);
}

const TargetPartitions& ConsumerGroup::target(const std::string& member_id) const {
  static const TargetPartitions none;
  const auto at = targets_.find(member_id);
  return at == targets_.end() ? none : *at->second;
}

SharedTarget ConsumerGroup::shared_target(const std::string& member_id) const {
  const auto at = targets_.find(member_id);
  return at == targets_.end() ? nullptr : at->second;
}

std::optional<std::int32_t> ConsumerGroup::holder_epoch(const protocol::Uuid& topic,
                                                        int partition) const {
  const auto held = holder_epochs_.find(topic);
  if (held == holder_epochs_.end()) return std::nullopt;
  const auto at = held->second.find(partition);
  if (at == held->second.end()) return std::nullopt;
  return at->second;
}

std::string ConsumerGroup::assignor() const { return winner(assignors_, in_map_order(assignors_)); }

std::string ConsumerGroup::assignor_after(const ConsumerMemberInfo* before,
                                          const ConsumerMemberInfo* after) const {
  std::map<std::string, int> votes = assignors_;
  std::vector<std::string> order = in_map_order(votes);
  count_vote(votes, before, -1);
  // Kafka counts in a copy of the votes. A name that is new in it, if only since it was the last
  // vote for it that was taken back, comes before the others of its bucket, and the names that
  // there are share one.
  const bool is_new = after != nullptr && !votes.contains(after->server_assignor);
  count_vote(votes, after, 1);
  if (is_new) order.insert(order.begin(), after->server_assignor);
  return winner(votes, order);
}

std::map<std::string, int> ConsumerGroup::subscribers_after(const ConsumerMemberInfo* before,
                                                            const ConsumerMemberInfo* after) const {
  std::map<std::string, int> counts = subscribers_;
  count_subscriptions(counts, before, -1);
  count_subscriptions(counts, after, 1);
  return counts;
}

ConsumerMember& ConsumerGroup::member(const std::string& member_id) {
  const auto [at, added] = members_.try_emplace(member_id);
  if (added) {
    at->second.member_id = member_id;
    count_arrived(at->second.place, 1);
  }
  return at->second;
}

void ConsumerGroup::count(const ConsumerMemberInfo& info, int by) {
  count_subscriptions(subscribers_, &info, by);
  count_vote(assignors_, &info, by);
}

void ConsumerGroup::count_arrived(const ConsumerMemberPlace& place, int by) {
  if (place.state == ConsumerMemberState::stable) count_one(arrived_, place.epoch, by);
}

void ConsumerGroup::hold(const ConsumerMemberPlace& place) {
  for (const TargetPartitions* part : {&place.assigned, &place.pending_revocation}) {
    for (const auto& [topic, partitions] : *part) {
      std::map<int, std::int32_t>& held = holder_epochs_[topic];
      for (const int partition : partitions) held[partition] = place.epoch;
    }
  }
}

void ConsumerGroup::let_go(const ConsumerMemberPlace& place) {
  for (const TargetPartitions* part : {&place.assigned, &place.pending_revocation}) {
    for (const auto& [topic, partitions] : *part) {
      const auto held = holder_epochs_.find(topic);
      if (held == holder_epochs_.end()) continue;
      for (const int partition : partitions) {
        // A compacted log may tell of the next holder first.
        const auto at = held->second.find(partition);
        if (at != held->second.end() && at->second == place.epoch) held->second.erase(at);
      }
      if (held->second.empty()) holder_epochs_.erase(held);
    }
  }
}

void ConsumerGroup::set_epoch(std::int32_t epoch) { epoch_ = epoch; }

void ConsumerGroup::set_target_epoch(std::int32_t epoch) { target_epoch_ = epoch; }

void ConsumerGroup::set_topics(GroupTopics topics) { topics_ = std::move(topics); }

void ConsumerGroup::set_info(const std::string& member_id, ConsumerMemberInfo info) {
  ConsumerMember& changed = member(member_id);
  count(changed.info, -1);
  changed.info = std::move(info);
  count(changed.info, 1);
  if (changed.info.is_static()) static_members_[changed.info.group_instance_id] = member_id;
}

void ConsumerGroup::set_place(const std::string& member_id, ConsumerMemberPlace place) {
  ConsumerMember& changed = member(member_id);
  count_arrived(changed.place, -1);
  let_go(changed.place);
  changed.place = std::move(place);
  hold(changed.place);
  count_arrived(changed.place, 1);
}

void ConsumerGroup::set_target(const std::string& member_id, SharedTarget target) {
  targets_[member_id] = std::move(target);
}

void ConsumerGroup::release(const std::string& member_id) {
  if (!members_.contains(member_id)) return;
  ConsumerMemberPlace place;
  place.epoch = protocol::ConsumerGroupHeartbeatRequest::leave_epoch;
  place.previous_epoch = place.epoch;
  place.state = members_.at(member_id).place.state;
  set_place(member_id, std::move(place));
}

void ConsumerGroup::remove_target(const std::string& member_id) { targets_.erase(member_id); }

void ConsumerGroup::remove_member(const std::string& member_id) {
  const auto at = members_.find(member_id);
  if (at == members_.end()) return;
  const ConsumerMember& removed = at->second;
  count(removed.info, -1);
  count_arrived(removed.place, -1);
  let_go(removed.place);
  // The instance may belong to its successor by now.
  const auto holder = static_members_.find(removed.info.group_instance_id);
  if (holder != static_members_.end() && holder->second == member_id) static_members_.erase(holder);
  members_.erase(at);
}

}  // namespace kafkasim::broker
