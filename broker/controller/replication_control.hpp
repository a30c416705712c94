// What the controller decides about topics and partitions: plain functions of the image and a
// request that give records and a response. Nothing here waits, and nothing changes until the
// records are applied to the image. Creation, deletion, growth, ISR changes and what administrators
// ask of partitions have files of their own. Left out: quotas, authorization, log directories.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/controller/partition_change.hpp"
#include "broker/metadata_image.hpp"
#include "broker/metadata_records.hpp"
#include "broker/mutations.hpp"
#include "protocol/admin_messages.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/metadata_messages.hpp"
#include "sim/rng.hpp"

namespace kafkasim::broker {

using MetadataRecords = std::vector<MetadataRecord>;

template <class Response>
struct Decision {
  MetadataRecords records;
  Response response;
};

// Kafka's features that a cluster has switched on, by their versions; 0 = off. Defaults are those
// of a new cluster of Kafka 4.0.
struct Features {
  std::int16_t eligible_leader_replicas = 0;  // eligible.leader.replicas.version, KIP-966
};

struct ReplicationSettings {
  std::int32_t default_num_partitions = 1;
  std::int16_t default_replication_factor = 1;
  std::int32_t min_insync_replicas = 1;   // of topics that do not set their own
  bool unclean_leader_election = false;   // likewise
  bool eligible_leader_replicas = false;  // KIP-966; off in Kafka 4.0
  bool delete_topic_enable = true;
  std::size_t max_elections_per_pass = 1000;  // when leaders are balanced or elected uncleanly
};

class ReplicationControl {
 public:
  // Requires: the image outlives it. The generator places replicas and makes topic ids.
  ReplicationControl(const MetadataImage& image, ReplicationSettings settings, sim::Rng rng);
  // Which guards are off. Requires: it outlives this.
  void plant(const Mutations& mutations) { mutations_ = &mutations; }

  // Errors stand in the response of each topic: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS,
  // INVALID_CONFIG, INVALID_REQUEST, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR,
  // INVALID_PARTITIONS.
  Decision<protocol::CreateTopicsResponse> create_topics(
      const protocol::CreateTopicsRequest& request);

  // Errors stand in the response of each topic: INVALID_REQUEST, UNKNOWN_TOPIC_ID,
  // UNKNOWN_TOPIC_OR_PARTITION, TOPIC_DELETION_DISABLED.
  Decision<protocol::DeleteTopicsResponse> delete_topics(
      const protocol::DeleteTopicsRequest& request) const;
  // Errors stand in the response of each topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS,
  // INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR, INVALID_REQUEST.
  Decision<protocol::CreatePartitionsResponse> create_partitions(
      const protocol::CreatePartitionsRequest& request);
  // The next three: elect_leader() and reassign() for each partition, with Kafka's words.
  Decision<protocol::ElectLeadersResponse> elect_leaders(
      const protocol::ElectLeadersRequest& request) const;
  Decision<protocol::AlterPartitionReassignmentsResponse> alter_partition_reassignments(
      const protocol::AlterPartitionReassignmentsRequest& request) const;
  protocol::ListPartitionReassignmentsResponse list_partition_reassignments(
      const protocol::ListPartitionReassignmentsRequest& request) const;

  // Errors: STALE_BROKER_EPOCH of the whole request; per partition UNKNOWN_TOPIC_ID,
  // UNKNOWN_TOPIC_OR_PARTITION, NOT_CONTROLLER, FENCED_LEADER_EPOCH, INVALID_REQUEST,
  // INVALID_UPDATE_VERSION, INELIGIBLE_REPLICA, and NEW_LEADER_ELECTED when the change completed a
  // reassignment that moved the leader (it is done all the same).
  Decision<protocol::AlterPartitionResponse> alter_partition(
      const protocol::AlterPartitionRequest& request) const;

  // What follows from a broker's change of state; the records are added to `records`.
  void broker_fenced(protocol::BrokerId broker, MetadataRecords& records) const;
  void broker_unfenced(protocol::BrokerId broker, MetadataRecords& records) const;
  void broker_in_controlled_shutdown(protocol::BrokerId broker, MetadataRecords& records) const;
  // Its previous incarnation did not shut down in order: it may have lost what it acknowledged.
  void broker_shut_down_uncleanly(protocol::BrokerId broker, MetadataRecords& records) const;

  // Elects a leader for one partition on request. ELECTION_NOT_NEEDED,
  // PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION.
  // Requires: `election` is preferred or unclean.
  protocol::ErrorCode elect_leader(const protocol::TopicPartition& partition, Election election,
                                   MetadataRecords& records) const;
  // Moves leaderships to preferred leaders where those are in sync. True when there may be more to
  // do.
  bool balance_leaders(MetadataRecords& records) const;
  // Elects leaders uncleanly for leaderless partitions whose topics allow it. True when there may
  // be more to do.
  bool elect_unclean_where_configured(MetadataRecords& records) const;

  // Moves a partition to `target`, or takes a running reassignment back when there is none.
  // NO_REASSIGNMENT_IN_PROGRESS, INVALID_REPLICA_ASSIGNMENT, UNKNOWN_TOPIC_OR_PARTITION.
  protocol::ErrorCode reassign(const protocol::TopicPartition& partition,
                               const std::optional<BrokerIds>& target,
                               MetadataRecords& records) const;

  bool leads_something(protocol::BrokerId broker) const;
  bool has_leaderless_partitions() const;
  bool has_imbalanced_partitions() const;
  // At most the replication factor of the topic.
  std::int32_t effective_min_insync_replicas(const TopicImage& topic) const;
  bool allows_unclean_election(const TopicImage& topic) const;

  const ReplicationSettings& settings() const { return settings_; }

 private:
  struct Movement {
    protocol::BrokerId removed;
    protocol::BrokerId added;
    protocol::BrokerId shut_down_uncleanly;
  };
  using Concerns = std::function<bool(const PartitionRegistration&)>;

  // Takes and gives brokers in all partitions that `concerns` picks.
  void update_leaders_and_isrs(const Movement& movement, const Concerns& concerns,
                               MetadataRecords& records) const;
  std::optional<PartitionChangeRecord> decide(const TopicImage& topic, std::int32_t partition,
                                              const WantedChange& wanted) const;
  std::optional<PartitionChangeRecord> decide(const TopicImage& topic, std::int32_t partition,
                                              const WantedChange& wanted, ChangeRules rules) const;
  ChangeRules rules_for(const TopicImage& topic) const;
  const std::string* setting_of(const TopicImage& topic, const std::string& name) const;

  protocol::CreatableTopicResult create_topic(const protocol::CreatableTopic& wanted,
                                              MetadataRecords& records);
  protocol::CreatePartitionsTopicResult grow(const protocol::CreatePartitionsTopic& wanted,
                                             MetadataRecords& records);
  // Both number the partitions from `first` on, and say why it cannot be done.
  std::optional<std::string> assign_manually(const std::vector<BrokerIds>& assignments,
                                             std::int32_t replication_factor, std::int32_t first,
                                             std::vector<PartitionRecord>& partitions) const;
  std::optional<std::string> assign_by_placement(std::int32_t num_partitions,
                                                 std::int32_t replication_factor,
                                                 std::vector<PartitionRecord>& partitions,
                                                 std::int32_t first);
  std::string why_not_elected(const protocol::TopicPartition& partition,
                              protocol::ErrorCode error) const;
  std::string why_not_reassigned(const protocol::ReassignablePartition& wanted,
                                 protocol::ErrorCode error) const;
  std::optional<std::string> why_not_assignable(const BrokerIds& replicas) const;
  BrokerIds active_of(const BrokerIds& replicas) const;
  protocol::Uuid new_topic_id();

  protocol::ErrorCode validate(protocol::BrokerId sender, const PartitionRegistration& partition,
                               const protocol::AlterPartitionItem& item) const;
  protocol::AlterPartitionItemResponse alter_one(protocol::BrokerId sender,
                                                 const protocol::AlterPartitionItem& item,
                                                 MetadataRecords& records) const;
  bool is_eligible_for_isr(const protocol::BrokerState& state) const;

  const MetadataImage& image_;
  ReplicationSettings settings_;
  sim::Rng rng_;
  const Mutations* mutations_ = &no_mutations;
};

}  // namespace kafkasim::broker
