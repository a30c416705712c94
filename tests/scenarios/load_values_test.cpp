// What a good file becomes: every part of the language, read into its value.
#include "scenarios/engine/load.hpp"
#include "scenarios/engine/schema_json.hpp"
#include "scenarios/engine/selector.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace kafkasim::scenarios;
using namespace std::chrono_literals;
using kafkasim::protocol::ErrorCode;

namespace {

ScenarioFile loaded(const std::string& text) {
  const Loaded result = load_scenario_text("x.yaml", text);
  INFO(result.diagnostics.lines("x.yaml"));
  REQUIRE(result.file.has_value());
  return *result.file;
}

Scenario scenario(const std::string& text) { return loaded("scenario: x\n" + text).scenario; }

std::vector<std::string> texts(const Records& records) {
  return std::get<std::vector<std::string>>(records);
}

constexpr const char* base = R"(
cluster: { brokers: 3 }
topics: { orders: { partitions: 2, replicas: 3 } }
producers: { shop: { sends: { to: orders-0, values: [A, B] } } }
consumers: { billing: { group: billing, reads: orders } }
)";

Event event(const std::string& line) {
  return scenario(std::string(base) + "events:\n  - " + line + "\n").events.at(0);
}

}  // namespace

TEST_CASE("the four first scenarios load without a finding") {
  for (const std::string name : {"duplicate-after-lost-ack", "lost-after-ack-with-acks-1",
                                 "reordered-by-a-retry", "handled-twice-after-a-rebalance"}) {
    INFO(name);
    const Loaded result = load_scenario("scenarios/" + name + ".yaml");
    CHECK(result.diagnostics.lines(name) == "");
    REQUIRE(result.file.has_value());
    CHECK(result.file->scenario.name == name);
    CHECK(!result.file->scenario.question.empty());
  }
}

TEST_CASE("what is not said has its default") {
  const Scenario s = scenario("");
  CHECK(s.seed == 1);
  CHECK_FALSE(s.until);
  CHECK(s.cluster.brokers.size() == 3);
  CHECK(s.cluster.controllers == 1);
  CHECK(s.cluster.latency == DurationRange{500us, 1ms});
  CHECK(s.topics.empty());
  const Scenario with_topic = scenario("topics: { orders: {}, jobs: }\n");
  REQUIRE(with_topic.topics.size() == 2);
  CHECK(with_topic.topics[0].partitions == 1);
  CHECK(with_topic.topics[0].replication_factor == 1);
}

TEST_CASE("the cluster's settings hold for every broker, and a host's for itself") {
  const Scenario s = scenario(R"(
cluster:
  brokers: 2
  racks: [a, b]
  config: { min.insync.replicas: 2, replica.lag.time.max.ms: 5000 }
  hosts: { broker-2: { config: { replica.lag.time.max.ms: 7000 } } }
  network: { latency: 2ms }
)");
  REQUIRE(s.cluster.brokers.size() == 2);
  CHECK(s.cluster.brokers[0].name == "broker-1");
  CHECK(s.cluster.brokers[1].rack == "b");
  CHECK(s.cluster.brokers[0].config.duration_ms("replica.lag.time.max.ms") == 5s);
  CHECK(s.cluster.brokers[1].config.duration_ms("replica.lag.time.max.ms") == 7s);
  CHECK(s.cluster.brokers[1].config.int_value("min.insync.replicas") == 2);
  CHECK(s.cluster.latency == DurationRange{2ms, 2ms});
}

TEST_CASE("replicas are a number, a list for every partition, or a list for each") {
  const Scenario s = scenario(R"(
topics:
  a: { partitions: 2, replicas: 2 }
  b: { partitions: 2, replicas: [3, 1] }
  c: { partitions: 2, replicas: [[1, 2], [2, 3]], config: { min.insync.replicas: 2 } }
)");
  CHECK(s.topics[0].replicas.empty());
  CHECK(s.topics[0].replication_factor == 2);
  CHECK(s.topics[1].replicas == std::vector<std::vector<int>>{{3, 1}, {3, 1}});
  CHECK(s.topics[2].replicas == std::vector<std::vector<int>>{{1, 2}, {2, 3}});
  CHECK(s.topics[2].replication_factor == 2);
  CHECK(s.topics[2].config.int_value("min.insync.replicas") == 2);
}

TEST_CASE("a record is text, whatever it looks like") {
  const Scenario s = scenario(R"(
topics: { t: }
producers: { p: { sends: { to: t, values: [no, 1e3, 010, ~, null, "quoted", 'it''s', 0x10] } } }
)");
  CHECK(s.producers[0].sends[0].values ==
        std::vector<std::string>{"no", "1e3", "010", "~", "null", "quoted", "it's", "0x10"});
}

TEST_CASE("a partitioner by rule names partitions by number, range or list") {
  const Scenario s = scenario(R"(
topics: { t: { partitions: 6 } }
producers:
  p:
    sends: { to: t, values: [A], key: gold-1 }
    partitioner: { key-prefix: { gold-: [0, 1], silver-: 2 }, otherwise: 3..5 }
  q: { sends: { to: t, values: [B] } }
)");
  REQUIRE(s.producers[0].partitioner);
  using Partitions = std::vector<std::int32_t>;
  CHECK(s.producers[0].partitioner->prefixes ==
        std::map<std::string, Partitions>{{"gold-", {0, 1}}, {"silver-", {2}}});
  CHECK(s.producers[0].partitioner->otherwise == Partitions{3, 4, 5});
  CHECK_FALSE(s.producers[1].partitioner);
}

TEST_CASE("a producer's plans follow one another") {
  const Scenario s = scenario(R"(
topics: { t: { partitions: 3 }, t-1: {} }
producers:
  shop:
    sends:
      - { to: t, count: 3, keys: 2, size: 1KiB, every: 1000/s, start: 5s }
      - { to: t-2, count: 2, key: k }
      - { to: t-1, values: [A], keys: [x, y] }
      - { to: t, values: [gone], key: x, tombstones: true }
    on-failure: resend
    start: never
)");
  const Producer& shop = s.producers.at(0);
  CHECK(shop.on_failure == OnFailure::resend);
  CHECK_FALSE(shop.start);
  REQUIRE(shop.sends.size() == 4);
  CHECK(shop.sends[0].record_count() == 3);
  CHECK(shop.sends[0].record(2) == "shop-3");
  CHECK(shop.sends[0].key(0) == "key-1");
  CHECK(shop.sends[0].key(2) == "key-1");
  CHECK(shop.sends[0].size == 1024);
  CHECK(shop.sends[0].every == 1ms);
  CHECK(shop.sends[0].start == 5s);
  CHECK_FALSE(shop.sends[0].partition);
  CHECK(shop.sends[1].record(0) == "shop-4");
  CHECK(shop.sends[1].topic == "t");
  CHECK(shop.sends[1].partition == 2);
  CHECK(shop.sends[1].key(1) == "k");
  CHECK(shop.sends[2].topic == "t-1");
  CHECK_FALSE(shop.sends[2].partition);
  CHECK(shop.sends[2].key(0) == "x");
  CHECK_FALSE(shop.sends[2].tombstones);
  CHECK(shop.sends[3].tombstones);
}

TEST_CASE("a producer's settings are resolved as Kafka resolves them") {
  const Scenario s = scenario(R"(
topics: { t: }
producers:
  a: { sends: { to: t, values: [A] }, config: { acks: 1 } }
  b: { sends: { to: t, values: [B] }, config: { linger.ms: 100, request.timeout.ms: 200000 } }
)");
  CHECK_FALSE(s.producers[0].config.flag("enable.idempotence"));
  CHECK(s.producers[1].config.flag("enable.idempotence"));
  CHECK(s.producers[1].config.text("acks") == "-1");
  CHECK(s.producers[1].config.int_value("delivery.timeout.ms") == 200100);
}

TEST_CASE(
    "a consumer commits by itself unless it says that Kafka shall, and begins at the beginning") {
  const Scenario s = scenario(R"(
topics: { t: { partitions: 2 } }
consumers:
  a: { group: g, reads: t }
  b: { group: g, reads: [t], commits: auto, takes: 5ms }
  c: { group: g, reads: t, config: { enable.auto.commit: true, auto.offset.reset: latest } }
  d: { assign: [t-0, t-1] }
  e: { group: g, reads: t, commits: after-each, start: 3s }
)");
  CHECK(s.consumers[0].commits == Commits::after_handling);
  CHECK_FALSE(s.consumers[0].config.flag("enable.auto.commit"));
  CHECK(s.consumers[0].config.text("auto.offset.reset") == "earliest");
  CHECK(s.consumers[0].config.text("group.id") == "g");
  CHECK(s.consumers[1].commits == Commits::automatic);
  CHECK(s.consumers[1].config.flag("enable.auto.commit"));
  CHECK(s.consumers[1].takes == 5ms);
  CHECK(s.consumers[2].commits == Commits::automatic);
  CHECK(s.consumers[2].config.text("auto.offset.reset") == "latest");
  CHECK(s.consumers[3].commits == Commits::never);
  CHECK(s.consumers[3].assign == std::vector<TopicPartition>{{"t", 0}, {"t", 1}});
  CHECK(s.consumers[4].start == 3s);
}

TEST_CASE("instances have numbers, and `like` takes over what is not said") {
  const Scenario s = scenario(R"(
topics: { t: , u: }
consumers:
  worker:
    { group: g, reads: t, instances: 2, takes: 1s,
      config: { max.poll.records: 1, fetch.min.bytes: 5 } }
  audit: { like: worker, group: audit, instances: 1, config: { fetch.min.bytes: 7 } }
  other: { like: audit, assign: [u-0] }
)");
  REQUIRE(s.consumers.size() == 4);
  CHECK(s.consumers[0].name == "worker-1");
  CHECK(s.consumers[1].name == "worker-2");
  CHECK(s.consumers[1].key == "worker");
  CHECK(s.consumers[2].name == "audit");
  CHECK(s.consumers[2].group == "audit");
  CHECK(s.consumers[2].reads == std::vector<std::string>{"t"});
  CHECK(s.consumers[2].takes == 1s);
  CHECK(s.consumers[2].config.int_value("max.poll.records") == 1);
  CHECK(s.consumers[2].config.int_value("fetch.min.bytes") == 7);
  CHECK(s.consumers[3].reads.empty());
  CHECK(s.consumers[3].assign == std::vector<TopicPartition>{{"u", 0}});
}

TEST_CASE("an assignor may be named in short") {
  const Scenario s = scenario(R"(
topics: { t: }
consumers:
  a: { group: g, reads: t,
       config: { partition.assignment.strategy: [range, cooperative-sticky] } }
)");
  CHECK(kafkasim::protocol::find_config(s.consumers[0].config.defs(),
                                        "partition.assignment.strategy") != nullptr);
  CHECK(s.consumers[0].config.list("partition.assignment.strategy").at(0) ==
        "org.apache.kafka.clients.consumer.RangeAssignor");
}

TEST_CASE("an event without a trigger is armed from the start") {
  const Event reject = event(
      "{ reject: ProduceRequest, from: shop, nth: 2..4, of: orders-1, with: NOT_ENOUGH_REPLICAS }");
  CHECK(reject.number == 1);
  CHECK(reject.trigger.kind == TriggerKind::immediately);
  CHECK(reject.action.kind == ActionKind::reject);
  CHECK(reject.action.error == ErrorCode::not_enough_replicas);
  CHECK(reject.action.message.kind == "ProduceRequest");
  CHECK(reject.action.message.from->name == "shop");
  CHECK(reject.action.message.nth == CountRange{2, 4});
  CHECK(reject.action.message.of == TopicPartition{"orders", 1});
  const Event hold = event("{ hold: FetchResponse, to: billing, for: 5s }");
  CHECK(hold.lasts == 5s);
  CHECK(hold.action.message.to->kind == SelectorKind::client);
}

TEST_CASE("a message is a trigger, and what is said of it belongs to the trigger") {
  const Event cut =
      event("{ cut: [shop, leader(orders-0)], before: ProduceResponse, to: shop, nth: 3 }");
  CHECK(cut.trigger.kind == TriggerKind::before);
  CHECK(cut.trigger.message.kind == "ProduceResponse");
  CHECK(cut.trigger.message.nth == CountRange{3, 3});
  REQUIRE(cut.action.targets.size() == 2);
  CHECK(cut.action.targets[1].kind == SelectorKind::leader);
  CHECK(cut.action.targets[1].partition == TopicPartition{"orders", 0});
  const Event hold = event("{ hold: ProduceResponse, on: FetchRequest, nth: 2 }");
  CHECK(hold.trigger.message.nth == CountRange{2, 2});
  CHECK_FALSE(hold.action.message.nth);
}

TEST_CASE("lines of the trace are triggers") {
  CHECK(event("{ at: 2s, crash: broker-1 }").trigger.at == 2s);
  const Event acked = event("{ after: { acked: B }, restart: broker-2 }");
  CHECK(acked.trigger.after == AfterKind::acked);
  CHECK(acked.trigger.record == "B");
  const Event appended =
      event("{ after: { appended: A, on: follower(orders-0, 2) }, crash: broker-1 }");
  CHECK(appended.trigger.on->index == 2);
  const Event cut = event("{ cut: [follower(orders-0, 1), follower(orders-0, 2)] }");
  REQUIRE(cut.action.targets.size() == 2);
  CHECK(cut.action.targets[0].index == 1);
  CHECK(cut.action.targets[1].index == 2);
  const Event fetch = event(
      "{ hold: FetchRequest, from: follower(orders-0, 1), to: follower(orders-1, 1), for: 1s }");
  CHECK(fetch.action.message.from->partition == TopicPartition{"orders", 0});
  CHECK(fetch.action.message.to->partition == TopicPartition{"orders", 1});
  const Event isr = event("{ after: { isr: { orders-1: [2, 1] } }, crash: isr(orders-0) }");
  CHECK(isr.trigger.partition == TopicPartition{"orders", 1});
  CHECK(isr.trigger.isr == std::vector<int>{1, 2});
  CHECK(event("{ after: { elected: orders-0 }, stop: shop }").trigger.after == AfterKind::elected);
  CHECK(event("{ after: { joined: billing }, stall: billing, for: 8s }").trigger.client ==
        "billing");
  CHECK(event("{ after: { handled: A, by: billing }, pause: broker-1, for: 1s }").trigger.by ==
        "billing");
  CHECK(event("{ after: { committed: A }, crash: controller }").trigger.record == "A");
  CHECK(event("{ after: { committed: billing }, crash: coordinator(billing) }").trigger.group ==
        "billing");
  CHECK(event("{ after: { committed: { group: billing } }, start: shop }").trigger.group ==
        "billing");
}

TEST_CASE("silence has groups, a direction and an end") {
  const Event silence =
      event("{ partition: [[broker-1], [broker-2, shop]], one-way: true, for: 10s }");
  REQUIRE(silence.action.groups.size() == 2);
  CHECK(silence.action.groups[1].size() == 2);
  CHECK(silence.action.one_way);
  CHECK(silence.lasts == 10s);
  const Event slow = event("{ slow: [shop, broker-1], latency: 200ms..300ms }");
  CHECK(slow.action.latency == DurationRange{200ms, 300ms});
  CHECK_FALSE(slow.lasts);
}

TEST_CASE("expectations are read with their places") {
  const Expectations e = scenario(std::string(base) + R"(
expect:
  acked: { shop: [A, B] }
  failed: { shop: { B: TIMED_OUT } }
  log: { orders-0: [A, A, B], orders-1: 0 }
  handled: { billing: 2..5 }
  committed: { billing: { orders-0: 3 } }
  lag: { billing: 0 }
  truncated: { broker-1: [B] }
  errors: { shop: [NOT_ENOUGH_REPLICAS], billing: [] }
  leaders: { orders-0: [broker-1, broker-2] }
  isr: { orders-0: [3, 2] }
  assignments: { billing: [ { billing: [orders-1, orders-0] } ] }
  duplicated: [A]
  handled-twice: 1
  checks:
    - { at: 3s, isr: { orders-0: [1, 2] }, high-watermark: { orders-0: 5 }, lag: { billing: 3..5 } }
)")
                             .expect;
  CHECK(texts(e.acked.at("shop").value) == std::vector<std::string>{"A", "B"});
  CHECK(e.failed.at("shop").value.errors.at("B") == ErrorCode::request_timed_out);
  CHECK(texts(e.failed.at("shop").value.records) == std::vector<std::string>{"B"});
  CHECK(texts(e.log.at({"orders", 0}).value).size() == 3);
  CHECK(std::get<CountRange>(e.log.at({"orders", 1}).value) == CountRange{0, 0});
  CHECK(std::get<CountRange>(e.handled.at("billing").value) == CountRange{2, 5});
  CHECK(e.committed.at("billing").value.at({"orders", 0}) == CountRange{3, 3});
  CHECK(e.lag.at("billing").value.sum == CountRange{0, 0});
  CHECK(e.truncated.contains("broker-1"));
  CHECK(e.errors.at("shop").value == std::vector<ErrorCode>{ErrorCode::not_enough_replicas});
  CHECK(e.errors.at("billing").value.empty());
  CHECK(e.leaders.at({"orders", 0}).value.back() == "broker-2");
  CHECK(e.isr.at({"orders", 0}).value == std::vector<int>{2, 3});
  CHECK(e.assignments.at("billing").value.at(0).at("billing") ==
        std::vector<TopicPartition>{{"orders", 0}, {"orders", 1}});
  CHECK(texts(e.anomalies.at(Anomaly::duplicated).value) == std::vector<std::string>{"A"});
  CHECK(e.anomalies.size() == 2);
  REQUIRE(e.checks.size() == 1);
  CHECK(e.checks[0].at == 3s);
  CHECK(e.checks[0].lag.at("billing").value.sum == CountRange{3, 5});
  CHECK(e.acked.at("shop").position == Position{9, 12});
}

TEST_CASE("a variant is laid over the experiment, and its expectations stand alone") {
  const ScenarioFile file = loaded(std::string("scenario: x\n") + base + R"(
events: [ { crash: broker-1 } ]
expect: { acked: { shop: [A, B] }, lost: [A] }
variants:
  other:
    seed: 7
    cluster: { config: { min.insync.replicas: 2 } }
    topics: { more: { replicas: 1 } }
    producers: { shop: { sends: { count: 3 }, config: { acks: 1 } } }
    events: []
    expect: { acked: { shop: 3 } }
  plain: {}
)");
  CHECK(file.scenario.variant.empty());
  REQUIRE(file.variants.size() == 2);
  const Scenario& other = file.variants[0];
  CHECK(other.variant == "other");
  CHECK(other.name == "x");
  CHECK(other.seed == 7);
  CHECK(other.cluster.brokers.size() == 3);
  CHECK(other.cluster.brokers[0].config.int_value("min.insync.replicas") == 2);
  CHECK(other.topics.size() == 2);
  CHECK(other.producers[0].sends[0].topic == "orders");
  CHECK(other.producers[0].sends[0].record(0) == "shop-1");
  CHECK(other.producers[0].config.text("acks") == "1");
  CHECK(other.events.empty());
  CHECK(other.expect.anomalies.empty());
  CHECK(std::get<CountRange>(other.expect.acked.at("shop").value) == CountRange{3, 3});
  CHECK(file.variants[1].expect.acked.empty());
  CHECK(file.variants[1].events.size() == 1);
}

TEST_CASE("warnings do not make a file wrong") {
  const Loaded result =
      load_scenario_text("y.yaml", "scenario: x\ncluster: { config: { num.io.threads: 4 } }\n");
  CHECK(result.file.has_value());
  CHECK(result.diagnostics.lines("y.yaml") ==
        "y.yaml:1:11: warning: the scenario is called 'x', but its file 'y.yaml'\n"
        "y.yaml:2:22: warning: 'num.io.threads' is known, without effect here\n");
}

TEST_CASE("a selector is printed as it is written") {
  for (const std::string text :
       {"leader(orders-0)", "followers(a-b-3)", "follower(orders-0, 2)", "isr(orders-1)",
        "controller", "coordinator(billing)", "broker-2", "controller-1", "shop"}) {
    const auto parsed = parse_selector(text);
    REQUIRE(parsed.selector);
    CHECK(to_string(*parsed.selector) == text);
  }
}

TEST_CASE("the JSON schema names every key of the language, and what is not supported yet") {
  const auto schema = nlohmann::json::parse(schema_as_json());
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["required"] == nlohmann::json::array({"scenario"}));
  for (const std::string key :
       {"scenario", "question", "answer", "seed", "until", "cluster", "topics", "producers",
        "consumers", "processors", "events", "expect", "sweep", "variants"}) {
    CHECK(schema["properties"].contains(key));
  }
  CHECK(schema["properties"]["sweep"]["description"].get<std::string>().find("Not supported yet") !=
        std::string::npos);
  CHECK(schema["$defs"]["producer-settings"]["properties"]["linger.ms"]["default"] == "5");
  // librdkafka takes a fraction.
  CHECK(schema["$defs"]["producer-settings"]["properties"]["linger.ms"]["type"] ==
        nlohmann::json::array({"integer", "number"}));
  CHECK(schema["$defs"]["producer-settings"]["properties"].contains("queue.buffering.max.ms"));
  CHECK_FALSE(schema["$defs"]["variant"].contains("required"));
}
