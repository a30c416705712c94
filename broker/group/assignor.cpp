// The table of the coordinator's assignors, and the uniform one's choice between its two ways.
#include "broker/group/assignor.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "broker/group/assignor_parts.hpp"

namespace kafkasim::broker {

namespace {

constexpr std::array<ServerAssignor, 2> server_assignors{{
    {"uniform", "org.apache.kafka.coordinator.group.assignor.UniformAssignor", &assign_uniform},
    {"range", "org.apache.kafka.coordinator.group.assignor.RangeAssignor", &assign_server_range},
}};

bool is_beyond(const ServerAssignorTopics& topics, const protocol::Uuid& topic,
               const PartitionSet& partitions) {
  const auto known = topics.find(topic);
  return known != topics.end() && !partitions.empty() && partitions.greatest() >= known->second;
}

// Without partitions beyond the topic's end: a coordinator that has just taken over may know an
// older state of the topic than the one that made the targets.
SharedTarget existing(const ServerAssignorTopics& topics, const SharedTarget& target) {
  const auto beyond = [&](const auto& entry) {
    return is_beyond(topics, entry.first, entry.second);
  };
  if (!target || std::none_of(target->begin(), target->end(), beyond)) return target;
  TargetPartitions out;
  for (const auto& [topic, partitions] : *target) {
    if (!is_beyond(topics, topic, partitions)) {
      out.emplace(topic, partitions);
      continue;
    }
    const auto end = std::lower_bound(partitions.begin(), partitions.end(), topics.at(topic));
    if (end != partitions.begin()) out.emplace(topic, PartitionSet(partitions.begin(), end));
  }
  return share(std::move(out));
}

}  // namespace

const ServerAssignor* find_server_assignor(std::string_view name) {
  for (const ServerAssignor& assignor : server_assignors) {
    if (name == assignor.name || name == assignor.class_name) return &assignor;
  }
  return nullptr;
}

ServerAssignment assign_uniform(const ServerAssignorTopics& topics,
                                const std::vector<ServerAssignorMember>& given) {
  std::vector<ServerAssignorMember> members = given;
  if (assignor::has_missing_topic(topics, members)) {
    return {"Members are subscribed to a topic which doesn't exist in the topic metadata.", {}};
  }
  if (members.empty()) return {};
  for (ServerAssignorMember& member : members) member.current = existing(topics, member.current);
  const assignor::MemberOrder order = assignor::in_map_order(members);
  return assignor::is_homogeneous(members) ? assignor::divide_homogeneous(topics, members, order)
                                           : assignor::divide_heterogeneous(topics, members, order);
}

}  // namespace kafkasim::broker
