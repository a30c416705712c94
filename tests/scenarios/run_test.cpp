// Whole runs: the lessons of the project, and short scenarios for each event and expectation.
#include "scenarios/engine/run.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

ScenarioFile load(const std::string& text) {
  Loaded loaded = load_scenario_text("test.yaml", text);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  return std::move(*loaded.file);
}

Verdict verdict(const std::string& text) { return play(text).outcome.verdict; }

}  // namespace

TEST_CASE("every lesson and each of its variants ends as it says, with another seed too", "[run]") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    Loaded loaded = load_scenario(entry.path().string());
    REQUIRE(loaded.file);
    CHECK(loaded.file->scenario.name == entry.path().stem().string());
    std::vector<Scenario> all = loaded.file->variants;
    all.push_back(loaded.file->scenario);
    for (const Scenario& scenario : all) {
      for (const std::uint64_t seed : {scenario.seed, std::uint64_t{7}}) {
        RunOptions options;
        options.seed = seed;
        const RunResult result = run(scenario, options);
        INFO(text_report(result.outcome, {}));
        CHECK(result.outcome.verdict == Verdict::as_expected);
        ++count;
      }
    }
  }
  CHECK(count >= 14);
}

TEST_CASE("a number of keys means that many keys in turn", "[run]") {
  const ScenarioFile file = load(R"(scenario: test
topics: { orders: { partitions: 1 } }
producers: { shop: { sends: { to: orders, count: 3, keys: 2 } } }
)");
  const RunResult result = run(file.scenario, {});
  std::string keys;
  for (const auto& stored : result.outcome.state.partitions.at(0).replicas.at(0).log) {
    for (const protocol::Record& record : stored.batch->records)
      keys += std::string(record.key.view()) + " ";
  }
  CHECK(keys == "key-1 key-2 key-1 ");
}

TEST_CASE("a run does not end while a record with acks=0 is on a slow link", "[run]") {
  holds(R"(topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B], every: 100ms }, config: { acks: 0 } }
events:
  - slow: [shop, leader(orders-0)]
    latency: 5s..6s
    after: { appended: A }
expect: { acked: { shop: [A, B] }, log: { orders-0: [A, B] } }
)");
}

TEST_CASE("the four first lessons hold whatever the seed", "[run]") {
  for (const char* name : {"duplicate-after-lost-ack", "lost-after-ack-with-acks-1",
                           "reordered-by-a-retry", "handled-twice-after-a-rebalance"}) {
    Loaded loaded = load_scenario(std::string("scenarios/") + name + ".yaml");
    REQUIRE(loaded.file);
    for (std::uint64_t seed = 2; seed <= 6; ++seed) {
      RunOptions options;
      options.seed = seed;
      const RunResult result = run(loaded.file->scenario, options);
      INFO(text_report(result.outcome, {}));
      CHECK(result.outcome.verdict == Verdict::as_expected);
    }
  }
}

TEST_CASE("the same seed gives the same trace, another seed another one", "[run]") {
  Loaded loaded = load_scenario("scenarios/handled-twice-after-a-rebalance.yaml");
  REQUIRE(loaded.file);
  RunOptions options;
  options.keep_trace = true;
  const RunResult first = run(loaded.file->scenario, options);
  const RunResult second = run(loaded.file->scenario, options);
  CHECK(first.trace == second.trace);
  CHECK(first.outcome.trace_hash == second.outcome.trace_hash);
  CHECK(first.trace.size() == first.outcome.trace_lines);
  options.seed = 2;
  CHECK(run(loaded.file->scenario, options).outcome.trace_hash != first.outcome.trace_hash);
}

TEST_CASE("an anomaly that nobody expected fails a run whose expectations are all met", "[run]") {
  const std::string world = R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop:
    sends: { to: orders-0, values: [A] }
    config: { enable.idempotence: false }
events:
  - { cut: [shop, leader(orders-0)], before: ProduceResponse }
)";
  CHECK(verdict(world + "expect: { acked: { shop: [A] } }") == Verdict::not_as_expected);
  CHECK(verdict(world + "expect: { acked: { shop: [A] }, duplicated: [A] }") ==
        Verdict::as_expected);
  CHECK(verdict(world + "expect: { duplicated: [] }") == Verdict::not_as_expected);
}

TEST_CASE("with acks=all the crash of a leader loses nothing and the log goes on", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics:
  orders: { partitions: 2, replicas: [1, 2, 3], config: { min.insync.replicas: 2 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C, D], every: 2s } }
consumers:
  billing: { group: billing, reads: orders, instances: 2 }
events:
  - { crash: leader(orders-0), after: { acked: B } }
  - { restart: broker-1, after: { acked: D } }
expect:
  acked: { shop: [A, B, C, D] }
  log: { orders-0: [A, B, C, D] }
  handled: { billing: [A, B, C, D] }
  leaders: { orders-0: [broker-1, broker-2] }
  isr: { orders-0: [1, 2, 3] }
  committed: { billing: { orders-0: 4 } }
  lag: { billing: 0 }
)");
}

TEST_CASE("without enough in-sync replicas acks=all is refused until the timeout", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics:
  orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2 } }
producers:
  shop:
    sends: { to: orders, values: [A, B], every: 20s }
    config: { delivery.timeout.ms: 15000, request.timeout.ms: 5000 }
events:
  - { crash: followers(orders-0), after: { acked: A } }
expect:
  acked: { shop: [A] }
  failed: { shop: { B: TIMED_OUT } }
  errors: { shop: [NOT_ENOUGH_REPLICAS] }
  isr: { orders-0: [1] }
  log: { orders-0: [A] }
)");
}

TEST_CASE("a consumer that dies between handling and committing hands the record on", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { jobs: { replicas: 3 } }
producers:
  feeder: { sends: { to: jobs, values: [1, 2, 3], start: 5s } }
consumers:
  worker:
    group: workers
    reads: jobs
    commits: after-each
    config: { session.timeout.ms: 10000 }
events:
  - { crash: worker, after: { handled: 2 } }
  - { restart: worker, after: { event: 1 } }
expect:
  handled: { worker: [1, 2, 2, 3] }
  handled-twice: [2]
)");
}

TEST_CASE("each order of commits and a standalone reader handle every record", "[run]") {
  holds(R"(
cluster: { brokers: 1 }
topics: { orders: { partitions: 3 } }
producers:
  one: { sends: { to: orders, count: 30, keys: 5, every: 100ms } }
  two:
    sends: [ { to: orders-1, values: [x, y] }, { to: orders-2, values: [z], start: 3s } ]
    config: { acks: 0 }
consumers:
  auto: { group: auto, reads: [orders], instances: 4, commits: auto, takes: 5ms }
  never: { group: never, reads: orders, commits: never }
  before: { group: before, reads: orders, commits: before-handling }
  alone: { assign: [orders-0, orders-1, orders-2] }
expect:
  acked: { one: 30, two: 3 }
  handled: { auto: 33, never: 33, before: 33, alone: 33 }
  lag: { auto: 0, before: 0, never: 33 }
)");
}

TEST_CASE("a run ends although auto-commit goes on and on", "[run]") {
  for (const char* brokers : {"1", "3"}) {
    INFO(brokers << " brokers");
    const ScenarioFile file = load(fmt::format(R"(
scenario: test
question: Does it end?
cluster: {{ brokers: {} }}
topics: {{ orders: {{}} }}
producers: {{ shop: {{ sends: {{ to: orders, values: [A] }} }} }}
consumers:
  billing:
    group: billing
    reads: orders
    commits: auto
    config: {{ auto.commit.interval.ms: 100 }}
expect: {{ committed: {{ billing: {{ orders-0: 1 }} }} }}
)",
                                               brokers));
    const RunResult result = run(file.scenario, {});
    CHECK(result.outcome.verdict == Verdict::as_expected);
    CHECK(result.outcome.ended_because == "nothing was left to do");
  }
}

TEST_CASE("slow links, pauses, holds, power losses and stops leave a cluster that heals", "[run]") {
  holds(R"(
cluster: { brokers: 3, racks: [a, b, c], config: { replica.lag.time.max.ms: 10000 } }
topics:
  orders: { replicas: 3, config: { min.insync.replicas: 2 } }
producers:
  shop: { sends: { to: orders, count: 100, key: k, every: 100ms }, config: { linger.ms: 0 } }
consumers:
  audit: { assign: [orders-0] }
  late: { group: late, reads: orders, start: never }
events:
  - { slow: [broker-1, broker-2], latency: 200ms..300ms, at: 1s, for: 2s }
  - { pause: broker-3, at: 2s, for: 1s }
  - { hold: FetchResponse, from: leader(orders-0), at: 4s, for: 500ms }
  - { power-loss: controller, at: 5s }
  - { restart: controller, at: 6s }
  - { start: late, at: 7s }
  - { stop: 'follower(orders-0, 1)', at: 8s }
expect:
  acked: { shop: 100 }
  handled: { audit: 100, late: 100 }
  checks:
    - { at: 1s, isr: { orders-0: [1, 2, 3] }, high-watermark: { orders-0: 8..11 } }
)");
}

TEST_CASE("a partition one way silences one direction only", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2, 3] } }
producers:
  shop:
    sends: { to: orders, values: [A] }
    config: { enable.idempotence: false, request.timeout.ms: 2000 }
events:
  - { partition: [[broker-1], [shop]], one-way: true, after: { appended: A }, for: 5s }
expect:
  acked: { shop: [A] }
  log: { orders-0: 2..3 }
  duplicated: [A]
)");
}

TEST_CASE("an application that sends again stores a failed record twice at most", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop:
    sends: { to: orders, values: [A, B] }
    on-failure: resend
    config: { enable.idempotence: false, retries: 0, max.in.flight.requests.per.connection: 1,
              batch.size: 0 }
events:
  - { cut: [shop, leader(orders-0)], before: ProduceResponse }
expect:
  acked: { shop: 2 }
  duplicated: [A]
)");
}

TEST_CASE("an event whose trigger nothing pulls is told of", "[run]") {
  const ScenarioFile file = load(R"(
scenario: test
question: Does it happen?
cluster: { brokers: 1 }
topics: { orders: {} }
producers: { shop: { sends: { to: orders, values: [A, B] } } }
events:
  - { crash: broker-1, after: { failed: B } }
expect: { acked: { shop: [A, B] } }
)");
  const RunResult result = run(file.scenario, {});
  CHECK(result.outcome.verdict == Verdict::as_expected);
  REQUIRE(result.outcome.notes.size() == 1);
  CHECK(text_report(result.outcome, {}).find("event 1 never happened") != std::string::npos);
}

TEST_CASE("an event that finds nothing to do is told so", "[run]") {
  const std::string report = text_report(play(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers: { shop: { sends: { to: orders, values: [A] } } }
consumers: { billing: { group: billing, reads: orders } }
events:
  - { start: billing, at: 5s }
  - { restart: broker-3, at: 6s }
  - { crash: broker-2, at: 7s }
  - { crash: broker-2, at: 8s }
  - { stop: billing, at: 9s }
  - { restart: billing, at: 10s }
)")
                                             .outcome,
                                         {});
  contains(report, "start billing: it is running, nothing changes");
  contains(report, "restart broker-3: it is running, nothing changes");
  contains(report, "crash broker-2: it is not running, nothing changes");
  CHECK(report.find("stop billing:") == std::string::npos);
  CHECK(report.find("restart billing:") == std::string::npos);
}
