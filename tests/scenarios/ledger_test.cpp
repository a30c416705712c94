// The ledger notes what the trace tells, and nothing of Kafka's own topics.
#include "scenarios/engine/ledger.hpp"

#include "tests/scenarios/story.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios::testing {

namespace {

std::vector<std::string> names(const Ledger& ledger, const std::vector<RecordIndex>& records) {
  std::vector<std::string> out;
  for (const RecordIndex record : records) out.push_back(ledger.records()[record].name);
  return out;
}

}  // namespace

TEST_CASE("a record's life is kept in order, with offsets, brokers and errors") {
  Story story;
  story.at(1ms).sent("shop", "orders", "A B");
  story.at(2ms).appended("broker-1", "orders-0", 5, "A B").copied("broker-2", "orders-0", 5, "A B");
  story.at(3ms).retried("shop", "orders-0", "A B", ErrorCode::network_exception);
  story.at(4ms).replicated("broker-1", "orders-0", 5, "A B").acked("shop", "orders-0", 5, "A B");

  const RecordFate& b = story.ledger.records().at(1);
  CHECK(b.name == "B");
  CHECK(*b.producer == "shop");
  CHECK(b.count(StepKind::sent) == 1);
  CHECK(b.step(StepKind::appended)->offset == Offset(6));
  CHECK(*b.step(StepKind::copied)->who == "broker-2");
  CHECK(b.step(StepKind::retried)->error == ErrorCode::network_exception);
  CHECK(b.last(StepKind::acked)->time == sim::Time(4ms));
  CHECK(b.step(StepKind::acked)->offset == Offset(6));
  CHECK_FALSE(b.was(StepKind::truncated));
  CHECK(names(story.ledger, story.ledger.producers().at("shop").acked) == words("A B"));
}

TEST_CASE("an ack without an offset is acks=0") {
  Story story;
  story.sent("shop", "orders", "A").acked("shop", "orders-0", -1, "A");
  CHECK_FALSE(story.ledger.records().at(0).step(StepKind::acked)->offset.is_set());
  CHECK(story.ledger.producers().at("shop").acked.size() == 1);
}

TEST_CASE(
    "a record that the application sends again stays one record, with its first place in the "
    "order") {
  Story story;
  story.sent("shop", "orders", "A B")
      .failed("shop", "orders-0", "A", ErrorCode::request_timed_out, "too late");
  story.at(1s).sent("shop", "orders", "A");
  REQUIRE(story.ledger.records().size() == 2);
  CHECK(story.ledger.records()[0].count(StepKind::sent) == 2);
  CHECK(story.ledger.records()[0].send_order < story.ledger.records()[1].send_order);
  CHECK(story.ledger.producers().at("shop").failed.at(0).message == "too late");
}

TEST_CASE("errors are noted once each, in order of first appearance") {
  Story story;
  for (const ErrorCode error : {ErrorCode::not_leader_or_follower, ErrorCode::not_enough_replicas,
                                ErrorCode::not_leader_or_follower}) {
    story.tell("shop", events::MetError{"Produce", error});
  }
  CHECK(story.ledger.errors().at("shop") ==
        std::vector{ErrorCode::not_leader_or_follower, ErrorCode::not_enough_replicas});
}

TEST_CASE("leaders follow one another in order of their epochs, whoever speaks first") {
  Story story;
  story.replica("orders-0", "broker-1", "", 0);
  story.ledger.begin(story.state);
  story.at(5s).tell("broker-2",
                    events::BecameLeader{tp("orders-0"), protocol::LeaderEpoch(1), Offset(0)});
  story.at(6s).elected("orders-0", 2, 1);
  story.at(7s).elected("orders-0", -1, 2);
  story.at(8s).elected("orders-0", 2, 3);
  CHECK(story.ledger.leaders(tp("orders-0")) == words("broker-1 broker-2"));
  story.at(9s).elected("orders-0", 1, 4, true);
  CHECK(story.ledger.leaders(tp("orders-0")) == words("broker-1 broker-2 broker-1"));
  CHECK(story.ledger.partitions().at(tp("orders-0")).offices.rbegin()->second.unclean);
  CHECK(story.ledger.leaders(tp("returns-0")).empty());
}

TEST_CASE("stable assignments are one a generation, without idle members and equal neighbours") {
  Story story;
  story.joined("worker-a", "workers", 1, "jobs-1 jobs-0");
  story.joined("worker-a", "workers", 2, "jobs-0").joined("worker-b", "workers", 2, "jobs-1");
  story.joined("worker-a", "workers", 3, "jobs-0").joined("worker-c", "workers", 3, "");
  story.joined("worker-b", "workers", 3, "jobs-1");
  const std::vector<Assignment> turns = story.ledger.assignments("workers");
  REQUIRE(turns.size() == 2);
  CHECK(turns[0] == Assignment{{"worker-a", {tp("jobs-0"), tp("jobs-1")}}});
  CHECK(turns[1] == Assignment{{"worker-a", {tp("jobs-0")}}, {"worker-b", {tp("jobs-1")}}});
}

TEST_CASE("a slow member's word counts for its own generation") {
  Story story;
  story.joined("worker-a", "workers", 1, "jobs-0")
      .joined("worker-a", "workers", 2, "jobs-0 jobs-1");
  story.joined("worker-b", "workers", 1, "jobs-1");
  CHECK(story.ledger.assignments("workers").at(0).size() == 2);
  CHECK(story.ledger.assignments("workers").at(1).size() == 1);
}

TEST_CASE("truncated records are noted once a broker, and the last committed offset counts") {
  Story story;
  story.sent("shop", "orders", "A B").truncated("broker-1", "orders-0", 0, "A B");
  story.truncated("broker-1", "orders-0", 1, "B").truncated("broker-2", "orders-0", 1, "B");
  CHECK(names(story.ledger, story.ledger.truncated().at("broker-1")) == words("A B"));
  CHECK(names(story.ledger, story.ledger.truncated().at("broker-2")) == words("B"));
  story.committed("billing", "orders-0", 4).committed("billing", "orders-0", 2);
  CHECK(story.ledger.committed("billing", tp("orders-0")) == Offset(2));
  CHECK_FALSE(story.ledger.committed("billing", tp("orders-1")).is_set());
}

TEST_CASE("what a deposed coordinator learns late to be committed is old news") {
  Story story;
  story.committed("billing", "orders-0", 4, 1).committed("billing", "orders-0", 9, 2);
  story.committed("billing", "orders-0", 5, 1);
  CHECK(story.ledger.committed("billing", tp("orders-0")) == Offset(9));
}

TEST_CASE("internal topics and records without a name leave no mark") {
  Story story;
  protocol::RecordBatch internal;
  internal.records.emplace_back();
  protocol::seal(internal);
  const protocol::StoredBatch stored{Offset(0), protocol::LeaderEpoch(0), -1,
                                     protocol::make_ref<protocol::RecordBatch>(internal)};
  story.tell("broker-1", events::Appended{{"__consumer_offsets", 3}, stored});
  story.tell("broker-1", events::Appended{{"orders", 0}, stored});
  story.tell(
      "controller-1",
      events::Elected{
          {"__consumer_offsets", 3}, protocol::BrokerId(1), protocol::LeaderEpoch(0), false});
  CHECK(story.ledger.records().empty());
  CHECK(story.ledger.partitions().empty());
}

TEST_CASE("the last fault before a moment is known, and harmless actions are no faults") {
  Story story;
  story.at(1s).fault("crash broker-1");
  story.at(2s).tell("scenario", FaultHappened{"start late-comer", 2, false});
  CHECK(story.ledger.fault_before(sim::Time(500ms)) == nullptr);
  CHECK(story.ledger.fault_before(sim::Time(3s))->text == "crash broker-1");
}

}  // namespace kafkasim::scenarios::testing
