// Whole runs about replication: eligible leader replicas, reading from near replicas, zombie
// leaders, too few in-sync replicas, unclean elections.
#include <algorithm>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/report.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

RunResult run_text(const std::string& text) {
  Loaded loaded = load_scenario_text("test.yaml", "scenario: test\nquestion: Why?\n" + text);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  RunOptions options;
  options.keep_trace = true;
  return run(loaded.file->scenario, options);
}

// The run ends as its expectations say; its report.
std::string holds(const std::string& text) {
  const RunResult result = run_text(text);
  std::string report = text_report(result.outcome, {});
  INFO(report);
  CHECK(result.outcome.verdict == Verdict::as_expected);
  CHECK(result.outcome.notes.empty());
  return report;
}

std::string complaints(const std::string& text) {
  return load_scenario_text("test.yaml", "scenario: test\n" + text).diagnostics.lines("test.yaml");
}

// Three replicas, two of them must be in sync. 3 and 2 stop in order, 1 dies, 2 and 3 come back.
std::string last_one_standing(const std::string& cluster, const std::string& expect) {
  return "cluster: { brokers: 3, config: { min.insync.replicas: 2 }" + cluster + " }" + R"(
topics: { orders: { replicas: [1, 2, 3] } }
producers:
  shop:
    sends: { to: orders-0, values: [A, B], every: 15s }
    config: { delivery.timeout.ms: 60000 }
events:
  - { stop: broker-3, after: { acked: A } }
  - { stop: broker-2, after: { isr: { orders-0: [1, 2] } } }
  - { crash: broker-1, after: { isr: { orders-0: [1] } } }
  - { restart: broker-2, at: 20s }
  - { restart: broker-3, at: 20s }
expect:
)" + expect;
}

const std::string goes_on = R"(
  acked: { shop: [A, B] }
  log: { orders-0: [A, B] }
  leaders: { orders-0: [broker-1, broker-2] }
  isr: { orders-0: [2, 3] }
)";
const std::string waits_for_1 = R"(
  acked: { shop: [A] }
  failed: { shop: { B: REQUEST_TIMED_OUT } }
  isr: { orders-0: [1] }
)";

}  // namespace

TEST_CASE("the last replica standing is waited for, or with ELR another one leads", "[run]") {
  holds(last_one_standing("", waits_for_1));
  holds(last_one_standing(", features: { eligible.leader.replicas.version: 0 }", waits_for_1));
  const std::string report =
      holds(last_one_standing(", features: { eligible.leader.replicas.version: 1 }", goes_on));
  CHECK(report.find("eligible leader replicas of orders-0 are now [1 2]") != std::string::npos);
  CHECK(report.find("eligible leader replicas of orders-0 are now []") != std::string::npos);
}

TEST_CASE("4.1 has eligible leader replicas on, 4.0 off, and a feature overrides both", "[run]") {
  holds(last_one_standing(", semantics: \"4.1\"", goes_on));
  holds(last_one_standing(", semantics: \"4.0\"", waits_for_1));
  holds(last_one_standing(", semantics: \"4.1\", features: { eligible.leader.replicas.version: 0 }",
                          waits_for_1));
  holds(last_one_standing(", semantics: \"4.0\", features: { eligible.leader.replicas.version: 1 }",
                          goes_on));
}

TEST_CASE("a replica that may still lead stands so in the report", "[run]") {
  const std::string report = holds(R"(
cluster: { brokers: 2, features: { eligible.leader.replicas.version: 1 } }
topics: { orders: { replicas: [1, 2], config: { min.insync.replicas: 2 } } }
producers: { shop: { sends: { to: orders-0, values: [A] } } }
events:
  - { stop: broker-2, after: { acked: A } }
expect: { acked: { shop: [A] }, isr: { orders-0: [1] } }
)");
  CHECK(report.find("eligible, down") != std::string::npos);
}

TEST_CASE("features and semantics that nobody knows are refused with those that are known") {
  CHECK(complaints("cluster: { features: { eligible.leader.replica.version: 1 } }")
            .find("did you mean 'eligible.leader.replicas.version'?") != std::string::npos);
  CHECK(complaints("cluster: { features: { eligible.leader.replicas.version: 2 } }")
            .find("is '2', expected 0 (off) or 1 (on)") != std::string::npos);
  CHECK(complaints("cluster: { features: 1 }")
            .find("expected a map such as { eligible.leader.replicas.version: 1 }") !=
        std::string::npos);
  CHECK(complaints("cluster: { semantics: \"3.5\" }")
            .find("'semantics' is '3.5', expected 4.0 or 4.1") != std::string::npos);
  CHECK(complaints("cluster: { config: { replica.selector.class: RackAwareReplicaSelector } }")
            .find("expected one of org.apache.kafka.common.replica.RackAwareReplicaSelector, "
                  "org.apache.kafka.common.replica.LeaderSelector") != std::string::npos);
}

TEST_CASE("a consumer in the rack of a follower reads on while its leader cannot be reached",
          "[run]") {
  const auto scenario = [](const std::string& rack) {
    return R"(
cluster:
  brokers: 3
  racks: [a, b, c]
  config:
    replica.selector.class: org.apache.kafka.common.replica.RackAwareReplicaSelector
topics: { orders: { replicas: [1, 2, 3] } }
producers: { shop: { sends: { to: orders-0, values: [A, B, C, D], every: 2s } } }
consumers: { near: { assign: [orders-0], config: { client.rack: )" +
           rack + R"( } } }
events:
  - { partition: [[near], [broker-1]], after: { acked: B }, for: 20s }
expect:
  acked: { shop: [A, B, C, D] }
  handled: { near: [A, B, C, D] }
)";
  };
  // When D was handled, which was sent at six seconds.
  const auto handled_d = [&](const std::string& rack) {
    const RunResult result = run_text(scenario(rack));
    CHECK(result.outcome.verdict == Verdict::as_expected);
    const auto line =
        std::find_if(result.trace.begin(), result.trace.end(), [](const std::string& l) {
          return l.find("near handled ") != std::string::npos && l.find(" D") != std::string::npos;
        });
    REQUIRE(line != result.trace.end());
    return std::stod(*line);
  };
  CHECK(handled_d("b") < 7.5);
  CHECK(handled_d("c") < 7.5);
  CHECK(handled_d("a") > 20);
}

TEST_CASE("a zombie leader acks what is lost with acks=1, and acks nothing with acks=all",
          "[run]") {
  const auto scenario = [](const std::string& acks, const std::string& expect) {
    return R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2 } } }
producers:
  shop:
    sends: { to: orders-0, values: [A, B, C], every: 4s }
    config: { request.timeout.ms: 3000, acks: )" +
           acks + R"( }
consumers: { reader: { assign: [orders-0] } }
events:
  - { partition: [[broker-1], [broker-2, broker-3, controller]], after: { handled: A }, for: 20s }
expect:
)" + expect;
  };
  holds(scenario("1", R"(
  acked: { shop: [A, B, C] }
  log: { orders-0: [A] }
  handled: { reader: [A] }
  truncated: { broker-1: [B, C] }
  lost: [B, C]
)"));
  // Both stay in the zombie's log for a while; what comes after the timeouts goes to the new
  // leader.
  holds(scenario("all", R"(
  acked: { shop: [A, B, C] }
  log: { orders-0: [A, B, C] }
  handled: { reader: [A, B, C] }
  leaders: { orders-0: [broker-1, broker-2] }
)"));
}

TEST_CASE("an unclean election loses what the leader took alone, without it the partition waits",
          "[run]") {
  const auto scenario = [](const std::string& unclean, const std::string& expect) {
    return R"(
cluster: { brokers: 2, config: { unclean.leader.election.enable: )" +
           unclean + R"( } }
topics: { orders: { replicas: [1, 2] } }
producers:
  shop:
    sends: { to: orders-0, values: [A, B, C], every: 20s }
    config: { delivery.timeout.ms: 40000, request.timeout.ms: 5000 }
events:
  - { crash: broker-2, after: { acked: A } }
  - { crash: broker-1, at: 26s }    # late enough for its high watermark to be on disk
  - { restart: broker-2, at: 30s }
expect:
)" + expect;
  };
  holds(scenario("true", R"(
  acked: { shop: [A, B, C] }
  log: { orders-0: [A, C] }
  leaders: { orders-0: [broker-1, broker-2] }
  lost: [B]
)"));
  holds(scenario("false", R"(
  acked: { shop: [A, B] }
  failed: { shop: { C: REQUEST_TIMED_OUT } }
  log: { orders-0: [A, B] }
  isr: { orders-0: [1] }
)"));
}

TEST_CASE("a broker that reboots quickly is refused until its old session is over", "[run]") {
  const RunResult result = run_text(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2 } } }
producers: { shop: { sends: { to: orders-0, values: [A, B], every: 30s } } }
events:
  - { crash: broker-1, after: { acked: A } }
  - { restart: broker-1, after: { event: 1 } }
expect:
  acked: { shop: [A, B] }
  leaders: { orders-0: [broker-1, broker-2] }
  isr: { orders-0: [1, 2, 3] }
)");
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  const auto at = [&](const std::string& what) {
    const auto line = std::find_if(result.trace.begin(), result.trace.end(), [&](const auto& l) {
      return l.find(what) != std::string::npos;
    });
    REQUIRE(line != result.trace.end());
    return std::stod(*line);
  };
  CHECK(at("controller-1 fenced broker-1") < at("controller-1 registered broker-1"));
}
