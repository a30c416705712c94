// How a consumer that leads its group divides the partitions: plain functions from the group's
// subscriptions and the cluster's partitions to an assignment. Each assignor is one row of the
// table.
#pragma once

#include <cstdint>
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

// What a member was assigned last by an assignor.
struct LastAssignment {
  std::vector<protocol::TopicPartition> partitions;
  std::int32_t generation = -1;
};

struct Assignor {
  std::string_view name;        // in JoinGroup: "range"
  std::string_view class_name;  // in partition.assignment.strategy
  RebalanceProtocol highest_protocol = RebalanceProtocol::eager;
  Assignments (*assign)(const AssignorTopics& topics,
                        const std::vector<AssignorMember>& members) = nullptr;
  // The user data of the member's next subscription; null when it never was assigned anything by
  // this assignor. None: this assignor has no user data.
  protocol::Bytes (*user_data)(const LastAssignment* last) = nullptr;
};

// By name or class name; null when there is none.
const Assignor* find_assignor(std::string_view name);

// Topic by topic, the members subscribed to it in order (static members by instance id, then the
// others by member id), a run of consecutive partitions each; the first ones get one more. Where
// members and replicas have racks that differ between partitions, partitions go first to members in
// a rack of theirs, topics with equally many partitions and the same subscribers together.
Assignments assign_range(const AssignorTopics& topics, const std::vector<AssignorMember>& members);

// All partitions by topic and number, dealt to the members in order in turn, past those that do not
// read the topic.
Assignments assign_round_robin(const AssignorTopics& topics,
                               const std::vector<AssignorMember>& members);

// Everyone keeps what it had as far as that leaves the shares as equal as they can be. What a
// member had it says in its user data (sticky) or as its owned partitions (cooperative sticky); of
// two that claim a partition the one of the later generation has it, in one generation neither.
// Cooperative sticky assigns to nobody what another must give up first: that takes a second
// rebalance. Partitions that a topic does not have any more are forgotten. The order of members is
// that of the leader's map of subscriptions: in_java_map_order(); where members claim the same, it
// decides.
Assignments assign_sticky(const AssignorTopics& topics, const std::vector<AssignorMember>& members);
Assignments assign_cooperative_sticky(const AssignorTopics& topics,
                                      const std::vector<AssignorMember>& members);

// Kafka's order of members.
bool member_order(const AssignorMember& a, const AssignorMember& b);

}  // namespace kafkasim::consumer
