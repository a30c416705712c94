// The coordinator's range assignor.
#include <algorithm>

#include "broker/group/assignor_parts.hpp"

namespace kafkasim::broker {

namespace {

bool member_order(const ServerAssignorMember* a, const ServerAssignorMember* b) {
  const bool a_static = !a->group_instance_id.empty();
  const bool b_static = !b->group_instance_id.empty();
  if (a_static != b_static) return a_static;
  if (a_static) return a->group_instance_id < b->group_instance_id;
  return a->member_id < b->member_id;
}

// A topic while it is divided.
struct Rest {
  int partitions = 0;
  int members = 0;
  int next = 0;         // the first partition that is left
  int given_extra = 0;  // members that got one more
};

}  // namespace

ServerAssignment assign_server_range(const ServerAssignorTopics& topics,
                                     const std::vector<ServerAssignorMember>& members) {
  ServerAssignment out;
  if (assignor::has_missing_topic(topics, members)) {
    out.error = "Member is subscribed to a non-existent topic";
    return out;
  }
  std::vector<const ServerAssignorMember*> in_order = assignor::in_map_order(members);
  std::stable_sort(in_order.begin(), in_order.end(), member_order);
  std::map<protocol::Uuid, Rest> rests;
  for (const ServerAssignorMember* member : in_order) {
    for (const protocol::Uuid& topic : member->topics) {
      Rest& rest = rests[topic];
      rest.partitions = topics.at(topic);
      ++rest.members;
    }
  }
  for (const ServerAssignorMember* member : in_order) {
    TargetPartitions& target = out.members[member->member_id];
    for (const protocol::Uuid& topic : member->topics) {
      Rest& rest = rests[topic];
      int count = rest.partitions / rest.members;
      if (rest.given_extra < rest.partitions % rest.members) {
        ++count;
        ++rest.given_extra;
      }
      for (int i = 0; i < count; ++i) target[topic].insert(rest.next++);
    }
  }
  return out;
}

}  // namespace kafkasim::broker
