// One producer, three brokers, one consumer, one million records: beside librdkafka's mock cluster.
#include "bench/throughput.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "bench/bench.hpp"
#include "scenarios/engine/staging.hpp"
#include "sim/check.hpp"

namespace kafkasim::bench {

namespace {

using namespace std::chrono_literals;

const std::string topic_name = "orders";

scenarios::Scenario three_brokers() {
  scenarios::Scenario scenario;
  scenario.name = "throughput";
  for (int id = 1; id <= 3; ++id) {
    scenarios::Broker& broker = scenario.cluster.brokers.emplace_back();
    broker.id = id;
    broker.name = fmt::format("broker-{}", id);
  }
  scenarios::Topic& topic = scenario.topics.emplace_back();
  topic.name = topic_name;
  topic.partitions = 1;
  topic.replication_factor = 3;
  const std::string error = topic.config.set("min.insync.replicas", "2");
  CHECKED(error.empty(), "{}", error);
  return scenario;
}

protocol::ConfigValues configured(
    std::span<const protocol::ConfigDef> defs,
    const std::vector<std::pair<std::string, std::string>>& settings) {
  protocol::ConfigValues values(defs);
  for (const auto& [name, text] : settings) {
    const std::string error = values.set(name, text);
    CHECKED(error.empty(), "{}", error);
  }
  return values;
}

// As fast as send() returns.
sim::Task<> produce(producer::Producer* producer, const Load* load) {
  const protocol::Bytes same("a value");
  for (std::int64_t i = 0; i < load->records; ++i) {
    protocol::Record record;
    record.tag = static_cast<protocol::RecordTag>(i + 1);
    record.value_size = load->size;
    record.value = load->own_names ? protocol::Bytes("record-" + std::to_string(i)) : same;
    const auto ticket = static_cast<producer::Ticket>(i);
    if (producer->try_send(topic_name, 0, record, ticket)) continue;
    producer::OutgoingRecord outgoing(topic_name, 0, std::move(record));
    co_await producer->send(std::move(outgoing), ticket);
  }
}

struct Reader {
  std::int64_t consumed = 0;
  sim::Signal done;
};

sim::Task<> consume(consumer::Consumer* consumer, Reader* reader, const Load* load) {
  while (reader->consumed < load->records) {
    consumer::PollResult polled = co_await consumer->poll(1s);
    reader->consumed += static_cast<std::int64_t>(polled.records.size());
  }
}

}  // namespace

Passage pass_through_simulator(const Load& load) {
  const scenarios::Scenario scenario = three_brokers();
  const double before = allocated_bytes();
  Passage passage;
  scenarios::Staging staging(scenario, 1, false);
  if (staging.set_up()) return passage;
  sim::World& world = staging.world();
  world.trace().enable(false);
  staging.open();

  std::vector<std::string> bootstrap{"broker-1", "broker-2", "broker-3"};
  sim::Host& shop = world.add_host("shop");
  sim::Host& billing = world.add_host("billing");
  std::int64_t acked = 0;
  {
    sim::Process& producing = shop.boot();
    sim::Process& consuming = billing.boot();
    const auto settings =
        configured(protocol::producer_config_defs(),
                   {{"acks", "all"}, {"batch.size", std::to_string(load.batch_size)}});
    producer::Producer producer(world, shop, producing, "shop",
                                producer::read_config(settings, "shop", bootstrap));
    producer.set_listener([&](const producer::SendResult& result) { acked += result.acked(); });
    consumer::Consumer consumer(
        world, billing, consuming, "billing",
        configured(protocol::consumer_config_defs(), {{"auto.offset.reset", "earliest"}}),
        bootstrap);
    consumer.assign({protocol::TopicPartition{topic_name, 0}});
    Reader reader;
    producer.start();
    sim::spawn(consuming, consume(&consumer, &reader, &load));
    sim::spawn(producing, produce(&producer, &load));
    const sim::Time start = world.loop().now();
    passage.nanoseconds = measure([&] {
      const sim::Time limit = start + 1h;
      while (reader.consumed < load.records && world.loop().now() < limit)
        world.loop().run_until(world.loop().now() + 1ms);
    });
    passage.virtual_ms =
        std::chrono::duration<double, std::milli>(world.loop().now() - start).count();
    passage.bytes = allocated_bytes() - before;
    passage.consumed = std::min(reader.consumed, acked);
    billing.crash();
    shop.crash();
  }
  return passage;
}

void throughput_benchmarks() {
  Load load;
  fmt::print(
      "\nEnd to end: one producer with acks=all, one partition on three brokers, one consumer, "
      "{} records of {} bytes\n",
      load.records, load.size);
  constexpr int rounds = 5;
  std::vector<double> mock;
  std::vector<std::vector<double>> ours(3);
  const std::vector<std::pair<std::string, Load>> loads{
      {"simulator, batch.size as librdkafka's", load},
      {"simulator, batch.size 16384", Load{load.records, load.size, 16384, false}},
      {"simulator, a label for each record", Load{load.records, load.size, load.batch_size, true}}};
  std::vector<Passage> last(loads.size());
  for (int round = 0; round < rounds; ++round) {
    if (const auto taken =
            librdkafka_nanoseconds(load.records, static_cast<std::size_t>(load.size)))
      mock.push_back(*taken);
    for (std::size_t i = 0; i < loads.size(); ++i) {
      last[i] = pass_through_simulator(loads[i].second);
      if (last[i].consumed >= load.records) ours[i].push_back(last[i].nanoseconds);
    }
  }
  const auto median = [](std::vector<double>& times) {
    std::sort(times.begin(), times.end());
    return times.empty() ? 0.0 : times[times.size() / 2];
  };
  const double base = median(mock);
  const double records = static_cast<double>(load.records);
  if (base > 0) {
    fmt::print("  {:<44} {:>11.0f} records/s   x1.00\n", "librdkafka and its mock cluster",
               records / base * 1e9);
  } else {
    fmt::print(
        "  librdkafka is not installed (librdkafka-dev), or its mock cluster lost records\n");
  }
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const double taken = median(ours[i]);
    if (taken == 0) {
      fmt::print("  {}: not all records came through\n", loads[i].first);
      continue;
    }
    fmt::print(
        "  {:<44} {:>11.0f} records/s   x{:.2f}   {:.0f} bytes a record, {:.0f} virtual ms\n",
        loads[i].first, records / taken * 1e9, base > 0 ? base / taken : 0.0,
        last[i].bytes / records, last[i].virtual_ms);
  }
}

}  // namespace kafkasim::bench
