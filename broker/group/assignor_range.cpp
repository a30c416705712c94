// The coordinator's range assignor.
#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "broker/group/assignor_parts.hpp"

namespace kafkasim::broker {

namespace {

bool member_order(const ServerAssignorMember& a, const ServerAssignorMember& b) {
  const bool a_static = !a.group_instance_id.empty();
  const bool b_static = !b.group_instance_id.empty();
  if (a_static != b_static) return a_static;
  if (a_static) return a.group_instance_id < b.group_instance_id;
  return a.member_id < b.member_id;
}

// A topic while it is divided.
struct Rest {
  int partitions = 0;
  int members = 0;
  int next = 0;         // the first partition that is left
  int given_extra = 0;  // members that got one more
};

// What a member gets of a topic.
struct Run {
  protocol::Uuid topic;
  int first = 0;
  int count = 0;
};

// The next run; none = nothing is left.
std::optional<Run> next_run(const protocol::Uuid& topic, Rest& rest) {
  int count = rest.partitions / rest.members;
  if (rest.given_extra < rest.partitions % rest.members) {
    ++count;
    ++rest.given_extra;
  }
  if (count == 0) return std::nullopt;
  const Run run{topic, rest.next, count};
  rest.next += count;
  return run;
}

bool is_made_of(const TargetPartitions& target, const std::vector<Run>& runs) {
  return target.size() == runs.size() && std::all_of(runs.begin(), runs.end(), [&](const Run& run) {
           const auto at = target.find(run.topic);
           return at != target.end() && at->second.is_run(run.first, run.count);
         });
}

SharedTarget target_of(const std::vector<Run>& runs) {
  TargetPartitions target;
  for (const Run& run : runs) {
    std::vector<int> numbers(static_cast<std::size_t>(run.count));
    std::iota(numbers.begin(), numbers.end(), run.first);
    target[run.topic] = PartitionSet(std::move(numbers));
  }
  return share(std::move(target));
}

}  // namespace

ServerAssignment assign_server_range(const ServerAssignorTopics& topics,
                                     const std::vector<ServerAssignorMember>& members) {
  ServerAssignment out;
  if (assignor::has_missing_topic(topics, members)) {
    out.error = "Member is subscribed to a non-existent topic";
    return out;
  }
  assignor::MemberOrder order = assignor::in_map_order(members);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return member_order(members[a], members[b]);
  });
  std::map<protocol::Uuid, Rest> rests;
  for (const ServerAssignorMember& member : members) {
    for (const protocol::Uuid& topic : *member.topics) {
      Rest& rest = rests[topic];
      rest.partitions = topics.at(topic);
      ++rest.members;
    }
  }
  out.targets.resize(members.size());
  std::vector<Run> runs;
  for (const std::size_t index : order) {
    const ServerAssignorMember& member = members[index];
    runs.clear();
    for (const protocol::Uuid& topic : *member.topics) {
      if (const std::optional<Run> run = next_run(topic, rests.at(topic))) runs.push_back(*run);
    }
    const bool keeps = member.current && is_made_of(*member.current, runs);
    out.targets[index] = keeps ? member.current : target_of(runs);
  }
  return out;
}

}  // namespace kafkasim::broker
