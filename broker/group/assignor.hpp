// How the coordinator divides partitions among the members of a consumer group of the newer
// protocol: plain functions from the group's subscriptions and target assignment to the next one.
// Left out: racks, which these assignors do not look at.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/target_partitions.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::broker {

// Each topic once. Where Kafka meets two topics in the order of a hash map and both are in one
// bucket, this order decides. Members that read the same share one list, or have equal ones.
using SubscribedTopics = std::shared_ptr<const std::vector<protocol::Uuid>>;

// Only refers to what it tells of: a group lists all of its members for each new target.
struct ServerAssignorMember {
  std::string_view member_id;          // of no other member
  std::string_view group_instance_id;  // empty = a dynamic member
  SubscribedTopics topics;             // not null
  SharedTarget current;                // its target assignment so far
  // The members of its group name different topics, even if those that exist are the same.
  bool group_differs = false;
};

// Number of partitions by topic.
using ServerAssignorTopics = std::map<protocol::Uuid, int>;

struct ServerAssignment {
  std::string error;  // not empty: why there is none
  // Of all members, in the order in which they were given, none null. Who keeps its target has the
  // very same one, so that what changes is cheap to tell.
  std::vector<SharedTarget> targets;
};

struct ServerAssignor {
  std::string_view name;        // in the heartbeat: "uniform"
  std::string_view class_name;  // in group.consumer.assignors
  ServerAssignment (*assign)(const ServerAssignorTopics& topics,
                             const std::vector<ServerAssignorMember>& members) = nullptr;
};

// By name or class name; null when there is none.
const ServerAssignor* find_server_assignor(std::string_view name);

// All assignors take members in any order and put them into Kafka's: that of a hash map of their
// ids, where those of one bucket stay in the order given.
// Requires: no partition is in the `current` of two members.

// Everyone gets as many partitions as any other or one more, and keeps of its own what fits. Where
// members read different topics, the partitions go to the member with the fewest among those that
// read the topic, and then some move from members with many to members with few. A partition in
// `current` that does not exist counts for nothing.
ServerAssignment assign_uniform(const ServerAssignorTopics& topics,
                                const std::vector<ServerAssignorMember>& members);

// Topic by topic to the members that read it, in order (static members by instance id, then the
// others by member id), a run of consecutive partitions each; the first ones get one more.
ServerAssignment assign_server_range(const ServerAssignorTopics& topics,
                                     const std::vector<ServerAssignorMember>& members);

}  // namespace kafkasim::broker
