// Large clusters under a steady load: how time and memory grow with records and with partitions,
// and what checking the invariants after every event costs.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/bench.hpp"
#include "scenarios/engine/staging.hpp"
#include "sim/check.hpp"

namespace kafkasim::bench {

namespace {

using namespace std::chrono_literals;
using namespace scenarios;

struct Load {
  int brokers = 12;
  int partitions = 1000;
  std::int64_t records = 0;  // over all of the time
  Duration time = 50s;
  bool check_invariants = true;
};

Scenario scenario_of(const Load& load) {
  Scenario scenario;
  scenario.name = "scale";
  for (int id = 1; id <= load.brokers; ++id) {
    Broker& broker = scenario.cluster.brokers.emplace_back();
    broker.id = id;
    broker.name = fmt::format("broker-{}", id);
  }
  Topic& topic = scenario.topics.emplace_back();
  topic.name = "orders";
  topic.partitions = load.partitions;
  topic.replication_factor = 3;
  const std::string error = topic.config.set("min.insync.replicas", "2");
  CHECKED(error.empty(), "{}", error);
  if (load.records == 0) return scenario;
  constexpr std::int64_t producers = 4;
  for (std::int64_t i = 1; i <= producers; ++i) {
    Producer& producer = scenario.producers.emplace_back();
    producer.name = fmt::format("shop-{}", i);
    SendPlan& plan = producer.sends.emplace_back();
    plan.topic = topic.name;
    plan.count = load.records / producers;
    plan.prefix = "r";
    plan.every = load.time / plan.count;
    plan.key_count = 1000;  // spread over all partitions
  }
  return scenario;
}

struct Cost {
  double seconds = 0;  // of the time under load
  double bytes = 0;    // allocated at its end
  double events = 0;
  double stored = 0;  // records in all logs
};

Cost cost_of(const Load& load) {
  const Scenario scenario = scenario_of(load);
  const double before = allocated_bytes();
  Cost cost;
  Staging staging(scenario, 1, load.check_invariants);
  if (const auto problem = staging.set_up()) {
    fmt::print("  cannot be set up: {}\n", *problem);
    return cost;
  }
  staging.world().trace().enable(false);
  staging.open();
  const auto events_before = staging.world().loop().events_run();
  cost.seconds =
      measure([&] { staging.world().loop().run_until(sim::zero + load.time + 2s); }) / 1e9;
  cost.bytes = allocated_bytes() - before;
  cost.events = static_cast<double>(staging.world().loop().events_run() - events_before);
  for (const protocol::BrokerId id : staging.cluster().broker_ids()) {
    for (const broker::Partition* partition : staging.cluster().broker(id)->replicas().partitions())
      cost.stored += static_cast<double>(partition->log().end_offset().value());
  }
  return cost;
}

constexpr std::array factors{1, 2, 4};

// Prints how time, events and memory grow; in proportion means not more than the factor.
void print_growth(const std::string& title, const std::vector<Cost>& costs) {
  fmt::print("\n{}\n", title);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    fmt::print(
        "  x{}: {:>7.2f} s   time x{:<5.2f} events x{:<5.2f} memory x{:<5.2f} ({:.0f} MiB, {:.0f} "
        "records stored)\n",
        factors[i], costs[i].seconds, costs[i].seconds / costs[0].seconds,
        costs[i].events / costs[0].events, costs[i].bytes / costs[0].bytes,
        costs[i].bytes / (1 << 20), costs[i].stored);
  }
}

void grow() {
  std::vector<Cost> costs;
  for (const int factor : factors) {
    Load load;
    load.partitions = 250;
    load.records = 25'000 * factor;
    costs.push_back(cost_of(load));
  }
  print_growth("Records over 250 partitions on 12 brokers, 50 virtual seconds", costs);
  fmt::print("  memory for each stored copy of a record: {:.0f} bytes\n",
             (costs[2].bytes - costs[0].bytes) / (costs[2].stored - costs[0].stored));

  costs.clear();
  for (const int factor : factors) {
    Load load;
    load.partitions = 250 * factor;
    load.records = 25'000;
    costs.push_back(cost_of(load));
  }
  print_growth("Partitions with 25,000 records, 12 brokers, 50 virtual seconds", costs);

  costs.clear();
  for (const int factor : factors) {
    Load load;
    load.partitions = 250 * factor;
    costs.push_back(cost_of(load));
  }
  print_growth("Idle partitions on 12 brokers, 50 virtual seconds", costs);
  fmt::print("  memory for each idle partition of 3 replicas: {:.0f} bytes\n",
             (costs[2].bytes - costs[0].bytes) / 750);
}

void cost_of_invariants() {
  for (const std::int64_t records : {5'000, 50'000}) {
    Load load;
    load.partitions = 100;
    load.records = records;
    Load bare = load;
    bare.check_invariants = false;
    const std::vector<Alternative> alternatives{
        {"without", [bare] { return cost_of(bare).seconds * 1e9; }},
        {"with invariants (goal under x1.3)", [load] { return cost_of(load).seconds * 1e9; }}};
    print_comparison(
        fmt::format("Invariants, 100 partitions on 12 brokers, per record of {}", records),
        alternatives, compare(alternatives, static_cast<double>(records), 5));
  }
}

}  // namespace

void scale_benchmarks() {
  cost_of_invariants();
  Load load;
  load.records = 100'000;
  const Cost cost = cost_of(load);
  fmt::print("\n1,000 partitions on 12 brokers, 100,000 records in 50 virtual seconds: {:.2f} s\n",
             cost.seconds);
  grow();
}

}  // namespace kafkasim::bench
