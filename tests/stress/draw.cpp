// The dice. Durations are whole milliseconds, so that a scenario can be written down.
#include "tests/stress/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/stress/dice.hpp"
#include "tests/stress/draw_groups.hpp"

namespace kafkasim::stress {

using namespace std::chrono_literals;
using namespace scenarios;

namespace {

class Draw : public Dice {
 public:
  Draw(std::uint64_t seed, const DrawOptions& options) : Dice(seed, "stress"), options_(options) {}

  Drawn all() {
    cluster();
    topics();
    producers();
    consumers();
    faults();
    return std::move(drawn_);
  }

 private:
  void cluster();
  void topics();
  void producers();
  void consumers();
  void faults();
  void gentle_faults();
  void wild_faults();
  void wild_fault();
  void fault_of_connection();
  // One that is not named by the other.
  Selector broker_but(const Selector& other) {
    for (;;) {
      Selector found = broker();
      if (found.name != other.name) return found;
    }
  }
  Selector any_client();
  Selector leader();
  // Mostly brokers, by name or by role.
  Selector server();

  DrawOptions options_;
};

void Draw::cluster() {
  Cluster& cluster = drawn_.scenario.cluster;
  brokers_ = options_.brokers > 0 ? options_.brokers : static_cast<int>(number(3, 5));
  if (options_.controllers && rng_.chance(1, 2)) cluster.controllers = 3;
  const std::string session = fmt::format("{}", number(2, 9) * 1000);
  const std::string lag = fmt::format("{}", number(2, 30) * 1000);
  add_brokers(brokers_);
  for (Broker& each : cluster.brokers) {
    set(each.config, "broker.session.timeout.ms", session);
    set(each.config, "broker.heartbeat.interval.ms", "1000");
    set(each.config, "replica.lag.time.max.ms", lag);
    // Few partitions of it, so that a run is short.
    set(each.config, "offsets.topic.num.partitions", "3");
  }
}

void Draw::topics() {
  const std::int64_t count = number(1, 2);
  for (std::int64_t i = 0; i < count; ++i) {
    Topic& topic = drawn_.scenario.topics.emplace_back();
    topic.name = i == 0 ? "orders" : "payments";
    topic.partitions = static_cast<int>(number(1, 3));
    topic.replication_factor = static_cast<int>(number(3, brokers_));
    set(topic.config, "min.insync.replicas", "2");
  }
}

void Draw::producers() {
  const std::int64_t count = number(1, 2);
  for (std::int64_t i = 0; i < count; ++i) {
    Producer& producer = drawn_.scenario.producers.emplace_back();
    producer.name = i == 0 ? "shop" : "till";
    const bool idempotent = rng_.chance(2, 3);
    set(producer.config, "acks", "all");
    set(producer.config, "enable.idempotence", idempotent ? "true" : "false");
    set(producer.config, "linger.ms", fmt::format("{}", number(0, 1) * 20));
    if (rng_.chance(1, 3)) set(producer.config, "batch.size", "0");
    if (rng_.chance(1, 3)) set(producer.config, "max.in.flight.requests.per.connection", "1");
    SendPlan& plan = producer.sends.emplace_back();
    plan.topic = drawn_.scenario
                     .topics[static_cast<std::size_t>(
                         number(0, static_cast<std::int64_t>(drawn_.scenario.topics.size()) - 1))]
                     .name;
    plan.count = number(20, 60);
    plan.prefix = producer.name;
    plan.every = span_of(20, 400);
    if (rng_.chance(1, 2)) plan.key_count = number(2, 6);
  }
}

void Draw::consumers() {
  const std::int64_t count = number(0, 2);
  for (std::int64_t i = 1; i <= count; ++i) {
    Consumer& consumer = drawn_.scenario.consumers.emplace_back();
    consumer.key = "billing";
    consumer.name = count == 1 ? "billing" : fmt::format("billing-{}", i);
    consumer.group = "billing";
    for (const Topic& topic : drawn_.scenario.topics) consumer.reads.push_back(topic.name);
    consumer.commits = Commits::after_handling;
    set(consumer.config, "auto.offset.reset", "earliest");
    set(consumer.config, "enable.auto.commit", "false");
    set(consumer.config, "session.timeout.ms", "10000");
    set(consumer.config, "heartbeat.interval.ms", "3000");
    // Who waits for a coordinator without power to answer a JoinGroup does so for that long.
    set(consumer.config, "max.poll.interval.ms", "30000");
  }
}

Selector Draw::leader() {
  const Topic& topic = drawn_.scenario.topics.front();
  Selector selector;
  selector.kind = SelectorKind::leader;
  selector.partition = {topic.name, static_cast<std::int32_t>(number(0, topic.partitions - 1))};
  return selector;
}

Selector Draw::server() {
  if (drawn_.scenario.cluster.controllers > 1 && rng_.chance(1, 4)) return controller();
  return rng_.chance(1, 3) ? leader() : broker();
}

Selector Draw::any_client() {
  const auto& producers = drawn_.scenario.producers;
  const auto& consumers = drawn_.scenario.consumers;
  const auto pick = static_cast<std::size_t>(
      number(0, static_cast<std::int64_t>(producers.size() + consumers.size()) - 1));
  return client(pick < producers.size() ? producers[pick].name
                                        : consumers[pick - producers.size()].name);
}

// One machine after the other loses power, each when the last one has caught up: what is acked has
// min.insync.replicas copies, so nothing may be lost.
void Draw::gentle_faults() {
  constexpr Duration recovery = 60s;
  Duration at = span_of(500, 8000);
  const std::int64_t count = number(1, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    const bool of_controller = rng_.chance(1, 4);
    const Duration lasts = span_of(100, 20'000);
    down(ActionKind::power_loss, of_controller ? controller() : broker(), at, lasts);
    at += lasts + recovery;
  }
  const std::int64_t cuts = number(0, 3);
  for (std::int64_t i = 0; i < cuts; ++i) fault_of_connection();
}

void Draw::fault_of_connection() {
  const Selector one = rng_.chance(1, 2) ? any_client() : server();
  const Selector other = broker_but(one);
  Event& cut = event(ActionKind::cut, span_of(0, 15'000));
  cut.action.targets = {one, other};
  if (rng_.chance(1, 2)) return;
  // As a certain message is about to arrive, which may be one that nobody sends.
  static constexpr std::array kinds{"ProduceRequest",         "ProduceResponse",
                                    "FetchRequest",           "FetchResponse",
                                    "BrokerHeartbeatRequest", "OffsetCommitRequest",
                                    "JoinGroupResponse",      "AlterPartitionRequest"};
  cut.trigger.kind = TriggerKind::before;
  cut.trigger.message.kind = kinds[static_cast<std::size_t>(number(0, kinds.size() - 1))];
  const std::int64_t nth = number(1, 60);
  cut.trigger.message.nth = CountRange{nth, nth};
}

void Draw::wild_fault() {
  const Duration at = span_of(0, 15'000);
  const Duration lasts = rng_.chance(1, 2) ? span_of(50, 3000) : span_of(3000, 25'000);
  switch (number(0, 7)) {
    case 0:
    case 1:
      return down(ActionKind::crash, rng_.chance(1, 5) ? controller() : broker(), at, lasts);
    case 2: {
      Action& action = event(ActionKind::partition, at, lasts).action;
      const Selector alone = broker();
      action.groups = {{alone}, {}};
      for (int id = 1; id <= brokers_; ++id) {
        if (id != alone.index && rng_.chance(2, 3)) action.groups[1].push_back(broker(id));
      }
      if (action.groups[1].empty() || rng_.chance(1, 2)) action.groups[1].push_back(controller());
      action.one_way = rng_.chance(1, 2);
      if (action.one_way && rng_.chance(1, 2)) std::swap(action.groups[0], action.groups[1]);
      return;
    }
    case 3:
    case 4:
      event(ActionKind::pause, at, lasts).action.targets = {server()};
      return;
    case 5: {
      Action& action = event(ActionKind::slow, at, lasts).action;
      const Selector one = rng_.chance(1, 3) ? any_client() : server();
      action.targets = {one, broker_but(one)};
      const Duration latency = span_of(5, 400);
      action.latency = {latency, latency * 2};
      return;
    }
    case 6: {
      static constexpr std::array kinds{"ProduceRequest",        "ProduceResponse",
                                        "FetchRequest",          "FetchResponse",
                                        "AlterPartitionRequest", "AlterPartitionResponse"};
      Event& held = event(ActionKind::hold, at, lasts);
      held.action.message.kind = kinds[static_cast<std::size_t>(number(0, kinds.size() - 1))];
      if (rng_.chance(1, 2)) held.action.message.to = broker();
      return;
    }
    default:
      return fault_of_connection();
  }
}

void Draw::wild_faults() {
  const std::int64_t count = rng_.chance(1, 3) ? number(7, 14) : number(1, 6);
  for (std::int64_t i = 0; i < count; ++i) wild_fault();
  restart_all();
}

void Draw::faults() {
  if (options_.power_loss && rng_.chance(1, 5)) {
    gentle_faults();
  } else {
    wild_faults();
  }
}

}  // namespace

Drawn draw(std::uint64_t seed, const DrawOptions& options) {
  return options.groups ? draw_groups(seed, options) : Draw(seed, options).all();
}

}  // namespace kafkasim::stress
