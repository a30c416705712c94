// Reads events: the one action of each, its trigger, and what belongs to which.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scenarios/engine/disk_events.hpp"
#include "scenarios/engine/error_names.hpp"
#include "scenarios/engine/event_rules.hpp"
#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/schema.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

constexpr std::array message_options = {"from", "to", "of", "nth"};

// Entries of an event that are in `rules`, in the order of the file.
template <typename Rules>
std::vector<const Entry*> entries_of(const Node& event, const Rules& rules) {
  std::vector<const Entry*> found;
  for (const Entry& entry : event.entries) {
    const bool is_one = std::any_of(rules.begin(), rules.end(),
                                    [&](const auto& rule) { return rule.key == entry.key; });
    if (is_one) found.push_back(&entry);
  }
  return found;
}

bool has_unknown_key(const Node& map, const schema::Type& type) {
  return std::any_of(map.entries.begin(), map.entries.end(), [&](const Entry& entry) {
    return std::none_of(type.fields.begin(), type.fields.end(),
                        [&](const schema::Field& field) { return field.key == entry.key; });
  });
}

template <typename Rules>
std::string key_list(const Rules& rules) {
  std::string keys;
  for (const auto& rule : rules) keys += (keys.empty() ? "" : ", ") + std::string(rule.key);
  return keys;
}

class EventReader {
 public:
  EventReader(Reading& reading, const Node& node, int number) : reading_(reading), node_(node) {
    event_.number = number;
    event_.position = node.position;
  }

  // Nothing when the event has no action that can be read.
  std::optional<Event> read() {
    const ActionRule* action = one_action();
    if (action == nullptr) return std::nullopt;
    one_trigger(*action);
    check_options(*action);
    read_action(*action);
    event_.lasts = parsed(node_, "for", parse_duration);
    return event_;
  }

 private:
  void error(Position position, const std::string& text) {
    reading_.diagnostics().error(position, text);
  }

  const ActionRule* one_action() {
    auto found = entries_of(node_, action_rules());
    // Beside 'disk' it says what befalls the disk.
    if (node_.find("disk") != nullptr)
      std::erase_if(found, [](const Entry* entry) { return entry->key == "slow"; });
    const bool not_built =
        std::any_of(node_.entries.begin(), node_.entries.end(),
                    [](const Entry& entry) { return is_action_not_built(entry.key); });
    if (not_built) return nullptr;  // reported by its shape
    if (found.empty()) {
      if (has_unknown_key(node_, *schema::events_type().item))
        return nullptr;  // that may be the misspelt action
      error(node_.position,
            fmt::format("the event has no action, expected one of {}", key_list(action_rules())));
      return nullptr;
    }
    for (std::size_t i = 1; i < found.size(); ++i) {
      error(found[i]->position,
            fmt::format("'{}' is a second action beside '{}', expected one action an event",
                        found[i]->key, found[0]->key));
    }
    return find_action(found[0]->key);
  }

  static bool has_option(const ActionRule& action, std::string_view option) {
    return std::count(action.options.begin(), action.options.end(), option) > 0;
  }

  void one_trigger(const ActionRule& action) {
    to_is_option_ = has_option(action, "to");
    auto found = entries_of(node_, trigger_rules());
    std::erase_if(found, [&](const Entry* entry) { return has_option(action, entry->key); });
    for (std::size_t i = 1; i < found.size(); ++i) {
      error(found[i]->position,
            fmt::format("'{}' is a second trigger beside '{}', expected at most one an event",
                        found[i]->key, found[0]->key));
    }
    if (found.empty()) return;
    event_.trigger.kind = find_trigger(found[0]->key)->kind;
    switch (event_.trigger.kind) {
      case TriggerKind::immediately:
        break;
      case TriggerKind::at:
        event_.trigger.at = parsed(node_, "at", parse_duration).value_or(Duration::zero());
        break;
      case TriggerKind::after:
        if (found[0]->value.is_map()) read_after(found[0]->value);
        break;
      case TriggerKind::before:
      case TriggerKind::on:
        event_.trigger.message = read_message(found[0]->value);
        break;
    }
  }

  bool triggered_by_message() const {
    return event_.trigger.kind == TriggerKind::before || event_.trigger.kind == TriggerKind::on;
  }

  MessageFilter read_message(const Node& kind) {
    MessageFilter filter;
    filter.kind = kind.text;
    if (const Node* from = node_.find("from")) filter.from = reading_.selector(*from);
    if (const Node* to = node_.find("to"); to != nullptr && !to_is_option_)
      filter.to = reading_.selector(*to);
    filter.of = parsed(node_, "of", parse_partition);
    if (filter.of) reading_.check_partition(*filter.of, node_.find("of")->position);
    filter.nth = parsed(node_, "nth", parse_count_range);
    return filter;
  }

  // ---- after: ----

  void read_after(const Node& after) {
    const auto found = entries_of(after, after_rules());
    if (found.empty()) {
      const auto& fields = schema::events_type().item->fields;
      const auto field = std::find_if(fields.begin(), fields.end(),
                                      [](const auto& f) { return f.key == "after"; });
      const bool reported =
          after.find("transaction") != nullptr || has_unknown_key(after, *field->type);
      if (!reported)
        error(after.position,
              fmt::format("'after' names nothing, expected one of {}", key_list(after_rules())));
      return;
    }
    for (std::size_t i = 1; i < found.size(); ++i) {
      error(found[i]->position,
            fmt::format("'{}' stands beside '{}' in 'after', expected one of them", found[i]->key,
                        found[0]->key));
    }
    const AfterRule& rule = *find_after(found[0]->key);
    for (const std::string_view option : {"on", "by", "group"}) {
      const Entry* entry = after.find_entry(option);
      if (entry == nullptr || std::count(rule.options.begin(), rule.options.end(), option) > 0)
        continue;
      error(entry->position, fmt::format("'{}' does not go with '{}'", option, rule.key));
    }
    event_.trigger.after = rule.kind;
    read_after_value(rule.kind, found[0]->value);
    read_after_options(after);
  }

  void read_after_options(const Node& after) {
    Trigger& trigger = event_.trigger;
    if (const Node* on = after.find("on")) trigger.on = reading_.selector(*on);
    if (const Node* by = after.find("by"); by != nullptr && by->is_scalar()) {
      reading_.check_consumer_or_group(by->text, by->position);
      trigger.by = by->text;
    }
    if (const Node* group = after.find("group"); group != nullptr && group->is_scalar()) {
      reading_.check_group(group->text, group->position);
      trigger.group = group->text;
    }
  }

  void read_after_value(AfterKind kind, const Node& value) {
    Trigger& trigger = event_.trigger;
    switch (kind) {
      case AfterKind::sent:
      case AfterKind::appended:
      case AfterKind::replicated:
      case AfterKind::acked:
      case AfterKind::failed:
      case AfterKind::polled:
      case AfterKind::handled:
        if (value.is_scalar() && !value.nothing) read_record(value);
        return;
      case AfterKind::committed:
        return read_committed(value);
      case AfterKind::elected:
        if (const auto partition = parse_partition(value.text))
          read_partition(*partition, value.position);
        return;
      case AfterKind::isr:
        return read_isr(value);
      case AfterKind::joined:
        if (value.is_scalar() && !value.nothing)
          reading_.check_consumer(value.text, value.position);
        trigger.client = value.text;
        return;
      case AfterKind::event:
        trigger.event = static_cast<int>(parse_count(value.text).value_or(0));
        return;
    }
  }

  void read_record(const Node& value) {
    reading_.check_record(value.text, value.position);
    event_.trigger.record = value.text;
  }

  void read_partition(const TopicPartition& partition, Position position) {
    reading_.check_partition(partition, position);
    event_.trigger.partition = partition;
  }

  // A record, { group: billing }, or a group's name where no record is called so.
  void read_committed(const Node& value) {
    if (value.is_map()) {
      if (const auto group = text_of(value, "group")) {
        reading_.check_group(*group, value.find("group")->position);
        event_.trigger.group = *group;
      }
    } else if (value.is_scalar() && !value.nothing) {
      const bool group = reading_.names.groups.contains(value.text) &&
                         !reading_.names.records.contains(value.text);
      if (group) {
        event_.trigger.group = value.text;
      } else {
        read_record(value);
      }
    }
  }

  void read_isr(const Node& value) {
    if (value.entries.size() > 1)
      error(value.entries[1].position, "'isr' names a second partition, expected one");
    if (value.is_map() && value.entries.empty())
      error(value.position, "'isr' names no partition, expected one");
    if (value.entries.empty()) return;
    const Entry& entry = value.entries.front();
    if (const auto partition = parse_partition(entry.key))
      read_partition(*partition, entry.position);
    for (const Node* item : scalars_of(&entry.value)) {
      const auto id = parse_count(item->text);
      if (!id || *id < 1 || *id > 1'000'000) continue;
      reading_.check_broker(static_cast<int>(*id), item->position);
      event_.trigger.isr.push_back(static_cast<int>(*id));
    }
    std::sort(event_.trigger.isr.begin(), event_.trigger.isr.end());
  }

  // ---- the action ----

  void check_options(const ActionRule& action) {
    for (const std::string_view option :
         {"for", "one-way", "latency", "with", "config", "partitions", "replicas", "how", "fail",
          "full", "takes", "corrupt-tail"}) {
      const Entry* entry = node_.find_entry(option);
      const bool allowed = has_option(action, option);
      if (entry != nullptr && !allowed)
        error(entry->position, fmt::format("'{}' does not go with '{}'", option, action.key));
    }
    if (!action.required.empty() && node_.find(action.required) == nullptr) {
      error(node_.position,
            fmt::format("'{}' is missing beside '{}'", action.required, action.key));
    }
    for (const std::string_view option : message_options) {
      const Entry* entry = node_.find_entry(option);
      if (entry == nullptr || triggered_by_message() || action.names_message) continue;
      if (has_option(action, option)) continue;
      error(entry->position,
            fmt::format("'{}' says which message is meant, expected 'before' or 'on' beside it",
                        option));
    }
  }

  void read_action(const ActionRule& rule) {
    Action& action = event_.action;
    action.kind = rule.kind;
    const Node& value = *node_.find(rule.key);
    if (rule.kind == ActionKind::slow && value.is_scalar() && parse_duration(value.text)) {
      error(value.position, fmt::format("'slow' is {}, expected {}, or 'disk' beside it",
                                        in_quotes(value.text), schema::types::selector_pair.what));
      return;
    }
    if (rule.is_admin) {
      action.admin = read_admin_action(reading_, rule.kind, value, node_);
    } else if (rule.kind == ActionKind::partition) {
      read_groups(value);
    } else if (rule.names_message) {
      action.message =
          triggered_by_message() ? MessageFilter{value.text, {}, {}, {}, {}} : read_message(value);
      if (rule.kind == ActionKind::reject && value.text.ends_with("Response")) {
        error(value.position,
              fmt::format("{} is an answer, expected a request such as ProduceRequest",
                          in_quotes(value.text)));
      }
    } else if (rule.kind == ActionKind::slow_handling) {
      for (const Node* target : scalars_of(&value)) read_consumers(*target);
      action.handling_time = parsed(node_, "takes", parse_duration).value_or(Duration::zero());
    } else {
      for (const Node* target : scalars_of(&value)) read_target(rule, *target);
    }
    if (rule.kind == ActionKind::disk) return read_disk_fault(reading_, node_, action);
    action.one_way = parsed(node_, "one-way", parse_flag).value_or(false);
    if (rule.kind == ActionKind::reject) check_error_name();
    action.latency = parsed(node_, "latency", parse_duration_range).value_or(DurationRange{});
    action.error = parsed(node_, "with", error_by_name).value_or(protocol::ErrorCode::none);
  }

  // The words of a disk have the right form too, but are no errors.
  void check_error_name() {
    const Node* with = node_.find("with");
    if (with == nullptr || !(with->is_map() || is_disk_word(*with))) return;
    error(with->position,
          fmt::format("'with' is {}, expected {}", with->is_map() ? "a map" : in_quotes(with->text),
                      schema::types::error_name.what));
  }

  void read_groups(const Node& value) {
    std::vector<Selector> seen;
    for (const Node& group : value.items) {
      std::vector<Selector> members;
      for (const Node* item : scalars_of(&group)) {
        const auto selector = reading_.selector(*item);
        if (!selector) continue;
        if (std::find(seen.begin(), seen.end(), *selector) != seen.end()) {
          error(item->position,
                fmt::format("{} stands in the groups twice", in_quotes(item->text)));
        }
        seen.push_back(*selector);
        members.push_back(*selector);
      }
      event_.action.groups.push_back(std::move(members));
    }
    const Entry* one_way = node_.find_entry("one-way");
    if (one_way != nullptr && one_way->value.text == "true" && value.items.size() > 2) {
      error(one_way->position,
            "'one-way' goes from the first group to the second, expected two groups");
    }
  }

  // A consumer, all of its instances, or all members of a group.
  void read_consumers(const Node& target) {
    const Names& names = reading_.names;
    const auto add = [&](const std::string& name) {
      Selector selector;
      selector.kind = SelectorKind::client;
      selector.name = name;
      selector.position = target.position;
      event_.action.targets.push_back(std::move(selector));
    };
    const auto all_of = [&](const auto& known) {
      const auto found = known.find(target.text);
      if (found == known.end()) return false;
      for (const std::string& name : found->second) add(name);
      return true;
    };
    if (std::count(names.consumers.begin(), names.consumers.end(), target.text) > 0)
      return add(target.text);
    if (all_of(names.instances) || all_of(names.groups)) return;
    reading_.check_consumer_or_group(target.text, target.position);
  }

  void read_target(const ActionRule& rule, const Node& target) {
    const auto selector = reading_.selector(target);
    if (!selector) return;
    if (rule.clients_only && selector->kind != SelectorKind::client) {
      error(target.position, fmt::format("{} is no client, expected one for '{}'",
                                         in_quotes(target.text), rule.key));
      return;
    }
    const bool is_broker = selector->kind != SelectorKind::client &&
                           selector->kind != SelectorKind::controller &&
                           selector->kind != SelectorKind::controller_host;
    if (rule.kind == ActionKind::disk && !is_broker) {
      error(target.position, fmt::format("{} is no broker, expected one for '{}'",
                                         in_quotes(target.text), rule.key));
      return;
    }
    std::vector<Selector>& targets = event_.action.targets;
    if (std::find(targets.begin(), targets.end(), *selector) != targets.end()) {
      error(target.position, fmt::format("{} stands here twice, expected two different ones",
                                         in_quotes(target.text)));
    }
    targets.push_back(*selector);
  }

  Reading& reading_;
  const Node& node_;
  Event event_;
  bool to_is_option_ = false;  // `to` belongs to the action, not to a message
};

// Events that wait for events: the number must be there, and no event may wait for itself through
// others.
void check_chains(Reading& reading, const Node& events) {
  const auto waits_for = [&](std::size_t index) -> std::size_t {  // 1-based; 0: for none
    const Node& event = events.items[index - 1];
    const Node* after = event.find("after");
    const auto number = after == nullptr ? std::nullopt : parsed(*after, "event", parse_count);
    return number ? static_cast<std::size_t>(*number) : 0;
  };
  for (std::size_t start = 1; start <= events.items.size(); ++start) {
    const std::size_t first = waits_for(start);
    if (first == 0) continue;
    const Position position = events.items[start - 1].find("after")->find("event")->position;
    if (first > events.items.size()) {
      reading.diagnostics().error(
          position,
          fmt::format("there is no event {}, expected one of 1 to {}", first, events.items.size()));
      continue;
    }
    std::size_t next = first;
    for (std::size_t steps = 0;
         steps < events.items.size() && next != 0 && next <= events.items.size(); ++steps) {
      if (next == start) {
        reading.diagnostics().error(
            position, fmt::format("event {} waits for itself, it would never happen", start));
        break;
      }
      next = waits_for(next);
    }
  }
}

}  // namespace

void read_events(Reading& reading) {
  const Node* events = reading.root().find("events");
  if (events == nullptr || !events->is_list()) return;
  int number = 0;
  for (const Node& node : events->items) {
    ++number;
    if (!node.is_map()) continue;
    if (auto event = EventReader(reading, node, number).read())
      reading.scenario.events.push_back(std::move(*event));
  }
  check_chains(reading, *events);
}

}  // namespace kafkasim::scenarios
