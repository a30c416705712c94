// Runs of whole scenarios with groups of the consumer protocol: the broker assigns, members change
// step by step.
#include <string>

#include "tests/scenarios/whole_run.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

// Two partitions, a record a second in each, and a worker that reads both.
const std::string jobs = R"(
cluster: { brokers: 3 }
topics: { jobs: { partitions: 2, replicas: 3 } }
producers:
  even: { sends: { to: jobs-0, count: 30, every: 1s } }
  odd: { sends: { to: jobs-1, count: 30, every: 1s } }
consumers:
  a: { group: g, reads: jobs, config: { group.protocol: consumer } }
)";

}  // namespace

TEST_CASE("a newcomer takes a partition over and each record is handled once", "[run]") {
  holds(jobs + R"(
  b: { like: a, start: 10s }
expect:
  assignments: { g: [ { a: [jobs-0, jobs-1] }, { a: [jobs-0], b: [jobs-1] } ] }
  lag: { g: 0 }
)");
}

TEST_CASE("with auto-commit a partition changes hands without a record handled twice", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { jobs: { partitions: 2, replicas: 3 } }
producers: { feeder: { sends: { to: jobs-1, count: 60, every: 500ms } } }
consumers:
  a:
    group: g
    reads: jobs
    commits: auto
    config: { group.protocol: CONSUMER, auto.commit.interval.ms: 60000 }
  b: { like: a, start: 10s }
expect:
  assignments: { g: [ { a: [jobs-0, jobs-1] }, { a: [jobs-0], b: [jobs-1] } ] }
)");
}

TEST_CASE("a stopped member's partitions go to the others", "[run]") {
  holds(jobs + R"(
  b: { like: a }
events:
  - { stop: b, at: 12s }
expect: { lag: { g: 0 } }
)");
}

TEST_CASE("a member that dies is missed when its session is over", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { jobs: { partitions: 2, replicas: 3 } }
producers: { feeder: { sends: { to: jobs-1, count: 60, every: 1s } } }
consumers:
  a: { group: g, reads: jobs, config: { group.protocol: consumer, group.remote.assignor: uniform } }
  b: { like: a, start: 10s }
events:
  - { crash: b, at: 30s }
expect:
  assignments:
    g:
      - { a: [jobs-0, jobs-1] }
      - { a: [jobs-0], b: [jobs-1] }
      - { a: [jobs-0, jobs-1] }
  lag: { g: 0 }
)");
}

TEST_CASE("the coordinator's death costs a group of the consumer protocol nothing", "[run]") {
  holds(jobs + R"(
  b: { like: a }
events:
  - { crash: coordinator(g), at: 20s }
expect: { lag: { g: 0 } }
)");
}

TEST_CASE("a member that stood still for longer than its session is fenced and joins again",
          "[run]") {
  holds(jobs + R"(
events:
  - { pause: a, at: 10s, for: 60s }
expect:
  assignments: { g: [ { a: [jobs-0, jobs-1] } ] }
  errors: { a: [UNKNOWN_MEMBER_ID] }
  handled-twice: [even-11]
  lag: { g: 0 }
)");
}

TEST_CASE("librdkafka's consumer speaks the consumer protocol too", "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { jobs: { partitions: 2, replicas: 3 } }
producers: { feeder: { sends: { to: jobs-1, count: 60, every: 500ms } } }
consumers:
  a:
    group: g
    reads: jobs
    commits: auto
    client: librdkafka
    config: { group.protocol: consumer }
  b: { like: a, start: 10s }
expect: { lag: { g: 0 } }
)");
}

TEST_CASE("a static member that is back in time gets what it had, and its name is not given twice",
          "[run]") {
  holds(R"(
cluster: { brokers: 3 }
topics: { jobs: { partitions: 2, replicas: 3 } }
producers: { feeder: { sends: { to: jobs, count: 40, every: 1s } } }
consumers:
  a: { group: g, reads: jobs, config: { group.protocol: consumer, group.instance.id: one } }
  b: { like: a, start: 1s, config: { group.instance.id: two } }
  c: { like: a, start: 12s }
events:
  - { stop: b, at: 20s }
  - { start: b, at: 25s }
expect:
  assignments: { g: [ { a: [jobs-0, jobs-1] }, { a: [jobs-0], b: [jobs-1] } ] }
  errors: { c: [UNRELEASED_INSTANCE_ID] }
  lag: { g: 0 }
)");
}

TEST_CASE("brokers that speak only the classic protocol end the application", "[run]") {
  holds(R"(
cluster: { brokers: 3, config: { group.coordinator.rebalance.protocols: classic } }
topics: { jobs: { replicas: 3 } }
producers: { feeder: { sends: { to: jobs, values: [A] } } }
consumers:
  a: { group: g, reads: jobs, config: { group.protocol: consumer } }
expect:
  errors: { a: [UNSUPPORTED_VERSION] }
  stuck: [A]
)");
}
