// The uniform assignor where all members read the same topics: everyone keeps up to its share, the
// rest fills those below theirs. Work on single partitions is only done for members that lose or
// get some.
#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "broker/group/assignor_parts.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker::assignor {

namespace {

using Place = std::pair<protocol::Uuid, int>;

struct Unfilled {
  std::size_t member = 0;
  int wants = 0;
};

// The partitions of a topic that no member has. Mostly there are none, which their number tells.
void add_unassigned(const protocol::Uuid& topic, int partitions, const Members& members,
                    std::vector<Place>& out) {
  std::vector<const PartitionSet*> taken;
  int count = 0;
  for (const ServerAssignorMember& member : members) {
    const TargetPartitions& own = current(member);
    const auto at = own.find(topic);
    if (at == own.end()) continue;
    taken.push_back(&at->second);
    count += static_cast<int>(at->second.size());
  }
  if (count == partitions) return;
  std::vector<bool> is_taken(static_cast<std::size_t>(partitions));
  for (const PartitionSet* each : taken) {
    for (const int partition : *each) is_taken.at(static_cast<std::size_t>(partition)) = true;
  }
  for (int partition = 0; partition < partitions; ++partition) {
    if (!is_taken[static_cast<std::size_t>(partition)]) out.emplace_back(topic, partition);
  }
}

struct Kept {
  SharedTarget target;
  int wants = 0;  // what is left of the share
};

// What a member keeps of its own within its share; what is over goes to the end of `rest`.
Kept keep_own(const ServerAssignorMember& member, const std::set<protocol::Uuid>& subscribed,
              int share, std::vector<Place>& rest) {
  const TargetPartitions& own = current(member);
  std::size_t count = 0;
  bool reads_all = true;
  for (const auto& [topic, partitions] : own) {
    count += partitions.size();
    reads_all = reads_all && subscribed.contains(topic);
  }
  if (member.current && reads_all && count <= static_cast<std::size_t>(share)) {
    return {member.current, share - static_cast<int>(count)};
  }
  TargetPartitions kept;
  for (const protocol::Uuid& topic : topics_in_map_order(own)) {
    if (!subscribed.contains(topic)) continue;
    std::vector<int> numbers = in_set_order(own.at(topic));
    const int keeps = std::min(share, static_cast<int>(numbers.size()));
    const auto over = numbers.begin() + keeps;
    for (auto at = over; at != numbers.end(); ++at) rest.emplace_back(topic, *at);
    numbers.erase(over, numbers.end());
    share -= keeps;
    if (keeps > 0) kept[topic] = PartitionSet(std::move(numbers));
  }
  return {broker::share(std::move(kept)), share};
}

}  // namespace

ServerAssignment divide_homogeneous(const ServerAssignorTopics& topics, const Members& members,
                                    const MemberOrder& order) {
  ServerAssignment out;
  out.targets.resize(members.size());
  const std::vector<protocol::Uuid> in_order = in_set_order(*members[order.front()].topics);
  const std::set<protocol::Uuid> subscribed(in_order.begin(), in_order.end());
  int partitions = 0;
  for (const protocol::Uuid& topic : in_order) partitions += topics.at(topic);
  const int everyone = partitions / static_cast<int>(members.size());
  // The first members in Kafka's order get one more, whatever they had.
  int one_more = partitions % static_cast<int>(members.size());

  std::vector<Place> rest;
  for (const protocol::Uuid& topic : in_order) {
    add_unassigned(topic, topics.at(topic), members, rest);
  }
  std::vector<Unfilled> unfilled;
  for (const std::size_t member : order) {
    const int share = everyone + (one_more > 0 ? 1 : 0);
    if (one_more > 0) --one_more;
    Kept kept = keep_own(members[member], subscribed, share, rest);
    out.targets[member] = std::move(kept.target);
    if (kept.wants > 0) unfilled.push_back({member, kept.wants});
  }
  std::size_t next = 0;
  for (const Unfilled& each : unfilled) {
    if (next == rest.size()) break;
    TargetPartitions target = *out.targets[each.member];
    for (int i = 0; i < each.wants && next < rest.size(); ++i, ++next) {
      target[rest[next].first].insert(rest[next].second);
    }
    out.targets[each.member] = share(std::move(target));
  }
  CHECKED(next == rest.size(), "{} of {} partitions were left over", rest.size() - next,
          partitions);
  return out;
}

}  // namespace kafkasim::broker::assignor
