// The report says everything that a student needs, in a hundred columns, and the JSON says it to
// programs.
#include "scenarios/engine/report.hpp"

#include <sstream>

#include "scenarios/engine/anomalies.hpp"
#include "scenarios/engine/expect.hpp"
#include "scenarios/engine/json_report.hpp"
#include "scenarios/engine/report_logs.hpp"
#include "tests/scenarios/story.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios::testing {

namespace {

// A fail-over that loses B, with what was expected of it.
Outcome fail_over(Story& story, const Expectations& expect) {
  story.stores("till", "payments-0", 0, "A")
      .fault("partition broker-1 from broker-2, broker-3 for 15s");
  story.at(10s).sent("till", "payments", "B").appended("broker-1", "payments-0", 1, "B");
  story.acked("till", "payments-0", 1, "B")
      .fault("crash broker-1", 2)
      .at(16s)
      .elected("payments-0", 2, 1);
  story.at(20s).sent("till", "payments", "C").appended("broker-2", "payments-0", 1, "C", 1);
  story.replicated("broker-2", "payments-0", 1, "C").acked("till", "payments-0", 1, "C");
  story.at(21s).truncated("broker-1", "payments-0", 1, "B");
  story.replica("payments-0", "broker-2", "e0 A e1 C", 2)
      .replica("payments-0", "broker-1", "e0 A e1 C", 1);
  story.group("ledger", 1, "payments").consumer("ledger", "ledger", "payments-0");
  story.handled("ledger", "ledger", "payments-0", 0, "A C").committed("ledger", "payments-0", 2);
  story.state.groups[0].committed[tp("payments-0")] = Offset(2);

  Outcome out;
  out.scenario = "lost-after-ack";
  out.variant = "acks-1";
  out.file = "scenarios/lost after.yaml";
  out.seed = 42;
  out.question = "Where is the record now?";
  out.answer = "Nowhere.";
  out.timeline = story.timeline.text();
  out.state = story.state;
  out.findings = find_anomalies(story.ledger, story.state);
  out.expectations = judge(expect, story.ledger, story.state, out.findings);
  out.verdict = verdict_of(out);
  out.trace_hash = 0x1234abcd;
  out.trace_lines = 17;
  out.duration = 21s;
  out.notes = {"event 3 never happened"};
  return out;
}

Expectations that_hold() {
  Expectations expect;
  expect.acked["till"] = {words("A B C"), {19, 3}};
  expect.log[tp("payments-0")] = {words("A C"), {20, 3}};
  expect.anomalies[Anomaly::lost] = {words("B"), {21, 3}};
  return expect;
}

void contains(const std::string& text, const std::string& part) {
  INFO(text);
  INFO(part);
  CHECK(text.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE(
    "a report has the question, the story, the logs, the expectations, the verdict and the way "
    "back") {
  Story story;
  const std::string text = text_report(fail_over(story, that_hold()), {});
  contains(text, "lost-after-ack [acks-1]  seed 42\n  Where is the record now?\n");
  contains(text, "    0.000  till          sent A to payments\n");
  contains(text, "!! 10.000  event 2       crash broker-1\n");
  contains(text, "  partition   broker    role     epoch  LEO  HW  log\n");
  contains(text, "  payments-0  broker-2  leader       1    2   2  e0 0:A e1 1:C\n");
  contains(text, "              broker-1  in sync      1    2   1  e0 0:A >> e1 1:C\n");
  contains(text, "  ledger  payments-0          2   2    0  ledger\n");
  contains(text, "  met      acked till      A B C\n");
  contains(text, "  met      lost            B\n             B: acked by broker-1 at 10.000 s");
  contains(text, "Verdict  as expected\nAnswer   Nowhere.\n");
  contains(text, "trace    000000001234abcd, 17 lines, 0 events of the simulator\n");
  contains(text, "Note     event 3 never happened\n");
  contains(text, "again    kafkasim run 'scenarios/lost after.yaml' --seed 42 --variant acks-1\n");
  CHECK(text.find("\x1b[") == std::string::npos);
  CHECK(text.find("was not expected") == std::string::npos);
}

TEST_CASE("what was not met and what nobody expected stand out with their place and cause") {
  Story story;
  Expectations expect = that_hold();
  expect.anomalies.clear();
  expect.log[tp("payments-0")].value = words("A B C");
  const Outcome outcome = fail_over(story, expect);
  const std::string text = text_report(outcome, {});
  contains(text,
           "  NOT MET  log payments-0  line 20\n             expected  A B C\n             got     "
           "  A C\n");
  contains(text,
           "Happened, and was not expected\n  !! lost  (acked, and in no log at the end)\n       "
           "B: acked by");
  contains(text, "Verdict  NOT as expected: 1 of 2 expectations not met, 1 unexpected anomaly\n");
  CHECK(summary_line(outcome, {}) == "FAIL  lost-after-ack [acks-1]: log payments-0, lost B");
}

TEST_CASE("no line is wider than the page, and colours add nothing but colours") {
  Story story;
  Outcome outcome = fail_over(story, that_hold());
  outcome.question = "Why? " + outcome.question + outcome.question + outcome.question +
                     outcome.question + " And a few more words to fill the line.";
  const std::string plain = text_report(outcome, {});
  std::istringstream stream(plain);
  for (std::string line; std::getline(stream, line);) {
    INFO(line);
    CHECK(line.size() <= 100);
    CHECK((line.empty() || line.back() != ' '));
  }
  ReportOptions coloured;
  coloured.colour = true;
  std::string painted = text_report(outcome, coloured);
  CHECK(painted.find("\x1b[1;31m!! 10.000  event 2       crash broker-1") != std::string::npos);
  for (std::size_t at = painted.find('\x1b'); at != std::string::npos; at = painted.find('\x1b')) {
    painted.erase(at, painted.find('m', at) - at + 1);
  }
  CHECK(painted == plain);
}

TEST_CASE("control characters of a scenario never reach a terminal") {
  Story story;
  Outcome outcome = fail_over(story, that_hold());
  outcome.question = "a\x1b[2Jb\nc";
  contains(text_report(outcome, {}), "  a\\x1b[2Jb\n  c\n");
}

TEST_CASE("a long story keeps its faults and says how much it left out") {
  TimelineText timeline;
  for (int i = 0; i < 300; ++i) {
    const Weight weight = i % 50 == 25 ? Weight::fault : Weight::routine;
    timeline.entries.push_back({sim::Time(i * 1s), weight, "shop", "line " + std::to_string(i)});
  }
  timeline.left_out = 7;
  ReportOptions options;
  options.timeline_lines = 20;
  const std::string text = timeline_report(timeline, options);
  for (const char* kept : {"line 0\n", "line 25\n", "line 125\n", "line 275\n", "line 299\n"})
    contains(text, kept);
  CHECK(text.find("line 150\n") == std::string::npos);
  contains(text, "287 lines are left out; --trace shows everything\n");
  CHECK(std::count(text.begin(), text.end(), '\n') == 22);
}

TEST_CASE(
    "a log is shown with its epochs, its high watermark, what was removed, and only its ends when "
    "it is long") {
  Story story;
  story.replica("a-0", "broker-1", "e0 A B e2 C", 1)
      .replica("a-0", "broker-2", "", 0)
      .replica("a-0", "broker-3", "X", 6, 5);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "r" + std::to_string(i) + " ";
  story.replica("b-0", "broker-1", many, 40);
  const std::vector<ReplicaState>& replicas = story.state.partitions[0].replicas;
  CHECK(log_text(replicas[0]) == "e0 0:A >> 1:B e2 2:C");
  CHECK(log_text(replicas[1]) == "(empty)");
  CHECK(log_text(replicas[2]) == "(up to 4 removed) e0 5:X");
  const std::string long_log = log_text(story.state.partitions[1].replicas[0]);
  contains(long_log, "11:r11 ... 20 more ... 32:r32");
  contains(long_log, "39:r39");
}

TEST_CASE("roles say who is down and who is out of sync") {
  Story story;
  story.replica("a-0", "broker-1", "A", 1)
      .replica("a-0", "broker-2", "A", 1)
      .replica("a-0", "broker-3", "A", 1);
  PartitionState& partition = story.state.partitions[0];
  partition.isr = {1};
  partition.replicas[0].alive = false;
  partition.replicas[2].alive = false;
  const std::string text = logs_report(story.state, 100, Paint(false));
  contains(text, "broker-1  leader, down");
  contains(text, "broker-2  out of sync");
  contains(text, "broker-3  down");
}

TEST_CASE("a broken invariant is told before the verdict") {
  Story story;
  Outcome outcome = fail_over(story, that_hold());
  outcome.invariant = "two leaders in epoch 3\n  last line";
  outcome.verdict = verdict_of(outcome);
  const std::string text = text_report(outcome, {});
  contains(text, "An invariant broke");
  contains(text, "  two leaders in epoch 3\n");
  contains(text, "Verdict  an invariant broke\n");
  CHECK(summary_line(outcome, {}) == "FAIL  lost-after-ack [acks-1]: two leaders in epoch 3");
}

TEST_CASE("the JSON holds the same, its keys always in the same order") {
  Story story;
  const Outcome outcome = fail_over(story, that_hold());
  const nlohmann::ordered_json json = json_report(outcome);
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";
  CHECK(
      keys ==
      "scenario variant file seed question answer verdict exit_code invariant expectations "
      "anomalies timeline "
      "timeline_left_out partitions controllers producers groups consumers group_tables trace_hash "
      "trace_lines events duration "
      "ended_because "
      "notes reproduce ");
  CHECK(json["verdict"] == "as expected");
  CHECK(json["exit_code"] == 0);
  CHECK(json["expectations"][1]["key"] == "log payments-0");
  CHECK(json["expectations"][1]["line"] == 20);
  CHECK(json["anomalies"][0]["anomaly"] == "lost");
  CHECK(json["anomalies"][0]["offsets"] == nlohmann::ordered_json::array({1}));
  CHECK(json["anomalies"][0]["times"][0] == 10'000'000'000);
  CHECK(json["anomalies"][0]["expected"] == true);
  CHECK(json["partitions"][0]["replicas"][1]["log"][1]["record"] == "C");
  CHECK(json["groups"][0]["committed"]["payments-0"] == 2);
  CHECK(json["duration"] == 21'000'000'000);
  CHECK(json["trace_hash"] == "000000001234abcd");
  CHECK(json_text(json) == json_text(json_report(outcome)));
  CHECK(json_text(json).back() == '\n');
}

TEST_CASE("bytes that are no text do not stop the JSON") {
  Outcome outcome;
  outcome.scenario = "broken \xff name";
  CHECK(nlohmann::json::parse(json_text(json_report(outcome)))["scenario"] ==
        "broken \xef\xbf\xbd name");
}

}  // namespace kafkasim::scenarios::testing
