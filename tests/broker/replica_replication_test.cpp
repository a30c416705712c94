// Brokers replicate: acknowledgement, high watermarks, elections, truncation, crashes.
#include "tests/broker/replica_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

TEST_CASE(
    "acks=all is answered after the followers' next fetches, and followers learn the high "
    "watermark later") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3});
  lab.run_for(100ms);
  const sim::Time sent = lab.world.now();
  auto& pending = lab.send_produce(1, batch({"A"}));
  CHECK(lab.wait<protocol::ProduceResponse>(pending).partitions.at(0).base_offset == Offset(0));
  CHECK(pending.at - sent ==
        6ms);  // connect 2, request 1, to followers 1, their fetches 1, response 1
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2,3 log=A hw=1");
  CHECK(lab.state(2) == "leader=1 epoch=0 log=A hw=0");
  lab.run_for(600ms);  // nothing new: the parked fetches end after half a second and bring it
  CHECK(lab.state(2) == "leader=1 epoch=0 log=A hw=1");
  CHECK(lab.state(3) == "leader=1 epoch=0 log=A hw=1");
}

TEST_CASE("All replicas hold one and the same batch") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3});
  const auto made = batch({"A"});
  lab.wait<protocol::ProduceResponse>(lab.send_produce(1, made));
  for (int id : {1, 2, 3}) CHECK(lab.node(id).log_storage().batches.front().batch == made);
}

TEST_CASE("acks=1 is answered at once; what no follower has is cut away after an election") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3});
  lab.produce(1, {"A"});
  lab.crash(2);
  lab.crash(3);
  CHECK(lab.produce(1, {"B"}, Acks::leader).error == ErrorCode::none);
  lab.crash(1);
  lab.restart(2);
  lab.restart(3);
  lab.elect(2, {2, 3});
  CHECK(lab.produce(2, {"C"}).base_offset == Offset(1));
  lab.restart(1);
  lab.run_for(5s);
  for (int id : {1, 2, 3})
    CHECK(lab.node(id).replicas().find(orders)->log().end_offset() == Offset(2));
  CHECK(lab.state(1) == "leader=2 epoch=1 log=A,C hw=2");
  CHECK(lab.state(2) == "leader=2 epoch=1 isr=1,2,3 log=A,C hw=2");
  REQUIRE(lab.events("truncated").size() == 1);
  CHECK(lab.events("truncated")[0].find("broker-1") != std::string::npos);
}

TEST_CASE(
    "Without followers acks=all times out, the record stays, and the ISR shrinks after the lag "
    "time") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2});
  lab.produce(1, {"A"});
  lab.crash(2);
  CHECK(lab.produce(1, {"B"}, Acks::all, 1000).error == ErrorCode::request_timed_out);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log=A,B hw=1");
  lab.run_for(45s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1 log=A,B hw=2");
  CHECK(lab.produce(1, {"C"}).error == ErrorCode::none);
  lab.restart(2);
  lab.run_for(5s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log=A,B,C hw=3");
  CHECK(lab.state(2) == "leader=1 epoch=0 log=A,B,C hw=3");
}

TEST_CASE(
    "While the controller does not answer, a shrink stays pending and the high watermark stands "
    "still") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(1s);
  lab.deaf = true;
  lab.crash(2);
  lab.produce(1, {"A"}, Acks::leader);
  lab.run_for(60s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log=A hw=0");
  lab.deaf = false;
  lab.run_for(1s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1 log=A hw=1");
}

TEST_CASE("With min.insync.replicas unmet, writes are refused or stay invisible") {
  ReplicaLab lab(2, {{"min.insync.replicas", "2"}});
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(1s);
  lab.crash(2);
  lab.set_isr({1});
  const auto refused = lab.produce(1, {"A"});
  CHECK(refused.error == ErrorCode::not_enough_replicas);
  CHECK(refused.base_offset == Offset(-1));
  CHECK(lab.produce(1, {"B"}, Acks::leader).error == ErrorCode::none);
  CHECK(lab.fetched(lab.send_fetch(1, 0)).records.empty());
  lab.restart(2);
  lab.run_for(3s);
  CHECK(text(lab.fetched(lab.send_fetch(1, 0)).records) == "0:B");
}

TEST_CASE("A leader that nobody told goes on, loses what it took alone, and finds back") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3});
  lab.produce(1, {"A"});
  lab.run_for(1s);
  lab.in_the_dark = {1};
  lab.elect(2, {2, 3});
  CHECK(lab.produce(1, {"X"}, Acks::leader).error == ErrorCode::none);
  CHECK(lab.produce(1, {"Y"}, Acks::all, 1000).error == ErrorCode::request_timed_out);
  CHECK(text(lab.fetched(lab.send_fetch(1, 0)).records) == "0:A");
  CHECK(lab.produce(2, {"B"}).base_offset == Offset(1));
  lab.in_the_dark.clear();
  lab.spread();
  lab.run_for(3s);
  for (int id : {1, 3}) CHECK(lab.state(id) == "leader=2 epoch=1 log=A,B hw=2");
  CHECK(lab.state(2) == "leader=2 epoch=1 isr=1,2,3 log=A,B hw=2");
}

TEST_CASE("Logs that diverged over several epochs meet again in several steps") {
  ReplicaLab lab(2);
  // Epochs by offset: broker 1 has 0 0 2 2 4, broker 2 has 0 0 1 3.
  const auto fill = [&](int id, std::initializer_list<int> epochs, const char* name) {
    LogStorage storage;
    storage.topic_id = orders_id;
    Log log(orders, storage, LogConfig{}, now_ms);
    std::int64_t offset = 0;
    for (int epoch : epochs) {
      REQUIRE(log.append_as_follower(stored(offset++, epoch, batch({epoch == 0 ? "A" : name}))));
    }
    lab.node(id).log_storage() = storage;
  };
  fill(1, {0, 0, 2, 2, 4}, "X");
  fill(2, {0, 0, 1, 3}, "Y");
  lab.boot_all();
  lab.create({2, 1}, 0, 5);
  lab.run_for(3s);
  CHECK(lab.state(1) == "leader=2 epoch=5 log=A,A,Y,Y hw=4");
  CHECK(lab.events("truncated").size() == 2);
}

TEST_CASE("A follower whose log ends before the leader's begins starts over there") {
  ReplicaLab lab(2);
  LogStorage ahead;
  ahead.topic_id = orders_id;
  Log log(orders, ahead, LogConfig{}, now_ms);
  log.truncate_fully_and_start_at(Offset(10));
  REQUIRE(log.append_as_follower(stored(10, 0, batch({"K"}))));
  lab.node(1).log_storage() = ahead;
  LogStorage behind;
  behind.topic_id = orders_id;
  Log old(orders, behind, LogConfig{}, now_ms);
  REQUIRE(old.append_as_follower(stored(0, 0, batch({"A"}))));
  lab.node(2).log_storage() = behind;
  lab.boot_all();
  lab.create({1, 2}, 0, 0, {1});
  lab.run_for(3s);
  CHECK(lab.state(2) == "leader=1 epoch=0 log=K hw=11");
  CHECK(lab.node(2).replicas().find(orders)->log().start_offset() == Offset(10));
}

TEST_CASE("A replica that left the ISR but may come back soon still holds up the high watermark") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.produce(1, {"A"});
  lab.crash(2);
  lab.set_isr({1});
  CHECK(lab.produce(1, {"B"}, Acks::all, 1000).error == ErrorCode::request_timed_out);
  lab.fence(2);
  CHECK(lab.produce(1, {"C"}, Acks::all, 1000).error == ErrorCode::none);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1 log=A,B,C hw=3");
}

TEST_CASE("After an unclean election a follower with a longer log cuts it to the leader's end") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.produce(1, {"A"});
  lab.crash(2);
  lab.fence(2);
  lab.set_isr({1});
  CHECK(lab.produce(1, {"B"}).error == ErrorCode::none);
  CHECK(lab.produce(1, {"C"}).error == ErrorCode::none);
  lab.crash(1);
  lab.restart(2);
  lab.fence(2, false);
  lab.elect(2, {2});
  lab.restart(1);
  lab.run_for(3s);
  CHECK(lab.state(1) == "leader=2 epoch=1 log=A hw=1");
  CHECK(lab.events("truncated").size() == 1);
}

TEST_CASE(
    "After a crash the high watermark is its last checkpoint, until the followers have fetched "
    "again") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3});
  lab.produce(1, {"A"});
  lab.run_for(6s);
  lab.produce(1, {"B"});
  lab.crash(1);
  lab.restart(1);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2,3 log=A,B hw=1");
  lab.run_for(3s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2,3 log=A,B hw=2");
}

TEST_CASE("The same run twice leaves the same trace") {
  const auto run = [] {
    ReplicaLab lab;
    lab.boot_all();
    lab.create({1, 2, 3});
    lab.produce(1, {"A", "B"});
    lab.crash(1);
    lab.elect(2, {2, 3});
    lab.produce(2, {"C"});
    lab.restart(1);
    lab.run_for(40s);
    return lab.world.trace().hash();
  };
  CHECK(run() == run());
}

}  // namespace kafkasim::broker::testing
