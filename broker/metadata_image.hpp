// The cluster's metadata as one node knows it: brokers, topics and partitions, built by applying
// the records of the metadata log in order. The controller's image is the newest; a broker's trails
// it by what it has fetched.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/metadata_records.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::broker {

// One partition as the controller decided it.
struct PartitionRegistration {
  std::vector<protocol::BrokerId> replicas;  // assignment order; the first is the preferred leader
  std::vector<protocol::BrokerId> isr;
  std::vector<protocol::BrokerId> removing_replicas;
  std::vector<protocol::BrokerId> adding_replicas;
  std::vector<protocol::BrokerId> elr;
  std::vector<protocol::BrokerId> last_known_elr;
  protocol::BrokerId leader;  // not set = none
  protocol::LeaderRecoveryState leader_recovery_state = protocol::LeaderRecoveryState::recovered;
  protocol::LeaderEpoch leader_epoch;
  protocol::PartitionEpoch partition_epoch;

  friend bool operator==(const PartitionRegistration&, const PartitionRegistration&) = default;
};

// The registration after `change`: each change makes a new partition epoch, a named leader (even
// none or the same) a new leader epoch.
PartitionRegistration merged(const PartitionRegistration& before,
                             const PartitionChangeRecord& change);

struct BrokerRegistration {
  protocol::BrokerId id;
  protocol::BrokerEpoch epoch;  // offset of its registration record
  protocol::Uuid incarnation_id;
  std::string host;
  std::string rack;  // empty = none
  bool fenced = true;
  bool in_controlled_shutdown = false;
  protocol::Offset registered_at;  // of its latest registration record; it must have read that far
                                   // to be unfenced

  // May lead and be in an ISR.
  bool is_active() const { return !fenced && !in_controlled_shutdown; }
};

struct TopicImage {
  std::string name;
  protocol::Uuid id;
  std::map<std::int32_t, PartitionRegistration> partitions;
  std::map<std::string, std::string> config;  // what was set on the topic, Kafka's names
};

// What a stretch of the metadata log changed, for those who act on it.
struct MetadataDelta {
  std::set<protocol::TopicPartition> changed_partitions;  // created or changed
  std::set<protocol::TopicPartition> deleted_partitions;
  std::set<protocol::BrokerId> changed_brokers;
  std::set<std::string> changed_configs;  // topics
  // Brokers by id as text; empty = the default of all.
  std::set<std::string> changed_broker_configs;
};

class MetadataImage {
 public:
  // Applies the record at `offset`; what changed is added to `delta`.
  // Requires: offsets in order, each once.
  void apply(const MetadataRecord& record, protocol::Offset offset, MetadataDelta& delta);

  // The first offset not applied yet; 0 at the start.
  protocol::Offset next_offset() const { return next_offset_; }
  const std::map<std::string, TopicImage>& topics() const { return topics_; }
  const std::map<protocol::BrokerId, BrokerRegistration>& brokers() const { return brokers_; }
  // Null when there is none.
  const TopicImage* topic(const std::string& name) const;
  const TopicImage* topic(const protocol::Uuid& id) const;
  const PartitionRegistration* partition(const protocol::TopicPartition& partition) const;
  const BrokerRegistration* broker(protocol::BrokerId id) const;
  // Registered and not fenced.
  bool is_alive(protocol::BrokerId id) const;
  // Registered, not fenced and not shutting down: may lead and be in an ISR.
  bool is_active(protocol::BrokerId id) const;
  // What was set on a broker (its id as text) or, under the empty name, for all of them: Kafka's
  // names.
  const std::map<std::string, std::string>& broker_config(const std::string& broker) const;
  // Where the next block of producer ids begins.
  protocol::ProducerId next_producer_id() const { return next_producer_id_; }

 private:
  TopicImage& mutable_topic(const protocol::Uuid& id);
  void apply_to(const RegisterBrokerRecord& record, MetadataDelta& delta);
  void apply_to(const BrokerRegistrationChangeRecord& record, MetadataDelta& delta);
  void apply_to(const TopicRecord& record, MetadataDelta& delta);
  void apply_to(const RemoveTopicRecord& record, MetadataDelta& delta);
  void apply_to(const PartitionRecord& record, MetadataDelta& delta);
  void apply_to(const PartitionChangeRecord& record, MetadataDelta& delta);
  void apply_to(const ConfigRecord& record, MetadataDelta& delta);
  void apply_to(const ProducerIdsRecord& record, MetadataDelta& delta);
  void apply_to(const LeaderChangeRecord&, MetadataDelta&) {}

  std::map<std::string, TopicImage> topics_;
  std::map<protocol::Uuid, std::string> topic_names_;
  std::map<protocol::BrokerId, BrokerRegistration> brokers_;
  std::map<std::string, std::map<std::string, std::string>> broker_configs_;
  protocol::ProducerId next_producer_id_{0};
  protocol::Offset next_offset_{0};
};

}  // namespace kafkasim::broker
