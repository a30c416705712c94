// Scenarios with several controllers: faults by role and by name, and what they come to.
#include <string>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/report.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

RunResult result_of(const std::string& text, std::uint64_t seed = 1) {
  Loaded loaded = load_scenario_text(
      "test.yaml",
      "scenario: test\nquestion: Does it hold?\nseed: " + std::to_string(seed) + "\n" + text);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  RunOptions options;
  options.keep_trace = true;
  return run(loaded.file->scenario, options);
}

RunResult holds(const std::string& text, std::uint64_t seed = 1) {
  RunResult result = result_of(text, seed);
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  CHECK(result.outcome.notes.empty());
  return result;
}

std::size_t lines_with(const RunResult& result, const std::string& text) {
  std::size_t count = 0;
  for (const std::string& line : result.trace) {
    if (line.find(text) != std::string::npos) ++count;
  }
  return count;
}

const std::string orders = R"(
topics:
  orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C, D], every: 10s } }
consumers:
  billing: { group: billing, reads: orders }
)";

}  // namespace

TEST_CASE("a broker that dies with the active controller costs time, not records", "[run]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const RunResult result = holds("cluster: { controllers: 3 }" + orders + R"(
events:
  - { crash: leader(orders-0), after: { acked: A } }
  - { crash: controller, after: { acked: A } }
expect:
  acked: { shop: [A, B, C, D] }
  log: { orders-0: [A, B, C, D] }
  handled: { billing: [A, B, C, D] }
  leaders: { orders-0: [broker-1, broker-2] }
  isr: { orders-0: [2, 3] }
)",
                                   seed);
    CHECK(lines_with(result, " controller ") == 1);
    CHECK(result.outcome.ended_because == "nothing was left to do");
  }
}

TEST_CASE("without a quorum records flow, and nobody is elected for a dead leader", "[run]") {
  holds("cluster: { controllers: 3 }" + orders + R"(
until: 100s
events:
  - { crash: controller-2, after: { acked: A } }
  - { crash: controller-3, after: { acked: A } }
  - { crash: leader(orders-0), at: 25s }
expect:
  acked: { shop: [A, B, C] }
  log: { orders-0: [A, B, C] }
  leaders: { orders-0: [broker-1] }
  isr: { orders-0: [1, 2, 3] }
)");
}

TEST_CASE("an active controller that is cut off is replaced, and follows when it is back",
          "[run]") {
  const RunResult result = holds("cluster: { controllers: 3 }" + orders + R"(
events:
  - partition: [[controller], [broker-1, broker-2, broker-3]]
    after: { acked: A }
    for: 1s
  - { pause: controller, for: 20s, after: { acked: B } }
  - { crash: leader(orders-0), after: { acked: C } }
expect:
  acked: { shop: [A, B, C, D] }
  log: { orders-0: [A, B, C, D] }
  isr: { orders-0: [2, 3] }
)");
  CHECK(lines_with(result, " controller-resigned ") >= 1);
}

TEST_CASE("a controller that stops hands over, and the role names its successor", "[run]") {
  const RunResult result = holds("cluster: { controllers: 5 }" + orders + R"(
events:
  - { stop: controller, after: { acked: A } }
  - { crash: controller, at: 15s }
  - { restart: controller-1, at: 30s }
expect:
  acked: { shop: [A, B, C, D] }
  log: { orders-0: [A, B, C, D] }
)");
  CHECK(lines_with(result, " controller ") == 2);
}

TEST_CASE("a run with five controllers is the same each time", "[run]") {
  const std::string text = "cluster: { controllers: 5 }" + orders + R"(
events:
  - { power-loss: controller, after: { acked: A } }
  - { crash: broker-2, at: 12s }
  - { cut: [controller, broker-1], at: 14s }
  - { slow: [controller-1, controller-2], latency: 50ms, at: 15s, for: 5s }
expect: { acked: { shop: [A, B, C, D] } }
)";
  const RunResult one = holds(text);
  const RunResult two = holds(text);
  CHECK(one.outcome.trace_hash == two.outcome.trace_hash);
}
