// The table of assignors.
#include "consumer/assignor.hpp"

#include <array>

namespace kafkasim::consumer {

namespace {

protocol::Bytes sticky_user_data(const LastAssignment* last) {
  if (last == nullptr) return {};
  return protocol::encode(protocol::StickyUserData{last->partitions, last->generation});
}

// The owned partitions are in the subscription itself.
protocol::Bytes cooperative_user_data(const LastAssignment* last) {
  return protocol::cooperative_sticky_user_data(last == nullptr ? -1 : last->generation);
}

constexpr std::array<Assignor, 4> assignors{{
    {"range", "org.apache.kafka.clients.consumer.RangeAssignor", RebalanceProtocol::eager,
     &assign_range, nullptr},
    {"roundrobin", "org.apache.kafka.clients.consumer.RoundRobinAssignor", RebalanceProtocol::eager,
     &assign_round_robin, nullptr},
    {"sticky", "org.apache.kafka.clients.consumer.StickyAssignor", RebalanceProtocol::eager,
     &assign_sticky, &sticky_user_data},
    {"cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
     RebalanceProtocol::cooperative, &assign_cooperative_sticky, &cooperative_user_data},
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
