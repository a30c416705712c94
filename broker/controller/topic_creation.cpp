// CreateTopics: checks names, settings and assignments, places replicas, and writes topic, settings
// and partitions as one decision.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/controller/replica_placer.hpp"
#include "broker/controller/replication_control.hpp"
#include "broker/topic_names.hpp"
#include "protocol/config_def.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::CreatableTopic;
using protocol::CreatableTopicResult;
using protocol::ErrorCode;

std::optional<std::string> why_colliding(const MetadataImage& image, const std::string& name) {
  for (const auto& [other, topic] : image.topics()) {
    if (topic_names_collide(other, name)) {
      return fmt::format("Topic '{}' collides with existing topic: {}", name, other);
    }
  }
  return std::nullopt;
}

std::optional<std::string> why_illegal(const std::vector<protocol::TopicConfig>& configs) {
  protocol::ConfigValues checked(protocol::topic_config_defs());
  for (const protocol::TopicConfig& config : configs) {
    if (std::string error = checked.set(config.name, config.value); !error.empty()) return error;
  }
  return std::nullopt;
}

CreatableTopicResult refused(const CreatableTopic& topic, ErrorCode error, std::string message) {
  CreatableTopicResult result;
  result.name = topic.name;
  result.error = error;
  result.error_message = std::move(message);
  return result;
}

PartitionRecord new_partition(std::int32_t number, const BrokerIds& replicas,
                              const BrokerIds& isr) {
  PartitionRecord record;
  record.partition = number;
  record.replicas = replicas;
  record.isr = isr;
  record.leader = isr.front();
  record.leader_epoch = protocol::LeaderEpoch(0);
  record.partition_epoch = protocol::PartitionEpoch(0);
  return record;
}

}  // namespace

Decision<protocol::CreateTopicsResponse> ReplicationControl::create_topics(
    const protocol::CreateTopicsRequest& request) {
  Decision<protocol::CreateTopicsResponse> decision;
  for (const CreatableTopic& topic : request.topics) {
    const auto same_name = [&](const CreatableTopicResult& result) {
      return result.name == topic.name;
    };
    auto& results = decision.response.topics;
    if (std::any_of(results.begin(), results.end(), same_name)) {
      results.push_back(refused(topic, ErrorCode::invalid_request, "Duplicate topic name."));
      continue;
    }
    results.push_back(create_topic(topic, decision.records));
  }
  if (request.validate_only) decision.records.clear();
  return decision;
}

CreatableTopicResult ReplicationControl::create_topic(const CreatableTopic& wanted,
                                                      MetadataRecords& records) {
  if (auto why = why_illegal_topic_name(wanted.name)) {
    return refused(wanted, ErrorCode::invalid_topic_exception, std::move(*why));
  }
  if (auto why = why_colliding(image_, wanted.name)) {
    return refused(wanted, ErrorCode::invalid_topic_exception, std::move(*why));
  }
  if (image_.topic(wanted.name) != nullptr) {
    return refused(wanted, ErrorCode::topic_already_exists,
                   fmt::format("Topic '{}' already exists.", wanted.name));
  }
  if (auto why = why_illegal(wanted.configs))
    return refused(wanted, ErrorCode::invalid_config, std::move(*why));

  std::vector<PartitionRecord> partitions;
  if (!wanted.assignments.empty()) {
    if (wanted.replication_factor != -1 || wanted.num_partitions != -1) {
      return refused(
          wanted, ErrorCode::invalid_request,
          fmt::format("A manual partition assignment was specified, but {} was not set to -1.",
                      wanted.replication_factor != -1 ? "replication factor" : "numPartitions"));
    }
    const auto factor = static_cast<std::int32_t>(wanted.assignments.front().size());
    if (auto why = assign_manually(wanted.assignments, factor, 0, partitions)) {
      return refused(wanted, ErrorCode::invalid_replica_assignment, std::move(*why));
    }
  } else {
    if (wanted.replication_factor < -1 || wanted.replication_factor == 0) {
      return refused(wanted, ErrorCode::invalid_replication_factor,
                     "Replication factor must be larger than 0, or -1 to use the default value.");
    }
    if (wanted.num_partitions < -1 || wanted.num_partitions == 0) {
      return refused(wanted, ErrorCode::invalid_partitions,
                     "Number of partitions was set to an invalid non-positive value.");
    }
    const std::int32_t count =
        wanted.num_partitions == -1 ? settings_.default_num_partitions : wanted.num_partitions;
    const std::int32_t factor = wanted.replication_factor == -1
                                    ? settings_.default_replication_factor
                                    : wanted.replication_factor;
    if (auto why = assign_by_placement(count, factor, partitions, 0)) {
      return refused(wanted, ErrorCode::invalid_replication_factor,
                     fmt::format("Unable to replicate the partition {} time(s): {}", factor, *why));
    }
  }

  CreatableTopicResult result;
  result.name = wanted.name;
  result.topic_id = new_topic_id();
  result.num_partitions = static_cast<std::int32_t>(partitions.size());
  result.replication_factor = static_cast<std::int16_t>(partitions.front().replicas.size());
  records.push_back(TopicRecord{wanted.name, result.topic_id});
  for (const protocol::TopicConfig& config : wanted.configs) {
    records.push_back(ConfigRecord{wanted.name, config.name, config.value});
  }
  for (PartitionRecord& partition : partitions) {
    partition.topic_id = result.topic_id;
    records.push_back(std::move(partition));
  }
  return result;
}

std::optional<std::string> ReplicationControl::assign_manually(
    const std::vector<BrokerIds>& assignments, std::int32_t replication_factor, std::int32_t first,
    std::vector<PartitionRecord>& partitions) const {
  for (const BrokerIds& replicas : assignments) {
    const auto number = first + static_cast<std::int32_t>(partitions.size());
    if (auto why = why_not_assignable(replicas)) return why;
    if (std::cmp_not_equal(replicas.size(), replication_factor)) {
      return fmt::format(
          "The manual partition assignment includes a partition with {} replica(s), but this is "
          "not consistent with "
          "previous partitions, which have {} replica(s).",
          replicas.size(), replication_factor);
    }
    const BrokerIds isr = active_of(replicas);
    if (isr.empty()) {
      return fmt::format(
          "All brokers specified in the manual partition assignment for partition {} are fenced or "
          "in controlled "
          "shutdown.",
          number);
    }
    partitions.push_back(new_partition(number, replicas, isr));
  }
  return std::nullopt;
}

std::optional<std::string> ReplicationControl::assign_by_placement(
    std::int32_t num_partitions, std::int32_t replication_factor,
    std::vector<PartitionRecord>& partitions, std::int32_t first) {
  std::vector<UsableBroker> usable;
  for (const auto& [id, broker] : image_.brokers()) {
    if (!broker.in_controlled_shutdown) usable.push_back({id, broker.rack, broker.fenced});
  }
  auto placed = place_replicas(usable, num_partitions, replication_factor, rng_);
  if (auto* why = std::get_if<std::string>(&placed)) return std::move(*why);
  for (const BrokerIds& replicas : std::get<broker::Assignment>(placed)) {
    const BrokerIds isr = active_of(replicas);
    if (isr.empty()) return "All brokers are currently fenced or in controlled shutdown.";
    partitions.push_back(
        new_partition(first + static_cast<std::int32_t>(partitions.size()), replicas, isr));
  }
  return std::nullopt;
}

std::optional<std::string> ReplicationControl::why_not_assignable(const BrokerIds& replicas) const {
  if (replicas.empty()) return "The manual partition assignment includes an empty replica list.";
  BrokerIds sorted = replicas;
  std::sort(sorted.begin(), sorted.end());
  BrokerId previous;
  for (const BrokerId replica : sorted) {
    if (image_.broker(replica) == nullptr) {
      return fmt::format(
          "The manual partition assignment includes broker {}, but no such broker is registered.",
          replica.value());
    }
    if (replica == previous) {
      return fmt::format("The manual partition assignment includes the broker {} more than once.",
                         replica.value());
    }
    previous = replica;
  }
  return std::nullopt;
}

BrokerIds ReplicationControl::active_of(const BrokerIds& replicas) const {
  BrokerIds active;
  for (const BrokerId replica : replicas) {
    if (image_.is_active(replica)) active.push_back(replica);
  }
  return active;
}

protocol::Uuid ReplicationControl::new_topic_id() {
  protocol::Uuid id;
  while (id.is_zero() || image_.topic(id) != nullptr) {
    id.high = rng_.next();
    id.low = rng_.next();
  }
  return id;
}

}  // namespace kafkasim::broker
