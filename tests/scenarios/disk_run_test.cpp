// Whole runs in which machines lose power, disks fail, fill up or get slow, and clocks are off.
#include <string>

#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

// Is there a line of the story that has both?
bool tells(const RunResult& result, const std::string& who, const std::string& what) {
  for (const TimelineEntry& entry : result.outcome.timeline.entries) {
    if (entry.who == who && entry.text.find(what) != std::string::npos) return true;
  }
  return false;
}

// Three replicas on three brokers; A, B and C are stored one after the other.
const std::string orders = R"(
cluster: { brokers: 3 }
producers:
  shop:
    sends: { to: orders-0, values: [A, B, C], every: 100ms }
    config: { acks: all, batch.size: 0 }
)";

// What happens to all brokers once C is acked; they come back one after the other.
std::string all_brokers(const std::string& what) {
  return "events:\n  - { " + what + R"(: isr(orders-0), after: { acked: C } }
  - { restart: broker-1, at: 20s }
  - { restart: broker-2, at: 21s }
  - { restart: broker-3, at: 22s }
)";
}

std::string topic(const std::string& config) {
  return "topics: { orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2, " + config +
         " } } }\n";
}

}  // namespace

TEST_CASE("when all replicas lose power, what was acked and not flushed is lost", "[disk]") {
  const RunResult result = play(orders + topic("flush.ms: 1000") + all_brokers("power-loss") + R"(
expect:
  acked: { shop: [A, B, C] }
  log: { orders-0: [] }
  truncated: { broker-1: [], broker-2: [], broker-3: [] }
  lost: [A, B, C]
)");
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  CHECK(tells(result, "broker-2", "lost A B C of orders-0: not flushed to its disk"));
  REQUIRE_FALSE(result.outcome.findings.empty());
  CHECK(result.outcome.findings.front().cause.find(
            "not flushed when broker-1, broker-2, broker-3 lost power") != std::string::npos);
}

TEST_CASE("flush.messages says how much a power loss of all replicas can take", "[disk]") {
  holds(orders + topic("flush.messages: 1") + all_brokers("power-loss") +
        "expect: { acked: { shop: [A, B, C] }, log: { orders-0: [A, B, C] } }");
  // B was the second since the last flush, C is not due.
  holds(orders + topic("flush.messages: 2") + all_brokers("power-loss") +
        "expect: { acked: { shop: [A, B, C] }, log: { orders-0: [A, B] }, lost: [C] }");
}

TEST_CASE("a crash of all replicas loses nothing: the page cache survives", "[disk]") {
  holds(orders + topic("flush.ms: 1000") + all_brokers("crash") +
        "expect: { acked: { shop: [A, B, C] }, log: { orders-0: [A, B, C] } }");
}

TEST_CASE("one replica that loses power copies again what it lost", "[disk]") {
  for (const std::string broker : {"broker-1", "broker-3"}) {
    holds(orders + topic("flush.ms: 1000") + "events: [ { power-loss: " + broker +
          ", after: { acked: C } }, { restart: " + broker + R"(, at: 20s } ]
expect:
  acked: { shop: [A, B, C] }
  log: { orders-0: [A, B, C] }
  isr: { orders-0: [1, 2, 3] }
)");
  }
}

TEST_CASE("the disk of a leader fails: another takes over, and the replica is built anew",
          "[disk]") {
  const RunResult result = play(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2 } } }
producers: { shop: { sends: { to: orders-0, values: [A, B, C], every: 100ms } } }
events:
  - { disk: leader(orders-0), fail: true, after: { acked: B } }
  - { restart: broker-1, at: 30s }
expect:
  acked: { shop: [A, B, C] }
  log: { orders-0: [A, B, C] }
  errors: { shop: [KAFKA_STORAGE_ERROR] }
  leaders: { orders-0: [broker-1, broker-2] }
  isr: { orders-0: [1, 2, 3] }
)");
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  CHECK(tells(result, "broker-1", "cannot use its log directory any more (Input/output error)"));
}

TEST_CASE("a broker on a bad disk halts again until the fault is over", "[disk]") {
  const std::string world = R"(
cluster: { brokers: 1 }
topics: { orders: { replicas: 1 } }
producers:
  shop:
    sends: { to: orders-0, values: [A, B], every: 1s }
    config: { enable.idempotence: false }
)";
  const std::string events = R"(, for: 30s, after: { acked: A } }
  - { restart: broker-1, at: 20s }
  - { restart: broker-1, at: 40s }
)";
  // A full disk keeps its data, a failed one comes back empty.
  const RunResult full = play(world + "events:\n  - { disk: broker-1, full: true" + events +
                              "expect: { acked: { shop: [A, B] }, log: { orders-0: [A, B] } }");
  INFO(text_report(full.outcome, {}));
  CHECK(full.outcome.verdict == Verdict::as_expected);
  CHECK(tells(full, "broker-1", "No space left on device"));
  holds(world + "events:\n  - { disk: broker-1, fail:" + events +
        "expect: { acked: { shop: [A, B] }, log: { orders-0: [B] }, lost: [A] }");
}

TEST_CASE("an idle broker notices its dead disk when it writes a checkpoint", "[disk]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2, 3] } }
producers: { shop: { sends: { to: orders-0, values: [A] } } }
events:
  - { disk: broker-3, with: fail, after: { acked: A } }
expect: { isr: { orders-0: [1, 2] }, log: { orders-0: [A] } }
)");
}

TEST_CASE("what a crash finds torn is cut off and copied again", "[disk]") {
  const RunResult result = play(orders + topic("flush.ms: 1000") + R"(
events:
  - { disk: broker-3, corrupt-tail:, after: { acked: C } }
  - { crash: broker-3, after: { event: 1 } }
  - { restart: broker-3, at: 20s }
expect: { log: { orders-0: [A, B, C] }, isr: { orders-0: [1, 2, 3] } }
)");
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  CHECK(tells(result, "broker-3", "found A B C of orders-0 torn in recovery"));
}

TEST_CASE("acks=all is as slow as the slowest flush of an in-sync replica", "[disk]") {
  const auto duration = [](const std::string& hosts, const std::string& config) {
    const RunResult result = play("cluster: { brokers: 3, hosts: { " + hosts + R"( } }
topics: { orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2, )" +
                                  config + R"( } } }
producers:
  shop:
    sends: { to: orders-0, count: 20 }
    config: { acks: all, batch.size: 0, max.in.flight.requests.per.connection: 1 }
expect: { acked: { shop: 20 }, log: { orders-0: 20 } }
)");
    INFO(text_report(result.outcome, {}));
    CHECK(result.outcome.verdict == Verdict::as_expected);
    return result.outcome.duration;
  };
  using namespace std::chrono_literals;
  const auto fast = duration("", "flush.messages: 1");
  const auto slow = duration("broker-3: { disk: { flush: 100ms } }", "flush.messages: 1");
  CHECK(slow >= fast + 20 * 100ms);
  // Nothing waits for a flush that nobody asks for.
  CHECK(duration("broker-3: { disk: { flush: 100ms } }", "flush.ms: 1") <= fast + 200ms);
  CHECK(duration("broker-3: { disk: { write: 100ms } }", "flush.ms: 1") >= fast + 20 * 100ms);
}

TEST_CASE("what retention deleted and the cleaner removed is told, and is not lost", "[disk]") {
  const auto play_topic = [](const std::string& config, const std::string& log) {
    return play(R"(
cluster:
  brokers: 3
  config: { log.retention.check.interval.ms: 5000, log.cleaner.backoff.ms: 5000 }
until: 90s
topics: { orders: { replicas: [1, 2, 3], config: { segment.bytes: 1048576, )" +
                config + R"( } } }
producers: { shop: { sends: { to: orders-0, values: [A, B, C, D], key: k, size: 600KiB } } }
expect: { acked: { shop: [A, B, C, D] }, log: { orders-0: )" +
                log + " } }\n");
  };
  const RunResult deleted = play_topic("retention.bytes: 700000", "[C, D]");
  INFO(text_report(deleted.outcome, {}));
  CHECK(deleted.outcome.verdict == Verdict::as_expected);
  CHECK(tells(deleted, "broker-1", "deleted A B of orders-0 (retention.bytes)"));
  const RunResult compacted = play_topic("cleanup.policy: compact", "[C, D]");
  INFO(text_report(compacted.outcome, {}));
  CHECK(compacted.outcome.verdict == Verdict::as_expected);
  CHECK(tells(compacted, "broker-2", "compacted orders-0: A B went"));
}

TEST_CASE("a disk that gets slow holds producers up as long as it is slow", "[disk]") {
  const RunResult result = play(R"(
cluster: { brokers: 3 }
topics: { orders: { replicas: [1, 2, 3] } }
producers:
  shop: { sends: { to: orders-0, values: [A, B, C], every: 10s }, config: { acks: all } }
events: [ { disk: broker-3, slow: 2s, for: 10s, at: 5s } ]
expect: { acked: { shop: [A, B, C] }, log: { orders-0: [A, B, C] }, isr: { orders-0: [1, 2, 3] } }
)");
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  for (const TimelineEntry& entry : result.outcome.timeline.entries) {
    using namespace std::chrono_literals;
    if (entry.text.find("heard the ack for B") == std::string::npos) continue;
    CHECK(entry.time >= sim::Time(12s));
  }
  CHECK(tells(result, "shop", "heard the ack for B"));
}
