// Whole runs with an administrator: each event, what it changes, and what becomes of clients that
// are at work meanwhile.
#include <string>

#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

bool tells(const RunResult& result, const std::string& words) {
  for (const TimelineEntry& entry : result.outcome.timeline.entries) {
    if (entry.text.find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a topic's settings change under a running producer and go back", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2, 3] } }
producers:
  shop:
    sends:
      - { to: orders-0, values: [A] }
      - { to: orders-0, values: [B], start: 30s }
      - { to: orders-0, values: [C], start: 60s }
    config: { retries: 0, enable.idempotence: false }
events:
  - { at: 1s, alter-topic: orders, config: { min.insync.replicas: 3 } }
  - { at: 2s, crash: broker-3 }
  - { at: 50s, alter-topic: orders, config: { min.insync.replicas: } }
expect:
  acked: { shop: [A, C] }
  failed: { shop: { B: NOT_ENOUGH_REPLICAS } }
  log: { orders-0: [A, C] }
)");
}

TEST_CASE("the default of all brokers acts where neither topic nor broker has its own",
          "[run][admin]") {
  holds(R"(
cluster: { brokers: 2 }
topics:
  orders: { replicas: [1, 2] }
  returns: { replicas: [1, 2], config: { min.insync.replicas: 1 } }
producers:
  shop:
    sends: [ { to: orders-0, values: [A], start: 30s }, { to: returns-0, values: [B] } ]
    config: { retries: 0, enable.idempotence: false }
events:
  - { at: 1s, alter-broker: all, config: { min.insync.replicas: 2 } }
  - { at: 2s, crash: broker-2 }
expect:
  failed: { shop: { A: NOT_ENOUGH_REPLICAS } }
  acked: { shop: [B] }
)");
}

TEST_CASE("what a broker cannot change while it runs is refused in Kafka's words", "[run][admin]") {
  holds(R"(
cluster: { brokers: 2 }
events:
  - { at: 1s, alter-broker: broker-2, config: { num.partitions: 5 } }
)",
        "alter broker-2: num.partitions = 5: INVALID_REQUEST (Cannot update these configs "
        "dynamically: Set(num.partitions))\n");
}

TEST_CASE("a topic that an event creates is written and read like any other", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
producers:
  shop: { sends: { to: orders-1, values: [A, B], start: 5s } }
consumers:
  billing: { group: billing, reads: orders, start: 5s }
events:
  - { at: 1s, create-topic: orders, partitions: 2, replicas: 3, config: { min.insync.replicas: 2 } }
expect:
  acked: { shop: [A, B] }
  log: { orders-1: [A, B] }
  handled: { billing: [A, B] }
)");
}

TEST_CASE("a topic that is not there is created for the first client that asks", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3, config: { num.partitions: 2, default.replication.factor: 3 } }
topics: { orders: { start: never } }
producers:
  shop: { sends: { to: orders-1, values: [A, B] } }
expect:
  acked: { shop: [A, B] }
  log: { orders-1: [A, B] }
)");
}

TEST_CASE("creating what is there fails, and the run says so", "[run][admin]") {
  holds(R"(
cluster: { brokers: 1 }
topics: { orders: {} }
events:
  - { at: 1s, create-topic: orders }
  - { at: 2s, add-partitions: orders, to: 1 }
)",
        "create topic orders: TOPIC_ALREADY_EXISTS (Topic 'orders' already exists.)\n"
        "give topic orders 1 partitions: INVALID_PARTITIONS (Topic already has 1 partition(s).)\n");
}

TEST_CASE("a deleted topic takes its records along, and nothing counts as lost", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3, config: { auto.create.topics.enable: false } }
topics: { orders: { replicas: 3 } }
producers:
  shop:
    sends: [ { to: orders-0, values: [A, B] }, { to: orders-0, values: [C], start: 20s } ]
    config: { delivery.timeout.ms: 10000, request.timeout.ms: 5000, max.block.ms: 5000 }
events:
  - { at: 5s, delete-topic: orders }
expect:
  acked: { shop: [A, B] }
  failed: { shop: [C] }
)");
}

TEST_CASE("a topic made again under its name begins at 0, and its producer goes on",
          "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop:
    sends: [ { to: orders-0, values: [A, B] }, { to: orders-0, values: [C, D], start: 20s } ]
events:
  - { at: 5s, delete-topic: orders }
  - { at: 6s, create-topic: orders, replicas: 3 }
expect:
  acked: { shop: [A, B, C, D] }
  log: { orders-0: [C, D] }
)");
}

TEST_CASE("a consumer of a topic made again finds its new records", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3, config: { auto.create.topics.enable: false } }
topics: { orders: { replicas: 3 } }
producers:
  shop:
    sends: [ { to: orders-0, values: [A, B, C] }, { to: orders-0, values: [D, E], start: 60s } ]
consumers:
  billing: { group: billing, reads: orders }
events:
  - { at: 5s, delete-topic: orders }
  - { at: 6s, create-topic: orders, replicas: 3 }
expect:
  acked: { shop: [A, B, C, D, E] }
  log: { orders-0: [D, E] }
  handled: { billing: [A, B, C, D, E] }
)");
}

TEST_CASE("a consumer that still asks for a deleted topic has it created again", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C] } }
consumers:
  billing: { group: billing, reads: orders }
events:
  - { at: 5s, delete-topic: orders }
  - { at: 6s, create-topic: orders, replicas: 3 }
expect:
  log: { orders-0: [] }
  handled: { billing: [A, B, C] }
)",
        "create topic orders: TOPIC_ALREADY_EXISTS (Topic 'orders' already exists.)\n");
}

TEST_CASE("clients find the partitions of a grown topic once they look", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { partitions: 1, replicas: 3 } }
producers:
  shop:
    sends: [ { to: orders-0, values: [A] }, { to: orders-2, values: [B], start: 20s } ]
    config: { metadata.max.age.ms: 5000 }
consumers:
  billing: { group: billing, reads: orders, config: { metadata.max.age.ms: 5000 } }
events:
  - { at: 5s, add-partitions: orders, to: 3 }
expect:
  acked: { shop: [A, B] }
  log: { orders-0: [A], orders-2: [B] }
  handled: { billing: [A, B] }
)");
}

TEST_CASE("a partition moves to other brokers while it is written", "[run][admin]") {
  const std::string text = R"(
cluster: { brokers: 4 }
topics: { orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2 } } }
producers:
  shop: { sends: { to: orders-0, count: 200, every: 20ms } }
consumers:
  billing: { group: billing, reads: orders }
events:
  - { at: 1s, reassign: orders-0, to: [4, 3, 2] }
expect:
  acked: { shop: 200 }
  handled: { billing: 200 }
  isr: { orders-0: [2, 3, 4] }
  leaders: { orders-0: [broker-1, broker-4] }
)";
  const RunResult result = play(text);
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  CHECK(tells(result, "reassigns orders-0: adds [4], removes [1]"));
  CHECK(tells(result, "replicas of orders-0 are [4 3 2] now, no reassignment is under way"));
  CHECK(tells(result, "done: reassign orders-0 to brokers [4, 3, 2]"));
}

TEST_CASE("a reassignment that cannot end is taken back", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2] } }
events:
  - { at: 1s, crash: broker-3 }
  - { at: 20s, reassign: orders-0, to: [1, 3] }
  - { at: 25s, reassign: orders-0, to: cancel }
expect:
  isr: { orders-0: [1, 2] }
)");
}

TEST_CASE("the preferred leader is elected when it is asked for", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3, config: { auto.leader.rebalance.enable: false } }
topics: { orders: { replicas: [1, 2, 3] } }
events:
  - { at: 1s, crash: broker-1 }
  - { at: 20s, restart: broker-1 }
  - { at: 60s, elect: orders-0, how: preferred }
  - { at: 61s, elect: orders-0, how: unclean }
expect:
  leaders: { orders-0: [broker-1, broker-2, broker-1] }
)",
        "elect a leader of orders-0: unclean: ELECTION_NOT_NEEDED (Leader election not needed for "
        "topic partition.)\n");
}

TEST_CASE("deleted records are gone for who comes later, and are not lost", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C, D] } }
consumers:
  billing: { group: billing, reads: orders, start: 10s }
events:
  - { at: 5s, delete-records: orders-0, before: 2 }
  - { at: 6s, delete-records: orders-0, before: 9 }
expect:
  acked: { shop: [A, B, C, D] }
  log: { orders-0: [C, D] }
  handled: { billing: [C, D] }
)",
        "delete the records of orders-0 before 9: OFFSET_OUT_OF_RANGE (The requested offset is not "
        "within the range of offsets maintained by the server.)\n");
}

TEST_CASE("all records can be deleted up to the high watermark", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B] } }
events:
  - { at: 5s, delete-records: orders-0, before: high-watermark }
expect:
  log: { orders-0: [] }
)");
}

TEST_CASE("the offsets of a group are moved while it has no members", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C] } }
consumers:
  billing: { group: billing, reads: orders }
events:
  - { at: 5s, reset-offsets: billing, to: earliest }
  - { at: 10s, stop: billing }
  - { at: 15s, reset-offsets: billing, to: { orders-0: 1 } }
  - { at: 20s, start: billing }
expect:
  handled: { billing: [A, B, C, B, C] }
  handled-twice: [B, C]
)",
        "reset the offsets of group billing to the earliest: UNKNOWN_MEMBER_ID (The coordinator is "
        "not aware of this member.)\n");
}

TEST_CASE("offsets go to the earliest and the latest there is", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { partitions: 2, replicas: 3 } }
producers:
  shop: { sends: [ { to: orders-0, values: [A, B] }, { to: orders-1, values: [C] } ] }
consumers:
  billing: { group: billing, reads: orders, start: never }
  audit: { group: audit, reads: orders }
events:
  - { at: 5s, reset-offsets: billing, to: latest }
  - { at: 10s, start: billing }
  - { at: 10s, stop: audit }
  - { at: 15s, reset-offsets: audit, to: earliest }
expect:
  handled: { billing: 0, audit: 3 }
  committed: { billing: { orders-0: 2, orders-1: 1 }, audit: { orders-0: 0, orders-1: 0 } }
  skipped: 3
  stuck: 0..3
)");
}

TEST_CASE("a consumer seeks back and handles again", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C] } }
consumers:
  billing: { group: billing, reads: orders }
events:
  - { after: { handled: C }, seek: billing, to: { orders-0: 1 } }
expect:
  handled: { billing: [A, B, C, B, C] }
  handled-twice: [B, C]
)");
}

TEST_CASE("a request of the administrator waits for a controller that is down", "[run][admin]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
events:
  - { at: 1s, crash: controller }
  - { at: 2s, add-partitions: orders, to: 2 }
  - { at: 10s, restart: controller-1 }
)");
}

TEST_CASE("a run with an administrator is the same for the same seed", "[run][admin]") {
  const std::string text = R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: 3 } }
producers: { shop: { sends: { to: orders, count: 50, every: 10ms } } }
events:
  - { at: 100ms, add-partitions: orders, to: 4 }
  - { at: 200ms, delete-topic: orders }
  - { at: 300ms, create-topic: orders, partitions: 2, replicas: 3 }
)";
  CHECK(play(text).outcome.trace_hash == play(text).outcome.trace_hash);
}
