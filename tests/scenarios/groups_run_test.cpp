// What operators look at, in whole runs: the tables of groups, their state at a time, lag at all
// times.
#include <string>

#include "protocol/events.hpp"
#include "scenarios/engine/group_table.hpp"
#include "scenarios/engine/json_report.hpp"
#include "scenarios/engine/lag_watch.hpp"
#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

Outcome outcome_of(const std::string& text) { return play(text).outcome; }

// What that expectation came to: "met 3", "NOT 4".
std::string result(const Outcome& outcome, const std::string& key) {
  for (const ExpectationResult& each : outcome.expectations) {
    if (each.key == key) return (each.met ? "met " : "NOT ") + each.got;
  }
  return "no such expectation";
}

// Two workers share two partitions from 3 s on; worker-b dies at 20 s, and its session ends 45 s
// later.
const std::string workers = R"(
cluster: { brokers: 3 }
topics: { jobs: { partitions: 2, replicas: 3 } }
producers:
  feeder:
    sends:
      - { to: jobs-0, values: [A, B, C], start: 8s, every: 1s }
      - { to: jobs-1, values: [D], start: 30s }
consumers:
  worker:
    group: workers
    reads: jobs
    instances: 2
    config: { partition.assignment.strategy: range }
events:
  - { at: 20s, crash: worker-2 }
until: 90s
)";

}  // namespace

TEST_CASE("the state of a group can be expected at a time and at the end") {
  const Outcome outcome = outcome_of(workers + R"(
expect:
  groups: { workers: { state: Stable, members: 1, generation: 2..9, protocol: range } }
  lag: { workers: { jobs-0: 0, jobs-1: 0..1 } }
  checks:
    - { at: 1s, groups: { workers: { state: PreparingRebalance, members: 2 } } }
    - at: 15s
      groups: { workers: { state: Stable, members: 2, generation: 1, protocol: range } }
      assignments: { workers: { worker-1: [jobs-0], worker-2: [jobs-1] } }
      lag: { workers: { jobs-0: 0 } }
    - at: 40s
      groups: { workers: { members: 2, generation: 1 } }
      assignments: { workers: { worker-1: [jobs-0] } }
      lag: { workers: { jobs-0: 0, jobs-1: 1 } }
    - { at: 80s, assignments: { workers: { worker-1: [jobs-0, jobs-1] } } }
)");
  for (const ExpectationResult& each : outcome.expectations) {
    INFO(each.key << ": expected " << each.expected << ", got " << each.got);
    CHECK(each.met);
  }
  CHECK(outcome.expectations.size() == 20);
  CHECK(outcome.verdict == Verdict::as_expected);
  CHECK(result(outcome, "assignments workers at 40s") == "met {worker-1: jobs-0}");
  CHECK(result(outcome, "lag workers jobs-1 at 40s") == "met 1");
}

TEST_CASE("a group that is in another state than expected says in which") {
  const Outcome outcome = outcome_of(workers + R"(
expect:
  groups:
    workers:
      { state: Empty, members: 2, generation: 0, protocol: sticky, coordinator: broker-1 }
  checks:
    - at: 15s
      assignments: { workers: { worker-1: [jobs-0, jobs-1] } }
      lag: { workers: { jobs-1: 5 } }
)");
  CHECK(result(outcome, "group workers state") == "NOT Stable");
  CHECK(result(outcome, "group workers members") == "NOT 1");
  CHECK(result(outcome, "group workers protocol") == "NOT range");
  CHECK(result(outcome, "assignments workers at 15s") ==
        "NOT {worker-1: jobs-0, worker-2: jobs-1}");
  CHECK(result(outcome, "lag workers jobs-1 at 15s") == "NOT 0");
  const std::string coordinator = result(outcome, "group workers coordinator");
  CHECK((coordinator == "met broker-1" || coordinator == "NOT broker-2" ||
         coordinator == "NOT broker-3"));
}

TEST_CASE("without its coordinator nobody knows the state of a group") {
  const Outcome outcome = outcome_of(R"(
topics: { jobs: { replicas: 1 } }
consumers:
  worker: { group: workers, reads: jobs }
events:
  - { at: 10s, crash: broker-1 }
until: 12s
expect:
  groups: { workers: { state: Stable, members: 1 } }
  checks: [ { at: 9s, groups: { workers: { state: Stable, members: 1 } } } ]
)");
  CHECK(result(outcome, "group workers state at 9s") == "met Stable");
  CHECK(result(outcome, "group workers state") == "NOT no coordinator");
  CHECK(result(outcome, "group workers members") == "NOT none");
  contains(describe_text(outcome.state.tables),
           "Error: the coordinator of consumer group 'workers' is not available.\n");
}

TEST_CASE("the table of a group has owners, what nobody owns, and what nobody committed") {
  const Outcome outcome =
      outcome_of(workers + "expect: { checks: [ { at: 12s }, { at: 40s } ] }\n");
  REQUIRE(outcome.tables.size() == 2);
  const GroupTable* at_12 = outcome.tables[0].find("workers");
  REQUIRE(at_12 != nullptr);
  REQUIRE(at_12->rows.size() == 2);
  CHECK(at_12->rows[0].client_id == "worker-1");
  CHECK(at_12->rows[0].host == "/worker-1");
  CHECK(at_12->rows[0].lag() == 0);
  CHECK_FALSE(at_12->rows[1].current.is_set());  // nothing was ever there to commit
  CHECK_FALSE(at_12->rows[1].lag());
  CHECK(at_12->rows[1].log_end == protocol::Offset(0));
  const std::string text = squeezed(describe_text(outcome.tables[1]));
  contains(text,
           "Consumer groups at 40.000 s\n\nGROUP TOPIC PARTITION CURRENT-OFFSET "
           "LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID\n");
  contains(text, "workers jobs 0 3 3 0 worker-1-");
  contains(text, " /worker-1 worker-1\n");
  contains(text, "workers jobs 1 - 1 - worker-2-");
  contains(text, "GROUP COORDINATOR (ID) ASSIGNMENT-STRATEGY STATE GENERATION #MEMBERS\n");
  contains(text, " range Stable 1 2\n");
  contains(text, "GROUP CONSUMER-ID HOST CLIENT-ID #PARTITIONS CURRENT-ASSIGNMENT\n");
  contains(text, " /worker-2 worker-2 1 jobs:1\n");
}

TEST_CASE("a group without members still shows what it committed") {
  const Outcome outcome = outcome_of(R"(
topics: { jobs: { replicas: 1 } }
producers: { feeder: { sends: { to: jobs-0, values: [A, B] } } }
consumers:
  worker: { group: workers, reads: jobs }
events:
  - { at: 10s, stop: worker }
)");
  const std::string text = squeezed(describe_text(outcome.state.tables));
  contains(text, "\n\nConsumer group 'workers' has no active members.\n\nGROUP TOPIC ");
  contains(text, "\nworkers jobs 0 2 2 0 - - -\n");
  contains(text, " - Empty 2 0\n");
}

TEST_CASE("a group that nobody ever joined does not exist, and one that rebalances says so") {
  const Outcome outcome = outcome_of(R"(
topics: { jobs: { replicas: 1 } }
consumers:
  worker: { group: workers, reads: jobs }
  idler: { group: idlers, reads: jobs, start: never }
until: 8s
expect: { checks: [ { at: 1s } ] }
)");
  contains(describe_text(outcome.state.tables), "Error: Consumer group 'idlers' does not exist.\n");
  contains(describe_text(outcome.tables.at(0)),
           "Warning: Consumer group 'workers' is rebalancing.\n");
}

TEST_CASE("the tables are in the JSON, at each check and at the end") {
  const Outcome outcome = outcome_of(workers + "expect: { checks: [ { at: 40s } ] }\n");
  const nlohmann::ordered_json json = json_report(outcome)["group_tables"];
  REQUIRE(json.size() == 2);
  CHECK(json[0]["time"] == 40'000'000'000);
  CHECK(json[1]["time"] == 90'000'000'000);
  const auto& group = json[0]["groups"].at(0);
  CHECK(group["group"] == "workers");
  CHECK(group["state"] == "Stable");
  CHECK(group["protocol"] == "classic");
  CHECK(group["members"].size() == 2);
  CHECK(group["members"][1]["assignment"].at(0) == "jobs-1");
  CHECK(group["offsets"][0]["lag"] == 0);
  CHECK(group["offsets"][1]["lag"].is_null());
  CHECK(group["offsets"][1]["log_end_offset"] == 1);
}

TEST_CASE("what a worker polls again after it lost a partition can be expected") {
  // worker-a polls 1 and 2 and stands still; worker-b handles both, and leaves again.
  const Outcome outcome = outcome_of(R"(
topics: { jobs: { replicas: 1 } }
producers: { feeder: { sends: { to: jobs-0, values: [1, 2], start: 6s } } }
consumers:
  worker-a:
    group: workers
    reads: jobs
    takes: 1s
    config: { max.poll.interval.ms: 5000 }
  worker-b: { like: worker-a, start: 30s, commits: never }
events:
  - { stall: worker-a, after: { polled: 2 }, for: 60s }
  - { at: 80s, stop: worker-b }
expect:
  polled-again: { worker-a: [1, 2], workers: 2, worker-b: 0 }
  poll-skipped: { workers: 0 }
  handled-twice: 0..9
)");
  CHECK(result(outcome, "polled-again worker-a") == "met 1 2");
  CHECK(result(outcome, "polled-again workers") == "met 2");
  CHECK(result(outcome, "polled-again worker-b") == "met 0");
  CHECK(result(outcome, "poll-skipped workers") == "met 0");
  CHECK(json_report(outcome)["consumers"][0]["polled_again"].size() == 2);
}

// ---- lag at all times ----

namespace {

// One record each 100 ms, each handled for 10 ms; from 10 s to 12 s the application stands still.
const std::string slow_worker = R"(
topics: { jobs: { partitions: 2, replicas: 1 } }
producers:
  feeder: { sends: { to: jobs-0, count: 100, every: 100ms, start: 6s } }
consumers:
  worker: { group: workers, reads: jobs, takes: 10ms }
events:
  - { at: 10s, stall: worker, for: 2s }
)";

}  // namespace

TEST_CASE("lag that stays within its range at all times is met, with its highest value") {
  const Outcome outcome = outcome_of(
      slow_worker + "expect: { always: { lag: { workers: 0..30 } }, lag: { workers: 0 } }\n");
  const std::string got = result(outcome, "always lag workers");
  INFO(got);
  CHECK((got.starts_with("met never more than 2")));
  CHECK((got.find(" (at 12.") != std::string::npos || got.find(" (at 11.") != std::string::npos));
  CHECK(outcome.verdict == Verdict::as_expected);
}

TEST_CASE("lag that leaves its range on the way fails the run, although it is fine at the end") {
  const Outcome outcome = outcome_of(
      slow_worker + "expect: { always: { lag: { workers: 0..10 } }, lag: { workers: 0 } }\n");
  CHECK(outcome.verdict == Verdict::not_as_expected);
  CHECK(result(outcome, "lag workers") == "met 0");
  const std::string got = result(outcome, "always lag workers");
  INFO(got);
  CHECK(got.starts_with("NOT 11 at 11."));
  CHECK(got.find("; at worst 2") != std::string::npos);
}

TEST_CASE("lag at all times can be asked of single partitions") {
  const Outcome outcome = outcome_of(
      slow_worker + "expect: { always: { lag: { workers: { jobs-0: 0..10, jobs-1: 0..10 } } } }\n");
  CHECK(result(outcome, "always lag workers jobs-0").starts_with("NOT 11 at 11."));
  CHECK(result(outcome, "always lag workers jobs-1") == "met never more than 0");
}

TEST_CASE("what is deleted, by its age or with its topic, is not lagged behind any more") {
  Expectations expect;
  expect.always_lag["workers"] = {ExpectedLag{CountRange{0, 5}, {}}, {}};
  FinalState begin;
  begin.groups.push_back({"workers", 1, {"jobs", "old"}, {}});
  LagWatch watch(expect, begin);
  const TopicPartition jobs{"jobs", 0};
  const TopicPartition old{"old", 0};
  namespace events = protocol::events;
  const auto tell = [&](int second, const auto& event) {
    watch.observe(sim::Time(std::chrono::seconds(second)), sim::TraceEvent(event));
  };
  using protocol::Offset;
  tell(1, events::HighWatermarkMoved{jobs, Offset(0), Offset(3), {}});
  tell(2, events::RecordsDeleted{jobs, Offset(2), "retention", {}});
  tell(3, events::HighWatermarkMoved{old, Offset(0), Offset(4), {}});  // 1 + 4
  CHECK(watch.results().at(0).got == "never more than 5 (at 3.000 s)");
  tell(4, events::TopicDeleted{"old"});
  tell(5, events::HighWatermarkMoved{jobs, Offset(3), Offset(6), {}});
  CHECK(watch.results().at(0).met);
  tell(6, events::OffsetCommitted{"others", jobs, Offset(0), "", {}});
  tell(7, events::OffsetCommitted{"workers", jobs, Offset(6), "", {}});
  tell(8, events::HighWatermarkMoved{{"unread", 0}, Offset(0), Offset(99), {}});
  CHECK(watch.results().at(0).met);
  tell(9, events::OffsetCommitted{"workers", jobs, Offset(0), "", {}});  // back to the beginning
  tell(10, events::HighWatermarkMoved{jobs, Offset(6), Offset(9), {}});
  CHECK(watch.results().at(0).got == "6 at 9.000 s; at worst 9 at 10.000 s");
}

// ---- the newer protocol ----

TEST_CASE("a group of the consumer protocol shows its epochs and what its members shall have") {
  const Outcome outcome = outcome_of(R"(
topics: { jobs: { partitions: 4, replicas: 1 } }
producers: { feeder: { sends: { to: jobs-0, values: [A, B], start: 5s } } }
consumers:
  worker-a: { group: workers, reads: jobs, config: { group.protocol: consumer } }
  worker-b: { like: worker-a, start: 30s }
until: 90s
expect:
  groups: { workers: { state: Stable, members: 2, generation: 2..9, protocol: uniform } }
  lag: { workers: { jobs-0: 0 } }
  checks:
    - at: 20s
      groups: { workers: { state: Stable, members: 1, generation: 1..9, protocol: uniform } }
      assignments: { workers: { worker-a: [jobs-0, jobs-1, jobs-2, jobs-3] } }
)");
  INFO(outcome.invariant);
  REQUIRE(outcome.invariant.empty());
  for (const ExpectationResult& each : outcome.expectations) {
    INFO(each.key << ": expected " << each.expected << ", got " << each.got);
    CHECK(each.met);
  }
  const GroupTable* table = outcome.state.tables.find("workers");
  REQUIRE(table != nullptr);
  CHECK_FALSE(table->is_classic);
  REQUIRE(table->members.size() == 2);
  for (const GroupTableMember& member : table->members) {
    CHECK(member.epoch == table->generation);
    CHECK(member.assignment.size() == 2);
    CHECK(member.target == member.assignment);
  }
  CHECK(table->target_epoch == table->generation);
  CHECK(table->rows.size() == 4);
  contains(squeezed(describe_text(outcome.state.tables)),
           "STATE GROUP-EPOCH TARGET-ASSIGNMENT-EPOCH #MEMBERS\n");
}

TEST_CASE("what has expired is not committed any more", "[run]") {
  holds(R"(
cluster:
  brokers: 3
  config: { offsets.retention.minutes: 1, offsets.retention.check.interval.ms: 10000 }
topics: { orders: { replicas: 3 } }
producers: { shop: { sends: { to: orders, values: [A, B], start: 5s } } }
consumers: { billing: { group: billing, reads: orders } }
events: [ { stop: billing, at: 10s } ]
until: 100s
expect:
  handled: { billing: [A, B] }
  lag: { billing: 2 }
  groups: { billing: { state: Dead } }
  checks: [ { at: 60s, lag: { billing: 0 }, groups: { billing: { state: Empty } } } ]
)");
}
