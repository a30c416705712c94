// The records of the metadata log, as the controller writes and every broker applies them. Fields
// are Kafka's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/admin_messages.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

struct RegisterBrokerRecord {
  protocol::BrokerId broker_id;
  protocol::BrokerEpoch broker_epoch;  // not set = the offset of this record
  protocol::Uuid incarnation_id;
  std::string host;
  std::string rack;
  bool fenced = true;
  bool in_controlled_shutdown = false;
};

struct BrokerRegistrationChangeRecord {
  protocol::BrokerId broker_id;
  protocol::BrokerEpoch broker_epoch;
  std::optional<bool> fenced;
  std::optional<bool> in_controlled_shutdown;
};

struct TopicRecord {
  std::string name;
  protocol::Uuid topic_id;
};

struct RemoveTopicRecord {
  protocol::Uuid topic_id;
};

struct PartitionRecord {
  std::int32_t partition = 0;
  protocol::Uuid topic_id;
  std::vector<protocol::BrokerId> replicas;
  std::vector<protocol::BrokerId> isr;
  std::vector<protocol::BrokerId> removing_replicas;
  std::vector<protocol::BrokerId> adding_replicas;
  protocol::BrokerId leader;
  protocol::LeaderRecoveryState leader_recovery_state = protocol::LeaderRecoveryState::recovered;
  protocol::LeaderEpoch leader_epoch;
  protocol::PartitionEpoch partition_epoch;
};

// Only what is set changes. A set leader (even to "none") bumps the leader epoch; each change bumps
// the partition epoch.
struct PartitionChangeRecord {
  std::int32_t partition = 0;
  protocol::Uuid topic_id;
  std::optional<std::vector<protocol::BrokerId>> isr;
  std::optional<protocol::BrokerId> leader;
  std::optional<std::vector<protocol::BrokerId>> replicas;
  std::optional<std::vector<protocol::BrokerId>> removing_replicas;
  std::optional<std::vector<protocol::BrokerId>> adding_replicas;
  std::optional<protocol::LeaderRecoveryState> leader_recovery_state;
  std::optional<std::vector<protocol::BrokerId>> elr;
  std::optional<std::vector<protocol::BrokerId>> last_known_elr;
};

struct ConfigRecord {
  std::string resource;  // a topic, or a broker id (empty = every broker's default)
  std::string name;
  std::optional<std::string> value;  // none removes it
  protocol::ConfigResourceType type = protocol::ConfigResourceType::topic;
};

struct ProducerIdsRecord {
  protocol::BrokerId broker_id;
  protocol::BrokerEpoch broker_epoch;
  protocol::ProducerId next_producer_id;
};

// The first record of each epoch of the controller quorum, a control record: commits with it
// everything that is left of earlier epochs, and changes nothing.
struct LeaderChangeRecord {
  protocol::BrokerId leader;
  std::vector<protocol::BrokerId> voters;
};

using MetadataRecord =
    std::variant<RegisterBrokerRecord, BrokerRegistrationChangeRecord, TopicRecord,
                 RemoveTopicRecord, PartitionRecord, PartitionChangeRecord, ConfigRecord,
                 ProducerIdsRecord, LeaderChangeRecord>;

// "PartitionChange orders-0 leader=2 isr=2,3". Topics are shown by id where the record has no name.
std::string to_string(const MetadataRecord& record);

// How a metadata record stands inside a Record of the metadata log.
struct MetadataValue final : protocol::InternalValue {
  explicit MetadataValue(MetadataRecord r) : record(std::move(r)) {}
  std::string describe() const override;
  MetadataRecord record;
};

// One batch of the metadata log: the records of one decision, atomic and in order. Requires: at
// least one.
protocol::BatchRef make_metadata_batch(const std::vector<MetadataRecord>& records,
                                       std::int64_t timestamp_ms);
// What a leader writes at the start of its epoch: a control batch.
protocol::BatchRef make_leader_change_batch(protocol::BrokerId leader,
                                            std::vector<protocol::BrokerId> voters,
                                            std::int64_t timestamp_ms);
// What such a record of the log says. Requires: it was made by one of these.
const MetadataRecord& metadata_record(const protocol::Record& record);

}  // namespace kafkasim::broker
