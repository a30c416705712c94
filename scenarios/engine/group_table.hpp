// What `kafka-consumer-groups --describe` shows of one group: its offsets, state and members, as
// plain data in the words of Kafka's tool. Who reads it off a cluster is group_describe.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/ids.hpp"
#include "scenarios/engine/scenario.hpp"
#include "sim/time.hpp"

namespace kafkasim::scenarios {

// One line of the offsets: a partition with its owner, without one, or both.
struct GroupTableRow {
  TopicPartition partition;
  protocol::Offset current;  // committed; not set = none
  protocol::Offset log_end;  // the high watermark at the leader; not set = no leader to ask
  std::string consumer_id;   // empty, as the two below = nobody owns it
  std::string host;
  std::string client_id;

  // Log end less committed offset: below zero where the log was cut off; nothing where one is
  // unknown.
  std::optional<std::int64_t> lag() const;
};

struct GroupTableMember {
  std::string consumer_id;
  std::string instance_id;  // empty = a dynamic member
  std::string host;
  std::string client_id;
  std::int32_t epoch = -1;                 // of a member of the consumer protocol; -1 = none
  std::vector<TopicPartition> assignment;  // ascending
  std::vector<TopicPartition> target;      // of the consumer protocol, ascending
};

struct GroupTable {
  std::string group;
  std::string coordinator;  // "broker-1"; empty = nobody coordinates it now
  std::string state;        // "Stable"; empty where nobody can say; "Dead" = there is no such group
  std::string assignor;     // empty = none chosen
  bool is_classic = true;   // or of the consumer protocol
  std::int32_t generation = -1;    // the group epoch of the consumer protocol; -1 = not known
  std::int32_t target_epoch = -1;  // of the consumer protocol's target assignment
  std::vector<GroupTableMember> members;  // by member id
  // Members with most partitions first, of equals by member id, each by topic and partition; then
  // what nobody owns.
  std::vector<GroupTableRow> rows;
};

// All groups of a scenario at one time.
struct GroupTables {
  sim::Time at{};
  std::vector<GroupTable> groups;  // by name

  const GroupTable* find(const std::string& group) const;  // null when there is none
};

// The three tables of Kafka's tool below each other, under a line with the time: offsets, state,
// members. "-" stands for what is not known. Ends in a newline.
std::string describe_text(const GroupTables& tables);

}  // namespace kafkasim::scenarios
