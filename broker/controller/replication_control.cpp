// Brokers that come and go, elections on request, reassignments. Creation and ISR changes have
// files of their own.
#include "broker/controller/replication_control.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::TopicPartition;

ReplicationControl::ReplicationControl(const MetadataImage& image, ReplicationSettings settings,
                                       sim::Rng rng)
    : image_(image), settings_(settings), rng_(rng) {}

void ReplicationControl::broker_fenced(BrokerId broker, MetadataRecords& records) const {
  const BrokerRegistration* registration = image_.broker(broker);
  CHECKED(registration != nullptr, "broker {} is fenced but never registered", broker.value());
  Movement movement;
  movement.removed = broker;
  update_leaders_and_isrs(
      movement, [=](const PartitionRegistration& p) { return contains(p.isr, broker); }, records);
  BrokerRegistrationChangeRecord change;
  change.broker_id = broker;
  change.broker_epoch = registration->epoch;
  change.fenced = true;
  records.push_back(change);
}

void ReplicationControl::broker_unfenced(BrokerId broker, MetadataRecords& records) const {
  const BrokerRegistration* registration = image_.broker(broker);
  CHECKED(registration != nullptr, "broker {} is unfenced but never registered", broker.value());
  BrokerRegistrationChangeRecord change;
  change.broker_id = broker;
  change.broker_epoch = registration->epoch;
  change.fenced = false;
  records.push_back(change);
  Movement movement;
  movement.added = broker;
  update_leaders_and_isrs(
      movement, [](const PartitionRegistration& p) { return !p.leader.is_set(); }, records);
}

void ReplicationControl::broker_in_controlled_shutdown(BrokerId broker,
                                                       MetadataRecords& records) const {
  const BrokerRegistration* registration = image_.broker(broker);
  CHECKED(registration != nullptr, "broker {} shuts down but never registered", broker.value());
  if (!registration->in_controlled_shutdown) {
    BrokerRegistrationChangeRecord change;
    change.broker_id = broker;
    change.broker_epoch = registration->epoch;
    change.in_controlled_shutdown = true;
    records.push_back(change);
  }
  Movement movement;
  movement.removed = broker;
  update_leaders_and_isrs(
      movement, [=](const PartitionRegistration& p) { return contains(p.isr, broker); }, records);
}

void ReplicationControl::broker_shut_down_uncleanly(BrokerId broker,
                                                    MetadataRecords& records) const {
  Movement movement;
  movement.shut_down_uncleanly = broker;
  update_leaders_and_isrs(
      movement, [=](const PartitionRegistration& p) { return contains(p.isr, broker); }, records);
  update_leaders_and_isrs(
      movement, [=](const PartitionRegistration& p) { return contains(p.elr, broker); }, records);
}

void ReplicationControl::update_leaders_and_isrs(const Movement& movement, const Concerns& concerns,
                                                 MetadataRecords& records) const {
  // The broker that moves does not stand in the image yet as what it is about to be.
  const auto may_lead = [this, movement](BrokerId broker) {
    if (broker == movement.removed || broker == movement.shut_down_uncleanly) return false;
    return broker == movement.added || image_.is_active(broker);
  };
  for (const auto& [name, topic] : image_.topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      if (!concerns(partition)) continue;
      WantedChange wanted;
      wanted.election = allows_unclean_election(topic) ? Election::unclean : Election::online;
      wanted.isr = without(partition.isr, {movement.removed, movement.shut_down_uncleanly});
      wanted.shut_down_uncleanly = movement.shut_down_uncleanly;
      ChangeRules rules = rules_for(topic);
      rules.may_lead = may_lead;
      if (auto change = decide(topic, number, wanted, std::move(rules)))
        records.push_back(std::move(*change));
    }
  }
}

ErrorCode ReplicationControl::elect_leader(const TopicPartition& partition, Election election,
                                           MetadataRecords& records) const {
  CHECKED(election != Election::online, "an election on request is preferred or unclean");
  const PartitionRegistration* registration = image_.partition(partition);
  if (registration == nullptr) return ErrorCode::unknown_topic_or_partition;
  const bool preferred = election == Election::preferred;
  const bool is_needed = preferred ? registration->leader != registration->replicas.front()
                                   : !registration->leader.is_set();
  if (!is_needed) return ErrorCode::election_not_needed;
  WantedChange wanted;
  wanted.election = election;
  auto change = decide(*image_.topic(partition.topic), partition.partition, wanted);
  if (!change) {
    return preferred ? ErrorCode::preferred_leader_not_available
                     : ErrorCode::eligible_leaders_not_available;
  }
  records.push_back(std::move(*change));
  return ErrorCode::none;
}

bool ReplicationControl::balance_leaders(MetadataRecords& records) const {
  WantedChange wanted;
  wanted.election = Election::preferred;
  for (const auto& [name, topic] : image_.topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      if (records.size() >= settings_.max_elections_per_pass) return true;
      if (partition.leader == partition.replicas.front()) continue;
      if (auto change = decide(topic, number, wanted)) records.push_back(std::move(*change));
    }
  }
  return false;
}

bool ReplicationControl::elect_unclean_where_configured(MetadataRecords& records) const {
  for (const auto& [name, topic] : image_.topics()) {
    if (!allows_unclean_election(topic)) continue;
    for (const auto& [number, partition] : topic.partitions) {
      if (records.size() >= settings_.max_elections_per_pass) return true;
      if (!partition.leader.is_set()) elect_leader({name, number}, Election::unclean, records);
    }
  }
  return false;
}

ErrorCode ReplicationControl::reassign(const TopicPartition& partition,
                                       const std::optional<BrokerIds>& target,
                                       MetadataRecords& records) const {
  const PartitionRegistration* registration = image_.partition(partition);
  if (registration == nullptr) return ErrorCode::unknown_topic_or_partition;
  const TopicImage& topic = *image_.topic(partition.topic);
  WantedChange wanted;
  if (target) {
    if (why_not_assignable(*target)) return ErrorCode::invalid_replica_assignment;
    Reassignment plan = plan_reassignment(registration->replicas, *target);
    wanted.replicas = std::move(plan.replicas);
    // As in Kafka an empty list leaves the one that is there.
    if (!plan.removing.empty()) wanted.removing = std::move(plan.removing);
    if (!plan.adding.empty()) wanted.adding = std::move(plan.adding);
  } else {
    if (!reassignment_of(*registration).in_progress())
      return ErrorCode::no_reassignment_in_progress;
    Revert back = revert(*registration);
    if (back.unclean && !allows_unclean_election(topic))
      return ErrorCode::invalid_replica_assignment;
    if (allows_unclean_election(topic)) wanted.election = Election::unclean;
    wanted.isr = std::move(back.placement.isr);
    wanted.replicas = std::move(back.placement.replicas);
    wanted.removing = BrokerIds{};
    wanted.adding = BrokerIds{};
  }
  if (auto change = decide(topic, partition.partition, wanted))
    records.push_back(std::move(*change));
  return ErrorCode::none;
}

bool ReplicationControl::leads_something(BrokerId broker) const {
  for (const auto& [name, topic] : image_.topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      if (partition.leader == broker) return true;
    }
  }
  return false;
}

bool ReplicationControl::has_leaderless_partitions() const { return leads_something(BrokerId()); }

bool ReplicationControl::has_imbalanced_partitions() const {
  for (const auto& [name, topic] : image_.topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      if (partition.leader != partition.replicas.front()) return true;
    }
  }
  return false;
}

// The topic's own, or else the dynamic default of all brokers. Settings of single brokers do not
// concern a controller that has a host of its own.
const std::string* ReplicationControl::setting_of(const TopicImage& topic,
                                                  const std::string& name) const {
  if (const auto own = topic.config.find(name); own != topic.config.end()) return &own->second;
  const auto& of_all = image_.broker_config("");
  const auto found = of_all.find(name);
  return found == of_all.end() ? nullptr : &found->second;
}

std::int32_t ReplicationControl::effective_min_insync_replicas(const TopicImage& topic) const {
  std::int32_t configured = settings_.min_insync_replicas;
  if (const std::string* text = setting_of(topic, "min.insync.replicas")) {
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), configured);
    CHECKED(parsed.ec == std::errc(), "min.insync.replicas of {} is '{}'", topic.name, *text);
  }
  CHECKED(!topic.partitions.empty(), "topic {} has no partition", topic.name);
  const auto replication_factor =
      static_cast<std::int32_t>(topic.partitions.begin()->second.replicas.size());
  return std::min(configured, replication_factor);
}

bool ReplicationControl::allows_unclean_election(const TopicImage& topic) const {
  const std::string* text = setting_of(topic, "unclean.leader.election.enable");
  return text == nullptr ? settings_.unclean_leader_election : *text == "true";
}

ChangeRules ReplicationControl::rules_for(const TopicImage& topic) const {
  ChangeRules rules;
  rules.may_lead = [this](BrokerId broker) { return image_.is_active(broker); };
  rules.eligible_leader_replicas = settings_.eligible_leader_replicas;
  rules.min_insync_replicas = effective_min_insync_replicas(topic);
  return rules;
}

std::optional<PartitionChangeRecord> ReplicationControl::decide(const TopicImage& topic,
                                                                std::int32_t partition,
                                                                const WantedChange& wanted) const {
  return decide(topic, partition, wanted, rules_for(topic));
}

std::optional<PartitionChangeRecord> ReplicationControl::decide(const TopicImage& topic,
                                                                std::int32_t partition,
                                                                const WantedChange& wanted,
                                                                ChangeRules rules) const {
  auto change = decide_change(topic.partitions.at(partition), wanted, rules);
  if (change) {
    change->topic_id = topic.id;
    change->partition = partition;
  }
  return change;
}

}  // namespace kafkasim::broker
