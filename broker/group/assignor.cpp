// The table of the coordinator's assignors, and the uniform one's choice between its two ways.
#include "broker/group/assignor.hpp"

#include <array>

#include "broker/group/assignor_parts.hpp"

namespace kafkasim::broker {

namespace {

constexpr std::array<ServerAssignor, 2> server_assignors{{
    {"uniform", "org.apache.kafka.coordinator.group.assignor.UniformAssignor", &assign_uniform},
    {"range", "org.apache.kafka.coordinator.group.assignor.RangeAssignor", &assign_server_range},
}};

}  // namespace

const ServerAssignor* find_server_assignor(std::string_view name) {
  for (const ServerAssignor& assignor : server_assignors) {
    if (name == assignor.name || name == assignor.class_name) return &assignor;
  }
  return nullptr;
}

ServerAssignment assign_uniform(const ServerAssignorTopics& topics,
                                const std::vector<ServerAssignorMember>& members) {
  if (assignor::has_missing_topic(topics, members)) {
    return {"Members are subscribed to a topic which doesn't exist in the topic metadata.", {}};
  }
  if (members.empty()) return {};
  const std::vector<const ServerAssignorMember*> in_order = assignor::in_map_order(members);
  return assignor::is_homogeneous(members) ? assignor::divide_homogeneous(topics, in_order)
                                           : assignor::divide_heterogeneous(topics, in_order);
}

}  // namespace kafkasim::broker
