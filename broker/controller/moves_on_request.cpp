// ElectLeaders, AlterPartitionReassignments and ListPartitionReassignments: what an administrator
// asks for, partition by partition, and the words of each answer. How a partition changes is
// decided in replication_control.cpp.
#include <fmt/format.h>

#include <utility>

#include "broker/controller/replication_control.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;
using protocol::TopicPartition;

}  // namespace

Decision<protocol::ElectLeadersResponse> ReplicationControl::elect_leaders(
    const protocol::ElectLeadersRequest& request) const {
  Decision<protocol::ElectLeadersResponse> decision;
  const Election election = request.election_type == protocol::ElectionType::unclean
                                ? Election::unclean
                                : Election::preferred;
  const auto elect = [&](const TopicPartition& partition) {
    const ErrorCode error = elect_leader(partition, election, decision.records);
    // When all are asked for, those that need nothing are not spoken of.
    if (request.all_partitions && error == ErrorCode::election_not_needed) return;
    decision.response.partitions.push_back({partition, error, why_not_elected(partition, error)});
  };
  if (request.all_partitions) {
    for (const auto& [name, topic] : image_.topics()) {
      for (const auto& [number, partition] : topic.partitions) elect({name, number});
    }
  } else {
    for (const TopicPartition& partition : request.partitions) elect(partition);
  }
  return decision;
}

std::string ReplicationControl::why_not_elected(const TopicPartition& partition,
                                                ErrorCode error) const {
  if (error == ErrorCode::none) return {};
  if (error == ErrorCode::election_not_needed)
    return "Leader election not needed for topic partition.";
  if (error == ErrorCode::preferred_leader_not_available)
    return "The preferred leader was not available.";
  if (error == ErrorCode::eligible_leaders_not_available)
    return "Eligible topic partition leaders are not available.";
  if (image_.topic(partition.topic) == nullptr) return "No such topic as " + partition.topic;
  return "No such partition as " + to_string(partition);
}

Decision<protocol::AlterPartitionReassignmentsResponse>
ReplicationControl::alter_partition_reassignments(
    const protocol::AlterPartitionReassignmentsRequest& request) const {
  Decision<protocol::AlterPartitionReassignmentsResponse> decision;
  for (const protocol::ReassignablePartition& wanted : request.partitions) {
    const ErrorCode error = reassign(wanted.partition, wanted.replicas, decision.records);
    decision.response.partitions.push_back(
        {wanted.partition, error, why_not_reassigned(wanted, error)});
  }
  return decision;
}

std::string ReplicationControl::why_not_reassigned(const protocol::ReassignablePartition& wanted,
                                                   ErrorCode error) const {
  const TopicPartition& partition = wanted.partition;
  if (error == ErrorCode::none) return {};
  if (error == ErrorCode::no_reassignment_in_progress)
    return "No partition reassignment is in progress.";
  if (error == ErrorCode::invalid_replica_assignment) {
    if (wanted.replicas) return why_not_assignable(*wanted.replicas).value_or("");
    return fmt::format(
        "Unable to revert partition assignment for {}:{} because it would require an unclean "
        "leader election.",
        partition.topic, partition.partition);
  }
  if (image_.topic(partition.topic) == nullptr)
    return fmt::format("Unable to find a topic named {}.", partition.topic);
  return fmt::format("Unable to find partition {}:{}.", partition.topic, partition.partition);
}

protocol::ListPartitionReassignmentsResponse ReplicationControl::list_partition_reassignments(
    const protocol::ListPartitionReassignmentsRequest& request) const {
  protocol::ListPartitionReassignmentsResponse response;
  const auto add = [&](const TopicPartition& id, const PartitionRegistration& partition) {
    if (!reassignment_of(partition).in_progress()) return;
    response.partitions.push_back(
        {id, partition.replicas, partition.adding_replicas, partition.removing_replicas});
  };
  if (request.all_partitions) {
    for (const auto& [name, topic] : image_.topics()) {
      for (const auto& [number, partition] : topic.partitions) add({name, number}, partition);
    }
  } else {
    for (const TopicPartition& id : request.partitions) {
      if (const PartitionRegistration* partition = image_.partition(id)) add(id, *partition);
    }
  }
  return response;
}

}  // namespace kafkasim::broker
