// Reads the cluster and the topics.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/config_rules.hpp"
#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/settings.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

constexpr int default_brokers = 3;
constexpr int most_brokers = 1000;
constexpr int most_controllers = 5;
constexpr Duration largest_clock_offset = std::chrono::hours(24 * 3650);
constexpr int most_partitions = 10000;
constexpr int most_partitions_in_all = 100000;

std::optional<int> small_count(const Node& map, std::string_view key, int most) {
  const auto count = parsed(map, key, parse_count);
  if (!count || *count < 1 || *count > most) return std::nullopt;
  return static_cast<int>(*count);
}

void read_brokers(Reading& reading, const Node& cluster) {
  const bool given = cluster.find("brokers") != nullptr;
  reading.names.brokers =
      given ? small_count(cluster, "brokers", most_brokers) : std::optional(default_brokers);
  protocol::ConfigValues config(protocol::broker_config_defs());
  read_settings(cluster.find("config"), SettingsOf::broker, config, reading.diagnostics());
  for (int id = 1; id <= reading.names.brokers.value_or(0); ++id) {
    reading.scenario.cluster.brokers.push_back(
        Broker{id, fmt::format("broker-{}", id), "", config});
  }
}

void read_controllers(Reading& reading, const Node& cluster) {
  if (cluster.find("controllers") == nullptr) {
    reading.names.controllers = 1;
    return;
  }
  reading.names.controllers = small_count(cluster, "controllers", most_controllers);
  reading.scenario.cluster.controllers = reading.names.controllers.value_or(1);
}

void read_racks(Reading& reading, const Node& cluster) {
  const Node* racks = cluster.find("racks");
  if (racks == nullptr || !racks->is_list()) return;
  std::vector<Broker>& brokers = reading.scenario.cluster.brokers;
  if (reading.names.brokers && racks->items.size() != brokers.size()) {
    reading.diagnostics().error(
        racks->position, fmt::format("'racks' has {} entries, expected {}: one for each broker",
                                     racks->items.size(), brokers.size()));
    return;
  }
  for (std::size_t i = 0; i < brokers.size(); ++i) brokers[i].rack = racks->items[i].text;
}

// Its disk and its clock.
void read_machine(Reading& reading, const Node& host, Broker& broker) {
  if (const Node* disk = host.find("disk"); disk != nullptr && disk->is_map()) {
    broker.disk_write = parsed(*disk, "write", parse_duration).value_or(Duration::zero());
    broker.disk_flush = parsed(*disk, "flush", parse_duration).value_or(Duration::zero());
  }
  const Node* clock = host.find("clock");
  if (clock == nullptr || !clock->is_map()) return;
  const auto offset = parsed(*clock, "offset", parse_signed_duration);
  if (!offset) return;
  if (*offset > largest_clock_offset || -*offset > largest_clock_offset) {
    reading.diagnostics().error(clock->find("offset")->position,
                                fmt::format("'offset' is {}, expected at most 3650d either way",
                                            in_quotes(clock->find("offset")->text)));
    return;
  }
  broker.clock_offset = *offset;
}

void read_hosts(Reading& reading, const Node& cluster) {
  const Node* hosts = cluster.find("hosts");
  if (hosts == nullptr || !hosts->is_map()) return;
  for (const Entry& host : hosts->entries) {
    if (const auto number = parse_numbered(host.key, "controller-")) {
      if (!reading.check_controller(*number, host.position)) continue;
      reading.diagnostics().error(host.position,
                                  "settings of a single controller are not supported yet");
      continue;
    }
    if (!reading.check_broker_name(host.key, host.position) || !reading.names.brokers) continue;
    const auto id = parse_numbered(host.key, "broker-");
    if (!id || !host.value.is_map()) continue;
    Broker& broker = reading.scenario.cluster.brokers.at(static_cast<std::size_t>(*id - 1));
    read_settings(host.value.find("config"), SettingsOf::broker, broker.config,
                  reading.diagnostics());
    read_machine(reading, host.value, broker);
  }
}

// What a new cluster of that version has switched on, and what the file says of it.
void read_features(Reading& reading, const Node& cluster) {
  Cluster& to = reading.scenario.cluster;
  if (const auto semantics = text_of(cluster, "semantics")) to.semantics = *semantics;
  to.eligible_leader_replicas = to.semantics == "4.1" ? 1 : 0;
  const Node* features = cluster.find("features");
  if (features == nullptr || !features->is_map()) return;
  const auto version = parsed(*features, "eligible.leader.replicas.version", parse_count);
  if (version) to.eligible_leader_replicas = *version == 0 ? 0 : 1;
}

// ---- quotas ----

void read_quotas(Reading& reading, const Node& cluster) {
  const Node* quotas = cluster.find("quotas");
  const Node* clients = quotas == nullptr || !quotas->is_map() ? nullptr : quotas->find("clients");
  if (clients == nullptr || !clients->is_map()) return;
  for (const Entry& client : clients->entries) {
    if (!client.value.is_map()) continue;
    const auto rate = parsed(client.value, "producer_byte_rate", parse_count);
    if (rate && *rate > 0) reading.scenario.cluster.producer_byte_rates[client.key] = *rate;
  }
}

// ---- topics ----

// The brokers of one partition, each there and named once.
std::vector<int> read_replica_list(Reading& reading, const Node& list) {
  std::vector<int> ids;
  for (const Node& item : list.items) {
    const auto id = item.is_scalar() ? parse_count(item.text) : std::nullopt;
    if (!id || *id < 1 || *id > most_brokers) continue;
    const int broker = static_cast<int>(*id);
    if (!reading.check_broker(broker, item.position)) continue;
    if (std::find(ids.begin(), ids.end(), broker) != ids.end()) {
      reading.diagnostics().error(
          item.position,
          fmt::format("broker {} stands twice in the replicas of a partition", broker));
    }
    ids.push_back(broker);
  }
  return ids;
}

void read_placed_replicas(Reading& reading, const Node& replicas, Topic& topic) {
  const bool for_each = !replicas.items.empty() && replicas.items.front().is_list();
  if (!for_each) {
    topic.replicas.assign(static_cast<std::size_t>(topic.partitions),
                          read_replica_list(reading, replicas));
  } else if (replicas.items.size() != static_cast<std::size_t>(topic.partitions)) {
    reading.diagnostics().error(
        replicas.position,
        fmt::format("'replicas' has {} {}, expected {}: one for each partition",
                    replicas.items.size(), replicas.items.size() == 1 ? "list" : "lists",
                    topic.partitions));
    return;
  } else {
    for (const Node& list : replicas.items)
      topic.replicas.push_back(read_replica_list(reading, list));
  }
  topic.replication_factor = static_cast<int>(topic.replicas.front().size());
  const auto differs = std::find_if(
      topic.replicas.begin(), topic.replicas.end(),
      [&](const std::vector<int>& ids) { return ids.size() != topic.replicas.front().size(); });
  if (differs != topic.replicas.end()) {
    reading.diagnostics().error(
        replicas.position,
        "the partitions have different numbers of replicas, expected the same for all");
  }
}

void read_replicas(Reading& reading, const Node& node, Topic& topic) {
  const Node* replicas = node.find("replicas");
  const std::vector<Broker>& brokers = reading.scenario.cluster.brokers;
  if (replicas != nullptr && replicas->is_list())
    return read_placed_replicas(reading, *replicas, topic);
  if (replicas != nullptr) {
    const auto count = small_count(node, "replicas", most_brokers);
    if (!count) return;
    topic.replication_factor = *count;
  } else if (!brokers.empty()) {
    topic.replication_factor =
        std::max(1, brokers.front().config.int_value("default.replication.factor"));
  }
  if (!reading.names.brokers || topic.replication_factor <= *reading.names.brokers) return;
  reading.diagnostics().error(
      replicas == nullptr ? topic.position : replicas->position,
      fmt::format(
          "Unable to replicate the partition {0} time(s): The target replication factor of {0} "
          "cannot be reached because only {1} broker(s) are registered.",
          topic.replication_factor, *reading.names.brokers));
}

// Kafka's metrics write '.' as '_', so it lets no two topics differ in that alone.
void check_collision(Reading& reading, const Entry& entry) {
  const auto folded = [](std::string name) {
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
  };
  for (const auto& [other, partitions] : reading.names.topics) {
    if (other == entry.key || folded(other) != folded(entry.key)) continue;
    reading.diagnostics().error(
        entry.position,
        fmt::format("Topic '{}' collides with existing topic: {}", entry.key, other));
  }
}

bool has_room_for(Reading& reading, const Topic& topic) {
  int partitions = topic.partitions;
  for (const Topic& other : reading.scenario.topics) partitions += other.partitions;
  if (partitions <= most_partitions_in_all) return true;
  reading.diagnostics().error(
      topic.position, fmt::format("there are more than {} partitions in all, expected fewer",
                                  most_partitions_in_all));
  return false;
}

void read_topic(Reading& reading, const Entry& entry) {
  Topic topic = read_new_topic(reading, entry.key, entry.position, entry.value);
  check_collision(reading, entry);
  topic.is_there = entry.value.find("start") == nullptr;
  const bool is_known = entry.value.find("partitions") == nullptr ||
                        small_count(entry.value, "partitions", most_partitions);
  reading.names.topics[topic.name] = is_known ? std::optional(topic.partitions) : std::nullopt;
  reading.scenario.topics.push_back(std::move(topic));
}

}  // namespace

void read_cluster(Reading& reading) {
  static const Node nothing{Node::Kind::map, {}, "", false, {}, {}};
  const Node* given = reading.root().find("cluster");
  if (given != nullptr && !given->is_map() && !given->nothing) return;  // nothing is known of it
  const Node& cluster = given != nullptr && given->is_map() ? *given : nothing;
  read_brokers(reading, cluster);
  read_controllers(reading, cluster);
  read_racks(reading, cluster);
  read_hosts(reading, cluster);
  read_features(reading, cluster);
  read_quotas(reading, cluster);
  const Node* network = cluster.find("network");
  if (network != nullptr) {
    if (const auto latency = parsed(*network, "latency", parse_duration_range)) {
      reading.scenario.cluster.latency = *latency;
    }
  }
}

Topic read_new_topic(Reading& reading, const std::string& name, Position position,
                     const Node& map) {
  const std::string error = protocol::topic_name_error(name);
  if (!error.empty()) reading.diagnostics().error(position, error);
  Topic topic;
  topic.name = name;
  topic.position = position;
  const std::vector<Broker>& brokers = reading.scenario.cluster.brokers;
  if (!brokers.empty()) topic.partitions = brokers.front().config.int_value("num.partitions");
  if (map.find("partitions") != nullptr)
    topic.partitions = small_count(map, "partitions", most_partitions).value_or(1);
  if (!has_room_for(reading, topic)) return topic;
  read_replicas(reading, map, topic);
  read_settings(map.find("config"), SettingsOf::topic, topic.config, reading.diagnostics());
  return topic;
}

void read_topics(Reading& reading) {
  const Node* topics = reading.root().find("topics");
  if (topics == nullptr || topics->nothing) return;
  reading.names.topics_known = topics->is_map();
  for (const Entry& entry : topics->entries) read_topic(reading, entry);
}

}  // namespace kafkasim::scenarios
