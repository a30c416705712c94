// Metadata from an image.
#include "broker/metadata_handler.hpp"

#include "broker/topic_names.hpp"
#include "protocol/cluster_messages.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::ErrorCode;

protocol::MetadataPartition describe(const MetadataImage& image, std::int32_t number,
                                     const PartitionRegistration& partition) {
  protocol::MetadataPartition out;
  out.partition = number;
  out.leader_epoch = partition.leader_epoch;
  out.replica_nodes = partition.replicas;
  out.isr_nodes = partition.isr;
  for (const BrokerId replica : partition.replicas) {
    if (!image.is_alive(replica)) out.offline_replicas.push_back(replica);
  }
  if (image.is_alive(partition.leader)) {
    out.leader_id = partition.leader;
  } else {
    out.error = ErrorCode::leader_not_available;
  }
  return out;
}

protocol::MetadataTopic describe(const MetadataImage& image, const TopicImage& topic,
                                 MetadataCache& cache) {
  protocol::MetadataTopic out;
  out.name = topic.name;
  out.topic_id = topic.id;
  out.is_internal = is_internal_topic(topic.name);
  const auto [cached, fresh] = cache.topics.try_emplace(topic.name);
  if (fresh) {
    std::vector<protocol::MetadataPartition>& partitions = cached->second.edit();
    for (const auto& [number, partition] : topic.partitions)
      partitions.push_back(describe(image, number, partition));
  }
  out.partitions = cached->second;
  return out;
}

}  // namespace

MetadataAnswer answer_metadata(const MetadataImage& image, const protocol::MetadataRequest& request,
                               const std::string& cluster_id, bool may_create,
                               MetadataCache* cache) {
  MetadataCache unshared;
  MetadataCache& partitions = cache == nullptr ? unshared : *cache;
  if (partitions.image_end != image.next_offset()) {
    partitions.topics.clear();
    partitions.image_end = image.next_offset();
  }
  MetadataAnswer answer;
  protocol::MetadataResponse& response = answer.response;
  response.cluster_id = cluster_id;
  for (const auto& [id, broker] : image.brokers()) {
    if (broker.fenced) continue;
    response.brokers.push_back({id, broker.host, broker.rack});
    if (!response.controller_id.is_set()) response.controller_id = id;
  }
  if (request.all_topics) {
    for (const auto& [name, topic] : image.topics())
      response.topics.push_back(describe(image, topic, partitions));
    return answer;
  }
  for (const std::string& name : request.topics) {
    if (const TopicImage* topic = image.topic(name)) {
      response.topics.push_back(describe(image, *topic, partitions));
      continue;
    }
    protocol::MetadataTopic& missing = response.topics.emplace_back();
    missing.name = name;
    missing.is_internal = is_internal_topic(name);
    if (why_illegal_topic_name(name)) {
      missing.error = ErrorCode::invalid_topic_exception;
      continue;
    }
    missing.error = ErrorCode::unknown_topic_or_partition;
    if (may_create && request.allow_auto_topic_creation) answer.missing.push_back(name);
  }
  return answer;
}

const BrokerRegistration* alive_broker(const MetadataImage& image, BrokerId id) {
  return image.is_alive(id) ? image.broker(id) : nullptr;
}

bool is_internal_topic(const std::string& topic) {
  return topic == protocol::offsets_topic || topic == "__transaction_state";
}

}  // namespace kafkasim::broker
