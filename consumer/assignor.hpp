// How a consumer that leads its group divides the partitions: plain functions from the group's
// subscriptions and the cluster's partitions to an assignment. Each assignor is one row of the
// table.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/consumer_protocol.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::consumer {

struct AssignorMember {
  std::string member_id;
  std::string group_instance_id;  // empty = a dynamic member
  protocol::ConsumerSubscription subscription;
};

// The partitions of a topic, by number: the racks of each one's replicas (those that have one).
using TopicRacks = std::vector<std::vector<std::string>>;
// Topics the leader knows. A topic that is missing or has no partitions is not assigned.
using AssignorTopics = std::map<std::string, TopicRacks>;
// By member id; each member is there, in the order in which the assignor handed partitions out.
using Assignments = std::map<std::string, std::vector<protocol::TopicPartition>>;

enum class RebalanceProtocol { eager, cooperative };

struct Assignor {
  std::string_view name;        // in JoinGroup: "range"
  std::string_view class_name;  // in partition.assignment.strategy
  RebalanceProtocol highest_protocol = RebalanceProtocol::eager;
  Assignments (*assign)(const AssignorTopics& topics,
                        const std::vector<AssignorMember>& members) = nullptr;
};

// By name or class name; null when there is none.
const Assignor* find_assignor(std::string_view name);

// Topic by topic, the members subscribed to it in order (static members by instance id, then the
// others by member id), a run of consecutive partitions each; the first ones get one more. Where
// members and replicas have racks that differ between partitions, partitions go first to members in
// a rack of theirs, topics with equally many partitions and the same subscribers together.
Assignments assign_range(const AssignorTopics& topics, const std::vector<AssignorMember>& members);

// Kafka's order of members.
bool member_order(const AssignorMember& a, const AssignorMember& b);

}  // namespace kafkasim::consumer
