// The table of assignors.
#include "consumer/assignor.hpp"

#include <array>

namespace kafkasim::consumer {

namespace {

constexpr std::array<Assignor, 1> assignors{{
    {"range", "org.apache.kafka.clients.consumer.RangeAssignor", RebalanceProtocol::eager,
     &assign_range},
}};

}  // namespace

const Assignor* find_assignor(std::string_view name) {
  for (const Assignor& assignor : assignors) {
    if (name == assignor.name || name == assignor.class_name) return &assignor;
  }
  return nullptr;
}

bool member_order(const AssignorMember& a, const AssignorMember& b) {
  const bool a_static = !a.group_instance_id.empty();
  const bool b_static = !b.group_instance_id.empty();
  if (a_static != b_static) return a_static;
  if (a_static) return a.group_instance_id < b.group_instance_id;
  return a.member_id < b.member_id;
}

}  // namespace kafkasim::consumer
