// CreatePartitions: a topic gets more partitions, never fewer. Those that are there keep their
// places; which partition a key belongs to changes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/controller/replication_control.hpp"

namespace kafkasim::broker {
namespace {

using protocol::CreatePartitionsTopic;
using protocol::CreatePartitionsTopicResult;
using protocol::ErrorCode;

CreatePartitionsTopicResult refused(const std::string& topic, ErrorCode error,
                                    std::string message) {
  return {topic, error, std::move(message)};
}

}  // namespace

Decision<protocol::CreatePartitionsResponse> ReplicationControl::create_partitions(
    const protocol::CreatePartitionsRequest& request) {
  Decision<protocol::CreatePartitionsResponse> decision;
  auto& results = decision.response.results;
  for (const CreatePartitionsTopic& topic : request.topics) {
    const auto same_name = [&](const CreatePartitionsTopic& other) {
      return other.name == topic.name;
    };
    if (std::count_if(request.topics.begin(), request.topics.end(), same_name) == 1) {
      results.push_back(grow(topic, decision.records));
    } else if (std::none_of(results.begin(), results.end(),
                            [&](const auto& other) { return other.name == topic.name; })) {
      results.push_back(refused(topic.name, ErrorCode::invalid_request, "Duplicate topic name."));
    }
  }
  if (request.validate_only) decision.records.clear();
  return decision;
}

CreatePartitionsTopicResult ReplicationControl::grow(const CreatePartitionsTopic& wanted,
                                                     MetadataRecords& records) {
  const TopicImage* topic = image_.topic(wanted.name);
  if (topic == nullptr) {
    return refused(wanted.name, ErrorCode::unknown_topic_or_partition,
                   "This server does not host this topic-partition.");
  }
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  if (wanted.count == count) {
    return refused(wanted.name, ErrorCode::invalid_partitions,
                   fmt::format("Topic already has {} partition(s).", count));
  }
  if (wanted.count < count) {
    return refused(wanted.name, ErrorCode::invalid_partitions,
                   fmt::format("The topic {} currently has {} partition(s); {} would not be an "
                               "increase.",
                               wanted.name, count, wanted.count));
  }
  const std::int32_t additional = wanted.count - count;
  const auto replication_factor =
      static_cast<std::int32_t>(topic->partitions.begin()->second.replicas.size());
  std::vector<PartitionRecord> partitions;
  if (wanted.assignments) {
    if (std::cmp_not_equal(wanted.assignments->size(), additional)) {
      return refused(wanted.name, ErrorCode::invalid_replica_assignment,
                     fmt::format("Attempted to add {} additional partition(s), but only {} "
                                 "assignment(s) were specified.",
                                 additional, wanted.assignments->size()));
    }
    if (auto why = assign_manually(*wanted.assignments, replication_factor, count, partitions)) {
      return refused(wanted.name, ErrorCode::invalid_replica_assignment, std::move(*why));
    }
  } else if (auto why = assign_by_placement(additional, replication_factor, partitions, count)) {
    return refused(
        wanted.name, ErrorCode::invalid_replication_factor,
        fmt::format("Unable to replicate the partition {} time(s): {}", replication_factor, *why));
  }
  for (PartitionRecord& partition : partitions) {
    partition.topic_id = topic->id;
    records.push_back(std::move(partition));
  }
  return {wanted.name, ErrorCode::none, ""};
}

}  // namespace kafkasim::broker
