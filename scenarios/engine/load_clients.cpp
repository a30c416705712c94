// Reads producers and consumers, and from them the names of clients, groups and records.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/config_librdkafka.hpp"
#include "protocol/config_rules.hpp"
#include "scenarios/engine/overlay.hpp"
#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/settings.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

constexpr std::int64_t most_instances = 1000;
constexpr std::size_t most_consumers = 2000;
constexpr std::int64_t most_records = 10'000'000;

bool is_client_name(std::string_view name) {
  constexpr std::size_t longest = 100;
  if (name.empty() || name.size() > longest) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// A client's name must be one, and nobody else's.
void check_new_client(Reading& reading, const std::string& name, Position position) {
  const auto refuse = [&](const std::string& why) { reading.diagnostics().error(position, why); };
  if (!is_client_name(name)) {
    return refuse(
        fmt::format("{} cannot be the name of a client, expected letters, digits, '-', '_' and "
                    "'.', at most 100",
                    in_quotes(name)));
  }
  if (Reading::is_reserved(name)) {
    return refuse(fmt::format("{} is the name of a part of the cluster, expected another one",
                              in_quotes(name)));
  }
  const Names& names = reading.names;
  const bool taken = std::count(names.producers.begin(), names.producers.end(), name) > 0 ||
                     std::count(names.consumers.begin(), names.consumers.end(), name) > 0;
  if (taken)
    refuse(fmt::format("another client is called {}, expected a name of its own", in_quotes(name)));
}

// `never` is no time; without the key it is the beginning.
std::optional<Duration> read_start(const Node& node) {
  if (text_of(node, "start") == "never") return std::nullopt;
  return parsed(node, "start", parse_duration).value_or(Duration::zero());
}

// ---- producers ----

void read_destination(Reading& reading, const Node& send, SendPlan& plan) {
  const Node* to = send.find("to");
  if (to == nullptr || !to->is_scalar() || to->nothing) return;
  const auto partition = parse_partition(to->text);
  if (partition && !reading.names.topics.contains(to->text) &&
      reading.names.topics.contains(partition->topic)) {
    if (!reading.check_partition(*partition, to->position)) return;
    plan.topic = partition->topic;
    plan.partition = partition->partition;
    return;
  }
  plan.topic = to->text;
  // "orderz-0" is near the topic, not near a topic of that whole name.
  reading.check_topic(
      partition && !reading.names.topics.contains(to->text) ? partition->topic : to->text,
      to->position);
}

void read_values(Reading& reading, const Node& send, SendPlan& plan) {
  const Entry* values = send.find_entry("values");
  const Entry* count = send.find_entry("count");
  if (values != nullptr && count != nullptr) {
    reading.diagnostics().error(std::max(values->position, count->position),
                                "'values' and 'count' exclude each other, expected one of them");
  }
  if (values == nullptr && count == nullptr) {
    reading.diagnostics().error(
        send.position, "'values' or 'count' is missing in 'sends', expected the records to send");
  }
  if (values != nullptr) {
    for (const Node* value : scalars_of(&values->value)) {
      plan.values.push_back(value->text);
      if (reading.names.records.insert(value->text).second) continue;
      reading.diagnostics().warning(
          value->position,
          fmt::format("a record {} is sent more than once, reports cannot tell them apart",
                      in_quotes(value->text)));
    }
    if (plan.values.empty()) reading.names.records_known = false;
  } else {
    plan.count = parsed(send, "count", parse_count).value_or(0);
    if (plan.count == 0) reading.names.records_known = false;
  }
}

void read_keys(Reading& reading, const Node& send, SendPlan& plan) {
  const Entry* key = send.find_entry("key");
  const Entry* keys = send.find_entry("keys");
  if (key != nullptr && keys != nullptr) {
    reading.diagnostics().error(std::max(key->position, keys->position),
                                "'key' and 'keys' exclude each other, expected one of them");
  }
  if (const auto text = text_of(send, "key")) plan.keys.push_back(*text);
  if (keys == nullptr) return;
  if (keys->value.is_list()) {
    for (const Node* item : scalars_of(&keys->value)) plan.keys.push_back(item->text);
    return;
  }
  plan.key_count = parsed(send, "keys", parse_count).value_or(0);
}

void read_sends(Reading& reading, const Node* sends, Producer& producer) {
  std::vector<const Node*> maps;
  if (sends != nullptr && sends->is_map()) maps.push_back(sends);
  if (sends != nullptr) {
    for (const Node& item : sends->items) {
      if (item.is_map()) maps.push_back(&item);
    }
  }
  if (maps.empty()) reading.names.records_known = false;
  std::int64_t next_number = 1;
  for (const Node* send : maps) {
    SendPlan plan;
    plan.position = send->position;
    plan.prefix = producer.name;
    plan.first_number = next_number;
    read_destination(reading, *send, plan);
    read_values(reading, *send, plan);
    read_keys(reading, *send, plan);
    plan.size = parsed(*send, "size", parse_size);
    plan.tombstones = parsed(*send, "tombstones", parse_flag).value_or(false);
    if (plan.tombstones && plan.size) {
      reading.diagnostics().error(
          send->find("size")->position,
          "'size' is of values, and tombstones have none, expected only one of them");
    }
    plan.every = parsed(*send, "every", parse_period).value_or(Duration::zero());
    plan.start = parsed(*send, "start", parse_duration).value_or(Duration::zero());
    next_number += plan.count;
    if (next_number - 1 > most_records) {
      reading.diagnostics().error(plan.position,
                                  fmt::format("{} sends more than {} records, expected fewer",
                                              in_quotes(producer.name), most_records));
      return;
    }
    producer.sends.push_back(std::move(plan));
  }
}

bool is_of_librdkafka(const Node& client) { return text_of(client, "client") == "librdkafka"; }

protocol::ConfigConflict read_producer_config(Reading& reading, const Node& node,
                                              const Node* config, Producer& producer) {
  if (!is_of_librdkafka(node)) {
    read_settings(config, SettingsOf::producer, producer.config, reading.diagnostics());
    return protocol::resolve_producer_config(producer.config);
  }
  producer.config = protocol::ConfigValues(protocol::librdkafka_config_defs());
  read_settings(config, SettingsOf::librdkafka_producer, producer.config, reading.diagnostics());
  return protocol::resolve_librdkafka_producer(producer.config);
}

void read_producer(Reading& reading, const Entry& entry) {
  check_new_client(reading, entry.key, entry.position);
  reading.names.producers.push_back(entry.key);
  Producer producer;
  producer.name = entry.key;
  producer.position = entry.position;
  if (text_of(entry.value, "on-failure") == "resend") producer.on_failure = OnFailure::resend;
  producer.start = read_start(entry.value);
  read_sends(reading, entry.value.find("sends"), producer);
  const Node* config = entry.value.find("config");
  report_conflict(read_producer_config(reading, entry.value, config, producer), config,
                  entry.position, reading.diagnostics());
  read_partitioner(reading, entry.value, producer);
  reading.scenario.producers.push_back(std::move(producer));
}

// ---- consumers ----

void read_what_is_read(Reading& reading, const Node& node, bool is_whole, Consumer& consumer) {
  const Entry* reads = node.find_entry("reads");
  const Entry* assign = node.find_entry("assign");
  if (reads == nullptr && assign == nullptr && is_whole) {
    reading.diagnostics().error(
        consumer.position,
        fmt::format("'reads' is missing in {}, expected a topic or a list of topics",
                    in_quotes(consumer.key)));
  }
  if (reads != nullptr && assign != nullptr) {
    reading.diagnostics().error(std::max(reads->position, assign->position),
                                "'reads' and 'assign' exclude each other, expected one of them");
  }
  if (reads != nullptr) {
    for (const Node* topic : scalars_of(&reads->value)) {
      reading.check_topic(topic->text, topic->position);
      if (std::find(consumer.reads.begin(), consumer.reads.end(), topic->text) !=
          consumer.reads.end()) {
        reading.diagnostics().error(topic->position,
                                    fmt::format("{} stands here twice", in_quotes(topic->text)));
      }
      consumer.reads.push_back(topic->text);
    }
    if (!consumer.group) {
      reading.diagnostics().error(
          reads->position, fmt::format("'reads' needs 'group': {}", protocol::no_group_id_error));
    }
  }
  if (assign == nullptr) return;
  for (const Node* item : scalars_of(&assign->value)) {
    const auto partition = parse_partition(item->text);
    if (!partition || !reading.check_partition(*partition, item->position)) continue;
    if (std::find(consumer.assign.begin(), consumer.assign.end(), *partition) !=
        consumer.assign.end()) {
      reading.diagnostics().error(item->position,
                                  fmt::format("{} stands here twice", in_quotes(item->text)));
    }
    consumer.assign.push_back(*partition);
  }
}

void read_config(Reading& reading, const Node& node, Consumer& consumer) {
  const Node* config = node.find("config");
  const bool librdkafka = is_of_librdkafka(node);
  if (librdkafka) consumer.config = protocol::ConfigValues(protocol::librdkafka_config_defs());
  read_settings(config, librdkafka ? SettingsOf::librdkafka_consumer : SettingsOf::consumer,
                consumer.config, reading.diagnostics());
  if (!consumer.config.is_set("auto.offset.reset")) {
    consumer.config.override_default("auto.offset.reset", std::string("earliest"));
  }
  if (consumer.group) consumer.config.override_default("group.id", *consumer.group);
  const Node* group = node.find("group");
  report_conflict(librdkafka ? protocol::resolve_librdkafka_consumer(consumer.config)
                             : protocol::resolve_consumer_config(consumer.config),
                  config, group == nullptr ? consumer.position : group->position,
                  reading.diagnostics());
}

// As subscribe() does; assign() needs none.
void check_assignors(Reading& reading, const Node& node, const Consumer& consumer) {
  constexpr std::string_view strategy = "partition.assignment.strategy";
  if (is_of_librdkafka(node) || consumer.reads.empty()) return;
  if (!consumer.config.list(strategy).empty()) return;
  const Entry* given = node.find("config")->find_entry(strategy);
  reading.diagnostics().error(given->position,
                              fmt::format("Must configure at least one partition assigner class "
                                          "name to {} configuration property",
                                          strategy));
}

void add_instances(Reading& reading, const Consumer& consumer, std::int64_t count) {
  if (reading.names.consumers.size() + static_cast<std::size_t>(count) > most_consumers) {
    reading.diagnostics().error(
        consumer.position,
        fmt::format("there are more than {} consumers, expected fewer", most_consumers));
    reading.names.clients_known = false;
    return;
  }
  for (std::int64_t i = 1; i <= count; ++i) {
    Consumer instance = consumer;
    if (count > 1) instance.name = fmt::format("{}-{}", consumer.key, i);
    check_new_client(reading, instance.name, consumer.position);
    reading.names.consumers.push_back(instance.name);
    if (count > 1) reading.names.instances[consumer.key].push_back(instance.name);
    if (instance.group) reading.names.groups[*instance.group].push_back(instance.name);
    reading.scenario.consumers.push_back(std::move(instance));
  }
}

void read_consumer(Reading& reading, const Node& consumers, const Entry& entry) {
  const auto [node, is_whole] = resolved_like(consumers, entry, reading.diagnostics());
  Consumer consumer;
  consumer.name = entry.key;
  consumer.key = entry.key;
  consumer.position = entry.position;
  consumer.group = text_of(node, "group");
  consumer.start = read_start(node);
  read_what_is_read(reading, node, is_whole, consumer);
  read_config(reading, node, consumer);
  check_assignors(reading, node, consumer);
  read_handling(reading, node, consumer);
  const std::int64_t instances = parsed(node, "instances", parse_count).value_or(1);
  add_instances(reading, consumer, std::clamp<std::int64_t>(instances, 1, most_instances));
}

}  // namespace

void read_producers(Reading& reading) {
  const Node* producers = reading.root().find("producers");
  if (producers == nullptr || producers->nothing) return;
  if (!producers->is_map()) {
    reading.names.clients_known = false;
    reading.names.records_known = false;
  }
  for (const Entry& entry : producers->entries) read_producer(reading, entry);
}

void read_consumers(Reading& reading) {
  const Node* consumers = reading.root().find("consumers");
  if (consumers == nullptr || consumers->nothing) return;
  if (!consumers->is_map()) reading.names.clients_known = false;
  for (const Entry& entry : consumers->entries) read_consumer(reading, *consumers, entry);
}

}  // namespace kafkasim::scenarios
