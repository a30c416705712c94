// How a scenario file speaks of disks and clocks.
#include <string>

#include "scenarios/engine/load.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::scenarios;
using namespace std::chrono_literals;

namespace {

Scenario load(const std::string& text) {
  Loaded loaded = load_scenario_text(
      "test.yaml", "scenario: test\nquestion: How?\ntopics: { orders: { replicas: 3 } }\n" + text);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  return loaded.file->scenario;
}

Event event(const std::string& text) {
  const Scenario scenario = load("cluster: { brokers: 3 }\nevents: [ { " + text + " } ]\n");
  REQUIRE(scenario.events.size() == 1);
  CHECK(scenario.events[0].action.kind == ActionKind::disk);
  return scenario.events[0];
}

}  // namespace

TEST_CASE("a host has a disk with its speed and a clock with its offset", "[disk]") {
  const Scenario scenario = load(R"(
cluster:
  brokers: 3
  hosts:
    broker-2: { disk: { flush: 40ms, write: 5ms }, clock: { offset: 2s } }
    broker-3: { clock: { offset: -250ms } }
)");
  const auto& brokers = scenario.cluster.brokers;
  CHECK(brokers[0].disk_flush == 0ms);
  CHECK(brokers[0].clock_offset == 0ms);
  CHECK(brokers[1].disk_flush == 40ms);
  CHECK(brokers[1].disk_write == 5ms);
  CHECK(brokers[1].clock_offset == 2s);
  CHECK(brokers[2].disk_flush == 0ms);
  CHECK(brokers[2].clock_offset == -250ms);
}

TEST_CASE("what befalls a disk stands beside it or under `with`", "[disk]") {
  for (const std::string text : {"fail: true", "fail:", "with: fail", "with: { fail: true }",
                                 "with: { fail: }", "fail: true, full: false"}) {
    INFO(text);
    CHECK(event("disk: broker-1, " + text).action.disk_fault == DiskFault::fail);
  }
  for (const std::string text : {"full: true", "full:", "with: full"}) {
    INFO(text);
    CHECK(event("disk: leader(orders-0), " + text).action.disk_fault == DiskFault::full);
  }
  for (const std::string text : {"slow: 200ms", "with: { slow: 200ms }"}) {
    INFO(text);
    const Event slow = event("disk: broker-1, for: 5s, " + text);
    CHECK(slow.action.disk_fault == DiskFault::slow);
    CHECK(slow.action.disk_slowness == 200ms);
    CHECK(slow.lasts == 5s);
  }
  for (const std::string text : {"corrupt-tail: true", "corrupt-tail:", "with: corrupt-tail"}) {
    INFO(text);
    CHECK(event("disk: followers(orders-0), " + text).action.disk_fault == DiskFault::corrupt_tail);
  }
}

TEST_CASE("the power of every host can fail", "[disk]") {
  const Scenario scenario = load(R"(
cluster: { brokers: 3 }
events:
  - { power-loss: broker-1, at: 1s }
  - { power-loss: leader(orders-0), at: 2s }
  - { power-loss: controller, at: 3s }
)");
  CHECK(scenario.events.size() == 3);
}
