// Each invariant is seen when it is broken, and named; what Kafka does not promise breaks none.
#include "tests/support/catch.hpp"
//
#include "tests/broker/invariant_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::broker;
using namespace kafkasim::broker::testing;
using protocol::Offset;

TEST_CASE("replication as it should be breaks no invariant") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.append(1, {"D", "E"});
  CHECK(lab.look() == "fine");
  lab.copy(1, 2);
  CHECK(lab.look() == "fine");
  // Broker 3 falls out and comes back.
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.fetch(1, 2);
  CHECK(lab.look() == "fine");
  lab.fetch(1, 3);
  lab.decide(1, 1, {1, 2, 3});
  CHECK(lab.look() == "fine");
  // Broker 2 takes over.
  lab.decide(2, 2, {2, 3});
  lab.lead(2, 2, {2, 3});
  lab.follow(3, 2, 2);
  lab.append(2, {"F"});
  lab.fetch(2, 3);
  CHECK(lab.look() == "fine");
  CHECK(lab[2].log().high_watermark() == Offset(6));
  CHECK(lab.checker.weak_isr_broken() == 0);
}

TEST_CASE("a second leader of an epoch is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.lead(2, 1, {1, 2, 3});
  CHECK(lab.look() == broken(Invariant::one_leader));
}

TEST_CASE("a leader of an epoch that the controller knows nothing of is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.lead(2, 2, {2, 3});
  CHECK(lab.look() == broken(Invariant::one_leader));
}

TEST_CASE("a gap in a log is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  REQUIRE(lab[3].log().append_as_follower(stored(5, 1, batch({"X"}))));
  lab[3].watch.changed();
  CHECK(lab.look() == broken(Invariant::dense_offsets));
}

TEST_CASE("a record of an epoch that is not yet is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  REQUIRE(lab[3].log().append_as_follower(stored(3, 4, batch({"X"}))));
  lab[3].watch.changed();
  CHECK(lab.look() == broken(Invariant::dense_offsets));
}

TEST_CASE("a log that shrinks in silence is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab[3].log().truncate_to(Offset(1));
  lab[3].watch.changed();
  CHECK(lab.look() == broken(Invariant::dense_offsets));
}

TEST_CASE("other content below the high watermark is seen") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A"});
  lab.fetch(1, 2);
  REQUIRE(lab.look() == "fine");
  REQUIRE(lab[3].log().append_as_follower(stored(0, 1, batch({"X"}))));
  lab[3].log().follow_high_watermark(Offset(1));
  lab[3].watch.changed();
  CHECK(lab.look() == broken(Invariant::log_matching));
}

TEST_CASE("the same records in other batches are the same content") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A", "B"});
  lab.fetch(1, 2);
  REQUIRE(lab[3].log().append_as_follower(stored(0, 1, batch({"A", "B"}))));
  lab[3].log().follow_high_watermark(Offset(2));
  lab[3].watch.changed();
  CHECK(lab.look() == "fine");
}

TEST_CASE("a compacted log may lack records, another one may not") {
  for (const bool compacted : {false, true}) {
    InvariantLab lab;
    lab.decide(1, 1, {1, 2});
    lab.lead(1, 1, {1, 2});
    lab.append(1, {"A", "B"});
    lab.fetch(1, 2);
    lab.config.compacted = compacted;
    lab[3].log().set_config(lab.config);
    auto thinned = open_batch({"A", "B"});
    thinned->records.erase(thinned->records.begin());
    REQUIRE(lab[3].log().append_as_follower(stored(0, 1, protocol::BatchRef(thinned.release()))));
    lab[3].log().follow_high_watermark(Offset(2));
    lab[3].watch.changed();
    CHECK(lab.look() == (compacted ? "fine" : broken(Invariant::log_matching)));
  }
}

TEST_CASE(
    "records of another epoch in a compacted log are not what is replicated, and may be cut") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A", "B"});
  lab.fetch(1, 2);
  lab.config.compacted = true;
  lab[3].log().set_config(lab.config);
  REQUIRE(lab[3].log().append_as_follower(stored(0, 0, batch({"A", "B"}))));
  lab[3].watch.changed();
  CHECK(lab.look() == "fine");
  lab[3].log().truncate_to(Offset(0));
  lab[3].watch.truncated(Offset(0));
  CHECK(lab.look() == "fine");
}

TEST_CASE("a member of the controller's ISR that lacks something replicated is seen") {
  InvariantLab lab;
  lab.append(1, {"A"});
  lab.copy(1, 2);
  lab.hear_fetch(1, 2, 1);
  lab.hear_fetch(1, 3, 1);  // which it does not have
  CHECK(lab.look() == broken(Invariant::strong_isr));
  CHECK(lab.text.find("broker-3 lacks what is replicated from 0 on") != std::string::npos);
  CHECK(lab.text.find("broker-2: replica in epoch 1, log 0 to 1") != std::string::npos);
}

TEST_CASE("a member of only the leader's ISR that lacks something is counted") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.append(1, {"A"});
  lab.copy(1, 2);
  lab.hear_fetch(1, 2, 1);
  lab.hear_fetch(1, 3, 1);
  CHECK(lab.look() == "fine");
  CHECK(lab.checker.weak_isr_broken() > 0);
}

TEST_CASE("a leader that lacks something replicated is seen") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A"});
  lab.fetch(1, 2);
  REQUIRE(lab.look() == "fine");
  lab.decide(1, 1, {1, 2, 3});
  lab.decide(3, 2, {3});
  lab.lead(3, 2, {3});
  CHECK(lab.look() == broken(Invariant::leader_completeness));
}

TEST_CASE("an answer to acks=all before replication is seen") {
  InvariantLab lab;
  lab.append(1, {"A"});
  lab[1].watch.acked(Offset(1));
  CHECK(lab.look() == broken(Invariant::acked_is_replicated));
}

TEST_CASE("an eligible leader replica that lacks something replicated is seen") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A"});
  lab.fetch(1, 2);
  REQUIRE(lab.look() == "fine");
  lab.decide(1, 1, {1}, {3});
  CHECK(lab.look() == broken(Invariant::candidate_completeness));
}

TEST_CASE("a high watermark that does not wait for the controller's ISR is seen") {
  InvariantLab lab;
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A"});
  lab.fetch(1, 2);
  CHECK(lab.look() == broken(Invariant::quorum_superset));
}

TEST_CASE("a high watermark that moves with too few in sync is seen") {
  InvariantLab lab;
  lab.decide(1, 1, {1});
  lab.lead(1, 1, {1});
  lab.append(1, {"A"});
  CHECK(lab.look() == "fine");
  lab[1].log().raise_high_watermark(Offset(1));
  lab[1].watch.changed();
  CHECK(lab.look() == broken(Invariant::acknowledged_advance));
}

TEST_CASE("a high watermark that moves before all have fetched is seen") {
  InvariantLab lab;
  lab.append(1, {"A"});
  lab.fetch(1, 2);
  lab[1].log().raise_high_watermark(Offset(1));
  lab[1].watch.changed();
  CHECK(lab.look() == broken(Invariant::acknowledged_advance));
}

TEST_CASE("a leader whose high watermark goes back is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab[1].log().follow_high_watermark(Offset(1));
  lab[1].watch.changed();
  CHECK(lab.look() == broken(Invariant::monotonic_high_watermark));
}

TEST_CASE("a consumer that reads what is not replicated is seen") {
  InvariantLab lab;
  lab.append(1, {"A"});
  lab[1].watch.consumed(Offset(1));
  CHECK(lab.look() == broken(Invariant::consistent_read));
}

TEST_CASE("a replicated record that no replica holds is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.decide(1, 1, {1});
  REQUIRE(lab.look() == "fine");
  lab[2].watch.deleted();
  lab[3].watch.deleted();
  lab.lose(1, 1);
  CHECK(lab.look() == broken(Invariant::nothing_lost));
}

TEST_CASE("a replica that lost data and is in the ISR is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.lose(3, 1);
  CHECK(lab.look() == broken(Invariant::unclean_restart));
}

TEST_CASE("a replica that lost data may follow, and join when it has caught up") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.lose(3, 1);
  lab.follow(3, 1, 1);
  CHECK(lab.look() == "fine");
  lab.fetch(1, 3);
  lab.decide(1, 1, {1, 2, 3});
  CHECK(lab.look() == "fine");
}

TEST_CASE("a follower let into the ISR before it has what earlier leaders left is seen") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A"});
  lab.append(1, {"B"});
  lab.decide(1, 2, {1, 2});
  lab.lead(1, 2, {1, 2});
  lab.mutations.expand_before_epoch_start = true;
  lab.copy(1, 2);
  lab.hear_fetch(1, 3, 1);
  CHECK(lab.look() == broken(Invariant::admission_after_epoch_start));
}

TEST_CASE("truncation of what is replicated is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab[3].watch.truncated(Offset(2));
  lab[3].log().truncate_to(Offset(2));
  CHECK(lab.look() == broken(Invariant::safe_truncation));
}

TEST_CASE("a follower with a high watermark beyond what is replicated is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.append(1, {"D"});
  lab.copy(1, 2);
  lab[2].log().follow_high_watermark(Offset(4));
  CHECK(lab.look() == broken(Invariant::valid_high_watermark));
}

TEST_CASE("an in-sync replica that fetches below the high watermark is seen") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.hear_fetch(1, 2, 1);
  CHECK(lab.look() == broken(Invariant::valid_high_watermark));
}

TEST_CASE("sets of replicas that contradict one another are seen") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2, 4});
  CHECK(lab.look() == broken(Invariant::well_formed_sets));
  InvariantLab both;
  both.decide(1, 1, {1}, {1});
  CHECK(both.look() == broken(Invariant::well_formed_sets));
  InvariantLab enough;
  enough.decide(1, 1, {1, 2}, {3});
  CHECK(enough.look() == broken(Invariant::well_formed_sets));
}

TEST_CASE("an empty ISR without a remembered leader is seen") {
  InvariantLab lab;
  lab.decide(-1, 2, {});
  CHECK(lab.look() == broken(Invariant::remembered_leader));
}

TEST_CASE("a fenced broker in the ISR is seen, unless it is the last of it") {
  InvariantLab lab;
  lab.fence(3);
  CHECK(lab.look() == broken(Invariant::fenced_out_of_isr));
  InvariantLab last;
  last.decide(-1, 2, {3});
  last.fence(3);
  CHECK(last.look() == "fine");
}

TEST_CASE("an unclean election lifts what was promised before it, and nothing after it") {
  InvariantLab lab;
  lab.decide(1, 1, {1, 2});
  lab.lead(1, 1, {1, 2});
  lab.append(1, {"A"});
  lab.fetch(1, 2);
  REQUIRE(lab.look() == "fine");
  lab.decide(3, 2, {3});
  CHECK(lab.look() == "fine");
  lab.lead(3, 2, {3});
  CHECK(lab.look() == "fine");
  lab.append(3, {"X"});
  // The old leader has not heard of it.
  lab.append(1, {"B"});
  lab.fetch(1, 2);
  CHECK(lab.look() == "fine");
  lab.follow(2, 3, 2);
  lab[2].watch.truncated(Offset(0));
  lab[2].log().truncate_to(Offset(0));
  CHECK(lab.look() == "fine");
  lab.fetch(3, 2);
  lab.decide(3, 2, {3, 2});
  lab.lead(3, 2, {3, 2});
  CHECK(lab.look() == "fine");
  CHECK(lab[3].log().high_watermark() == Offset(1));
  // From here on the promises hold again.
  lab[2].watch.truncated(Offset(0));
  lab[2].log().truncate_to(Offset(0));
  CHECK(lab.look() == broken(Invariant::safe_truncation));
}

TEST_CASE("the last one in sync may lead with what it has left") {
  InvariantLab lab;
  lab.replicate_abc();
  lab.decide(-1, 2, {2});
  REQUIRE(lab.look() == "fine");
  lab.lose(2, 1);
  CHECK(lab.look() == "fine");
  lab.decide(2, 3, {2});
  lab.lead(2, 3, {2});
  CHECK(lab.look() == "fine");
}
