// The uniform assignor where all members read the same topics: everyone keeps up to its share, the
// rest fills those below theirs.
#include <utility>

#include "broker/group/assignor_parts.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker::assignor {

namespace {

using Place = std::pair<protocol::Uuid, int>;

struct Unfilled {
  const ServerAssignorMember* member = nullptr;
  int wants = 0;
};

std::vector<Place> unassigned(const ServerAssignorTopics& topics,
                              const std::vector<protocol::Uuid>& subscribed,
                              const std::vector<const ServerAssignorMember*>& members) {
  TargetPartitions assigned;
  for (const ServerAssignorMember* member : members) {
    for (const auto& [topic, partitions] : member->current) {
      assigned[topic].insert(partitions.begin(), partitions.end());
    }
  }
  std::vector<Place> out;
  for (const protocol::Uuid& topic : subscribed) {
    const auto taken = assigned.find(topic);
    for (int partition = 0; partition < topics.at(topic); ++partition) {
      if (taken == assigned.end() || !taken->second.contains(partition)) {
        out.emplace_back(topic, partition);
      }
    }
  }
  return out;
}

// What a member keeps of its own within its share; what is over goes to the end of `rest`. Returns
// what is left of the share.
int keep_own(const ServerAssignorMember& member, const std::set<protocol::Uuid>& subscribed,
             int share, TargetPartitions& target, std::vector<Place>& rest) {
  for (const protocol::Uuid& topic : topics_in_map_order(member.current)) {
    if (!subscribed.contains(topic)) continue;
    for (const int partition : in_set_order(member.current.at(topic))) {
      if (share > 0) {
        --share;
        target[topic].insert(partition);
      } else {
        rest.emplace_back(topic, partition);
      }
    }
  }
  return share;
}

}  // namespace

ServerAssignment divide_homogeneous(const ServerAssignorTopics& topics,
                                    const std::vector<const ServerAssignorMember*>& members) {
  ServerAssignment out;
  for (const ServerAssignorMember* member : members) out.members[member->member_id];
  const std::vector<protocol::Uuid> in_order = in_set_order(members.front()->topics);
  const std::set<protocol::Uuid> subscribed(in_order.begin(), in_order.end());
  int partitions = 0;
  for (const protocol::Uuid& topic : in_order) partitions += topics.at(topic);
  const int everyone = partitions / static_cast<int>(members.size());
  // The first members in Kafka's order get one more, whatever they had.
  int one_more = partitions % static_cast<int>(members.size());

  std::vector<Place> rest = unassigned(topics, in_order, members);
  std::vector<Unfilled> unfilled;
  for (const ServerAssignorMember* member : members) {
    const int share = everyone + (one_more > 0 ? 1 : 0);
    if (one_more > 0) --one_more;
    const int wants = keep_own(*member, subscribed, share, out.members[member->member_id], rest);
    if (wants > 0) unfilled.push_back({member, wants});
  }
  std::size_t next = 0;
  for (const Unfilled& each : unfilled) {
    TargetPartitions& target = out.members[each.member->member_id];
    for (int i = 0; i < each.wants && next < rest.size(); ++i, ++next) {
      target[rest[next].first].insert(rest[next].second);
    }
  }
  CHECKED(next == rest.size(), "{} of {} partitions were left over", rest.size() - next,
          partitions);
  return out;
}

}  // namespace kafkasim::broker::assignor
