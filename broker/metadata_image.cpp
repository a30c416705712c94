// How the records of the metadata log change an image, one function for each record.
#include "broker/metadata_image.hpp"

#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BrokerEpoch;
using protocol::BrokerId;
using protocol::Offset;
using protocol::TopicPartition;
using protocol::Uuid;

PartitionRegistration merged(const PartitionRegistration& before,
                             const PartitionChangeRecord& change) {
  PartitionRegistration after = before;
  if (change.isr) after.isr = *change.isr;
  if (change.replicas) after.replicas = *change.replicas;
  if (change.removing_replicas) after.removing_replicas = *change.removing_replicas;
  if (change.adding_replicas) after.adding_replicas = *change.adding_replicas;
  if (change.elr) after.elr = *change.elr;
  if (change.last_known_elr) after.last_known_elr = *change.last_known_elr;
  if (change.leader_recovery_state) after.leader_recovery_state = *change.leader_recovery_state;
  if (change.leader) {
    after.leader = *change.leader;
    after.leader_epoch = before.leader_epoch.next();
  }
  after.partition_epoch = before.partition_epoch.next();
  return after;
}

void MetadataImage::apply(const MetadataRecord& record, Offset offset, MetadataDelta& delta) {
  CHECKED(offset == next_offset_, "metadata record {} applied where {} is next", offset.value(),
          next_offset_.value());
  std::visit([&](const auto& r) { apply_to(r, delta); }, record);
  next_offset_ = next_offset_.next();
}

const TopicImage* MetadataImage::topic(const std::string& name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

const TopicImage* MetadataImage::topic(const Uuid& id) const {
  const auto found = topic_names_.find(id);
  return found == topic_names_.end() ? nullptr : topic(found->second);
}

const PartitionRegistration* MetadataImage::partition(const TopicPartition& partition) const {
  const TopicImage* image = topic(partition.topic);
  if (image == nullptr) return nullptr;
  const auto found = image->partitions.find(partition.partition);
  return found == image->partitions.end() ? nullptr : &found->second;
}

const BrokerRegistration* MetadataImage::broker(BrokerId id) const {
  const auto found = brokers_.find(id);
  return found == brokers_.end() ? nullptr : &found->second;
}

const std::map<std::string, std::string>& MetadataImage::broker_config(
    const std::string& broker) const {
  static const std::map<std::string, std::string> nothing;
  const auto found = broker_configs_.find(broker);
  return found == broker_configs_.end() ? nothing : found->second;
}

bool MetadataImage::is_alive(BrokerId id) const {
  const BrokerRegistration* registration = broker(id);
  return registration != nullptr && !registration->fenced;
}

bool MetadataImage::is_active(BrokerId id) const {
  const BrokerRegistration* registration = broker(id);
  return registration != nullptr && registration->is_active();
}

TopicImage& MetadataImage::mutable_topic(const Uuid& id) {
  const auto name = topic_names_.find(id);
  CHECKED(name != topic_names_.end(), "a metadata record speaks of a topic id that has no topic");
  return topics_.at(name->second);
}

void MetadataImage::apply_to(const RegisterBrokerRecord& record, MetadataDelta& delta) {
  BrokerRegistration& broker = brokers_[record.broker_id];
  broker.id = record.broker_id;
  broker.epoch =
      record.broker_epoch.is_set() ? record.broker_epoch : BrokerEpoch(next_offset_.value());
  broker.incarnation_id = record.incarnation_id;
  broker.host = record.host;
  broker.rack = record.rack;
  broker.fenced = record.fenced;
  broker.in_controlled_shutdown = record.in_controlled_shutdown;
  broker.registered_at = next_offset_;
  delta.changed_brokers.insert(record.broker_id);
}

void MetadataImage::apply_to(const BrokerRegistrationChangeRecord& record, MetadataDelta& delta) {
  const auto broker = brokers_.find(record.broker_id);
  CHECKED(broker != brokers_.end(), "broker {} changes but never registered",
          record.broker_id.value());
  CHECKED(broker->second.epoch == record.broker_epoch,
          "broker {} changes in epoch {}, but is in {}", record.broker_id.value(),
          record.broker_epoch.value(), broker->second.epoch.value());
  if (record.fenced) broker->second.fenced = *record.fenced;
  if (record.in_controlled_shutdown)
    broker->second.in_controlled_shutdown = *record.in_controlled_shutdown;
  delta.changed_brokers.insert(record.broker_id);
}

void MetadataImage::apply_to(const TopicRecord& record, MetadataDelta&) {
  CHECKED(!topics_.contains(record.name), "topic {} exists already", record.name);
  TopicImage& topic = topics_[record.name];
  topic.name = record.name;
  topic.id = record.topic_id;
  topic_names_[record.topic_id] = record.name;
}

void MetadataImage::apply_to(const RemoveTopicRecord& record, MetadataDelta& delta) {
  const TopicImage& topic = mutable_topic(record.topic_id);
  for (const auto& [number, partition] : topic.partitions) {
    delta.changed_partitions.erase({topic.name, number});
    delta.deleted_partitions.insert({topic.name, number});
  }
  delta.changed_configs.erase(topic.name);
  topics_.erase(std::string(topic.name));
  topic_names_.erase(record.topic_id);
}

void MetadataImage::apply_to(const PartitionRecord& record, MetadataDelta& delta) {
  TopicImage& topic = mutable_topic(record.topic_id);
  PartitionRegistration partition;
  partition.replicas = record.replicas;
  partition.isr = record.isr;
  partition.removing_replicas = record.removing_replicas;
  partition.adding_replicas = record.adding_replicas;
  partition.leader = record.leader;
  partition.leader_recovery_state = record.leader_recovery_state;
  partition.leader_epoch = record.leader_epoch;
  partition.partition_epoch = record.partition_epoch;
  topic.partitions[record.partition] = std::move(partition);
  delta.changed_partitions.insert({topic.name, record.partition});
}

void MetadataImage::apply_to(const PartitionChangeRecord& record, MetadataDelta& delta) {
  TopicImage& topic = mutable_topic(record.topic_id);
  const auto partition = topic.partitions.find(record.partition);
  CHECKED(partition != topic.partitions.end(), "partition {}-{} changes but was never created",
          topic.name, record.partition);
  partition->second = merged(partition->second, record);
  delta.changed_partitions.insert({topic.name, record.partition});
}

void MetadataImage::apply_to(const ConfigRecord& record, MetadataDelta& delta) {
  const bool is_topic = record.type == protocol::ConfigResourceType::topic;
  const auto topic = topics_.find(record.resource);
  CHECKED(!is_topic || topic != topics_.end(), "a setting of topic {}, which does not exist",
          record.resource);
  auto& config = is_topic ? topic->second.config : broker_configs_[record.resource];
  if (record.value) {
    config[record.name] = *record.value;
  } else {
    config.erase(record.name);
  }
  (is_topic ? delta.changed_configs : delta.changed_broker_configs).insert(record.resource);
}

void MetadataImage::apply_to(const ProducerIdsRecord& record, MetadataDelta&) {
  CHECKED(record.next_producer_id > next_producer_id_, "producer ids went back from {} to {}",
          next_producer_id_.value(), record.next_producer_id.value());
  next_producer_id_ = record.next_producer_id;
}

}  // namespace kafkasim::broker
