// One draw for the habits of a whole group, one for the client of each member.
#include "tests/stress/widen_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "protocol/config_librdkafka.hpp"
#include "sim/check.hpp"

namespace kafkasim::stress {

using namespace scenarios;

namespace {

constexpr const char* second_group = "audit";

void set(protocol::ConfigValues& config, const std::string& name, const std::string& value) {
  const auto problem = config.set(name, value);
  CHECKED(problem.empty(), "{}={} is refused", name, value);
}

// They read what the first group reads, and keep its habits so far.
void add_second_group(Scenario& scenario, sim::Rng& rng) {
  const std::vector<Consumer> patterns = scenario.consumers;
  const std::int64_t count =
      std::min<std::int64_t>(rng.between(1, 3), static_cast<std::int64_t>(patterns.size()));
  for (std::int64_t i = 1; i <= count; ++i) {
    Consumer added = patterns[static_cast<std::size_t>(i - 1)];
    added.key = added.name = fmt::format("{}-{}", second_group, i);
    added.group = second_group;
    if (added.config.is_set("group.instance.id"))
      set(added.config, "group.instance.id", fmt::format("desk-{}", i));
    if (rng.chance(1, 3)) added.start = std::chrono::milliseconds(rng.between(0, 20'000));
    scenario.consumers.push_back(std::move(added));
  }
  // The more of them, the more seldom each: without some time of rest the run would never end.
  for (Consumer& consumer : scenario.consumers) {
    if (consumer.commits != Commits::automatic) continue;
    const auto all = static_cast<std::int32_t>(scenario.consumers.size());
    const std::int32_t interval = consumer.config.int_value("auto.commit.interval.ms");
    set(consumer.config, "auto.commit.interval.ms",
        fmt::format("{}", interval / static_cast<std::int32_t>(patterns.size()) * all));
  }
}

Workers some_workers(sim::Rng& rng) {
  static constexpr std::array orders{Workers::Order::none, Workers::Order::partition,
                                     Workers::Order::key};
  Workers workers;
  workers.count = static_cast<int>(rng.between(1, 4));
  workers.order = orders[static_cast<std::size_t>(rng.between(0, orders.size() - 1))];
  workers.queue = rng.between(1, 20);
  workers.pauses = rng.chance(1, 2);
  return workers;
}

// How the members of a group handle and commit.
struct Habits {
  std::optional<Commits> commits;  // none: as they do
  std::optional<Workers> workers;
  bool on_revoked = false;
};

Habits some_habits(sim::Rng& rng) {
  Habits out;
  out.on_revoked = rng.chance(1, 2);
  if (rng.chance(1, 2)) out.workers = some_workers(rng);
  if (out.workers) {
    static constexpr std::array orders{Commits::after_contiguous, Commits::after_contiguous,
                                       Commits::after_handling_async, Commits::after_handling,
                                       Commits::after_each};
    out.commits = orders[static_cast<std::size_t>(rng.between(0, orders.size() - 1))];
    // Workers that overtake one another would commit offsets in any order.
    if (out.commits == Commits::after_each) out.workers->order = Workers::Order::partition;
  } else {
    static constexpr std::array orders{Commits::after_handling_async, Commits::after_handling_async,
                                       Commits::before_handling};
    if (rng.chance(2, 3))
      out.commits = orders[static_cast<std::size_t>(rng.between(0, orders.size() - 1))];
  }
  return out;
}

void take(Consumer& consumer, const Habits& habits) {
  if (consumer.commits == Commits::automatic) return;
  consumer.commits = habits.commits.value_or(consumer.commits);
  consumer.workers = habits.workers;
  consumer.commits_when_revoked = habits.on_revoked;
}

// The settings of a Java member as librdkafka has them.
void become_librdkafka(Consumer& consumer, const GroupAssignor& assignor) {
  static constexpr std::array shared{"session.timeout.ms", "heartbeat.interval.ms",
                                     "group.instance.id", "auto.offset.reset",
                                     "enable.auto.commit"};
  protocol::ConfigValues config(protocol::librdkafka_config_defs());
  for (const auto& [name, value] : consumer.config.given()) {
    if (std::find(shared.begin(), shared.end(), name) != shared.end()) set(config, name, value);
    if (name == "metadata.max.age.ms") set(config, "topic.metadata.refresh.interval.ms", value);
  }
  // Not below the session, or it refuses.
  const std::int32_t poll = std::max(consumer.config.int_value("max.poll.interval.ms"),
                                     config.int_value("session.timeout.ms"));
  set(config, "max.poll.interval.ms", fmt::format("{}", poll));
  if (!assignor.strategy.empty())
    set(config, "partition.assignment.strategy", std::string(assignor.name));
  config.override_default("group.id", *consumer.group);
  const auto conflict = protocol::resolve_librdkafka_consumer(config);
  CHECKED(conflict.text.empty(), "librdkafka refuses: {}", conflict.text);
  consumer.config = std::move(config);
}

bool librdkafka_knows(const GroupAssignor& assignor) {
  return assignor.remote.empty() && assignor.name != "sticky";
}

}  // namespace

void widen_groups(Scenario& scenario, const GroupAssignor& assignor, sim::Rng rng) {
  if (rng.chance(1, 2)) return;
  if (rng.chance(1, 3)) add_second_group(scenario, rng);
  const Habits first = some_habits(rng);
  const Habits second = some_habits(rng);
  const bool mixes = librdkafka_knows(assignor) && rng.chance(1, 3);
  for (Consumer& consumer : scenario.consumers) {
    take(consumer, *consumer.group == second_group ? second : first);
    const bool changes = mixes && rng.chance(1, 2);
    if (changes && consumer.commits != Commits::automatic) become_librdkafka(consumer, assignor);
  }
}

}  // namespace kafkasim::stress
