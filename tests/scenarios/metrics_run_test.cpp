// Metrics of whole runs: in the text report, in the JSON, and as something to expect.
#include <sstream>
#include <string>

#include "producer/metrics_table.hpp"
#include "scenarios/engine/json_report.hpp"
#include "scenarios/engine/schema_json.hpp"
#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

Outcome outcome_of(const std::string& text) { return play(text).outcome; }

std::string metrics_text(const Outcome& outcome) {
  ReportOptions options;
  options.metrics = true;
  const std::string text = text_report(outcome, options);
  const std::size_t start = text.find("\nMetrics of ");
  return start == std::string::npos ? "" : text.substr(start);
}

nlohmann::ordered_json metrics_json(const Outcome& outcome, std::size_t producer = 0) {
  return json_report(outcome)["producers"].at(producer)["metrics"];
}

const std::string retry_once = R"(
topics: { orders: { replicas: 3 } }
producers:
  shop:
    sends: { to: orders-0, values: [A, B, C] }
    config: { enable.idempotence: true }
events:
  - { reject: ProduceRequest, with: NOT_ENOUGH_REPLICAS }
)";

}  // namespace

TEST_CASE("the report shows the metrics of each producer when asked, and only then", "[run]") {
  const Outcome outcome = outcome_of(retry_once);
  CHECK(text_report(outcome, {}).find("Metrics of") == std::string::npos);
  const std::string text = squeezed(metrics_text(outcome));
  contains(text, "\nMetrics of shop\n metric value unit what it counts\n");
  contains(text, " record-send-total 6 records records sent; each attempt counts\n");
  contains(text, " record-retry-total 3 records records put back to be sent again\n");
  contains(text, " (record-ack-total) 3 records records acked\n");
  contains(text, " batches refused or unanswered, by error: NOT_ENOUGH_REPLICAS 1\n");
  contains(text, " metric min avg p50 p95 p99 max what it measures\n");
  contains(text, " (records-per-batch-*) 3 3 3 3 3 3 records: in a batch\n");
  CHECK(text.find("records that failed, by error") == std::string::npos);
}

TEST_CASE("no line of the metrics is wider than the page, however long things take", "[run]") {
  const Outcome outcome = outcome_of(R"(
topics: { orders: { replicas: 3 } }
producers:
  shop:
    sends: { to: orders-0, count: 2000, size: 1KiB }
    config: { compression.type: lz4, buffer.memory: 40000, batch.size: 15999, max.block.ms: 70000 }
    on-failure: resend
events:
  - { partition: [[shop], [broker-1, broker-2, broker-3]], at: 50ms, for: 65s }
)");
  const std::string text = metrics_text(outcome);
  INFO(text);
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    INFO(line);
    CHECK(line.size() <= 100);
  }
  const producer::MetricsSnapshot& metrics = outcome.state.producer("shop")->metrics;
  CHECK(metrics.counters.records_acked == 2000);
  CHECK(metrics.counters.buffer_wait > std::chrono::seconds(10));
  CHECK(metrics.counters.most_buffer_used > 32'000);
  CHECK(metrics.counters.most_buffer_used <= 40'000);
  CHECK(metrics.counters.compression_ratio < metrics.counters.batches_sent * 1'000'000);
}

TEST_CASE("metrics can be expected, as numbers, decimals or ranges", "[run]") {
  const Outcome outcome = outcome_of(retry_once + R"(
expect:
  acked: { shop: [A, B, C] }
  metrics:
    shop: { record-retry-total: 3, batch-size-max: 100..600, compression-rate-avg: 1,
            record-queue-time-avg: 0.5..300.25, records-per-request-avg: 3.0 }
)");
  INFO(text_report(outcome, {}));
  CHECK(outcome.verdict == Verdict::as_expected);
  CHECK(outcome.expectations.size() == 6);
  CHECK(outcome.expectations[1].key == "metrics shop batch-size-max");
}

TEST_CASE("a metric that is not as expected fails the run, with both figures and its place",
          "[run]") {
  const Outcome outcome = outcome_of(retry_once + R"(
expect: { metrics: { shop: { record-retry-total: 4..5, produce-throttle-time-max: 0.5 } } }
)");
  CHECK(outcome.verdict == Verdict::not_as_expected);
  const std::string text = text_report(outcome, {});
  contains(text, "NOT MET  metrics shop record-retry-total");
  contains(text, "expected  4..5\n             got       3\n");
  contains(text, "expected  0.5\n             got       0\n");
}

TEST_CASE("a metric of nothing is none, and not as expected", "[run]") {
  const Outcome outcome = outcome_of(R"(
topics: { orders: { replicas: 1 } }
producers: { shop: { start: never, sends: { to: orders-0, values: [A] } } }
expect: { metrics: { shop: { batch-size-avg: 0..1000, record-send-total: 0 } } }
)");
  CHECK(outcome.expectations[0].met == false);
  CHECK(outcome.expectations[0].got == "none");
  CHECK(outcome.expectations[1].met == true);
  CHECK(metrics_json(outcome)["batch-size-avg"].is_null());
  contains(metrics_text(outcome), "Metrics of shop  which does not run at the end\n");
}

TEST_CASE("the JSON holds every metric under its name", "[run]") {
  const Outcome outcome = outcome_of(retry_once);
  const nlohmann::ordered_json producer = json_report(outcome)["producers"].at(0);
  CHECK(producer["producer"] == "shop");
  CHECK(producer["alive"] == true);
  CHECK(producer["refused_batches"] == nlohmann::ordered_json({{"NOT_ENOUGH_REPLICAS", 1}}));
  CHECK(producer["failed_records"].empty());
  const nlohmann::ordered_json& metrics = producer["metrics"];
  const std::vector<std::string> names = producer::metric_names();
  REQUIRE(metrics.size() == names.size());
  std::size_t i = 0;
  for (const auto& [name, value] : metrics.items()) {
    CHECK(name == names[i++]);
    CHECK((value.is_number() || value.is_null()));
  }
  CHECK(metrics["record-send-total"] == 6);
  CHECK(metrics["record-send-total"].is_number_integer());
  CHECK(metrics["compression-rate-avg"] == 1);
  CHECK(metrics["request-latency-max"].get<double>() > 1.0);
}

TEST_CASE("an application that is killed and restarted has one set of metrics over its life",
          "[run]") {
  const Outcome outcome = outcome_of(R"(
topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C, D], every: 1s }, config: { linger.ms: 0 } }
events:
  - { crash: shop, at: 1500ms }
  - { restart: shop, at: 2500ms }
)");
  const producer::MetricsSnapshot& metrics = outcome.state.producer("shop")->metrics;
  CHECK(metrics.counters.records_acked == 4);
  CHECK(metrics.counters.produce_requests == 4);
  CHECK(metrics.request_latency.count == 4);
  // Each of the two lives asks for metadata and waits for it.
  CHECK(metrics.send_wait.count == 2);
  CHECK(metrics.active > std::chrono::seconds(2));
}

TEST_CASE("a producer that is dead at the end holds no memory and has nothing under way", "[run]") {
  const Outcome outcome = outcome_of(R"(
until: 10s
topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C, D] }, config: { linger.ms: 1000 } }
events:
  - { crash: shop, at: 500ms }
)");
  const ProducerState& shop = *outcome.state.producer("shop");
  CHECK_FALSE(shop.alive);
  CHECK(shop.metrics.gauges.buffer_available == shop.metrics.gauges.buffer_total);
  CHECK(shop.metrics.counters.most_buffer_used == 16384);
  CHECK(shop.metrics.counters.records_sent == 0);
}

TEST_CASE("metrics are the same for the same seed", "[run]") {
  const std::string first = json_text(metrics_json(outcome_of(retry_once)));
  CHECK(first == json_text(metrics_json(outcome_of(retry_once))));
}

TEST_CASE("the schema for editors knows that metrics are numbers or ranges") {
  const auto schema = nlohmann::json::parse(schema_as_json());
  const auto& metrics = schema["properties"]["expect"]["properties"]["metrics"];
  const auto& value = metrics["additionalProperties"]["additionalProperties"];
  CHECK(value["anyOf"][0]["type"] == "number");
}

TEST_CASE("several controllers are listed with their parts, a single active one is not", "[run]") {
  const std::string rest = R"(
topics: { orders: { replicas: 3 } }
producers: { shop: { sends: { to: orders-0, values: [A] } } }
events: [ { crash: controller-2, at: 1s } ]
until: 10s
)";
  const Outcome outcome = outcome_of("cluster: { controllers: 3 }" + rest);
  const std::string text = text_report(outcome, {});
  contains(text, "Controllers at the end  epoch of the quorum; LEO and HW of the metadata log");
  contains(text, "  controller    epoch  LEO");
  contains(text, "  active\n");
  contains(text, "  standby\n");
  contains(text, "   -  down\n");
  const nlohmann::ordered_json json = json_report(outcome)["controllers"];
  REQUIRE(json.size() == 3);
  CHECK(json[1]["controller"] == "controller-2");
  CHECK(json[1]["alive"] == false);
  int active = 0;
  for (const auto& controller : json) active += controller["active"] == true ? 1 : 0;
  CHECK(active == 1);

  const Outcome single =
      outcome_of("events: []\n" + retry_once.substr(0, retry_once.find("events")));
  CHECK(text_report(single, {}).find("Controllers") == std::string::npos);
  CHECK(json_report(single)["controllers"].size() == 1);
}

TEST_CASE("a single controller that is down is listed", "[run]") {
  const Outcome outcome = outcome_of(R"(
until: 5s
topics: { orders: { replicas: 3 } }
producers: { shop: { sends: { to: orders-0, values: [A] } } }
events: [ { crash: controller, at: 1s } ]
)");
  contains(text_report(outcome, {}), "  controller-1  ");
  contains(text_report(outcome, {}), "  down\n");
}

TEST_CASE("metrics of consumers are reported, in the JSON and to be expected", "[run]") {
  const Outcome outcome = outcome_of(R"(
topics: { orders: { partitions: 1, replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C, D] } }
consumers:
  billing:
    group: billing
    reads: orders
    takes: 200ms
    config: { max.poll.records: 2 }
expect:
  metrics:
    billing:
      records-consumed-total: 4
      records-lag-max: 2
      assigned-partitions: 1
      commit-total: 1..3
      rebalance-total: 1
      failed-rebalance-total: 1
      time-between-poll-max: 400..600
      records-lead-min: 2
      join-total: 1
      sync-total: 1
)");
  for (const ExpectationResult& result : outcome.expectations) {
    INFO(result.key << " is " << result.got);
    CHECK(result.met);
  }
  CHECK(outcome.expectations.size() == 10);
  const std::string text = squeezed(metrics_text(outcome));
  contains(text, "\nMetrics of billing\n metric value unit what it measures\n");
  contains(text, " records-consumed-total 4 records records handed to the application\n");
  const auto metrics = json_report(outcome)["consumers"].at(0)["metrics"];
  CHECK(metrics["records-consumed-total"] == 4);
  CHECK(metrics["rebalance-total"] == 1);
}

TEST_CASE("a consumer that never ran has no figures but zeros", "[run]") {
  const Outcome outcome = outcome_of(R"(
topics: { orders: { partitions: 1, replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A] } }
consumers:
  billing: { group: billing, reads: orders, start: never }
)");
  const auto metrics = json_report(outcome)["consumers"].at(0)["metrics"];
  CHECK(metrics["records-consumed-total"] == 0);
  CHECK(metrics["fetch-latency-avg"].is_null());
  CHECK(metrics["last-poll-seconds-ago"].is_null());
}
