// `client: librdkafka` in scenario files: its settings, its refusals, and runs with it.
#include <string>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/report.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::scenarios;

namespace {

const std::string head =
    "scenario: test\nquestion: Does it hold?\ncluster: { brokers: 3 }\n"
    "topics: { orders: { partitions: 2, replicas: 3 }, alone: { replicas: 1 } }\n";

void holds(const std::string& text) {
  Loaded loaded = load_scenario_text("test.yaml", head + text);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  const RunResult result = run(loaded.file->scenario, {});
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
}

// All findings, without the name of the file.
std::string findings(const std::string& text) {
  return load_scenario_text("test.yaml", head + text).diagnostics.lines("test.yaml");
}

}  // namespace

TEST_CASE("a producer and a consumer of librdkafka bring records through the cluster") {
  holds(R"(
producers:
  shop: { client: librdkafka, sends: { to: orders-0, values: [A, B, C] }, config: { acks: all } }
consumers:
  billing: { client: librdkafka, group: billing, reads: orders }
expect:
  acked: { shop: [A, B, C] }
  log: { orders-0: [A, B, C] }
  handled: { billing: [A, B, C] }
)");
}

TEST_CASE("librdkafka stores a record twice when its ack is lost, unless it is idempotent") {
  const std::string lost_ack = R"(
    sends: { to: orders-0, values: [A, B, C], every: 100ms }
    config: { linger.ms: 0, enable.idempotence: IDEMPOTENT }
events:
  - cut: [shop, leader(orders-0)]
    before: ProduceResponse
expect:
  acked: { shop: [A, B, C] }
)";
  const auto with = [&](const std::string& flag, const std::string& expected) {
    std::string text = "producers:\n  shop:\n    client: librdkafka" + lost_ack + expected;
    text.replace(text.find("IDEMPOTENT"), std::string("IDEMPOTENT").size(), flag);
    holds(text);
  };
  with("false", "  log: { orders-0: [A, A, B, C] }\n  duplicated: [A]\n");
  with("true", "  log: { orders-0: [A, B, C] }\n");
}

TEST_CASE("messages of librdkafka time out after message.timeout.ms without a leader") {
  holds(R"(
producers:
  shop:
    client: librdkafka
    sends: { to: alone, values: [A, B], every: 2s }
    config: { message.timeout.ms: 5000 }
events:
  - crash: leader(alone-0)
    at: 1s
expect:
  acked: { shop: [A] }
  failed: { shop: [B] }
)");
}

TEST_CASE("a full queue of librdkafka fails what does not fit, and Java's producer waits") {
  const std::string sends =
      "    sends: { to: orders-0, values: [A, B, C, D] }\n    config: { linger.ms: 50";
  holds("producers:\n  shop:\n    client: librdkafka\n" + sends +
        ", queue.buffering.max.messages: 3 }\nexpect:\n  acked: { shop: [A, B, C] }\n"
        "  failed: { shop: [D] }\n");
  holds("producers:\n  shop:\n" + sends +
        ", buffer.memory: 600, batch.size: 200 }\nexpect:\n  acked: { shop: [A, B, C, D] }\n");
}

TEST_CASE("librdkafka's automatic commit takes in what is being handled, Java's does not") {
  const auto with = [&](const std::string& client, const std::string& expected) {
    holds(R"(
producers:
  shop: { sends: { to: orders-0, values: [A, B] } }
consumers:
  billing:
    client: )" +
          client + R"(
    group: billing
    reads: orders
    commits: auto
    takes: 10s
    config: { session.timeout.ms: 6000, heartbeat.interval.ms: 1000 }
events:
  - crash: billing
    at: 11s
  - restart: billing
    at: 12s
expect:
)" + expected);
  };
  with("librdkafka", "  handled: { billing: [B] }\n  skipped: [A]\n");
  with("java", "  handled: { billing: [A, B] }\n");
}

TEST_CASE("settings of librdkafka are refused in its words, at their place") {
  CHECK(findings("producers:\n"
                 "  shop: { client: librdkafka, sends: { to: orders, values: [A] }, config: {\n"
                 "    retries: -1,\n"
                 "    compression.type: brotli,\n"
                 "    acsk: all,\n"
                 "    buffer.memory: 1 } }\n") ==
        "test.yaml:7:14: error: Configuration property \"message.send.max.retries\" value -1 is "
        "outside allowed range 0..2147483647\n"
        "test.yaml:8:23: error: Invalid value \"brotli\" for configuration property "
        "\"compression.codec\"\n"
        "test.yaml:9:5: error: No such configuration property: \"acsk\", did you mean 'acks'?\n"
        "test.yaml:10:5: error: No such configuration property: \"buffer.memory\", it is a setting "
        "of a java producer\n");
}

TEST_CASE("a conflict among settings of librdkafka stands where its setting stands") {
  CHECK(findings("producers:\n"
                 "  shop: { client: librdkafka, sends: { to: orders, values: [A] },\n"
                 "    config: { enable.idempotence: true, acks: 1 } }\n") ==
        "test.yaml:7:41: error: `acks` must be set to `all` when `enable.idempotence` is true\n");
  CHECK(findings("consumers:\n"
                 "  billing: { client: librdkafka, group: billing, reads: orders,\n"
                 "    config: { partition.assignment.strategy: [range, sticky] } }\n") ==
        "test.yaml:7:15: error: Unsupported partition.assignment.strategy: sticky\n");
}

TEST_CASE("settings of librdkafka without effect, or of another client, are warned of") {
  CHECK(
      findings("producers:\n"
               "  shop: { client: librdkafka, sends: { to: orders, values: [A] },\n"
               "    config: { group.id: g, statistics.interval.ms: 1000, queuing.strategy: fifo } }"
               "\n") ==
      "test.yaml:7:15: warning: Configuration property group.id is a consumer property and will "
      "be ignored by this producer instance\n"
      "test.yaml:7:28: warning: 'statistics.interval.ms' is known, without effect here\n"
      "test.yaml:7:58: warning: Configuration property queuing.strategy is deprecated\n");
}

TEST_CASE("settings of librdkafka are none of Java's") {
  const std::string found = findings(
      "producers:\n"
      "  shop: { sends: { to: orders, values: [A] },\n"
      "    config: { queue.buffering.max.messages: 10 } }\n");
  CHECK(found.find("it is a setting of a librdkafka producer") != std::string::npos);
}
