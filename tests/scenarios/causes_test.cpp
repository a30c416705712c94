// What the trace has as the cause of an anomaly of a group, for every cause that is known, and that
// nothing is made up where it has none.
#include "scenarios/engine/causes.hpp"

#include "consumer/failure.hpp"
#include "scenarios/engine/anomalies.hpp"
#include "tests/scenarios/story.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios::testing {

namespace {

// Two records in orders-0, both handled by worker-a; worker-a owns the partition since 1 s.
struct Began : Story {
  Began() {
    stores("shop", "orders-0", 0, "A B");
    at(1s).joined("worker-a", "workers", 1, "orders-0");
    at(2s).polled("worker-a", "orders-0", 0, "A B");
    at(3s).handled("worker-a", "workers", "orders-0", 0, "A");
  }
};

Story& fault(Story& story, ActionKind action, std::string text, std::string target) {
  FaultHappened event;
  event.text = std::move(text);
  event.event_number = 1;
  event.action = action;
  event.targets = {std::move(target)};
  return story.tell("scenario", event);
}

// A second member takes the partition over and handles A again.
Story& taken_over(Story& story) {
  story.at(20s).joined("worker-b", "workers", 2, "orders-0");
  story.at(21s).polled("worker-b", "orders-0", 0, "A B");
  story.at(22s).handled("worker-b", "workers", "orders-0", 0, "A B");
  return story;
}

void finish(Story& story) {
  story.replica("orders-0", "broker-1", "A B", 2).group("workers", 1, "orders");
}

Story& rebalanced(Story& story, std::string reason) {
  return story.tell(
      "broker-1", events::GroupStateChanged{"workers", "PreparingRebalance", 1, std::move(reason)});
}

Finding only(Story& story) {
  finish(story);
  const std::vector<Finding> found = find_anomalies(story.ledger, story.state);
  REQUIRE(found.size() == 1);
  CHECK(lacks_cause(found[0]) == found[0].because.empty());
  return found[0];
}

std::string because(Story& story) { return only(story).because; }

}  // namespace

// ---- handled twice ----

TEST_CASE("a record is handled again because its consumer died before the commit") {
  Began story;
  fault(story.at(4s), ActionKind::crash, "crash worker-a", "worker-a");
  const Finding found = only(taken_over(story));
  CHECK(found.because == "worker-a died at 4.000 s, before its commit of the record was stored");
  CHECK(found.cause.ends_with("; because " + found.because));
}

TEST_CASE("a record is handled again because its consumer was removed, whatever it knows of it") {
  Began story;
  rebalanced(story.at(12s), "session of worker-a-17 expired");
  CHECK(because(taken_over(story)) ==
        "the group rebalanced at 12.000 s (session of worker-a-17 expired)");
}

TEST_CASE("a rebalance is named by what began it, not by how it ended") {
  Began story;
  rebalanced(story.at(12s), "worker-b-3 joins");
  story.at(13s).tell("broker-1",
                     events::GroupStateChanged{"workers", "Stable", 2, "assigned by worker-b-3"});
  CHECK(because(taken_over(story)) == "the group rebalanced at 12.000 s (worker-b-3 joins)");
}

TEST_CASE("a record is handled again because its consumer left the group over a slow poll loop") {
  Began story;
  story.at(10s).tell("worker-a",
                     events::LeftGroup{"workers", "consumer poll timeout has expired."});
  rebalanced(story.at(10s), "worker-a-17 left");
  CHECK(because(taken_over(story)) ==
        "worker-a left the group at 10.000 s (consumer poll timeout has expired.)");
}

TEST_CASE("a record is handled again because the partition was given back without a commit") {
  Began story;
  rebalanced(story.at(5s), "worker-b-3 joins");
  story.at(6s).tell("worker-a", events::PartitionsRevoked{{tp("orders-0")}, false});
  CHECK(because(taken_over(story)) ==
        "the group rebalanced at 5.000 s (worker-b-3 joins) and worker-a gave back orders-0 at "
        "6.000 s");
}

TEST_CASE("a record is handled again because the commit was refused") {
  Began story;
  rebalanced(story.at(5s), "worker-b-3 joins");
  story.at(8s).tell("worker-a",
                    events::CommitFailed{"workers", ErrorCode::illegal_generation, "too late"});
  CHECK(because(taken_over(story)) ==
        "worker-a's commit failed at 8.000 s (ILLEGAL_GENERATION), and the group rebalanced at "
        "5.000 s (worker-b-3 joins)");
}

TEST_CASE("a refused commit of another partition is not why a record is handled again") {
  Began story;
  rebalanced(story.at(5s), "worker-b-3 joins");
  story.at(8s).tell(
      "worker-a",
      events::CommitFailed{
          "workers", ErrorCode::illegal_generation, "too late", {{tp("orders-1"), Offset(4)}}});
  CHECK(because(taken_over(story)) == "the group rebalanced at 5.000 s (worker-b-3 joins)");
}

TEST_CASE("a rebalance is named by what it says of the member, whose id may say nothing") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).tell("worker-a",
                    events::Joined{"workers", 1, {tp("orders-0")}, true, "TORROgVKJuYAHCmuq0A0xo"});
  story.at(2s).polled("worker-a", "orders-0", 0, "A B");
  story.at(3s).handled("worker-a", "workers", "orders-0", 0, "A");
  rebalanced(story.at(12s), "TORROgVKJuYAHCmuq0A0xo's session ended without a heartbeat");
  rebalanced(story.at(13s), "cL8oQ78LZk405DX4b2kOMe reconciles");
  CHECK(because(taken_over(story)) ==
        "the group rebalanced at 12.000 s (TORROgVKJuYAHCmuq0A0xo's session ended without a "
        "heartbeat)");
}

TEST_CASE("a record is handled again because its consumer was stopped or ended with an exception") {
  Began story;
  fault(story.at(4s), ActionKind::stop, "stop worker-a", "worker-a");
  CHECK(because(taken_over(story)) == "worker-a ended at 4.000 s (stop worker-a)");
  Began other;
  other.at(4s).tell("worker-a", consumer::PollThrew{"KafkaException", "no"});
  CHECK(because(taken_over(other)) == "worker-a ended at 4.000 s (poll() threw KafkaException)");
}

TEST_CASE("a record is handled again because of a seek or a reset of the position") {
  Began story;
  story.at(4s).committed("workers", "orders-0", 1);
  story.at(5s).tell("worker-a",
                    events::PositionReset{tp("orders-0"), Offset(2), Offset(0), "seek"});
  story.at(6s).polled("worker-a", "orders-0", 0, "A B");
  story.at(7s).handled("worker-a", "workers", "orders-0", 0, "A B");
  const Finding found = only(story);
  CHECK(found.because == "worker-a's position of orders-0 went to 0 at 5.000 s (seek)");
  CHECK(found.cause.find("because") == std::string::npos);  // its own sentence says that already
}

TEST_CASE("a record is handled again because an administrator reset the offsets") {
  Began story;
  story.at(4s).committed("workers", "orders-0", 2);
  fault(story.at(10s), ActionKind::reset_offsets, "reset the offsets of workers", "workers");
  story.at(11s).committed("workers", "orders-0", 0);
  CHECK(because(taken_over(story)) == "reset the offsets of workers at 10.000 s");
}

TEST_CASE("a record is handled again because the committed offset went back") {
  Began story;
  story.at(4s).committed("workers", "orders-0", 2);
  story.at(11s).committed("workers", "orders-0", 0);
  CHECK(because(taken_over(story)) ==
        "the committed offset went back from 2 to 0 at 11.000 s, committed by member");
}

TEST_CASE("a record is handled again because the offsets log lost commits") {
  Began story;
  story.at(4s).committed("workers", "orders-0", 2);
  story.at(11s).elected("__consumer_offsets-7", 2, 5, true);
  CHECK(because(taken_over(story)) == "__consumer_offsets-7 may have lost commits at 11.000 s");
}

TEST_CASE("a record is handled again because the new coordinator knew less than the old one") {
  Began story;
  story.at(4s).committed("workers", "orders-0", 2);
  story.at(11s).elected("__consumer_offsets-7", 2, 5);
  CHECK(because(taken_over(story)) ==
        "the log of offsets moved to broker-2 at 11.000 s, which did not know yet that the commit "
        "of 4.000 s was replicated");
}

TEST_CASE("a record is handled again because the committed offset had expired") {
  Began story;
  story.at(4s).committed("workers", "orders-0", 2);
  fault(story.at(5s), ActionKind::stop, "stop worker-a", "worker-a");
  story.at(100s).joined("worker-b", "workers", 2, "orders-0");
  story.at(101s).tell("worker-b", events::PositionReset{tp("orders-0"), Offset(), Offset(0),
                                                        "no committed offset"});
  story.at(102s).polled("worker-b", "orders-0", 0, "A B");
  story.at(103s).handled("worker-b", "workers", "orders-0", 0, "A B");
  CHECK(because(story) == "the committed offset 2 had expired");
}

TEST_CASE("a zombie that polls after its successor is explained by its own removal") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  rebalanced(story.at(12s), "session of worker-a-17 expired");
  taken_over(story).at(23s).polled("worker-a", "orders-0", 0, "A B");
  story.at(24s).handled("worker-a", "workers", "orders-0", 0, "A");
  CHECK(because(story) == "the group rebalanced at 12.000 s (session of worker-a-17 expired)");
}

TEST_CASE("two consumers of a group that were given a partition by hand both handle it") {
  Story story;
  story.stores("shop", "orders-0", 0, "A");
  story.at(2s).polled("left", "orders-0", 0, "A").handled("left", "workers", "orders-0", 0, "A");
  story.at(3s).polled("right", "orders-0", 0, "A").handled("right", "workers", "orders-0", 0, "A");
  story.replica("orders-0", "broker-1", "A", 1).group("workers", 1, "orders");
  const std::vector<Finding> found = find_anomalies(story.ledger, story.state);
  REQUIRE(found.size() == 1);
  CHECK(found[0].because == "left and right read orders-0 both, which no group gave them");
}

TEST_CASE("a commit that fails brings nobody back by itself") {
  Began story;
  story.at(4s).tell("worker-a", events::CommitFailed{"workers", ErrorCode::request_timed_out, ""});
  story.at(5s).polled("worker-a", "orders-0", 0, "A B");
  story.at(6s).handled("worker-a", "workers", "orders-0", 0, "A B");
  CHECK(lacks_cause(only(story)));
}

TEST_CASE("a record that is stored twice is handled twice, and the sentence says no more") {
  Story story;
  story.stores("shop", "orders-0", 0, "A").replicated("broker-1", "orders-0", 1, "A");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).handled("worker-a", "workers", "orders-0", 0, "A A");
  story.replica("orders-0", "broker-1", "A A", 2).group("workers", 1, "orders");
  const std::vector<Finding> found = find_anomalies(story.ledger, story.state);
  REQUIRE(found.size() == 2);
  CHECK(found[1].because == "it is stored more than once");
  CHECK(found[1].cause.find("because") == std::string::npos);
}

TEST_CASE("a zombie that handles late what it had before is explained by its removal") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A B");
  rebalanced(story.at(12s), "session of worker-a-17 expired");
  taken_over(story).at(30s).handled("worker-a", "workers", "orders-0", 0, "A");
  CHECK(because(story) == "the group rebalanced at 12.000 s (session of worker-a-17 expired)");
}

TEST_CASE("nothing explains a record that is handled again although it was committed before") {
  Began story;
  story.at(4s).committed("workers", "orders-0", 2);
  rebalanced(story.at(12s), "worker-b-3 joins");
  const Finding found = only(taken_over(story));
  CHECK(lacks_cause(found));
  CHECK(found.cause.ends_with("; no cause found"));
}

TEST_CASE("nothing explains a record that one poll loop gets twice without a rebalance") {
  Began story;
  story.at(4s).handled("worker-a", "workers", "orders-0", 1, "B");
  story.at(5s).polled("worker-a", "orders-0", 1, "B");
  story.at(6s).handled("worker-a", "workers", "orders-0", 1, "B");
  CHECK(lacks_cause(only(story)));
}

TEST_CASE("a rebalance after the second handling explains nothing") {
  Began story;
  taken_over(story);
  rebalanced(story.at(40s), "worker-b-3 joins");
  CHECK(lacks_cause(only(story)));
}

// ---- skipped ----

TEST_CASE(
    "a record is skipped because it was committed before it was handled, and then came the end") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A B");
  story.at(3s).committed("workers", "orders-0", 2);
  story.at(4s).handled("worker-a", "workers", "orders-0", 0, "A");
  fault(story.at(5s), ActionKind::crash, "crash worker-a", "worker-a");
  CHECK(because(story) ==
        "offset 2 was committed ahead of the handling, and worker-a died at 5.000 s");
}

TEST_CASE("a record is skipped because a member began behind it") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).tell("worker-a", events::PositionReset{tp("orders-0"), Offset(), Offset(1),
                                                      "no committed offset"});
  story.at(3s).polled("worker-a", "orders-0", 1, "B");
  story.at(4s).handled("worker-a", "workers", "orders-0", 1, "B");
  story.at(5s).committed("workers", "orders-0", 2);
  CHECK(because(story) == "worker-a jumped over it to 1 at 2.000 s (no committed offset)");
}

TEST_CASE("a record is skipped because it took the place of one that was cut off") {
  Story story;
  story.stores("shop", "orders-0", 0, "A X");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s)
      .polled("worker-a", "orders-0", 0, "A")
      .handled("worker-a", "workers", "orders-0", 0, "A");
  story.at(3s).committed("workers", "orders-0", 2);
  story.at(9s).deleted("broker-1", "orders-0", 1, "X");
  story.at(10s).sent("shop", "orders", "B").appended("broker-2", "orders-0", 1, "B");
  CHECK(because(story).starts_with("it was stored at 10.000 s, when the group had committed 2"));
}

TEST_CASE("a record that was committed ahead and is not reached by the end is skipped for now") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A B");
  story.at(3s).committed("workers", "orders-0", 2);
  story.at(4s).handled("worker-a", "workers", "orders-0", 0, "A");
  CHECK(because(story) ==
        "offset 2 was committed ahead of the handling, to which worker-a had not come by the end");
}

TEST_CASE("a record is skipped because its application gave it up") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A B");
  story.at(3s).tell("worker-a", events::HandlingFailed{"workers", tp("orders-0"), Offset(0),
                                                       story.record("A"), 1, "skips it"});
  story.at(4s).handled("worker-a", "workers", "orders-0", 1, "B");
  story.at(5s).committed("workers", "orders-0", 2);
  CHECK(because(story) == "worker-a could not handle it at 3.000 s and skips it");
}

TEST_CASE("nothing explains a record that its consumer passed over") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A B");
  story.at(3s).committed("workers", "orders-0", 2);
  story.at(4s).handled("worker-a", "workers", "orders-0", 1, "B");
  CHECK(lacks_cause(only(story)));
}

TEST_CASE("nothing explains a record below the committed offset that nobody ever got") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(3s).polled("worker-a", "orders-0", 1, "B");
  story.at(4s).handled("worker-a", "workers", "orders-0", 1, "B");
  story.at(5s).committed("workers", "orders-0", 2);
  CHECK(lacks_cause(only(story)));
}

// ---- out of order, phantom ----

TEST_CASE("records of a key in two partitions have no order") {
  Story story;
  story.stores("shop", "orders-0", 0, "A/k").stores("shop", "orders-1", 0, "B/k");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0 orders-1");
  story.at(2s).polled("worker-a", "orders-1", 0, "B").polled("worker-a", "orders-0", 0, "A");
  story.at(3s).handled("worker-a", "workers", "orders-1", 0, "B");
  story.at(4s).handled("worker-a", "workers", "orders-0", 0, "A");
  story.replica("orders-0", "broker-1", "A", 1).replica("orders-1", "broker-1", "B", 1);
  const std::vector<Finding> found = find_anomalies(story.ledger, story.state);
  REQUIRE(found.size() == 1);
  CHECK(found[0].because ==
        "the two stand in different partitions, between which there is no order");
}

TEST_CASE("one consumer that handles what it got in another order has workers") {
  Story story;
  story.stores("shop", "orders-0", 0, "A/k B/k");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A B");
  story.at(3s).handled("worker-a", "workers", "orders-0", 1, "B");
  story.at(4s).handled("worker-a", "workers", "orders-0", 0, "A");
  CHECK(because(story) ==
        "worker-a had both from poll() in their order and handled them in another");
}

TEST_CASE("a zombie that is late with an earlier record is explained by its removal") {
  Story story;
  story.stores("shop", "orders-0", 0, "A/k B/k");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A");
  story.at(3s).committed("workers", "orders-0", 1);
  rebalanced(story.at(12s), "session of worker-a-17 expired");
  story.at(20s).joined("worker-b", "workers", 2, "orders-0");
  story.at(21s).polled("worker-b", "orders-0", 1, "B");
  story.at(22s).handled("worker-b", "workers", "orders-0", 1, "B");
  story.at(30s).handled("worker-a", "workers", "orders-0", 0, "A");
  CHECK(because(story) == "the group rebalanced at 12.000 s (session of worker-a-17 expired)");
}

TEST_CASE("a phantom is explained by the truncation, and without one by nothing") {
  Story story;
  story.stores("shop", "orders-0", 0, "A B X");
  story.at(1s).joined("worker-a", "workers", 1, "orders-0");
  story.at(2s).polled("worker-a", "orders-0", 0, "A B X");
  story.at(3s).handled("worker-a", "workers", "orders-0", 0, "A B X");
  story.replica("orders-0", "broker-2", "A B", 2);
  std::vector<Finding> found = find_anomalies(story.ledger, story.state);
  REQUIRE(found.size() == 2);  // lost as well
  CHECK(lacks_cause(found[1]));
  CHECK_FALSE(lacks_cause(found[0]));
  story.at(9s).truncated("broker-1", "orders-0", 2, "X");
  found = find_anomalies(story.ledger, story.state);
  CHECK(found[1].because == "broker-1 cut it off at 9.000 s");
}

}  // namespace kafkasim::scenarios::testing
