// Large groups: one of 100 and one of 1,000 consumers, ten partitions to each, is formed, loses a
// tenth of its members to crashes, and settles again. What counts is the growth: ten times the
// members and the partitions should cost about ten times as much.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "bench/bench.hpp"
#include "scenarios/engine/staging.hpp"
#include "sim/check.hpp"

namespace kafkasim::bench {

namespace {

using namespace std::chrono_literals;
using namespace scenarios;

constexpr int partitions_per_member = 10;

struct Assignor {
  std::string_view name;
  bool of_coordinator = false;  // group.protocol=consumer
};
constexpr std::array assignors{Assignor{"range"},         Assignor{"roundrobin"},
                               Assignor{"sticky"},        Assignor{"cooperative-sticky"},
                               Assignor{"uniform", true}, Assignor{"range", true}};

std::string class_of(std::string_view assignor) {
  const std::string package = "org.apache.kafka.clients.consumer.";
  if (assignor == "range") return package + "RangeAssignor";
  if (assignor == "roundrobin") return package + "RoundRobinAssignor";
  if (assignor == "sticky") return package + "StickyAssignor";
  return package + "CooperativeStickyAssignor";
}

template <class Config>
void set(Config& config, const std::string& name, const std::string& value) {
  const std::string error = config.set(name, value);
  CHECKED(error.empty(), "{}", error);
}

Scenario scenario_of(const Assignor& assignor, int members) {
  Scenario scenario;
  scenario.name = "groups";
  for (int id = 1; id <= 3; ++id) {
    Broker& broker = scenario.cluster.brokers.emplace_back();
    broker.id = id;
    broker.name = fmt::format("broker-{}", id);
    set(broker.config, "offsets.topic.num.partitions", "1");
    set(broker.config, "group.consumer.min.session.timeout.ms", "10000");
    set(broker.config, "group.consumer.session.timeout.ms", "10000");
    set(broker.config, "group.consumer.min.heartbeat.interval.ms", "3000");
    set(broker.config, "group.consumer.heartbeat.interval.ms", "3000");
  }
  Topic& topic = scenario.topics.emplace_back();
  topic.name = "orders";
  topic.partitions = members * partitions_per_member;
  topic.replication_factor = 1;
  for (int i = 1; i <= members; ++i) {
    Consumer& consumer = scenario.consumers.emplace_back();
    consumer.key = "billing";
    consumer.name = fmt::format("billing-{}", i);
    consumer.group = "billing";
    consumer.reads = {topic.name};
    set(consumer.config, "auto.offset.reset", "earliest");
    set(consumer.config, "enable.auto.commit", "false");
    // Idle fetches are not what is measured.
    set(consumer.config, "fetch.max.wait.ms", "20000");
    if (assignor.of_coordinator) {
      set(consumer.config, "group.protocol", "consumer");
      set(consumer.config, "group.remote.assignor", std::string(assignor.name));
      continue;
    }
    set(consumer.config, "partition.assignment.strategy", class_of(assignor.name));
    set(consumer.config, "session.timeout.ms", "10000");
    set(consumer.config, "heartbeat.interval.ms", "3000");
  }
  return scenario;
}

// Every partition has an owner that runs; a member without one is still joining.
bool is_settled(const Staging& staging, int members) {
  std::size_t owned = 0;
  int owners = 0;
  for (const auto& client : staging.consumers()) {
    if (!client->is_running() || client->consumer() == nullptr) continue;
    const std::size_t count = client->consumer()->assignment().size();
    owned += count;
    owners += count > 0 ? 1 : 0;
  }
  const std::size_t all = static_cast<std::size_t>(staging.scenario().topics.front().partitions);
  return owners == members && owned == all;
}

struct Cost {
  double wall = 0;  // seconds
  double virtual_seconds = 0;
  double events = 0;
  bool settled = false;
};

Cost settle(Staging& staging, int members) {
  constexpr int limit = 600;  // virtual seconds
  sim::Loop& loop = staging.world().loop();
  const auto events = loop.events_run();
  const sim::Time begin = loop.now();
  Cost cost;
  const double nanoseconds = measure([&] {
    for (int second = 0; second < limit && !cost.settled; ++second) {
      loop.run_until(loop.now() + 1s);
      cost.settled = is_settled(staging, members);
    }
  });
  cost.wall = nanoseconds / 1e9;
  cost.virtual_seconds = std::chrono::duration<double>(loop.now() - begin).count();
  cost.events = static_cast<double>(loop.events_run() - events);
  return cost;
}

struct Life {
  Cost formed;
  Cost settled;
};

Life live(const Assignor& assignor, int members) {
  const Scenario scenario = scenario_of(assignor, members);
  Staging staging(scenario, 1);
  Life life;
  if (const auto problem = staging.set_up()) {
    fmt::print("  cannot be set up: {}\n", *problem);
    return life;
  }
  staging.world().trace().enable(false);
  staging.open();
  life.formed = settle(staging, members);
  const int lost = members / 10;
  for (int i = 1; i <= lost; ++i) staging.crash(fmt::format("billing-{}", i * 10));
  // Until the first session is over nothing happens.
  staging.world().loop().run_until(staging.world().now() + 8s);
  life.settled = settle(staging, members - lost);
  return life;
}

void print(const char* what, const Cost& small, const Cost& large) {
  fmt::print(
      "    {:<9} {:>6.3f} s -> {:>7.3f} s   time x{:<6.1f} events x{:<6.1f} ({:.0f} and {:.0f} "
      "virtual s){}\n",
      what, small.wall, large.wall, large.wall / small.wall, large.events / small.events,
      small.virtual_seconds, large.virtual_seconds,
      small.settled && large.settled ? "" : "  NOT SETTLED");
}

}  // namespace

void groups_benchmarks() {
  constexpr int few = 100;
  constexpr int many = 1000;
  fmt::print(
      "\nA group of {} consumers over {} partitions, and one ten times as large, lose a tenth of "
      "their members (goal: about x10)\n",
      few, few * partitions_per_member);
  for (const Assignor& assignor : assignors) {
    fmt::print("  {}{}\n", assignor.name, assignor.of_coordinator ? " of the coordinator" : "");
    const Life small = live(assignor, few);
    const Life large = live(assignor, many);
    print("formed", small.formed, large.formed);
    print("settled", small.settled, large.settled);
    std::fflush(stdout);
  }
}

}  // namespace kafkasim::bench
