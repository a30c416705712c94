// Reads what an administrator is to do: topics made, grown and deleted, settings changed, leaders
// elected, partitions moved, records deleted, offsets moved. What Kafka itself would refuse at run
// time (a setting that cannot change, fewer partitions) is left to it: its answer is the lesson.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/settings.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

// Splits the map into settings with values, which are checked as everywhere, and those without: to
// go back to their defaults.
void read_config(Reading& reading, const Node& event, SettingsOf owner,
                 std::span<const protocol::ConfigDef> defs, AdminAction& action) {
  const Node* config = event.find("config");
  if (config == nullptr || !config->is_map()) return;
  Node given = *config;
  std::erase_if(given.entries, [](const Entry& entry) { return entry.value.nothing; });
  protocol::ConfigValues values(defs);
  read_settings(&given, owner, values, reading.diagnostics());
  for (const auto& [name, text] : values.given()) action.config.emplace_back(name, text);
  for (const Entry& entry : config->entries) {
    if (!entry.value.nothing) continue;
    if (protocol::find_config(defs, entry.key) == nullptr) {
      // Said as of any unknown setting.
      Node alone = *config;
      alone.entries = {entry};
      read_settings(&alone, owner, values, reading.diagnostics());
      continue;
    }
    action.config.emplace_back(entry.key, std::nullopt);
  }
}

class AdminReader {
 public:
  AdminReader(Reading& reading, ActionKind kind, const Node& value, const Node& event)
      : reading_(reading), value_(value), event_(event) {
    action_.kind = kind;
    if (value.is_scalar() && !value.nothing) action_.name = value.text;
  }

  AdminAction read() {
    if (action_.name.empty()) return action_;  // reported by its shape
    switch (action_.kind) {
      case ActionKind::alter_topic:
        reading_.check_topic(action_.name, value_.position);
        read_config(reading_, event_, SettingsOf::topic, protocol::topic_config_defs(), action_);
        break;
      case ActionKind::alter_broker:
        read_broker();
        read_config(reading_, event_, SettingsOf::broker, protocol::broker_config_defs(), action_);
        break;
      case ActionKind::create_topic:
        action_.topic = read_new_topic(reading_, action_.name, value_.position, event_);
        break;
      case ActionKind::delete_topic:
        reading_.check_topic(action_.name, value_.position);
        break;
      case ActionKind::add_partitions:
        reading_.check_topic(action_.name, value_.position);
        read_partition_count();
        break;
      case ActionKind::reassign:
        read_partition();
        read_replicas();
        break;
      case ActionKind::elect:
        read_partition();
        action_.unclean = text_of(event_, "how") == "unclean";
        break;
      case ActionKind::delete_records:
        read_partition();
        action_.before = parsed(event_, "before", parse_count);
        break;
      case ActionKind::reset_offsets:
        reading_.check_group(action_.name, value_.position);
        note_topics_of_group();
        read_offsets(true);
        break;
      case ActionKind::seek:
        reading_.check_consumer(action_.name, value_.position);
        read_offsets(false);
        break;
      default:
        break;
    }
    return action_;
  }

 private:
  void error(Position position, const std::string& text) {
    reading_.diagnostics().error(position, text);
  }

  void read_broker() {
    if (action_.name == "all") return;
    if (reading_.check_broker_name(action_.name, value_.position))
      action_.broker = parse_numbered(action_.name, "broker-");
  }

  void read_partition() {
    const auto partition = parse_partition(action_.name);
    if (!partition) return;  // reported by its shape
    action_.partition = *partition;
    reading_.check_partition(*partition, value_.position);
  }

  void read_partition_count() {
    const Node* to = event_.find("to");
    if (to == nullptr) return;
    const auto count = to->is_scalar() ? parse_count(to->text) : std::nullopt;
    constexpr std::int64_t most = 10'000;
    if (count && *count >= 1 && *count <= most) {
      action_.partitions = static_cast<int>(*count);
    } else {
      error(to->position,
            "'to' says how many partitions there are to be, expected a number such "
            "as 6");
    }
  }

  void read_replicas() {
    const Node* to = event_.find("to");
    if (to == nullptr || (to->is_scalar() && to->text == "cancel")) return;
    if (!to->is_list()) {
      error(to->position, "'to' says which brokers, expected a list such as [2, 3, 4], or cancel");
      return;
    }
    action_.replicas.emplace();
    for (const Node& item : to->items) {
      const auto id = item.is_scalar() ? parse_count(item.text) : std::nullopt;
      if (!id || *id < 1 || *id > 1'000'000) continue;  // reported by its shape
      reading_.check_broker(static_cast<int>(*id), item.position);
      action_.replicas->push_back(static_cast<int>(*id));
    }
  }

  void note_topics_of_group() {
    for (const Consumer& consumer : reading_.scenario.consumers) {
      if (consumer.group != action_.name) continue;
      action_.topics.insert(consumer.reads.begin(), consumer.reads.end());
      for (const TopicPartition& partition : consumer.assign)
        action_.topics.insert(partition.topic);
    }
  }

  void read_offsets(bool ends_allowed) {
    const Node* to = event_.find("to");
    if (to == nullptr) return;
    const bool is_word = to->is_scalar() && ends_allowed;
    if (is_word && to->text == "earliest") {
      action_.to = AdminAction::To::earliest;
    } else if (is_word && to->text == "latest") {
      action_.to = AdminAction::To::latest;
    } else if (to->is_map()) {
      for (const Entry& entry : to->entries) read_offset(entry);
    } else {
      error(to->position, fmt::format("'to' says where, expected {}offsets such as "
                                      "{{ orders-0: 5 }}",
                                      ends_allowed ? "earliest, latest or " : ""));
    }
  }

  void read_offset(const Entry& entry) {
    const auto partition = parse_partition(entry.key);
    const auto offset = entry.value.is_scalar() ? parse_count(entry.value.text) : std::nullopt;
    if (!partition || !offset) return;  // reported by its shape
    if (reading_.check_partition(*partition, entry.position)) action_.offsets[*partition] = *offset;
  }

  Reading& reading_;
  const Node& value_;
  const Node& event_;
  AdminAction action_;
};

}  // namespace

AdminAction read_admin_action(Reading& reading, ActionKind kind, const Node& value,
                              const Node& event) {
  return AdminReader(reading, kind, value, event).read();
}

void read_topics_of_events(Reading& reading) {
  const Node* events = reading.root().find("events");
  if (events == nullptr || !events->is_list()) return;
  auto& topics = reading.names.topics;
  const std::vector<Broker>& brokers = reading.scenario.cluster.brokers;
  for (const Node& event : events->items) {
    if (const auto name = text_of(event, "create-topic"); name && !topics.contains(*name)) {
      const int by_default =
          brokers.empty() ? 1 : brokers.front().config.int_value("num.partitions");
      const bool given = event.find("partitions") != nullptr;
      const auto count = parsed(event, "partitions", parse_count);
      topics[*name] = given ? (count ? std::optional(static_cast<int>(*count)) : std::nullopt)
                            : std::optional(by_default);
    }
    const auto grown = text_of(event, "add-partitions");
    const auto count = parsed(event, "to", parse_count);
    if (!grown || !count || *count > 10'000 || !topics.contains(*grown)) continue;
    std::optional<int>& known = topics[*grown];
    if (known) known = std::max(*known, static_cast<int>(*count));
  }
}

}  // namespace kafkasim::scenarios
