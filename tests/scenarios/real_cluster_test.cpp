// What a real cluster of three brokers did when its leader was killed or stopped, when both
// followers died, and when only an outdated replica was left: the same faults here have the same
// consequences, and last about as long. Real time makes each run different, so these are bounds on
// what may be lost, stored twice or out of order.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/report.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

struct Seen {
  RunResult result;
  std::vector<double> acks;  // times, seconds
  std::set<std::string> lost, duplicated, reordered;
  std::size_t failed = 0;
  double longest_gap() const {
    double gap = 0;
    for (std::size_t i = 1; i < acks.size(); ++i) gap = std::max(gap, acks[i] - acks[i - 1]);
    return gap;
  }
};

Seen run_text(const std::string& text, std::uint64_t seed) {
  Loaded loaded = load_scenario_text("test.yaml", "scenario: test\nquestion: Why?\n" + text);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  RunOptions options;
  options.keep_trace = true;
  options.seed = seed;
  Seen seen;
  seen.result = run(loaded.file->scenario, options);
  CHECK(seen.result.outcome.invariant.empty());
  for (const std::string& line : seen.result.trace) {
    if (line.find(" shop acked ") != std::string::npos) seen.acks.push_back(std::stod(line));
    if (line.find(" shop failed ") != std::string::npos) ++seen.failed;
  }
  for (const Finding& finding : seen.result.outcome.findings) {
    if (finding.anomaly == Anomaly::lost) seen.lost.insert(finding.record);
    if (finding.anomaly == Anomaly::duplicated) seen.duplicated.insert(finding.record);
    if (finding.anomaly == Anomaly::reordered) seen.reordered.insert(finding.record);
  }
  return seen;
}

// The settings of the recorded cluster: a session of three seconds, a lag time of three seconds.
const std::string cluster = R"(
cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 3000
    broker.heartbeat.interval.ms: 500
    replica.lag.time.max.ms: 3000
    auto.leader.rebalance.enable: false
    unclean.leader.election.enable: )";

// A record every ten milliseconds for six seconds; the leader goes after a second and a half.
std::string under_load(const std::string& acks, const std::string& idempotence,
                       const std::string& events) {
  return cluster + fmt::format(R"(false
topics: {{ orders: {{ replicas: [1, 2, 3], config: {{ min.insync.replicas: 2 }} }} }}
producers:
  shop:
    sends: {{ to: orders-0, count: 600, every: 10ms }}
    config: {{ acks: {}, enable.idempotence: {}, linger.ms: 0, request.timeout.ms: 2000,
              delivery.timeout.ms: 30000 }}
events:
{}
expect: {{ acked: {{ shop: 600 }} }}
)",
                               acks, idempotence, events);
}

const std::string kill = R"(
  - { crash: broker-1, at: 1500ms }
  - { restart: broker-1, at: 12s }
)";
const std::string stop_for_a_while = R"(
  - { pause: broker-1, at: 1500ms, for: 8s }
)";

int number(const std::string& record) { return std::stoi(record.substr(record.rfind('-') + 1)); }

// They were sent one after the other.
bool are_neighbours(const std::set<std::string>& records) {
  std::vector<int> numbers;
  for (const std::string& record : records) numbers.push_back(number(record));
  std::sort(numbers.begin(), numbers.end());
  return numbers.empty() ||
         numbers.back() - numbers.front() + 1 == static_cast<int>(numbers.size());
}

}  // namespace

TEST_CASE("a killed leader: acks=all loses nothing, and with idempotence nothing else happens") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Seen seen = run_text(under_load("all", "true", kill), seed);
    INFO(text_report(seen.result.outcome, {}));
    CHECK(seen.failed == 0);
    CHECK(seen.lost.empty());
    CHECK(seen.duplicated.empty());
    CHECK(seen.reordered.empty());
    // The session less the age of the last heartbeat, and the way to the new leader.
    CHECK(seen.longest_gap() > 2.4);
    CHECK(seen.longest_gap() < 4.5);
    const auto& partition = seen.result.outcome.state.partitions.at(0);
    CHECK(partition.isr == std::vector<int>{1, 2, 3});
    for (const ReplicaState& replica : partition.replicas)
      CHECK(replica.log_end == protocol::Offset(600));
  }
}

TEST_CASE("a killed leader: without idempotence records in flight may be stored twice") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Seen seen = run_text(under_load("all", "false", kill), seed);
    CHECK(seen.failed == 0);
    CHECK(seen.lost.empty());
    CHECK(seen.duplicated.size() <= 5);  // requests in flight, a record each
    CHECK(seen.reordered.size() <= 5);
    CHECK(seen.longest_gap() < 4.5);
  }
}

TEST_CASE("a killed leader: acks=1 may lose what it acked last, one run of records") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Seen seen = run_text(under_load("1", "false", kill), seed);
    CHECK(seen.failed == 0);
    CHECK(seen.lost.size() <= 5);
    CHECK(are_neighbours(seen.lost));
    for (const std::string& record : seen.lost) CHECK(std::abs(number(record) - 150) < 10);
    CHECK(seen.longest_gap() < 4.5);
  }
}

TEST_CASE("a killed leader: acks=0 is told of success and loses what was on the way") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Seen seen = run_text(under_load("0", "false", kill), seed);
    INFO(text_report(seen.result.outcome, {}));
    CHECK(seen.failed == 0);
    CHECK(seen.result.outcome.expectations.at(0).met);  // all of them are acked
    CHECK_FALSE(seen.lost.empty());
    CHECK(seen.lost.size() <= 30);  // 14 and 27 in the real runs, which sent five times as fast
    CHECK(are_neighbours(seen.lost));
    CHECK(seen.duplicated.empty());
    CHECK(seen.reordered.empty());
    CHECK(seen.longest_gap() < 4.5);
  }
}

TEST_CASE("a stopped leader is noticed when the session and a request time out") {
  for (const char* acks : {"1", "all"}) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      const Seen seen = run_text(under_load(acks, "false", stop_for_a_while), seed);
      INFO(acks << '\n' << text_report(seen.result.outcome, {}));
      CHECK(seen.failed == 0);
      CHECK(seen.duplicated.size() <= 5);
      CHECK(seen.reordered.size() <= 5);
      if (acks == std::string("all")) CHECK(seen.lost.empty());
      CHECK(seen.lost.size() <= 5);
      // 4.1 seconds in both real runs: two attempts of two seconds each.
      CHECK(seen.longest_gap() > 3.0);
      CHECK(seen.longest_gap() < 5.5);
    }
  }
}

TEST_CASE("with both followers dead and two in-sync replicas demanded nothing is acked any more") {
  const Seen seen = run_text(cluster + R"(false
topics: { orders: { replicas: [1, 2, 3], config: { min.insync.replicas: 2 } } }
producers:
  shop:
    sends: { to: orders-0, count: 40, every: 100ms, start: 500ms }
    config: { enable.idempotence: false, linger.ms: 0, request.timeout.ms: 2000,
              delivery.timeout.ms: 8000 }
events:
  - { crash: broker-2, at: 400ms }
  - { crash: broker-3, at: 400ms }
expect: {}
)",
                             1);
  INFO(text_report(seen.result.outcome, {}));
  CHECK(seen.acks.empty());
  CHECK(seen.failed == 40);
  CHECK(seen.lost.empty());
  CHECK(seen.result.outcome.state.partitions.at(0).isr == std::vector<int>{1});
  double first_refusal = 0;
  for (const std::string& line : seen.result.trace) {
    if (line.find(" shop failed ") != std::string::npos) {
      const double at = std::stod(line);
      CHECK(at >= 8.5);
      CHECK(at <= 4.4 + 8.6);
    }
    if (first_refusal == 0 && line.find("NOT_ENOUGH_REPLICAS") != std::string::npos)
      first_refusal = std::stod(line);
  }
  // Refused since the controller took the followers out, about three seconds after they died;
  // before that requests wait, and what they stored stays in the log: as failed records.
  CHECK(first_refusal > 2.4);
  CHECK(first_refusal < 5);
  const auto& leader = seen.result.outcome.state.partitions.at(0).replicas.at(0);
  CHECK(leader.log_end > protocol::Offset(0));
  CHECK(leader.high_watermark == protocol::Offset(0));
}

TEST_CASE("when only an outdated replica is left the real cluster lost five records, or waited") {
  const auto scenario = [](const std::string& unclean, const std::string& expect) {
    return cluster + unclean + R"(
topics: { orders: { replicas: [1, 2, 3] } }
producers:
  shop:
    sends:
      - { to: orders-0, values: [r0, r1, r2, r3, r4], every: 100ms }
      - { to: orders-0, values: [r5, r6, r7, r8, r9], every: 100ms, start: 6s }
      - { to: orders-0, values: [r10, r11, r12], every: 100ms, start: 25s }
    config: { delivery.timeout.ms: 10000, request.timeout.ms: 2000 }
events:
  - { crash: broker-2, at: 2s }
  - { crash: broker-3, at: 2s }
  - { crash: broker-1, at: 13s }
  - { restart: broker-2, at: 18s }
  - { restart: broker-1, at: 40s }
)" + expect;
  };
  const Seen lossy = run_text(scenario("true", R"(
expect:
  acked: { shop: [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12] }
  log: { orders-0: [r0, r1, r2, r3, r4, r10, r11, r12] }
  truncated: { broker-1: [r5, r6, r7, r8, r9] }
  isr: { orders-0: [1, 2] }
  lost: [r5, r6, r7, r8, r9]
)"),
                              1);
  INFO(text_report(lossy.result.outcome, {}));
  CHECK(lossy.result.outcome.verdict == Verdict::as_expected);
  const Seen waiting = run_text(scenario("false", R"(
expect:
  acked: { shop: [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9] }
  failed: { shop: { r10: REQUEST_TIMED_OUT, r11: REQUEST_TIMED_OUT, r12: REQUEST_TIMED_OUT } }
  log: { orders-0: [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9] }
  leaders: { orders-0: [broker-1] }
  isr: { orders-0: [1, 2] }
  checks:
    - { at: 30s, isr: { orders-0: [1] } }
)"),
                                1);
  INFO(text_report(waiting.result.outcome, {}));
  CHECK(waiting.result.outcome.verdict == Verdict::as_expected);
}
