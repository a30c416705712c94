// Runs of whole scenarios about what an application does with records: failures, dead letters,
// effects outside Kafka, two owners for a moment.
#include <fmt/format.h>

#include <string>

#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

bool tells(const std::string& text, const std::string& part) {
  const RunResult result = play(text);
  ReportOptions options;
  options.width = 1000;
  const std::string report = text_report(result.outcome, options);
  INFO(report);
  return report.find(part) != std::string::npos;
}

// Four records of one partition for a group.
const std::string orders = R"(
topics: { orders: {}, dlq: {} }
producers: { shop: { sends: { to: orders-0, values: [A, B, C, D] } } }
)";

}  // namespace

// ---- failures ----

TEST_CASE("a record that is skipped lies below the committed offset, unhandled", "[run]") {
  const std::string text = orders + R"(
consumers:
  billing: { group: billing, reads: orders, fails-on: { values: [C], then: skip } }
expect: { handled: { billing: [A, B, D] }, lag: { billing: 0 }, skipped: [C] }
)";
  holds(text);
  CHECK(tells(text, "because billing could not handle it at"));
}

TEST_CASE("a record is tried again until so many attempts have failed", "[run]") {
  holds(orders + R"(
consumers:
  billing: { group: billing, reads: orders, fails-on: { values: [C], times: 3, then: retry } }
expect: { handled: { billing: [A, B, C, D] }, lag: { billing: 0 } }
)");
  holds(orders + R"(
consumers:
  billing: { group: billing, reads: orders, fails-on: { values: [C], times: 3, then: skip } }
expect: { handled: { billing: [A, B, D] }, skipped: [C] }
)");
}

TEST_CASE("a record that always fails and is always retried holds up its partition", "[run]") {
  const std::string text = orders + R"(
until: 30s
consumers:
  billing:
    group: billing
    reads: orders
    takes: 1s
    commits: after-each
    fails-on: { values: [C], times: always, then: retry }
expect: { handled: { billing: [A, B] }, lag: { billing: 2 }, stuck: [C, D] }
)";
  holds(text);
  CHECK(tells(text, "attempts to handle it failed, the last one at"));
}

TEST_CASE("a retry that takes longer than max.poll.interval.ms costs the membership", "[run]") {
  holds(orders + R"(
until: 60s
consumers:
  billing:
    group: billing
    reads: orders
    takes: 3s
    commits: after-each
    fails-on: { values: [A], times: 4, then: retry }
    config: { max.poll.records: 1, max.poll.interval.ms: 8000 }
expect: { handled: { billing: [A, A, B, C, D] }, handled-twice: [A], lag: { billing: 0 } }
)");
}

TEST_CASE("a parked record lies in the dead-letter topic and is neither skipped nor lost",
          "[run]") {
  const std::string consumers = R"(
  audit: { group: audit, reads: dlq }
expect:
  handled: { billing: [A, B, D], audit: [C] }
  log: { dlq-0: [C] }
  lag: { billing: 0 }
)";
  holds(orders + R"(
consumers:
  billing: { group: billing, reads: orders, fails-on: { values: [C], then: { dead-letter: dlq } } }
)" + consumers);
  holds(orders + R"(
consumers:
  billing:
    group: billing
    reads: orders
    fails-on: { values: [C], times: 2, then: "dead-letter: dlq" }
)" + consumers);
}

TEST_CASE("a crash between parking and committing parks the record twice", "[run]") {
  holds(orders + R"(
consumers:
  billing:
    group: billing
    reads: orders
    fails-on: { values: [C], times: always, then: { dead-letter: dlq } }
events:
  - crash: billing
    after: { handled: D }
  - restart: billing
    after: { event: 1 }
expect:
  handled: { billing: [A, B, D, A, B, D] }
  log: { dlq-0: [C, C] }
  handled-twice: [A, B, D]
  duplicated: [C]
)");
}

TEST_CASE("an application that cannot park a record ends", "[run]") {
  holds(orders + R"(
until: 200s
cluster: { brokers: 1 }
consumers:
  billing: { group: billing, reads: orders, fails-on: { values: [C], then: { dead-letter: dlq } } }
events:
  - reject: ProduceRequest
    from: billing
    of: dlq-0
    nth: 1..100000
    with: NOT_ENOUGH_REPLICAS
expect: { handled: { billing: [A, B] }, stuck: [C, D] }
)");
}

TEST_CASE("an application that ends closes its consumer, and auto-commit commits what failed",
          "[run]") {
  holds(orders + R"(
consumers:
  billing:
    group: billing
    reads: orders
    commits: auto
    fails-on: { values: [B], then: stop }
expect: { handled: { billing: [A] }, committed: { billing: { orders-0: 4 } }, skipped: [B, C, D] }
)");
}

TEST_CASE("without auto-commit nothing is lost, and a restart does not reset the failures",
          "[run]") {
  holds(orders + R"(
consumers:
  billing: { group: billing, reads: orders, fails-on: { values: [B] } }
events:
  - { restart: billing, at: 20s }
expect:
  handled: { billing: [A, A, B, C, D] }
  handled-twice: [A]
  lag: { billing: 0 }
)");
}

// ---- effects ----

TEST_CASE("what happened outside Kafka is repeated, unless it is an upsert", "[run]") {
  const std::string events = R"(
events:
  - crash: billing
    after: { handled: B }
  - restart: billing
    after: { event: 1 }
)";
  holds(orders + R"(
consumers: { billing: { group: bills, reads: orders } }
)" + events +
        R"(
expect:
  handled: { billing: [A, B, A, B, C, D] }
  effects: { billing: [A, B, A, B, C, D], bills: [A, B, A, B, C, D] }
  handled-twice: [A, B]
  effect-twice: [A, B]
)");
  const std::string upsert = orders + R"(
consumers: { billing: { group: billing, reads: orders, effect: upsert } }
)" + events + R"(
expect:
  handled: { billing: [A, B, A, B, C, D] }
  effects: { billing: [A, B, C, D] }
  handled-twice: [A, B]
  effect-twice: []
)";
  holds(upsert);
  CHECK(tells(upsert, "again: nothing new outside Kafka"));
  CHECK(tells(upsert, "; outside Kafka it happened once"));
}

TEST_CASE("an effect that happens twice fails a run only where it is named", "[run]") {
  const std::string text = orders + R"(
consumers: { billing: { group: billing, reads: orders } }
events:
  - { crash: billing, after: { handled: D } }
  - { restart: billing, after: { event: 1 } }
)";
  holds(text + "expect: { handled-twice: [A, B, C, D] }\n");
  CHECK(
      play(text + "expect: { handled-twice: [A, B, C, D], effect-twice: [A] }\n").outcome.verdict ==
      Verdict::not_as_expected);
}

TEST_CASE("a member that lost its partition ends its handling all the same", "[run]") {
  const std::string text = R"(
topics: { jobs: {} }
producers: { feeder: { sends: { to: jobs-0, values: [A], start: 5s } } }
consumers:
  slow:
    group: workers
    reads: jobs
    takes: 8s
    config: { max.poll.interval.ms: 5000 }
  fast: { like: slow, takes: 1ms, start: 6s }
expect:
  effects: { workers: [A, A] }
  handled: { fast: [A], slow: [A] }
  handled-twice: [A]
  effect-twice: [A]
  two-owners: [A]
)";
  holds(text);
  CHECK(tells(text, "; when slow handled it, jobs-0 belonged to fast"));
}

TEST_CASE("slow handling makes a group lag until it is over", "[run]") {
  holds(R"(
topics: { orders: {} }
producers: { shop: { sends: { to: orders-0, count: 300, every: 100ms } } }
consumers:
  billing: { group: billing, reads: orders, takes: 10ms, commits: after-each }
events:
  - slow-handling: billing
    takes: 500ms
    at: 5s
    for: 10s
expect:
  lag: { billing: 0 }
  checks:
    - { at: 4s, lag: { billing: 0..2 } }
    - { at: 14s, lag: { billing: 60..90 } }
    - { at: 29s, lag: { billing: 0..2 } }
)");
}

// ---- workers ----

TEST_CASE("auto-commit commits what workers still have, and a crash skips it", "[run]") {
  holds(R"(
topics: { orders: {} }
producers: { shop: { sends: { to: orders-0, values: [A, B, C, D] } } }
consumers:
  billing:
    group: billing
    reads: orders
    takes: 8s
    workers: 2
    commits: auto
events:
  - { crash: billing, after: { handled: B } }
  - { restart: billing, after: { event: 1 } }
expect: { handled: { billing: [A, B] }, skipped: [C, D], committed: { billing: { orders-0: 4 } } }
)");
}

TEST_CASE("commits up to the first unfinished record skip nothing", "[run]") {
  holds(R"(
topics: { orders: {} }
producers: { shop: { sends: { to: orders-0, values: [A, B, C, D] } } }
consumers:
  billing:
    group: billing
    reads: orders
    takes: 8s
    workers: 2
    commits: after-contiguous
events:
  - { crash: billing, at: 12s }
  - { restart: billing, after: { event: 1 } }
expect:
  handled: { billing: [A, B, C, D] }
  committed: { billing: { orders-0: 4 } }
)");
}

TEST_CASE("workers that commit for themselves jump over what others have not finished", "[run]") {
  holds(R"(
topics: { orders: {} }
producers: { shop: { sends: { to: orders-0, values: [A, B, C, D] } } }
consumers:
  billing:
    group: billing
    reads: orders
    takes: 2s
    workers: 2
    commits: after-each
    fails-on: { values: [A], times: 3, then: retry }
events:
  - { crash: billing, at: 5500ms }
  - { restart: billing, after: { event: 1 } }
expect:
  handled: { billing: [B, C, D] }
  skipped: [A]
  committed: { billing: { orders-0: 4 } }
)");
}

TEST_CASE("workers handle a batch and wait for it before they commit", "[run]") {
  for (const char* when_full : {"block", "pause"}) {
    holds(fmt::format(R"(
topics: {{ orders: {{}} }}
producers: {{ shop: {{ sends: {{ to: orders-0, values: [A, B, C, D], every: 1s }} }} }}
consumers:
  billing:
    group: billing
    reads: orders
    takes: 6s
    workers: {{ count: 4, when-full: {} }}
    config: {{ max.poll.interval.ms: 5000 }}
until: 40s
expect: {{ {} }}
)",
                      when_full,
                      std::string(when_full) == "pause"
                          ? "handled: { billing: [A, B, C, D] }, lag: { billing: 0 }"
                          : "handled: { billing: 5..30 }, handled-twice: [A, B, C, D]"));
  }
}

TEST_CASE("records of a key overtake each other among workers unless each key has an order",
          "[run]") {
  const auto text = [](const char* order, const char* expected) {
    return fmt::format(R"(
topics: {{ orders: {{}} }}
producers:
  shop: {{ sends: {{ to: orders-0, values: [A, B, C, D], keys: [k1, k1, k2, k2] }} }}
consumers:
  billing:
    group: billing
    reads: orders
    takes: 1s
    workers: {{ count: 4, order: {} }}
    fails-on: {{ values: [A, C], then: retry }}
expect: {{ {} }}
)",
                       order, expected);
  };
  holds(text("none", "handled: { billing: [B, D, A, C] }, handled-out-of-order: [A, C]"));
  holds(text("key", "handled: { billing: [A, C, B, D] }"));
  holds(text("partition", "handled: { billing: [A, B, C, D] }"));
}

TEST_CASE("with a full queue who pauses stays in the group, and who blocks is thrown out",
          "[run]") {
  const auto text = [](const char* when_full) {
    return fmt::format(R"(
topics: {{ orders: {{}} }}
producers: {{ shop: {{ sends: {{ to: orders-0, count: 40, every: 10ms }} }} }}
consumers:
  billing:
    group: billing
    reads: orders
    takes: 1s
    workers: {{ count: 1, queue: 4, when-full: {} }}
    commits: after-contiguous
    config: {{ max.poll.records: 20, max.poll.interval.ms: 5000 }}
)",
                       when_full);
  };
  const std::string paused = text("pause");
  holds(paused + "expect: { handled: { billing: 40 }, lag: { billing: 0 } }\n");
  CHECK(tells(paused, "records wait for a worker"));
  CHECK_FALSE(tells(paused, "left group"));
  CHECK(tells(text("block") + "until: 60s\nexpect: { handled-twice: 0..40 }\n", "left group"));
}

// ---- rebalances ----

TEST_CASE("who commits as partitions are taken away handles nothing twice", "[run]") {
  const auto text = [](const char* revoked, const char* expected) {
    return fmt::format(R"(
topics: {{ orders: {{ partitions: 2 }} }}
producers:
  shop:
    sends:
      - {{ to: orders-0, values: [A, B, C] }}
      - {{ to: orders-1, values: [D, E, F] }}
consumers:
  one: {{ group: billing, reads: orders, commits: never, on-revoked: {} }}
  two: {{ like: one, start: 10s }}
until: 40s
expect: {{ {} }}
)",
                       revoked, expected);
  };
  holds(text("commit", "handled: { billing: [A, B, C, D, E, F] }, lag: { billing: 0 }"));
  holds(text("nothing",
             "handled: { billing: 12 }, handled-twice: [A, B, C, D, E, F], lag: { billing: 6 }"));
}

TEST_CASE("a batch that is committed without waiting is committed, also as partitions go",
          "[run]") {
  holds(R"(
topics: { orders: { partitions: 2 } }
producers:
  shop:
    sends: { to: orders, count: 200, every: 100ms }
consumers:
  one: { group: billing, reads: orders, takes: 1ms, commits: after-handling-async }
  two: { like: one, start: 10s }
expect: { handled: { billing: 200 }, lag: { billing: 0 } }
)");
}

TEST_CASE("workers finish what they have in hand of partitions that are taken away", "[run]") {
  const auto text = [](const char* revoked, const char* expected) {
    return fmt::format(R"(
topics: {{ orders: {{}} }}
producers: {{ shop: {{ sends: {{ to: orders-0, values: [A, B, C, D, E, F], start: 5s }} }} }}
consumers:
  one:
    group: billing
    reads: orders
    takes: 3s
    workers: 2
    commits: after-contiguous
    on-revoked: {}
  two: {{ like: one, start: 6s }}
until: 60s
expect: {{ {} }}
)",
                       revoked, expected);
  };
  holds(text("commit", "handled: { billing: [A, B, C, D, E, F] }, lag: { billing: 0 }"));
  holds(text("nothing", "handled: { billing: 7..8 }, handled-twice: 1..2, lag: { billing: 0 }"));
}
