// Rules of replication that take time and several brokers: fetchers and their pauses, the lag time,
// acknowledgement of several partitions, changes of the ISR under way, zombie leaders.
#include "tests/broker/replica_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

namespace {

const TopicPartition orders_1{"orders", 1};

protocol::ProduceRequest to_both(std::int32_t timeout_ms) {
  protocol::ProduceRequest request;
  request.acks = Acks::all;
  request.timeout_ms = timeout_ms;
  request.partitions.push_back({orders, batch({"A"})});
  request.partitions.push_back({orders_1, batch({"B"})});
  return request;
}

std::string state_of(ReplicaLab& lab, int broker, const TopicPartition& partition) {
  return lab.node(broker).replicas().find(partition)->describe();
}

}  // namespace

TEST_CASE("A request for several partitions is answered once, when all of them are decided") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2}, 0);
  lab.create({1, 3}, 1);
  lab.run_for(1s);
  lab.crash(3);
  const sim::Time sent = lab.world.now();
  auto& pending = lab.send(1, to_both(1000));
  const auto response = lab.wait<protocol::ProduceResponse>(pending);
  REQUIRE(response.partitions.size() == 2);
  CHECK(response.partitions[0].error == ErrorCode::none);
  CHECK(response.partitions[0].base_offset == Offset(0));
  CHECK(response.partitions[1].error == ErrorCode::request_timed_out);
  CHECK(pending.at - sent == 1004ms);  // connect 2, there and back 2
  CHECK(state_of(lab, 1, orders_1) == "leader=1 epoch=0 isr=1,3 log=B hw=0");
}

TEST_CASE("What was decided for one partition stands while another is waited for") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2}, 0);
  lab.create({1, 3}, 1);
  lab.run_for(1s);
  lab.crash(3);
  auto& pending = lab.send(1, to_both(5000));
  lab.run_for(1s);
  lab.elect(2, {1, 2}, 0);  // orders-0 was replicated long before
  lab.run_for(1s);
  CHECK_FALSE(pending.body);
  lab.fence(3);
  lab.set_isr({1}, 1);
  const auto response = lab.wait<protocol::ProduceResponse>(pending);
  CHECK(response.partitions.at(0).error == ErrorCode::none);
  CHECK(response.partitions.at(1).error == ErrorCode::none);
}

TEST_CASE("Losing one of the partitions decides that one only") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3}, 0);
  lab.create({1, 3}, 1);
  lab.run_for(1s);
  lab.crash(3);
  auto& pending = lab.send(1, to_both(2000));
  lab.run_for(500ms);
  lab.elect(2, {1, 2, 3}, 0);
  const auto response = lab.wait<protocol::ProduceResponse>(pending);
  CHECK(response.partitions.at(0).error == ErrorCode::not_leader_or_follower);
  CHECK(response.partitions.at(1).error == ErrorCode::request_timed_out);
}

TEST_CASE("A follower that stops leaves the ISR after one to one and a half lag times") {
  // The check runs every half lag time, so it depends on when in its round the follower stops.
  for (int phase = 0; phase < 10; ++phase) {
    ReplicaLab lab(2);
    for (int id : {1, 2})
      REQUIRE(lab.node(id).config.set("replica.lag.time.max.ms", "10000").empty());
    lab.boot_all();
    lab.create({1, 2});
    lab.run_for(std::chrono::milliseconds(500 * phase));
    lab.produce(1, {"A"});
    const sim::Time stopped = lab.world.now();
    lab.crash(2);
    lab.produce(1, {"B"}, Acks::leader);
    const auto is_out = [&] { return lab.node(1).replicas().find(orders)->isr() == ids({1}); };
    while (!is_out() && lab.world.now() < stopped + 20s) lab.run_for(100ms);
    INFO("stopped at " << to_string(stopped) << ", out at " << to_string(lab.world.now()));
    // It counts from when it was last caught up: its fetch before it stopped.
    CHECK(lab.world.now() - stopped > 9400ms);
    CHECK(lab.world.now() - stopped < 15100ms);
  }
}

TEST_CASE("A silent follower of an idle partition stays in the ISR, whatever the time") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.produce(1, {"A"});
  lab.run_for(1s);
  lab.crash(2);
  lab.run_for(1000s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log=A hw=1");
  lab.produce(1, {"B"}, Acks::leader);
  lab.run_for(20s);  // the first check finds it behind, and long not caught up
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1 log=A,B hw=2");
}

TEST_CASE("While an expansion is under way the high watermark waits for who joins") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.set_isr({1});
  lab.run_for(5s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log= hw=0");
  lab.crash(2);
  lab.set_isr({1});
  lab.fence(2);
  lab.produce(1, {"A"});
  lab.hesitates = 2s;
  BrokerRegistrationChangeRecord back;
  back.broker_id = BrokerId(2);
  back.broker_epoch = protocol::BrokerEpoch(1);
  back.fenced = false;
  lab.metadata.push_back(back);
  lab.spread();
  lab.restart(2);
  lab.run_for(500ms);
  CHECK(lab.node(1).replicas().find(orders)->has_pending_proposal());
  CHECK(lab.node(1).replicas().find(orders)->maximal_isr() == ids({1, 2}));
  lab.crash(2);  // the one that joins is gone again before the controller has answered
  auto& pending = lab.send_produce(1, batch({"B"}), Acks::all, 1000);
  CHECK(lab.wait<protocol::ProduceResponse>(pending).partitions.at(0).error ==
        ErrorCode::request_timed_out);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1 log=A,B hw=1");
  lab.run_for(2s);  // the answer: now it is a member, and its absence is waited out as that
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log=A,B hw=1");
  lab.run_for(60s);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1 log=A,B hw=2");
}

TEST_CASE("A failed request for an ISR change is made again after 50 ms until it is answered") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.set_isr({1});
  lab.deaf = true;
  lab.run_for(5s);
  CHECK(lab.node(1).replicas().find(orders)->has_pending_proposal());
  lab.deaf = false;
  lab.run_for(100ms);
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log= hw=0");
}

TEST_CASE("One partition's error delays that partition, the others of the fetcher go on") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2}, 0);
  lab.run_for(100ms);
  lab.in_the_dark = {1};
  lab.create({1, 2}, 1);  // its leader does not know of it yet
  lab.run_for(3s);
  const sim::Time sent = lab.world.now();
  auto& pending = lab.send_produce(1, batch({"A"}));
  CHECK(lab.wait<protocol::ProduceResponse>(pending).partitions.at(0).error == ErrorCode::none);
  CHECK(pending.at - sent < 10ms);
  lab.in_the_dark.clear();
  lab.spread();
  protocol::ProduceRequest request;
  request.timeout_ms = 5000;
  request.partitions.push_back({orders_1, batch({"B"})});
  const sim::Time lit = lab.world.now();
  auto& second = lab.send(1, std::move(request));
  CHECK(lab.wait<protocol::ProduceResponse>(second).partitions.at(0).error == ErrorCode::none);
  CHECK(second.at - lit < 1100ms);  // replica.fetch.backoff.ms and a little
}

TEST_CASE("A fenced follower waits for metadata, one that is ahead of its leader asks again") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(1s);
  // The leader begins epoch 1, and its follower does not hear of it.
  lab.in_the_dark = {2};
  lab.elect(1, {1, 2});
  CHECK(lab.produce(1, {"A"}, Acks::all, 5000).error == ErrorCode::request_timed_out);
  CHECK(lab.state(2) == "leader=1 epoch=0 log= hw=0");
  lab.in_the_dark.clear();
  lab.spread();
  lab.run_for(10ms);  // it fetches at once
  CHECK(lab.state(2) == "leader=1 epoch=1 log=A hw=0");
  // Now the other way round: the follower knows epoch 2 first.
  lab.in_the_dark = {1};
  lab.elect(1, {1, 2});
  CHECK(lab.produce(1, {"B"}, Acks::all, 3000).error == ErrorCode::request_timed_out);
  CHECK(lab.state(2) == "leader=1 epoch=2 log=A hw=0");
  lab.in_the_dark.clear();
  lab.spread();
  lab.run_for(1100ms);  // not before its pause is over
  CHECK(lab.state(2).substr(0, 24) == "leader=1 epoch=2 log=A,B");
}

TEST_CASE("A zombie leader serves what was replicated, acks with acks=1 only, and cannot shrink") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3});
  lab.produce(1, {"A"});
  lab.run_for(1s);
  lab.in_the_dark = {1};
  lab.deaf = true;
  lab.elect(2, {2, 3});
  lab.run_for(100ms);
  CHECK(lab.produce(1, {"X"}, Acks::leader).error == ErrorCode::none);
  CHECK(lab.produce(1, {"Y"}, Acks::all, 40'000).error == ErrorCode::request_timed_out);
  lab.run_for(6s);  // one and a half lag times in all
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2,3 log=A,X,Y hw=1");
  CHECK(lab.node(1).replicas().find(orders)->has_pending_proposal());
  CHECK(text(lab.fetched(lab.send_fetch(1, 0)).records) == "0:A");
  // A reader that knows the new epoch is not served by the old leader.
  protocol::FetchRequest fetch;
  fetch.partitions.emplace_back().partition = orders;
  fetch.partitions.back().fetch_offset = Offset(0);
  fetch.partitions.back().current_leader_epoch = protocol::LeaderEpoch(1);
  auto& asked = lab.send(1, fetch);
  CHECK(lab.fetched(asked).error == ErrorCode::unknown_leader_epoch);
  CHECK(lab.produce(2, {"B"}).base_offset == Offset(1));
  lab.deaf = false;
  lab.in_the_dark.clear();
  lab.spread();
  lab.run_for(3s);
  for (int id : {1, 3}) CHECK(lab.state(id) == "leader=2 epoch=1 log=A,B hw=2");
  CHECK(lab.state(2) == "leader=2 epoch=1 isr=1,2,3 log=A,B hw=2");
}

TEST_CASE(
    "Of one piece of news a broker takes deletions first, then what it leads, then the rest") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2}, 0);
  lab.create({2, 1}, 1);
  lab.metadata.push_back(TopicRecord{"old", {8, 8}});
  PartitionRecord old;
  old.topic_id = {8, 8};
  old.replicas = old.isr = ids({1, 2});
  old.leader = BrokerId(1);
  old.leader_epoch = protocol::LeaderEpoch(0);
  old.partition_epoch = protocol::PartitionEpoch(0);
  lab.metadata.push_back(old);
  lab.spread();
  struct Order final : LeadershipListener {
    void became_leader(const TopicPartition& id, protocol::LeaderEpoch) override {
      heard += "leads " + to_string(id) + "; ";
    }
    void resigned(const TopicPartition& id) override { heard += "resigns " + to_string(id) + "; "; }
    void high_watermark_moved(const TopicPartition&, Offset) override {}
    std::string heard;
  } order;
  lab.node(1).replicas().add_listener(order);
  lab.in_the_dark = {1};
  lab.elect(2, {1, 2}, 0);
  lab.elect(1, {1, 2}, 1);
  lab.metadata.push_back(RemoveTopicRecord{{8, 8}});
  lab.in_the_dark.clear();
  lab.spread();
  CHECK(order.heard == "resigns old-0; leads orders-1; resigns orders-0; ");
}

TEST_CASE("A leader acts on the controller's answer before the metadata log brings it") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.in_the_dark = {1};
  lab.set_isr({1});
  lab.in_the_dark.clear();
  lab.spread();
  lab.in_the_dark = {1};
  lab.run_for(3s);  // 2 is back, and 1 has that from the answer alone
  const Partition* const leader = lab.node(1).replicas().find(orders);
  CHECK(leader->isr() == ids({1, 2}));
  CHECK(leader->partition_epoch() == protocol::PartitionEpoch(2));
  lab.in_the_dark.clear();
  lab.spread();  // the same again, which changes nothing
  CHECK(leader->partition_epoch() == protocol::PartitionEpoch(2));
  CHECK(lab.events("leader").size() == 1);
}

TEST_CASE("A record whose write timed out may be replicated later, and a retry stores it twice") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(1s);
  lab.crash(2);
  CHECK(lab.produce(1, {"A"}, Acks::all, 1000).error == ErrorCode::request_timed_out);
  lab.restart(2);
  CHECK(lab.produce(1, {"A"}, Acks::all, 10'000).error == ErrorCode::none);
  lab.run_for(1s);
  CHECK(lab.state(2) == "leader=1 epoch=0 log=A,A hw=2");
}

TEST_CASE("A new leader's tail above the high watermark becomes replicated under its epoch") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2, 3});
  lab.run_for(100ms);
  lab.crash(3);
  CHECK(lab.produce(1, {"A"}, Acks::all, 1000).error == ErrorCode::request_timed_out);
  CHECK(lab.state(2) == "leader=1 epoch=0 log=A hw=0");
  lab.crash(1);
  lab.elect(2, {2, 3});
  CHECK(lab.state(2) == "leader=2 epoch=1 isr=2,3 log=A hw=0");
  // Until then it cannot tell a client where the end is.
  protocol::ListOffsetsRequest request;
  request.partitions.push_back({orders, {}, protocol::latest_timestamp});
  CHECK(lab.wait<protocol::ListOffsetsResponse>(lab.send(2, request)).partitions.at(0).error ==
        ErrorCode::offset_not_available);
  request.partitions[0].timestamp = protocol::earliest_timestamp;
  CHECK(lab.wait<protocol::ListOffsetsResponse>(lab.send(2, request)).partitions.at(0).offset ==
        Offset(0));
  CHECK(lab.fetched(lab.send_fetch(2, 0)).records.empty());
  lab.restart(3);
  lab.run_for(3s);
  CHECK(lab.state(2) == "leader=2 epoch=1 isr=2,3 log=A hw=1");
  request.partitions[0].timestamp = protocol::latest_timestamp;
  CHECK(lab.wait<protocol::ListOffsetsResponse>(lab.send(2, request)).partitions.at(0).offset ==
        Offset(1));
}

}  // namespace kafkasim::broker::testing
