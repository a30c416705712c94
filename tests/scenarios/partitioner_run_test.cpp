// Where the records of a scenario go under each partitioner that a file can ask for.
#include <map>
#include <string>
#include <vector>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

// The keys (or labels) of each partition's log, in order.
std::vector<std::string> stored(const std::string& producer) {
  Loaded loaded = load_scenario_text("test.yaml", "scenario: test\n" + producer);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  const RunResult result = run(loaded.file->scenario, {});
  std::vector<std::string> out;
  for (const auto& partition : result.outcome.state.partitions) {
    std::string& line = out.emplace_back();
    for (const auto& stored : partition.replicas.at(0).log) {
      for (const protocol::Record& record : stored.batch->records)
        line +=
            (record.key.is_null() ? protocol::label(record) : std::string(record.key.view())) + " ";
    }
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("RoundRobinPartitioner spreads keyed records evenly, in order", "[run]") {
  CHECK(stored(R"(
topics: { orders: { partitions: 3 } }
producers:
  shop:
    sends: { to: orders, values: [A, B, C, D, E, F, G], key: same }
    config: { partitioner.class: org.apache.kafka.clients.producer.RoundRobinPartitioner }
)") == Lines{"same same same ", "same same ", "same same "});
}

TEST_CASE("a rule by prefix keeps priority records on partitions of their own", "[run]") {
  const Lines logs = stored(R"(
topics: { orders: { partitions: 4 } }
producers:
  shop:
    sends:
      - { to: orders, values: [A, B, C, D], keys: [gold-1, silver-1, gold-2, bronze-1] }
      - { to: orders, values: [E, F, G] }
    partitioner: { key-prefix: { gold-: [0, 1] }, otherwise: 2..3 }
)");
  REQUIRE(logs.size() == 4);
  const std::string gold = logs[0] + logs[1];
  const std::string others = logs[2] + logs[3];
  CHECK(gold.size() == std::string("gold-1 gold-2 ").size());
  CHECK(gold.find("gold-1 ") != std::string::npos);
  CHECK(gold.find("gold-2 ") != std::string::npos);
  CHECK(others.find("gold") == std::string::npos);
  // Those without a key go to both of the others in turn.
  CHECK(logs[2].find("E") != std::string::npos);
  CHECK(logs[3].find("F") != std::string::npos);
  CHECK(logs[2].find("G") != std::string::npos);
}

TEST_CASE("a record that names its partition is not asked about", "[run]") {
  CHECK(stored(R"(
topics: { orders: { partitions: 3 } }
producers:
  shop:
    sends: { to: orders-2, values: [A, B], key: k }
    config: { partitioner.class: org.apache.kafka.clients.producer.RoundRobinPartitioner }
)") == Lines{"", "", "k k "});
}
