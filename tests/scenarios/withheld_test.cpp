// Partitions between the two halves of a cooperative rebalance: who restarts just then under an
// instance id keeps the second half from coming, and the report says so.
#include "scenarios/engine/withheld.hpp"

#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

// `first` has both partitions. `second` joins, and `first` is to give it one; its third JoinGroup
// is the one that begins the second half.
Outcome outcome_with(const std::string& first_id, const std::string& events) {
  const auto config = [](const std::string& id) {
    return "{ heartbeat.interval.ms: 500, session.timeout.ms: 45000, "
           "partition.assignment.strategy: "
           "org.apache.kafka.clients.consumer.CooperativeStickyAssignor" +
           (id.empty() ? id : ", group.instance.id: " + id) + " }\n";
  };
  return play(R"(
cluster: { brokers: 1 }
topics: { jobs: { partitions: 2, replicas: 1 } }
producers:
  feeder:
    sends: [{ to: jobs-0, values: [A], start: 50s }, { to: jobs-1, values: [B], start: 50s }]
consumers:
  first:
    group: workers
    reads: jobs
    config: )" +
              config(first_id) +
              "  second:\n    group: workers\n    reads: jobs\n    start: 11s\n" +
              "    config: " + config("desk-2") + "events:\n" + events)
      .outcome;
}

const std::string between_halves = R"(
  - { crash: first, before: JoinGroupRequest, from: first, nth: 3 }
  - { start: first, at: 30s }
)";

}  // namespace

TEST_CASE("a static member that restarts between the halves of a rebalance leaves partitions") {
  const Outcome outcome = outcome_with("desk-1", between_halves);
  INFO(text_report(outcome, {}));
  CHECK(outcome.ended_because == "nothing was left to do");
  REQUIRE(outcome.withheld.size() == 1);
  CHECK(outcome.withheld[0].who == "first");
  REQUIRE(outcome.findings.size() == 1);
  CHECK(outcome.findings[0].anomaly == Anomaly::stuck);
  CHECK(outcome.findings[0].partition == outcome.withheld[0].partition);
  REQUIRE(outcome.notes.size() == 1);
  CHECK(outcome.notes[0].starts_with(
      "nobody in group workers owns " + to_string(outcome.withheld[0].partition) +
      ": first was to give that back in generation 2, restarted before it asked for the second "
      "half of the rebalance, and came back at 30."));
}

TEST_CASE("nothing is withheld by a member that restarts after both halves") {
  const Outcome outcome =
      outcome_with("desk-1", "  - { crash: first, at: 20s }\n  - { start: first, at: 30s }\n");
  INFO(text_report(outcome, {}));
  CHECK(outcome.withheld.empty());
  CHECK(outcome.findings.empty());
  CHECK(outcome.notes.empty());
}

TEST_CASE("nothing is withheld by a member without an instance id: it joins as another one") {
  const Outcome outcome = outcome_with("", R"(
  - { crash: first, before: JoinGroupRequest, from: first, nth: 4 }
  - { start: first, at: 30s }
)");
  INFO(text_report(outcome, {}));
  CHECK(outcome.withheld.empty());
  CHECK(outcome.findings.empty());
}

TEST_CASE("a static leader that was away while partitions were added does not hand them out") {
  const auto outcome = [](const std::string& id) {
    return play(R"(
cluster: { brokers: 1 }
topics: { jobs: { partitions: 1, replicas: 1 } }
producers: { feeder: { sends: { to: jobs-1, values: [A], start: 50s } } }
consumers:
  worker: { group: workers, reads: jobs, config: { session.timeout.ms: 45000)" +
                id + R"( } }
events:
  - { crash: worker, at: 20s }
  - { add-partitions: jobs, to: 2, at: 22s }
  - { start: worker, at: 30s }
)")
        .outcome;
  };
  const Outcome stays = outcome(", group.instance.id: desk-1");
  INFO(text_report(stays, {}));
  REQUIRE(stays.withheld.size() == 1);
  CHECK(stays.withheld[0].is_new);
  REQUIRE(stays.notes.size() == 1);
  CHECK(stays.notes[0].starts_with(
      "nobody in group workers owns jobs-1: it was added while worker, the leader of generation 1, "
      "was away, and a leader that comes back under its group.instance.id, at 30."));
  const Outcome joins = outcome("");
  INFO(text_report(joins, {}));
  CHECK(joins.withheld.empty());
  CHECK(joins.findings.empty());
}

TEST_CASE("nor does a static leader that polled too late meanwhile, and has lost its membership") {
  const Outcome outcome = play(R"(
cluster: { brokers: 1 }
topics: { jobs: { partitions: 1, replicas: 1 } }
producers: { feeder: { sends: { to: jobs-1, values: [A], start: 50s } } }
consumers:
  worker:
    group: workers
    reads: jobs
    config: { max.poll.interval.ms: 5000, group.instance.id: desk-1 }
events:
  - { stall: worker, at: 18s, for: 10s }
  - { add-partitions: jobs, to: 2, at: 22s }
)")
                              .outcome;
  INFO(text_report(outcome, {}));
  REQUIRE(outcome.withheld.size() == 1);
  CHECK(outcome.withheld[0].is_new);
  CHECK(outcome.withheld[0].who == "worker");
}
