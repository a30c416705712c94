// The list arithmetic of reassignments.
#include "broker/controller/reassignment.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;

bool contains(const BrokerIds& brokers, BrokerId broker) {
  return std::find(brokers.begin(), brokers.end(), broker) != brokers.end();
}

BrokerIds without(const BrokerIds& brokers, const BrokerIds& left_out) {
  BrokerIds rest;
  for (const BrokerId broker : brokers) {
    if (!contains(left_out, broker)) rest.push_back(broker);
  }
  return rest;
}

Reassignment reassignment_of(const PartitionRegistration& partition) {
  return {partition.replicas, partition.removing_replicas, partition.adding_replicas};
}

Reassignment plan_reassignment(const BrokerIds& current, const BrokerIds& target) {
  Reassignment plan;
  plan.removing = without(current, target);
  plan.adding = without(target, current);
  std::sort(plan.removing.begin(), plan.removing.end());
  std::sort(plan.adding.begin(), plan.adding.end());
  plan.replicas = target;
  plan.replicas.insert(plan.replicas.end(), plan.removing.begin(), plan.removing.end());
  return plan;
}

std::optional<Placement> complete(const Reassignment& reassignment, const BrokerIds& isr) {
  if (!reassignment.in_progress()) return std::nullopt;
  Placement done{without(reassignment.replicas, reassignment.removing),
                 without(isr, reassignment.removing)};
  if (!reassignment.removing.empty() && (done.isr.empty() || done.replicas.empty()))
    return std::nullopt;
  const bool all_in_sync =
      std::all_of(done.replicas.begin(), done.replicas.end(),
                  [&](BrokerId replica) { return contains(done.isr, replica); });
  if (!all_in_sync) return std::nullopt;
  return done;
}

Revert revert(const PartitionRegistration& partition) {
  Revert back;
  back.placement.replicas = without(partition.replicas, partition.adding_replicas);
  back.placement.isr = without(partition.isr, partition.adding_replicas);
  if (back.placement.isr.empty()) {
    CHECKED(!back.placement.replicas.empty(), "a reassignment adds every replica of a partition");
    back.placement.isr.push_back(back.placement.replicas.front());
    back.unclean = true;
  }
  return back;
}

}  // namespace kafkasim::broker
