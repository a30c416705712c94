// The sticky and the cooperative sticky assignor: where each finds what a member owned, and the
// cooperative one's step of withholding what another member must give up first.
#include "consumer/assignor_sticky.hpp"

#include <algorithm>
#include <utility>

namespace kafkasim::consumer {

namespace {

using protocol::TopicPartition;
using sticky::Claims;
using sticky::Division;
using sticky::Group;

TopicPartition name_of(const Group& group, int partition) {
  const sticky::Partition& at = group.partitions[static_cast<std::size_t>(partition)];
  return {group.topics[static_cast<std::size_t>(at.topic)].name, at.number};
}

// Partitions that somebody gets who did not have them while somebody else loses them, with the one
// who gets them.
std::map<int, int> handed_over(const Group& group, const std::vector<Claims>& claims,
                               const Division& division) {
  std::map<int, int> added;
  std::set<TopicPartition> lost;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const std::vector<TopicPartition>& said = claims[i].member->subscription.owned_partitions;
    std::set<TopicPartition> gone(said.begin(), said.end());
    const std::set<TopicPartition> owned = gone;
    const int member = group.said_order[i];
    for (const int partition : division.of_member[static_cast<std::size_t>(member)]) {
      const TopicPartition name = name_of(group, partition);
      if (!owned.contains(name)) added[partition] = member;
      gone.erase(name);
    }
    lost.insert(gone.begin(), gone.end());
  }
  std::erase_if(added,
                [&](const auto& entry) { return !lost.contains(name_of(group, entry.first)); });
  return added;
}

Assignments assign(const AssignorTopics& topics, const std::vector<Claims>& claims,
                   bool cooperative) {
  Assignments out;
  if (claims.empty()) return out;
  const Group group = sticky::group_of(topics, claims);
  const sticky::Racks racks = sticky::racks_of(group, topics, claims);
  const sticky::Ownership ownership = sticky::ownership_of(group, claims);
  Division division = group.same_topics ? sticky::divide_equally(group, racks, ownership)
                                        : sticky::divide_generally(group, racks, ownership);
  if (cooperative) {
    const std::map<int, int> withheld =
        division.transferred ? *division.transferred : handed_over(group, claims, division);
    for (const auto& [partition, member] : withheld) {
      std::erase(division.of_member[static_cast<std::size_t>(member)], partition);
    }
  }
  for (std::size_t member = 0; member < group.members.size(); ++member) {
    std::vector<TopicPartition>& list = out[group.members[member]];
    for (const int partition : division.of_member[member]) {
      list.push_back(name_of(group, partition));
    }
  }
  return out;
}

}  // namespace

Assignments assign_sticky(const AssignorTopics& topics,
                          const std::vector<AssignorMember>& members) {
  std::vector<Claims> claims;
  for (const AssignorMember& member : members) {
    Claims& each = claims.emplace_back();
    each.member = &member;
    if (member.subscription.user_data.view().empty()) continue;
    std::optional<protocol::StickyUserData> data =
        protocol::decode_sticky_user_data(member.subscription.user_data);
    if (!data) continue;
    each.owned = std::move(data->partitions);
    each.generation = data->generation;
  }
  return assign(topics, claims, false);
}

Assignments assign_cooperative_sticky(const AssignorTopics& topics,
                                      const std::vector<AssignorMember>& members) {
  std::vector<Claims> claims;
  for (const AssignorMember& member : members) {
    const protocol::ConsumerSubscription& subscription = member.subscription;
    Claims& each = claims.emplace_back();
    each.member = &member;
    each.owned = subscription.owned_partitions;
    // Members of an old version say their generation only in the user data.
    each.generation = subscription.generation_id >= 0
                          ? std::optional(subscription.generation_id)
                          : protocol::decode_cooperative_sticky_user_data(subscription.user_data);
  }
  return assign(topics, claims, true);
}

}  // namespace kafkasim::consumer
