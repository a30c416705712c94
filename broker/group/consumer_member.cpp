// The states of a member between its assignment and its target.
#include "broker/group/consumer_member.hpp"

#include <algorithm>
#include <utility>

namespace kafkasim::broker {

namespace {

const PartitionSet no_partitions;

const PartitionSet& of(const TargetPartitions& assignment, const protocol::Uuid& topic) {
  const auto at = assignment.find(topic);
  return at == assignment.end() ? no_partitions : at->second;
}

// A member that does not say what it owns may own anything.
bool may_own_any_of(const OwnedPartitions& owned, const TargetPartitions& partitions) {
  if (!owned) return true;
  return std::any_of(owned->begin(), owned->end(), [&](const protocol::TopicIdPartitions& topic) {
    const PartitionSet& among = of(partitions, topic.topic_id);
    return std::any_of(topic.partitions.begin(), topic.partitions.end(),
                       [&](std::int32_t partition) { return among.contains(partition); });
  });
}

// What becomes of `assigned` on the way to `target`.
struct Difference {
  TargetPartitions kept;
  TargetPartitions to_revoke;
  TargetPartitions free;       // to be given now
  bool some_are_held = false;  // of those to be given
};

Difference difference(const TargetPartitions& assigned, const TargetPartitions& target,
                      const PartitionIsHeld& is_held) {
  Difference out;
  for (const auto& [topic, partitions] : assigned) {
    const PartitionSet& wanted = of(target, topic);
    for (const int partition : partitions) {
      (wanted.contains(partition) ? out.kept : out.to_revoke)[topic].insert(partition);
    }
  }
  for (const auto& [topic, partitions] : target) {
    const PartitionSet& have = of(assigned, topic);
    for (const int partition : partitions) {
      if (have.contains(partition)) continue;
      if (is_held(topic, partition)) {
        out.some_are_held = true;
      } else {
        out.free[topic].insert(partition);
      }
    }
  }
  return out;
}

ConsumerMemberPlace next_place(const ConsumerMemberPlace& place, std::int32_t epoch,
                               std::int32_t target_epoch, const TargetPartitions& target,
                               const PartitionIsHeld& is_held, const OwnedPartitions& owned) {
  Difference difference_to_target = difference(place.assigned, target, is_held);
  ConsumerMemberPlace out;
  out.previous_epoch = place.epoch;
  out.assigned = std::move(difference_to_target.kept);
  if (!difference_to_target.to_revoke.empty() &&
      may_own_any_of(owned, difference_to_target.to_revoke)) {
    out.epoch = epoch;
    out.state = ConsumerMemberState::unrevoked_partitions;
    out.pending_revocation = std::move(difference_to_target.to_revoke);
    return out;
  }
  out.epoch = target_epoch;
  out.state = difference_to_target.some_are_held ? ConsumerMemberState::unreleased_partitions
                                                 : ConsumerMemberState::stable;
  for (const auto& [topic, partitions] : difference_to_target.free) {
    out.assigned[topic].insert(partitions);
  }
  return out;
}

}  // namespace

std::string_view to_string(ConsumerMemberState state) {
  switch (state) {
    case ConsumerMemberState::stable:
      return "STABLE";
    case ConsumerMemberState::unrevoked_partitions:
      return "UNREVOKED_PARTITIONS";
    case ConsumerMemberState::unreleased_partitions:
      return "UNRELEASED_PARTITIONS";
  }
  return "";
}

ConsumerMemberPlace reconciled(const ConsumerMemberPlace& place, std::int32_t target_epoch,
                               const TargetPartitions& target, const PartitionIsHeld& is_held,
                               const OwnedPartitions& owned) {
  switch (place.state) {
    case ConsumerMemberState::stable:
      if (place.epoch == target_epoch) return place;
      return next_place(place, place.epoch, target_epoch, target, is_held, owned);
    case ConsumerMemberState::unrevoked_partitions:
      if (may_own_any_of(owned, place.pending_revocation)) return place;
      // The next revocation, if there is one, is another epoch.
      return next_place(place, place.epoch + 1, target_epoch, target, is_held, owned);
    case ConsumerMemberState::unreleased_partitions:
      return next_place(place, place.epoch, target_epoch, target, is_held, owned);
  }
  return place;
}

bool owns_only(const OwnedPartitions& owned, const TargetPartitions& assigned) {
  if (!owned) return false;
  return std::all_of(owned->begin(), owned->end(), [&](const protocol::TopicIdPartitions& topic) {
    const auto at = assigned.find(topic.topic_id);
    if (at == assigned.end()) return false;
    return std::all_of(topic.partitions.begin(), topic.partitions.end(),
                       [&](std::int32_t partition) { return at->second.contains(partition); });
  });
}

}  // namespace kafkasim::broker
