// One member, all members, the target.
#include "broker/invariants/consumer_group_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "broker/group/in_step.hpp"

namespace kafkasim::broker {

namespace {

std::string list(const ConsumerGroup& group, const TargetPartitions& partitions) {
  constexpr int shown = 20;
  std::string out;
  int count = 0;
  for (const auto& [id, numbers] : partitions) {
    const auto topic =
        std::find_if(group.topics().begin(), group.topics().end(),
                     [&, &of = id](const auto& each) { return each.second.id == of; });
    for (const int number : numbers) {
      if (++count > shown) return out + " ...";
      out += fmt::format(" {}-{}", topic == group.topics().end() ? "?" : topic->first, number);
    }
  }
  return out.empty() ? " nothing" : out;
}

bool holds(const TargetPartitions& partitions, const protocol::Uuid& topic, int partition) {
  const auto found = partitions.find(topic);
  return found != partitions.end() && found->second.contains(partition);
}

bool is_empty(const TargetPartitions& partitions) {
  return std::all_of(partitions.begin(), partitions.end(),
                     [](const auto& each) { return each.second.empty(); });
}

}  // namespace

void ConsumerGroupCheck::broken(Invariant invariant, const ConsumerGroup& group,
                                const std::string& what) {
  constexpr int shown = 20;
  std::string state = fmt::format("  group {}: {}, epoch {}, target epoch {}", group.id(),
                                  to_string(group.state()), group.epoch(), group.target_epoch());
  int lines = 0;
  for (const auto& [id, member] : group.members()) {
    if (++lines > shown) break;
    state += fmt::format(
        "\n  {}: {} in epoch {}, assigned{}, to give up{}, target{}", id,
        to_string(member.place.state), member.place.epoch, list(group, member.place.assigned),
        list(group, member.place.pending_revocation), list(group, group.target(id)));
  }
  report_broken(invariant, fmt::format("group {}: {}", group.id(), what), state);
}

void ConsumerGroupCheck::look(const ConsumerGroup& group, const std::optional<std::string>& only) {
  if (known_ && group.version() == version_) return;
  const bool same =
      known_ && group.target_epoch() == target_epoch_ && group.members().size() == places_.size();
  const ConsumerMember* const member = only ? group.find(*only) : nullptr;
  if (same && member != nullptr && places_.contains(*only)) {
    look_at(group, *member);
  } else {
    look_at_all(group);
  }
  const bool is_stable = group.state() == ConsumerGroupState::stable;
  if (is_stable && (!was_stable_ || !same)) check_stable(group);
  was_stable_ = is_stable;
  version_ = group.version();
  target_epoch_ = group.target_epoch();
  known_ = true;
}

void ConsumerGroupCheck::forget() {
  known_ = false;
  places_.clear();
  holders_.clear();
}

std::optional<std::int32_t> ConsumerGroupCheck::epoch_of(const std::string& member_id) const {
  const auto found = places_.find(member_id);
  if (found == places_.end()) return std::nullopt;
  return found->second.epoch;
}

void ConsumerGroupCheck::look_at(const ConsumerGroup& group, const ConsumerMember& member) {
  ConsumerMemberPlace& before = places_.at(member.member_id);
  check_epoch(group, member, before);
  give_up(member.member_id, before);
  take(group, member);
  before = member.place;
  check_arrived(group, member);
}

// Most members are as they were: what they hold is compared, and counted anew only where it
// differs.
void ConsumerGroupCheck::look_at_all(const ConsumerGroup& group) {
  std::vector<const ConsumerMember*> changed;
  InStep places(places_);
  for (const auto& [id, member] : group.members()) {
    const ConsumerMemberPlace* const before = places.find(id);
    if (before != nullptr) check_epoch(group, member, *before);
    if (before != nullptr && *before == member.place) continue;
    if (before != nullptr) give_up(id, *before);
    changed.push_back(&member);
  }
  if (group.target_epoch() == group.epoch()) check_target(group);
  InStep members(group.members());
  for (auto each = places_.begin(); each != places_.end();) {
    if (members.find(each->first) != nullptr) {
      ++each;
      continue;
    }
    give_up(each->first, each->second);
    each = places_.erase(each);
  }
  for (const ConsumerMember* member : changed) {
    take(group, *member);
    places_[member->member_id] = member->place;
  }
  for (const auto& [id, member] : group.members()) check_arrived(group, member);
}

void ConsumerGroupCheck::check_epoch(const ConsumerGroup& group, const ConsumerMember& member,
                                     const ConsumerMemberPlace& before) {
  const std::int32_t now = member.place.epoch;
  if (now >= before.epoch || now <= 0) return;
  broken(Invariant::monotonic_member_epoch, group,
         fmt::format("{} went from epoch {} to {}", member.member_id, before.epoch, now));
}

void ConsumerGroupCheck::give_up(const std::string& member_id, const ConsumerMemberPlace& place) {
  for (const auto* held : {&place.assigned, &place.pending_revocation}) {
    for (const auto& [topic, numbers] : *held) {
      for (const int number : numbers) {
        const auto holder = holders_.find({topic, number});
        if (holder != holders_.end() && holder->second == member_id) holders_.erase(holder);
      }
    }
  }
}

void ConsumerGroupCheck::take(const ConsumerGroup& group, const ConsumerMember& member) {
  for (const auto* held : {&member.place.assigned, &member.place.pending_revocation}) {
    for (const auto& [topic, numbers] : *held) {
      for (const int number : numbers) {
        const auto [holder, fresh] = holders_.emplace(Partition(topic, number), member.member_id);
        if (fresh) continue;
        broken(Invariant::one_owner, group,
               fmt::format("{} and {} hold{}", holder->second, member.member_id,
                           list(group, {{topic, {number}}})));
      }
    }
  }
}

void ConsumerGroupCheck::check_arrived(const ConsumerGroup& group,
                                       const ConsumerMember& member) const {
  if (member.place.epoch != group.target_epoch() || group.target_epoch() <= 0) return;
  const TargetPartitions& target = group.target(member.member_id);
  for (const auto* held : {&member.place.assigned, &member.place.pending_revocation}) {
    for (const auto& [topic, numbers] : *held) {
      for (const int number : numbers) {
        if (holds(target, topic, number)) continue;
        broken(Invariant::nothing_held_at_target, group,
               fmt::format("{} has reached the target and holds{}", member.member_id,
                           list(group, {{topic, {number}}})));
      }
    }
  }
}

void ConsumerGroupCheck::check_target(const ConsumerGroup& group) const {
  struct Topic {
    const std::string* name = nullptr;
    std::vector<const std::string*> owners;  // by partition
    std::size_t owned = 0;
  };
  std::map<protocol::Uuid, Topic> topics;
  for (const auto& [name, known] : group.topics()) {
    Topic& topic = topics[known.id];
    topic.name = &name;
    topic.owners.resize(static_cast<std::size_t>(known.partitions));
  }
  InStep members(group.members());
  for (const auto& [id, partitions] : group.targets()) {
    const ConsumerMember* const member = members.find(id);
    for (const auto& [topic_id, numbers] : *partitions) {
      if (numbers.empty()) continue;
      Topic& topic = topics[topic_id];
      const bool reads =
          member != nullptr && topic.name != nullptr && member->info.topics.contains(*topic.name);
      if (!reads || numbers.greatest() >= static_cast<int>(topic.owners.size())) {
        broken(Invariant::target_covers, group,
               fmt::format("{} is to have{}, which it does not read or which does not exist", id,
                           list(group, {{topic_id, numbers}})));
      }
      for (const int number : numbers) {
        const std::string*& owner = topic.owners[static_cast<std::size_t>(number)];
        if (owner != nullptr) {
          broken(Invariant::target_covers, group,
                 fmt::format("{} and {} are both to have{}", *owner, id,
                             list(group, {{topic_id, {number}}})));
        }
        owner = &id;
        ++topic.owned;
      }
    }
  }
  for (const auto& [name, count] : group.subscribers()) {
    const auto known = group.topics().find(name);
    if (count == 0 || known == group.topics().end()) continue;
    const Topic& topic = topics.at(known->second.id);
    if (topic.owned == topic.owners.size()) continue;
    broken(Invariant::target_covers, group,
           fmt::format("the target has {} partitions of {}, which has {}", topic.owned, name,
                       topic.owners.size()));
  }
}

void ConsumerGroupCheck::check_stable(const ConsumerGroup& group) const {
  if (group.target_epoch() != group.epoch())
    broken(Invariant::stable_is_settled, group, "stable, with a target of an older epoch");
  for (const auto& [id, member] : group.members()) {
    const ConsumerMemberPlace& place = member.place;
    const bool settled = place.epoch == group.epoch() && is_empty(place.pending_revocation) &&
                         place.state == ConsumerMemberState::stable &&
                         place.assigned == group.target(id);
    if (settled) continue;
    broken(Invariant::stable_is_settled, group, fmt::format("stable, but {} is not", id));
  }
}

}  // namespace kafkasim::broker
