// What the coordinator's assignors share: Kafka's orders of members, topics and partitions. Only
// for the files assignor*.cpp.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/group/assignor.hpp"

namespace kafkasim::broker::assignor {

using Members = std::vector<ServerAssignorMember>;
// Members by their number in the list.
using MemberOrder = std::vector<std::size_t>;

// All read the same topics.
bool is_homogeneous(const Members& members);

// The members as a hash map of their ids has them.
MemberOrder in_map_order(const Members& members);

// What a member has so far.
const TargetPartitions& current(const ServerAssignorMember& member);

// Distinct topics in the order of a hash set that was made from such a list.
std::vector<protocol::Uuid> in_set_order(const std::vector<protocol::Uuid>& topics);
// The topics of an assignment in the order of a hash map that got them one by one.
std::vector<protocol::Uuid> topics_in_map_order(const TargetPartitions& assignment);
// Partition numbers in the order of a hash set that was made from a list.
std::vector<int> in_set_order(const PartitionSet& partitions);

// Kafka's order of topic ids: both halves as signed numbers.
bool topic_less(const protocol::Uuid& a, const protocol::Uuid& b);

// Some member reads a topic that does not exist: no assignor goes on then.
bool has_missing_topic(const ServerAssignorTopics& topics, const Members& members);

// The two ways of the uniform assignor. Requires: members, all their topics exist.
ServerAssignment divide_homogeneous(const ServerAssignorTopics& topics, const Members& members,
                                    const MemberOrder& order);
ServerAssignment divide_heterogeneous(const ServerAssignorTopics& topics, const Members& members,
                                      const MemberOrder& order);

}  // namespace kafkasim::broker::assignor
