// One line for each thing.
#include "tests/stress/scenario_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "scenarios/engine/units.hpp"
#include "sim/check.hpp"
#include "sim/time.hpp"

namespace kafkasim::stress {

using namespace scenarios;

namespace {

std::string config(const protocol::ConfigValues& values) {
  std::vector<std::string> settings;
  for (const auto& [name, value] : values.given())
    settings.push_back(fmt::format("{}: {}", name, value));
  return fmt::format("{{ {} }}", fmt::join(settings, ", "));
}

std::string names(const std::vector<Selector>& selectors) {
  std::vector<std::string> texts;
  for (const Selector& selector : selectors) texts.push_back(to_string(selector));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string action(const Action& action) {
  const auto to_one = [&](std::string_view verb) {
    return fmt::format("{}: {}", verb, to_string(action.targets.at(0)));
  };
  switch (action.kind) {
    case ActionKind::crash:
      return to_one("crash");
    case ActionKind::power_loss:
      return to_one("power-loss");
    case ActionKind::restart:
      return to_one("restart");
    case ActionKind::stop:
      return to_one("stop");
    case ActionKind::pause:
      return to_one("pause");
    case ActionKind::stall:
      return to_one("stall");
    case ActionKind::start:
      return to_one("start");
    case ActionKind::add_partitions:
      return fmt::format("add-partitions: {}, to: {}", action.admin->name,
                         action.admin->partitions);
    case ActionKind::reset_offsets:
      CHECKED(action.admin->to == AdminAction::To::earliest, "no words for these offsets");
      return fmt::format("reset-offsets: {}, to: earliest", action.admin->name);
    case ActionKind::cut:
      return "cut: " + names(action.targets);
    case ActionKind::slow:
      return fmt::format("slow: {}, latency: {}", names(action.targets),
                         scenarios::to_string(action.latency));
    case ActionKind::partition:
      return fmt::format("partition: [{}, {}]{}", names(action.groups.at(0)),
                         names(action.groups.at(1)), action.one_way ? ", one-way: true" : "");
    case ActionKind::hold:
      return fmt::format(
          "hold: {}{}", action.message.kind,
          action.message.to ? ", to: " + to_string(*action.message.to) : std::string());
    default:
      break;
  }
  CHECKED(false, "no words for this action");
  return "";
}

std::string trigger(const Trigger& trigger) {
  if (trigger.kind == TriggerKind::at) return ", at: " + sim::to_string(trigger.at);
  CHECKED(trigger.kind == TriggerKind::before, "no words for this trigger");
  std::string text = ", before: " + trigger.message.kind;
  if (trigger.message.nth) text += ", nth: " + scenarios::to_string(*trigger.message.nth);
  return text;
}

std::string_view to_string(Commits commits) {
  switch (commits) {
    case Commits::after_handling:
      return "after-handling";
    case Commits::after_handling_async:
      return "after-handling-async";
    case Commits::after_contiguous:
      return "after-contiguous";
    case Commits::after_each:
      return "after-each";
    case Commits::before_handling:
      return "before-handling";
    case Commits::automatic:
      return "auto";
    case Commits::never:
      return "never";
  }
  return "";
}

std::string workers(const Workers& workers) {
  static constexpr std::array orders{"none", "partition", "key"};
  return fmt::format(", workers: {{ count: {}, order: {}, queue: {}, when-full: {} }}",
                     workers.count, orders[static_cast<std::size_t>(workers.order)], workers.queue,
                     workers.pauses ? "pause" : "block");
}

std::string consumer(const Scenario& scenario, const Consumer& consumer) {
  const auto instances =
      std::count_if(scenario.consumers.begin(), scenario.consumers.end(),
                    [&](const Consumer& other) { return other.key == consumer.key; });
  return fmt::format(
      "  {}: {{ client: {}, group: {}, instances: {}, reads: [{}], commits: {}, on-revoked: {}{}, "
      "takes: {}, start: {}, config: {} }}\n",
      consumer.key, consumer.config.of_librdkafka() ? "librdkafka" : "java",
      consumer.group.value_or(""), instances, fmt::join(consumer.reads, ", "),
      to_string(consumer.commits), consumer.commits_when_revoked ? "commit" : "nothing",
      consumer.workers ? workers(*consumer.workers) : "", sim::to_string(consumer.takes),
      consumer.start ? sim::to_string(*consumer.start) : "never", config(consumer.config));
}

}  // namespace

std::string to_yaml(const Scenario& scenario) {
  std::string text = fmt::format("scenario: {}\nseed: {}\n", scenario.name, scenario.seed);
  const Cluster& cluster = scenario.cluster;
  text += fmt::format("cluster:\n  brokers: {}\n  controllers: {}\n  config: {}\ntopics:\n",
                      cluster.brokers.size(), cluster.controllers,
                      config(cluster.brokers.front().config));
  for (const Topic& topic : scenario.topics) {
    text += fmt::format("  {}: {{ partitions: {}, replicas: {}, config: {} }}\n", topic.name,
                        topic.partitions, topic.replication_factor, config(topic.config));
  }
  text += "producers:\n";
  for (const Producer& producer : scenario.producers) {
    text +=
        fmt::format("  {}:\n    config: {}\n    sends:\n", producer.name, config(producer.config));
    for (const SendPlan& plan : producer.sends) {
      std::vector<std::string> keys;
      for (std::int64_t i = 1; i <= plan.key_count; ++i) keys.push_back(fmt::format("key-{}", i));
      text += fmt::format("      - {{ to: {}, count: {}, every: {}, start: {}{} }}\n", plan.topic,
                          plan.count, sim::to_string(plan.every), sim::to_string(plan.start),
                          keys.empty() ? "" : fmt::format(", keys: [{}]", fmt::join(keys, ", ")));
    }
  }
  if (!scenario.consumers.empty()) text += "consumers:\n";
  for (std::size_t i = 0; i < scenario.consumers.size(); ++i) {
    // Instances of one declaration follow one another and are alike.
    if (i > 0 && scenario.consumers[i].key == scenario.consumers[i - 1].key) continue;
    text += consumer(scenario, scenario.consumers[i]);
  }
  text += "events:\n";
  for (const Event& event : scenario.events) {
    text += fmt::format("  - {{ {}{}{} }}\n", action(event.action), trigger(event.trigger),
                        event.lasts ? ", for: " + sim::to_string(*event.lasts) : "");
  }
  return text;
}

}  // namespace kafkasim::stress
