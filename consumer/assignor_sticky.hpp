// What the two sticky assignors are made of: the group as small numbers, what its members may keep,
// and the two ways to divide the partitions. Only for the files assignor_sticky*.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/assignor.hpp"

namespace kafkasim::consumer::sticky {

inline constexpr int nobody = -1;
inline constexpr std::int32_t no_generation = -1;

// A member as the assignor reads its subscription.
struct Claims {
  const AssignorMember* member = nullptr;
  std::vector<protocol::TopicPartition> owned;
  std::optional<std::int32_t> generation;  // in which it owned them, as the assignor knows it
};

struct Topic {
  std::string name;
  int first = 0;  // number of its first partition in Group::partitions
  int count = 0;
  std::vector<int> subscribers;
};

struct Partition {
  int topic = 0;
  int number = 0;  // in its topic
};

// Members are numbered in the order of their ids, topics in the order of their names, partitions by
// topic and number: comparing numbers is comparing names.
struct Group {
  std::vector<std::string> members;
  std::vector<std::vector<int>> topics_of;  // by member
  std::vector<int> said_order;              // members as their subscriptions came
  std::vector<int> map_order;               // members as Java's hash map has them
  std::vector<Topic> topics;
  std::vector<Partition> partitions;
  bool same_topics = true;  // all members read the same topics

  bool reads(int member, int topic) const;
  int topic_of(int partition) const {
    return partitions[static_cast<std::size_t>(partition)].topic;
  }
};

// Requires: `claims` one a member, in the order in which the group's map of subscriptions is read.
Group group_of(const AssignorTopics& topics, const std::vector<Claims>& claims);

// The racks, empty where they do not decide.
struct Racks {
  std::vector<std::string> of_member;  // empty = none
  std::vector<std::set<std::string>> of_partition;
  std::vector<int> members_near;  // by partition: members that share a rack with a replica
  bool decide = false;

  // The member has a rack and no replica is in it.
  bool mismatch(int member, int partition) const;
  // The place in `members`, searched in a circle from `first`, of one that is near; -1: none.
  int next_near(int partition, const std::vector<int>& members, int first) const;
};

Racks racks_of(const Group& group, const AssignorTopics& topics, const std::vector<Claims>& claims);

struct Earlier {  // who had a partition in an older generation
  int member = nobody;
  std::int32_t generation = no_generation;
};

// Who may keep what. A partition that two members of a generation claim is nobody's.
struct Ownership {
  std::vector<std::vector<int>> owned;  // by member
  std::set<int> claimed_twice;
  std::map<int, Earlier> earlier;  // by partition
};

Ownership ownership_of(const Group& group, const std::vector<Claims>& claims);

struct Division {
  std::vector<std::vector<int>> of_member;  // partitions, by member
  // Partitions with their new owner that the old one must give up first. Known only where all
  // members read the same topics.
  std::optional<std::map<int, int>> transferred;
};

// Where all members read the same topics: everyone gets as many as any other or one more.
Division divide_equally(const Group& group, const Racks& racks, const Ownership& ownership);
// Where they do not: the partitions that few can read first, to the member with the fewest; then
// moves as long as they help.
Division divide_generally(const Group& group, const Racks& racks, const Ownership& ownership);

}  // namespace kafkasim::consumer::sticky
