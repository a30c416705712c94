// Expectations are compared exactly, and anomalies that nobody named fail a run.
#include "scenarios/engine/expect.hpp"

#include "scenarios/engine/anomalies.hpp"
#include "tests/scenarios/story.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios::testing {

namespace {

Records list(std::string_view names) { return words(names); }
Records range(std::int64_t lowest, std::int64_t highest) { return CountRange{lowest, highest}; }

template <class Value>
Expected<Value> wanted(Value value) {
  return {std::move(value), {7, 3}};
}

ExpectationResult only(const Expectations& expect, Story& story) {
  std::vector<Finding> findings = find_anomalies(story.ledger, story.state);
  const std::vector<ExpectationResult> results = judge(expect, story.ledger, story.state, findings);
  REQUIRE(results.size() == 1);
  return results[0];
}

// Runs the closed world of a story against expectations.
Outcome judged(const Expectations& expect, Story& story) {
  Outcome out;
  out.findings = find_anomalies(story.ledger, story.state);
  out.expectations = judge(expect, story.ledger, story.state, out.findings);
  out.verdict = verdict_of(out);
  return out;
}

}  // namespace

TEST_CASE("acked is compared in order, by number or by range") {
  struct Row {
    Records expected;
    bool met;
  };
  const std::vector<Row> rows = {
      {list("A C B"), true}, {list("A B C"), false}, {list("A C"), false}, {list("A C B B"), false},
      {range(3, 3), true},   {range(2, 5), true},    {range(4, 9), false}};
  Story story;
  story.stores("shop", "orders-0", 0, "A")
      .stores("shop", "orders-0", 1, "C")
      .stores("shop", "orders-0", 2, "B");
  story.replica("orders-0", "broker-1", "A C B", 3);
  for (const Row& row : rows) {
    Expectations expect;
    expect.acked["shop"] = wanted(row.expected);
    const ExpectationResult result = only(expect, story);
    CHECK(result.met == row.met);
    CHECK(result.key == "acked shop");
    CHECK(result.position == Position{7, 3});
  }
}

TEST_CASE("a producer that never spoke acked and failed nothing") {
  Story story;
  Expectations expect;
  expect.acked["shop"] = wanted(list(""));
  CHECK(only(expect, story).met);
  expect.acked["shop"] = wanted(list("A"));
  CHECK(only(expect, story).got == "nothing");
}

TEST_CASE("failed records are compared in no order, with their errors where these are named") {
  Story story;
  story.sent("shop", "orders", "D E").failed("shop", "orders-0", "E", ErrorCode::message_too_large);
  story.failed("shop", "orders-0", "D", ErrorCode::request_timed_out);
  struct Row {
    ExpectedFailures expected;
    bool met;
    std::string got;
  };
  const ErrorCode timed_out = ErrorCode::request_timed_out;
  const ErrorCode too_large = ErrorCode::message_too_large;
  const std::vector<Row> rows = {
      {{list("D E"), {}}, true, "D E"},
      {{list("D"), {}}, false, "D E"},
      {{range(2, 2), {}}, true, "2"},
      {{range(0, 1), {}}, false, "2: E D"},
      {{list(""), {{"D", timed_out}, {"E", too_large}}}, true, "D: TIMED_OUT E: MESSAGE_TOO_LARGE"},
      {{list(""), {{"D", timed_out}}}, false, "D: TIMED_OUT E: MESSAGE_TOO_LARGE"},
      {{list(""), {{"D", too_large}, {"E", too_large}}},
       false,
       "D: TIMED_OUT E: MESSAGE_TOO_LARGE"},
  };
  for (const Row& row : rows) {
    Expectations expect;
    expect.failed["shop"] = wanted(row.expected);
    const ExpectationResult result = only(expect, story);
    CHECK(result.met == row.met);
    CHECK(result.got == row.got);
  }
}

TEST_CASE("the log at the end is the leader's, below its high watermark") {
  Story story;
  story.replica("orders-0", "broker-2", "A A B C D", 4).replica("orders-0", "broker-1", "A X", 2);
  Expectations expect;
  expect.log[tp("orders-0")] = wanted(list("A A B C"));
  CHECK(only(expect, story).met);
  expect.log[tp("orders-0")] = wanted(list("A A B C D"));
  CHECK(only(expect, story).got == "A A B C");
}

TEST_CASE("without a leader the log that ends in the newest epoch counts, then the longest") {
  Story story;
  story.replica("orders-0", "broker-1", "A B C", 3).replica("orders-0", "broker-2", "A e1 B", 2);
  story.replica("orders-0", "broker-3", "A e1 B D", 3);
  story.state.partitions[0].leader = "";
  CHECK(deciding_replica(story.state.partitions[0])->broker == "broker-3");
  story.state.partitions[0].leader = "broker-1";
  CHECK(deciding_replica(story.state.partitions[0])->broker == "broker-1");
  CHECK(deciding_replica(PartitionState{}) == nullptr);
}

TEST_CASE("handled is in order for a consumer, and in none for a group of several") {
  Story story;
  story.consumer("worker-a", "workers", "")
      .consumer("worker-b", "workers", "")
      .group("workers", 2, "");
  story.handled("worker-b", "workers", "jobs-0", 0, "3")
      .handled("worker-a", "workers", "jobs-1", 0, "1 2");
  struct Row {
    std::string key;
    Records expected;
    bool met;
  };
  const std::vector<Row> rows = {
      {"workers", list("1 2 3"), true}, {"workers", list("1 2 3 3"), false},
      {"worker-a", list("1 2"), true},  {"worker-a", list("2 1"), false},
      {"worker-b", list("3"), true},    {"workers", range(3, 3), true},
      {"worker-b", range(2, 9), false},
  };
  for (const Row& row : rows) {
    Expectations expect;
    expect.handled[row.key] = wanted(row.expected);
    CHECK(only(expect, story).met == row.met);
  }
}

TEST_CASE("a consumer that bears its group's name is meant before the group") {
  Story story;
  story.consumer("billing", "billing", "").group("billing", 1, "").sent("shop", "orders", "A B");
  story.handled("billing", "billing", "orders-0", 0, "A B");
  Expectations expect;
  expect.handled["billing"] = wanted(list("B A"));
  CHECK_FALSE(only(expect, story).met);
}

TEST_CASE("committed offsets and lag are the coordinator's word, else the trace's") {
  Story story;
  story.replica("orders-0", "broker-1", "A B C D", 4).replica("orders-1", "broker-1", "E F", 2);
  story.group("billing", 1, "orders").committed("billing", "orders-0", 3);
  Expectations committed;
  committed.committed["billing"] =
      wanted(std::map<TopicPartition, CountRange>{{tp("orders-0"), {3, 3}}});
  CHECK(only(committed, story).met);
  Expectations lag;
  lag.lag["billing"] =
      wanted(ExpectedLag{CountRange{3, 3}, {}});  // one of orders-0, and all of orders-1
  CHECK(only(lag, story).met);
  story.state.groups[0].committed[tp("orders-0")] = Offset(4);
  CHECK(only(committed, story).got == "4");
  CHECK(only(lag, story).got == "2");
  lag.lag.clear();
  lag.lag["nobody"] = wanted(ExpectedLag{CountRange{0, 0}, {}});
  CHECK(only(lag, story).got == "none");
}

TEST_CASE("truncated, errors, leaders, isr and assignments are compared as written") {
  Story story;
  story.replica("orders-0", "broker-2", "", 0).replica("orders-0", "broker-3", "", 0);
  story.truncated("broker-1", "orders-0", 1, "B C")
      .elected("orders-0", 1, 0)
      .elected("orders-0", 2, 1);
  story.tell("shop", events::MetError{"Produce", ErrorCode::not_enough_replicas});
  story.joined("a", "workers", 1, "jobs-1 jobs-0").joined("b", "workers", 1, "");
  Expectations good;
  good.truncated["broker-1"] = wanted(list("C B"));
  good.truncated["broker-2"] = wanted(list(""));
  good.errors["shop"] = wanted(std::vector{ErrorCode::not_enough_replicas});
  good.leaders[tp("orders-0")] = wanted(words("broker-1 broker-2"));
  good.isr[tp("orders-0")] = wanted(std::vector{2, 3});
  good.assignments["workers"] =
      wanted(std::vector<Assignment>{{{"a", {tp("jobs-0"), tp("jobs-1")}}}});
  for (const ExpectationResult& result : judged(good, story).expectations) {
    INFO(result.key << ": " << result.expected << " / " << result.got);
    CHECK(result.met);
  }
  Expectations bad;
  bad.truncated["broker-1"] = wanted(list("B"));
  bad.errors["shop"] = wanted(std::vector<ErrorCode>{});
  bad.leaders[tp("orders-0")] = wanted(words("broker-2 broker-1"));
  bad.isr[tp("orders-0")] = wanted(std::vector{1, 2, 3});
  bad.assignments["workers"] =
      wanted(std::vector<Assignment>{{{"a", {tp("jobs-0")}}, {"b", {tp("jobs-1")}}}});
  const Outcome outcome = judged(bad, story);
  CHECK(outcome.expectations.size() == 5);
  for (const ExpectationResult& result : outcome.expectations) CHECK_FALSE(result.met);
  CHECK(outcome.expectations.back().got == "{a: jobs-0 jobs-1}");
  CHECK(outcome.verdict == Verdict::not_as_expected);
}

TEST_CASE("anomalies are a closed world") {
  Story story;
  story.sent("shop", "orders", "A B")
      .replica("orders-0", "broker-1", "A B A B", 4);  // both duplicated
  struct Row {
    std::optional<Records> expected;
    Verdict verdict;
    bool a_expected;
    bool b_expected;
  };
  const std::vector<Row> rows = {
      {std::nullopt, Verdict::not_as_expected, false, false},
      {list("B A"), Verdict::as_expected, true, true},
      {list("A"), Verdict::not_as_expected, true, false},
      {list("A B C"), Verdict::not_as_expected, true, true},
      {range(2, 2), Verdict::as_expected, true, true},
      {range(0, 1), Verdict::not_as_expected, false, false},
  };
  for (const Row& row : rows) {
    Expectations expect;
    if (row.expected) expect.anomalies[Anomaly::duplicated] = wanted(*row.expected);
    const Outcome outcome = judged(expect, story);
    CHECK(outcome.verdict == row.verdict);
    CHECK(outcome.findings.at(0).expected == row.a_expected);
    CHECK(outcome.findings.at(1).expected == row.b_expected);
  }
  Expectations other;
  other.anomalies[Anomaly::duplicated] = wanted(range(0, 9));
  other.anomalies[Anomaly::lost] = wanted(list("A"));
  CHECK(judged(other, story).verdict == Verdict::not_as_expected);  // expected, and did not happen
}

TEST_CASE("a record that two groups handled twice counts once") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").replica("orders-0", "broker-1", "A", 1);
  for (const char* group : {"billing", "audit"}) {
    story.handled(group, group, "orders-0", 0, "A").handled(group, group, "orders-0", 0, "A");
  }
  Expectations expect;
  expect.anomalies[Anomaly::handled_twice] = wanted(list("A"));
  CHECK(judged(expect, story).verdict == Verdict::as_expected);
  expect.anomalies[Anomaly::handled_twice] = wanted(range(1, 1));
  CHECK(judged(expect, story).verdict == Verdict::as_expected);
}

TEST_CASE("checks look at the state of their time") {
  Story story;
  story.replica("orders-0", "broker-1", "A B C D E", 5).replica("orders-0", "broker-2", "A B C", 3);
  story.group("billing", 1, "orders").committed("billing", "orders-0", 1);
  Check check;
  check.at = 3s;
  check.isr[tp("orders-0")] = wanted(std::vector{1, 2});
  check.high_watermark[tp("orders-0")] = wanted(CountRange{5, 5});
  check.lag["billing"] = wanted(ExpectedLag{CountRange{3, 5}, {}});
  const std::vector<ExpectationResult> results = evaluate_check(check, story.ledger, story.state);
  REQUIRE(results.size() == 3);
  for (const ExpectationResult& result : results) CHECK(result.met);
  CHECK(results[2].key == "lag billing at 3s");
  CHECK(results[2].got == "4");
  check.high_watermark[tp("orders-0")] = wanted(CountRange{6, 9});
  CHECK_FALSE(evaluate_check(check, story.ledger, story.state)[1].met);
  CHECK_FALSE(missed_check(check).met);
}

TEST_CASE("the exit code follows the verdict, and a broken invariant outweighs everything") {
  Outcome outcome;
  CHECK(exit_code(verdict_of(outcome)) == 0);
  outcome.expectations.push_back({"log orders-0", false, "A", "B", {}});
  CHECK(exit_code(verdict_of(outcome)) == 1);
  outcome.invariant = "two leaders";
  CHECK(exit_code(verdict_of(outcome)) == 3);
}

TEST_CASE("long lists are shown around the first difference") {
  Story story;
  Expectations expect;
  std::string sent;
  std::string wrong;
  for (int i = 1; i <= 100; ++i) {
    sent += "r" + std::to_string(i) + " ";
    wrong += (i == 60 ? "x" : "r") + std::to_string(i) + " ";
  }
  story.stores("shop", "orders-0", 0, sent).replica("orders-0", "broker-1", sent, 100);
  expect.log[tp("orders-0")] = wanted(list(wrong));
  const ExpectationResult result = only(expect, story);
  CHECK_FALSE(result.met);
  CHECK(result.got.substr(0, 39) == "... 56 before ... r57 r58 r59 r60 r61 r");
  CHECK(result.expected.find("r59 x60 r61") != std::string::npos);
  CHECK(result.got.find("(100 in all)") != std::string::npos);
}

}  // namespace kafkasim::scenarios::testing
