// Questions about names.
#include "scenarios/engine/reading.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/selector.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

// Topics that Kafka keeps for itself are there without being declared.
bool is_internal(const std::string& topic) {
  return topic == "__consumer_offsets" || topic == "__transaction_state";
}

}  // namespace

bool Reading::unknown(std::string_view what, const std::string& name, Position position,
                      const std::vector<std::string>& known) {
  diagnostics_.error(position, fmt::format("no {} is called {}{}", what, in_quotes(name),
                                           did_you_mean_or_one_of(name, known)));
  return false;
}

bool Reading::check_broker(int id, Position position) {
  if (!names.brokers || (id >= 1 && id <= *names.brokers)) return true;
  diagnostics_.error(
      position, fmt::format("there is no broker {}, expected one of 1 to {}", id, *names.brokers));
  return false;
}

bool Reading::check_controller(int number, Position position) {
  if (!names.controllers || (number >= 1 && number <= *names.controllers)) return true;
  const std::string expected = *names.controllers == 1
                                   ? "controller-1"
                                   : fmt::format("controller-1 to -{}", *names.controllers);
  diagnostics_.error(position,
                     fmt::format("there is no 'controller-{}', expected {}", number, expected));
  return false;
}

bool Reading::check_broker_name(const std::string& name, Position position) {
  if (const auto id = parse_numbered(name, "broker-")) return check_broker(*id, position);
  if (!names.brokers) return true;
  std::vector<std::string> known;
  for (int id = 1; id <= *names.brokers; ++id) known.push_back(fmt::format("broker-{}", id));
  return unknown("broker", name, position, known);
}

bool Reading::check_topic(const std::string& topic, Position position) {
  if (!names.topics_known || names.topics.contains(topic)) return true;
  return unknown("topic", topic, position, keys_of(names.topics));
}

bool Reading::check_partition(const TopicPartition& partition, Position position) {
  if (is_internal(partition.topic) && !names.topics.contains(partition.topic)) return true;
  if (!check_topic(partition.topic, position)) return false;
  const auto topic = names.topics.find(partition.topic);
  if (topic == names.topics.end() || !topic->second || partition.partition < *topic->second)
    return true;
  diagnostics_.error(position,
                     fmt::format("there is no partition '{}', expected one of {}-0 to {}-{}",
                                 protocol::to_string(partition), partition.topic, partition.topic,
                                 *topic->second - 1));
  return false;
}

bool Reading::check_producer(const std::string& name, Position position) {
  if (!names.clients_known || holds(names.producers, name)) return true;
  return unknown("producer", name, position, names.producers);
}

bool Reading::check_consumer(const std::string& name, Position position) {
  if (!names.clients_known || holds(names.consumers, name)) return true;
  if (const auto several = names.instances.find(name); several != names.instances.end()) {
    diagnostics_.error(position,
                       fmt::format("{} is {} consumers, expected one of {}", in_quotes(name),
                                   several->second.size(), fmt::join(several->second, ", ")));
    return false;
  }
  return unknown("consumer", name, position, names.consumers);
}

bool Reading::check_client(const std::string& name, Position position) {
  if (holds(names.producers, name)) return true;
  if (holds(names.consumers, name) || names.instances.contains(name))
    return check_consumer(name, position);
  if (!names.clients_known) return true;
  std::vector<std::string> known = names.producers;
  known.insert(known.end(), names.consumers.begin(), names.consumers.end());
  for (int id = 1; id <= names.brokers.value_or(0); ++id)
    known.push_back(fmt::format("broker-{}", id));
  known.emplace_back("controller");
  return unknown("broker or client", name, position, known);
}

bool Reading::check_group(const std::string& name, Position position) {
  if (!names.clients_known || names.groups.contains(name)) return true;
  return unknown("consumer group", name, position, keys_of(names.groups));
}

bool Reading::check_consumer_or_group(const std::string& name, Position position) {
  if (const auto group = names.groups.find(name); group != names.groups.end()) {
    if (group->second.size() > 1 && holds(names.consumers, name)) {
      diagnostics_.warning(position, fmt::format("{} is a consumer and also a group of {} members, "
                                                 "the consumer is meant",
                                                 in_quotes(name), group->second.size()));
    }
    return true;
  }
  if (holds(names.consumers, name) || names.instances.contains(name))
    return check_consumer(name, position);
  if (!names.clients_known) return true;
  std::vector<std::string> known = names.consumers;
  for (const auto& [group, members] : names.groups) {
    if (!holds(names.consumers, group)) known.push_back(group);
  }
  return unknown("consumer or group", name, position, known);
}

bool Reading::is_sent(const std::string& record) const {
  if (names.records.contains(record)) return true;
  for (const Producer& producer : scenario.producers) {
    for (const SendPlan& plan : producer.sends) {
      if (!plan.values.empty()) continue;
      const auto number = parse_numbered(record, plan.prefix + "-");
      if (number && *number >= plan.first_number && *number < plan.first_number + plan.count)
        return true;
    }
  }
  return false;
}

bool Reading::check_record(const std::string& record, Position position) {
  if (!names.records_known || is_sent(record)) return true;
  const std::vector<std::string> known(names.records.begin(), names.records.end());
  diagnostics_.error(position, fmt::format("no producer sends a record {}{}", in_quotes(record),
                                           did_you_mean_or_one_of(record, known)));
  return false;
}

std::optional<Selector> Reading::selector(const Node& node) {
  if (!node.is_scalar() || node.nothing) return std::nullopt;
  std::optional<Selector> selector = parse_selector(node.text).selector;
  if (!selector) return std::nullopt;
  selector->position = node.position;
  bool fine = true;
  switch (selector->kind) {
    case SelectorKind::broker:
      fine = check_broker(selector->index, node.position);
      break;
    case SelectorKind::controller_host:
      fine = check_controller(selector->index, node.position);
      break;
    case SelectorKind::client:
      fine = check_client(selector->name, node.position);
      break;
    case SelectorKind::leader:
    case SelectorKind::followers:
    case SelectorKind::follower:
    case SelectorKind::isr:
      fine = check_partition(selector->partition, node.position);
      break;
    case SelectorKind::coordinator:
      fine = check_group(selector->name, node.position);
      break;
    case SelectorKind::controller:
      break;
  }
  return fine ? selector : std::nullopt;
}

bool Reading::is_reserved(std::string_view name) {
  return name == "controller" || name == "admin" || parse_numbered(name, "broker-") ||
         parse_numbered(name, "controller-");
}

std::optional<std::string> text_of(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  if (node == nullptr || !node->is_scalar() || node->nothing) return std::nullopt;
  return node->text;
}

std::vector<const Node*> scalars_of(const Node* node) {
  std::vector<const Node*> scalars;
  if (node == nullptr) return scalars;
  if (node->is_scalar() && !node->nothing) scalars.push_back(node);
  for (const Node& item : node->items) {
    if (item.is_scalar() && !item.nothing) scalars.push_back(&item);
  }
  return scalars;
}

}  // namespace kafkasim::scenarios
