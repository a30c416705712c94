// The state of turning a checked document into a scenario, and the questions about names that its
// parts share. Private to the loader: load*.cpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/document.hpp"
#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

// What exists, for checking names. A part that could not be read is not known, and then nothing
// that names it is reported.
struct Names {
  std::optional<int> brokers;
  std::optional<int> controllers;
  bool topics_known = true;
  std::map<std::string, std::optional<int>> topics;  // with the number of partitions
  bool clients_known = true;
  std::vector<std::string> producers;
  std::vector<std::string> consumers;  // instances
  std::map<std::string, std::vector<std::string>>
      instances;  // of consumers that have more than one, by key
  std::map<std::string, std::vector<std::string>> groups;  // with their members
  bool records_known = true;
  std::set<std::string> records;  // those of `values`
};

class Reading {
 public:
  Reading(const Node& root, Diagnostics& diagnostics) : root_(root), diagnostics_(diagnostics) {}

  const Node& root() const { return root_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  Scenario scenario;
  Names names;

  // Each reports a name that nothing bears, at its place, and answers whether it is fine.
  bool check_broker(int id, Position position);
  bool check_controller(int number, Position position);
  bool check_broker_name(const std::string& name, Position position);
  bool check_topic(const std::string& topic, Position position);
  bool check_partition(const TopicPartition& partition, Position position);
  bool check_producer(const std::string& name, Position position);
  bool check_consumer(const std::string& name, Position position);
  bool check_client(const std::string& name, Position position);
  bool check_group(const std::string& name, Position position);
  bool check_consumer_or_group(const std::string& name, Position position);
  bool check_record(const std::string& record, Position position);

  // The selector in a scalar with all its names checked; nothing when it is none (reported already,
  // or here).
  std::optional<Selector> selector(const Node& node);
  // Is it a word like broker-2 or controller, which no client may be called?
  static bool is_reserved(std::string_view name);

 private:
  bool unknown(std::string_view what, const std::string& name, Position position,
               const std::vector<std::string>& known);
  bool is_sent(const std::string& record) const;

  const Node& root_;
  Diagnostics& diagnostics_;
};

// A field of a map that is read if it is there and of the right form; what is wrong with it was
// reported by its shape.
template <typename Parse>
auto parsed(const Node& map, std::string_view key, Parse parse)
    -> decltype(parse(std::string_view())) {
  const Node* node = map.find(key);
  if (node == nullptr || !node->is_scalar() || node->nothing) return std::nullopt;
  return parse(node->text);
}
std::optional<std::string> text_of(const Node& map, std::string_view key);
// The texts of a list; a scalar that is not empty counts as a list of one.
std::vector<const Node*> scalars_of(const Node* node);

// The parts, in this order: later ones check names that earlier ones bring in.
void read_cluster(Reading& reading);
void read_topics(Reading& reading);
void read_producers(Reading& reading);
void read_consumers(Reading& reading);
void read_events(Reading& reading);
// Topics and partitions that events bring about can be named like those of the start.
void read_topics_of_events(Reading& reading);
// A topic as `topics` or a create-topic event describes it, with defaults from the brokers. Its
// name is checked, and what else is wrong with it reported.
Topic read_new_topic(Reading& reading, const std::string& name, Position position, const Node& map);
// A producer's own partitioner, told by rule; nothing without the key or when the rule is broken
// (reported). Comes after its sends and settings, which it must go with.
void read_partitioner(Reading& reading, const Node& node, Producer& producer);
// What a consumer's application does with records. Comes after its group and its settings, which it
// completes (enable.auto.commit).
void read_handling(Reading& reading, const Node& node, Consumer& consumer);
// What an administrator is to do; `value` is what stands behind the action's key in `event`.
AdminAction read_admin_action(Reading& reading, ActionKind kind, const Node& value,
                              const Node& event);
void read_expectations(Reading& reading);

}  // namespace kafkasim::scenarios
