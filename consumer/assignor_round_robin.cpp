// The round-robin assignor: all partitions in order, dealt to the members in order, past those that
// do not read the topic.
#include <algorithm>
#include <set>

#include "consumer/assignor.hpp"

namespace kafkasim::consumer {

Assignments assign_round_robin(const AssignorTopics& topics,
                               const std::vector<AssignorMember>& members) {
  Assignments out;
  std::vector<const AssignorMember*> in_order;
  std::set<std::string> subscribed;
  for (const AssignorMember& member : members) {
    out[member.member_id];
    in_order.push_back(&member);
    subscribed.insert(member.subscription.topics.begin(), member.subscription.topics.end());
  }
  std::sort(in_order.begin(), in_order.end(),
            [](const AssignorMember* a, const AssignorMember* b) { return member_order(*a, *b); });
  const auto reads = [](const AssignorMember& member, const std::string& topic) {
    const std::vector<std::string>& list = member.subscription.topics;
    return std::find(list.begin(), list.end(), topic) != list.end();
  };
  std::size_t next = 0;
  for (const std::string& topic : subscribed) {
    const auto known = topics.find(topic);
    if (known == topics.end()) continue;
    for (std::size_t partition = 0; partition < known->second.size(); ++partition) {
      // Ends: somebody is subscribed to the topic.
      while (!reads(*in_order[next], topic)) next = (next + 1) % in_order.size();
      out[in_order[next]->member_id].push_back({topic, static_cast<std::int32_t>(partition)});
      next = (next + 1) % in_order.size();
    }
  }
  return out;
}

}  // namespace kafkasim::consumer
