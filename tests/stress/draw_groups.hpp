// Draws the life of one group of consumers: members that join, leave, crash, stand still and come
// back while their coordinator fails over, connections break and topics grow. All of it ends.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tests/stress/draw.hpp"

namespace kafkasim::stress {

// What a group can be asked to divide its partitions by. Those of the coordinator belong to the
// consumer protocol; "default" is what Kafka's clients do when nothing is set.
struct GroupAssignor {
  std::string_view name;      // for the command line
  std::string_view strategy;  // partition.assignment.strategy; empty = not set
  std::string_view remote{};  // group.remote.assignor, with group.protocol=consumer
};
std::span<const GroupAssignor> group_assignors();
// Null when there is none of that name.
const GroupAssignor* find_group_assignor(std::string_view name);

Drawn draw_groups(std::uint64_t seed, const DrawOptions& options);

}  // namespace kafkasim::stress
