// Each anomaly, and what comes near it without being one.
#include "scenarios/engine/anomalies.hpp"

#include <fmt/format.h>

#include "tests/scenarios/story.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios::testing {

namespace {

// "lost B; duplicated A"
std::string found(Story& story) {
  std::string out;
  for (const Finding& finding : find_anomalies(story.ledger, story.state)) {
    out +=
        fmt::format("{}{} {}", out.empty() ? "" : "; ", to_string(finding.anomaly), finding.record);
  }
  return out;
}

std::string cause(Story& story) { return find_anomalies(story.ledger, story.state).at(0).cause; }

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  const bool contained = text.find(part) != std::string::npos;
  CHECK(contained);
  return contained;
}

}  // namespace

// ---- lost ----

TEST_CASE(
    "an acked record that a fail-over left behind is lost, and the cause names ack and "
    "truncation") {
  Story story;
  story.stores("till", "payments-0", 0, "A");
  story.at(10s).sent("till", "payments", "B").appended("broker-1", "payments-0", 1, "B");
  story.at(10001ms).acked("till", "payments-0", 1, "B");
  story.at(16s).elected("payments-0", 2, 1);
  story.at(21300ms).truncated("broker-1", "payments-0", 1, "B");
  story.replica("payments-0", "broker-2", "A", 1).replica("payments-0", "broker-1", "A", 1);
  CHECK(found(story) == "lost B");
  has(cause(story),
      "acked by broker-1 at 10.001 s (offset 1 of payments-0; no other replica had it yet)");
  has(cause(story),
      "removed by broker-1's truncation at 21.300 s to follow broker-2, leader since 16.000 s");
}

TEST_CASE(
    "a record that a replaced leader acked names the leader that had taken its place before") {
  Story story;
  story.stores("till", "payments-0", 0, "A");
  story.at(7s).elected("payments-0", 2, 1);
  story.at(15s).sent("till", "payments", "B").appended("broker-1", "payments-0", 1, "B");
  story.at(15001ms).acked("till", "payments-0", 1, "B");
  story.at(30s).truncated("broker-1", "payments-0", 1, "B");
  story.replica("payments-0", "broker-2", "A", 1).replica("payments-0", "broker-1", "A", 1);
  CHECK(found(story) == "lost B");
  has(cause(story),
      "removed by broker-1's truncation at 30.000 s to follow broker-2, leader since 7.000 s");
}

TEST_CASE("a record that only a dead broker's disk holds is lost all the same") {
  Story story;
  story.sent("till", "payments", "A")
      .appended("broker-1", "payments-0", 0, "A")
      .acked("till", "payments-0", 0, "A");
  story.at(9s).elected("payments-0", 2, 1);
  story.replica("payments-0", "broker-2", "", 0).replica("payments-0", "broker-1", "A", 0);
  story.state.partitions[0].replicas[1].alive = false;
  CHECK(found(story) == "lost A");
  has(cause(story), "now only in the log of broker-1, which is down, and not in that of broker-2");
  story.state.partitions[0].leader = "";  // nobody took over: it may still come back
  CHECK(found(story).empty());
}

TEST_CASE(
    "acks=0 loses what no leader stored, and an acked record above the high watermark is not "
    "lost") {
  Story story;
  story.at(1s).fault("crash broker-1");
  story.at(2s).sent("shop", "orders", "A B").acked("shop", "orders-0", -1, "A");
  story.appended("broker-2", "orders-0", 0, "B").acked("shop", "orders-0", -1, "B");
  story.replica("orders-0", "broker-2", "B", 0);
  CHECK(found(story) == "lost A");
  has(cause(story), "no leader ever stored it (last fault before: crash broker-1 at 1.000 s)");
}

TEST_CASE("what was never acked, or was cleaned away, is not lost") {
  Story story;
  story.sent("shop", "orders", "X").failed("shop", "orders-0", "X", ErrorCode::request_timed_out);
  story.stores("shop", "orders-0", 0, "A")
      .stores("shop", "orders-0", 1, "B")
      .stores("shop", "gone-0", 0, "C");
  story.replica("orders-0", "broker-1", "B", 2,
                1);  // retention removed A; the topic of C was deleted
  CHECK(found(story).empty());
}

TEST_CASE("compaction removes a record without losing it") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").stores("shop", "orders-0", 1, "B");
  story.replica("orders-0", "broker-1", "A B", 2);
  std::vector<protocol::StoredBatch>& log = story.state.partitions[0].replicas[0].log;
  log.erase(log.begin());
  CHECK(found(story) == "lost A");  // nobody said where it went
  story.compacted("broker-1", "orders-0", 0, "A");
  CHECK(found(story).empty());
}

TEST_CASE("retention does not excuse the loss of a record whose offset another one took") {
  Story story;
  story.stores("shop", "orders-0", 0, "A");
  story.elected("orders-0", 2, 1, true).truncated("broker-1", "orders-0", 0, "A");
  story.stores("shop", "orders-0", 0, "B").stores("shop", "orders-0", 1, "C");
  story.deleted("broker-2", "orders-0", 0, "B").replica("orders-0", "broker-2", "C", 2, 1);
  CHECK(found(story) == "lost A");
}

TEST_CASE(
    "retention does not excuse what a power loss took before the log started again behind it") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").unflushed("broker-1", "orders-0", 0, "A");
  story.replica("orders-0", "broker-1", "", 5, 5);
  CHECK(found(story) == "lost A");
}

TEST_CASE("a record that no disk holds any more was not flushed") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").replica("orders-0", "broker-1", "", 0);
  CHECK(found(story) == "lost A");
  has(cause(story), "gone from every log");
  story.at(3s).unflushed("broker-1", "orders-0", 0, "A");
  has(cause(story), "it was not flushed when broker-1 lost power, the last time at 3.000 s");
  story.at(4s).tell("broker-2", events::LogDirFailed{"Input/output error"});
  has(cause(story), "; the disk of broker-2 failed at 4.000 s");
}

TEST_CASE("a record that recovery cut off is lost to a torn disk") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").replica("orders-0", "broker-1", "", 0);
  story.at(3s).tell("broker-1",
                    events::RecoveryCut{tp("orders-0"), Offset(0), {story.stored(0, 0, "A")}});
  CHECK(found(story) == "lost A");
  has(cause(story), "broker-1's recovery found it torn and cut it off at 3.000 s");
}

// ---- duplicated ----

TEST_CASE("a record stored twice because its ack was lost is duplicated") {
  Story story;
  story.sent("shop", "orders", "A").appended("broker-1", "orders-0", 0, "A");
  story.at(3ms).retried("shop", "orders-0", "A", ErrorCode::network_exception);
  story.at(100ms).appended("broker-1", "orders-0", 1, "A").acked("shop", "orders-0", 1, "A");
  story.replica("orders-0", "broker-1", "A A", 2);
  CHECK(found(story) == "duplicated A");
  CHECK(cause(story) ==
        "stored at offsets 0 and 1 of orders-0: stored at 0.000 s, but the connection broke before "
        "the answer arrived, "
        "so the producer sent it again at 0.003 s");
  story.state.partitions[0].replicas[0].high_watermark =
      Offset(1);  // the second one is not replicated yet
  CHECK(found(story).empty());
}

TEST_CASE("a record that the application sends again is duplicated too, and the cause says so") {
  Story story;
  story.sent("shop", "orders", "A").appended("broker-1", "orders-0", 0, "A");
  story.at(2s).failed("shop", "orders-0", "A", ErrorCode::request_timed_out);
  story.at(3s)
      .sent("shop", "orders", "A")
      .appended("broker-1", "orders-0", 1, "A")
      .acked("shop", "orders-0", 1, "A");
  story.replica("orders-0", "broker-1", "A A", 2);
  CHECK(found(story) == "duplicated A");
  has(cause(story), "yet the application heard REQUEST_TIMED_OUT and sent it again at 3.000 s");
}

TEST_CASE("a retry that the leader knew, or whose first copy was truncated, is not a duplicate") {
  Story story;
  story.sent("shop", "orders", "A").appended("broker-1", "orders-0", 0, "A");
  story.retried("shop", "orders-0", "A", ErrorCode::request_timed_out)
      .truncated("broker-1", "orders-0", 0, "A");
  story.appended("broker-2", "orders-0", 0, "A").acked("shop", "orders-0", 0, "A");
  story.replica("orders-0", "broker-2", "A", 1);
  CHECK(found(story).empty());
}

TEST_CASE("a duplicate whose first copy retention removed is still one") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").stores("shop", "orders-0", 1, "B");
  story.appended("broker-1", "orders-0", 2, "A").replicated("broker-1", "orders-0", 2, "A");
  story.replica("orders-0", "broker-1", "B A", 3, 1);
  CHECK(found(story) == "duplicated A");
}

// ---- reordered ----

TEST_CASE("only the record that was overtaken is reordered") {
  struct Row {
    std::string log;
    std::string reordered;
  };
  const std::vector<Row> rows = {
      {"1 3 4 5 2", "reordered 2"},
      {"1 2 3 4 5", ""},
      {"2 1 3 5 4", "reordered 1; reordered 4"},
      {"3 2 1", "reordered 2; reordered 1"},
      {"1 1 2 3", "duplicated 1"},
      {"1 2 3 1", "duplicated 1"},
      {"2 1 2", "duplicated 2; reordered 1"},
  };
  for (const Row& row : rows) {
    Story story;
    story.sent("sensor", "readings", "1 2 3 4 5").replica("readings-0", "broker-1", row.log, 9);
    INFO(row.log);
    CHECK(found(story) == row.reordered);
  }
}

TEST_CASE(
    "records of other producers and partitions, and those above the high watermark, have no "
    "order") {
  Story story;
  story.sent("a", "orders", "1 2").sent("b", "orders", "3").sent("a", "orders", "4");
  story.replica("orders-0", "broker-1", "3 2", 2).replica("orders-1", "broker-1", "4 1", 1);
  CHECK(found(story).empty());
}

TEST_CASE("the cause of a reordering is the try that failed") {
  Story story;
  story.sent("sensor", "readings", "1 2 3");
  story.at(2ms).retried("sensor", "readings-0", "2", ErrorCode::not_enough_replicas);
  story.replica("readings-0", "broker-1", "1 3 2", 3);
  CHECK(cause(story) ==
        "stored at offset 2 of readings-0, behind 3 at offset 1, which sensor sent later: its "
        "first try failed at "
        "0.002 s (NOT_ENOUGH_REPLICAS)");
}

// ---- handled-twice ----

TEST_CASE("a record that two members of a group handled is handled twice") {
  Story story;
  story.stores("feeder", "jobs-0", 0, "1 2 3").replica("jobs-0", "broker-1", "1 2 3", 3);
  story.at(8s).handled("worker-a", "workers", "jobs-0", 0, "1 2").committed("workers", "jobs-0", 2);
  story.at(9s).handled("worker-a", "workers", "jobs-0", 2, "3");
  CHECK(found(story).empty());
  story.at(14s)
      .polled("worker-b", "jobs-0", 2, "3")
      .handled("worker-b", "workers", "jobs-0", 2, "3");
  CHECK(found(story) == "handled-twice 3");
  has(cause(story),
      "handled by worker-a at 9.000 s, but the group's committed offset of jobs-0 was still 2 when "
      "worker-b handled it again at 14.000 s");
}

TEST_CASE("both copies of a duplicate count, and the cause tells the offsets") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").appended("broker-1", "orders-0", 1, "A");
  story.replica("orders-0", "broker-1", "A A", 2)
      .handled("billing", "billing", "orders-0", 0, "A A");
  CHECK(found(story) == "duplicated A; handled-twice A");
  has(find_anomalies(story.ledger, story.state).at(1).cause, "offset 0 of orders-0");
}

TEST_CASE(
    "two groups may handle a record once each, and a reader without a group as often as it likes") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").replica("orders-0", "broker-1", "A", 1);
  story.handled("billing", "billing", "orders-0", 0, "A")
      .handled("audit", "audit", "orders-0", 0, "A");
  story.handled("tool", "", "orders-0", 0, "A").handled("tool", "", "orders-0", 0, "A");
  CHECK(found(story).empty());
}

// ---- skipped, stuck ----

TEST_CASE("what lies below the committed offset and was never handled is skipped") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B C").replica("orders-0", "broker-1", "A B C", 3);
  story.group("billing", 0, "orders").consumer("billing", "billing", "orders-0");
  story.at(1s)
      .polled("billing", "orders-0", 0, "A B")
      .handled("billing", "billing", "orders-0", 0, "A");
  story.at(2s).committed("billing", "orders-0", 2);
  CHECK(found(story) == "skipped B");  // C is not committed, and nobody is there to handle it
  has(cause(story),
      "lies below the committed offset 2 since 2.000 s; billing got it from poll() at 1.000 s");
  story.at(3s).handled("billing", "billing", "orders-0", 1, "B");
  CHECK(found(story).empty());
}

TEST_CASE("a group that starts at the latest offset skips what was there") {
  Story story;
  story.stores("shop", "orders-0", 0, "A")
      .replica("orders-0", "broker-1", "A", 1)
      .group("late", 1, "orders");
  story.at(4s).tell("late-1", events::PositionReset{tp("orders-0"), Offset(), Offset(1),
                                                    "auto.offset.reset=latest"});
  story.at(5s).committed("late", "orders-0", 1);
  CHECK(found(story) == "skipped A");
  has(cause(story), "late-1 began at offset 1 at 4.000 s (auto.offset.reset=latest)");
}

TEST_CASE("what retention removed is not skipped") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B").replica("orders-0", "broker-1", "B", 2, 1);
  story.group("late", 1, "orders")
      .committed("late", "orders-0", 2)
      .handled("late", "late", "orders-0", 1, "B");
  CHECK(found(story).empty());
}

TEST_CASE("a replicated record that a live group did not handle is stuck") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B").replica("orders-0", "broker-1", "A B C", 2);
  story.group("billing", 1, "orders").handled("billing", "billing", "orders-0", 0, "A").at(9s);
  CHECK(found(story) == "stuck B");  // C is not replicated
  has(cause(story), "no live member of the group owns the partition");
  story.consumer("billing", "billing", "orders-0");
  story.state.consumers[0].positions[tp("orders-0")] = Offset(1);
  has(cause(story), "at 9.000 s, its owner billing stands at position 1");
  story.state.groups[0].members_alive = 0;
  CHECK(found(story).empty());
  story.state.groups[0] = {"billing", 1, {"returns"}, {}};  // reads another topic
  CHECK(found(story).empty());
}

// ---- handled-out-of-order ----

TEST_CASE("a record that is handled after a later one of its key is out of order") {
  struct Row {
    std::string sends;
    std::string log;  // read in this order
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"A/k B/k C/k", "A B C", ""},
      {"A/k B/k C/k", "A C B", "reordered B; handled-out-of-order B"},
      {"A/k B/x C/k", "B A C", "reordered A"},
      {"A B C", "A C B", "reordered B"},  // no keys
  };
  for (const Row& row : rows) {
    Story story;
    story.sent("shop", "orders", row.sends).replica("orders-0", "broker-1", row.log, 3);
    story.handled("billing", "billing", "orders-0", 0, row.log);
    INFO(row.log);
    CHECK(found(story) == row.expected);
  }
}

TEST_CASE("a redelivery is handled twice, not out of order; other groups have their own order") {
  Story story;
  story.sent("shop", "orders", "A/k B/k").replica("orders-0", "broker-1", "A B", 2);
  story.handled("billing-1", "billing", "orders-0", 0, "A B")
      .handled("billing-2", "billing", "orders-0", 0, "A B");
  story.handled("audit", "audit", "orders-0", 0, "A B");
  CHECK(found(story) == "handled-twice A; handled-twice B");
}

TEST_CASE("the order of a key holds across partitions, but between producers only inside the log") {
  Story story;
  story.sent("a", "orders", "A/k").sent("b", "orders", "X/k").sent("a", "orders", "B/k");
  story.replica("orders-0", "broker-1", "A", 1).replica("orders-1", "broker-1", "B X", 2);
  story.at(1s)
      .handled("billing", "billing", "orders-1", 0, "B X")
      .handled("billing", "billing", "orders-0", 0, "A");
  CHECK(found(story) == "handled-out-of-order A");
  has(cause(story),
      "after B of the same key (handled by billing at 1.000 s from offset 0 of orders-1)");

  Story back;
  back.sent("b", "orders", "X/k")
      .sent("a", "orders", "A/k")
      .replica("orders-0", "broker-1", "A X", 2);
  back.handled("billing", "billing", "orders-0", 0, "A X");
  CHECK(found(back).empty());
  Story forth;
  forth.sent("a", "orders", "A/k")
      .sent("b", "orders", "X/k")
      .replica("orders-0", "broker-1", "A X", 2);
  forth.handled("billing", "billing", "orders-0", 1, "X")
      .handled("billing", "billing", "orders-0", 0, "A");
  CHECK(found(forth) == "handled-out-of-order A");
}

// ---- phantom ----

TEST_CASE("a record that was handled and then truncated everywhere is a phantom") {
  Story story;
  story.sent("shop", "orders", "A B").replica("orders-0", "broker-2", "A", 1);
  story.at(1s).handled("billing", "billing", "orders-0", 0, "A B");
  story.at(2s).truncated("broker-1", "orders-0", 1, "B");
  CHECK(found(story) == "phantom B");
  CHECK(cause(story) ==
        "handled by billing at 1.000 s from offset 1 of orders-0, which broker-1's truncation "
        "removed at 2.000 s");
}

TEST_CASE("a handled record that was stored again or removed by retention is no phantom") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").sent("shop", "orders", "B");
  story.handled("tool", "", "orders-0", 0, "A B").truncated("broker-1", "orders-0", 1, "B");
  story.deleted("broker-2", "orders-0", 0, "A");
  story.replica("orders-0", "broker-2", "B", 2, 1);
  CHECK(found(story).empty());
}

TEST_CASE("every anomaly has a meaning") {
  for (int i = 0; i <= static_cast<int>(last_anomaly); ++i) {
    CHECK_FALSE(meaning(static_cast<Anomaly>(i)).empty());
  }
}

}  // namespace kafkasim::scenarios::testing
