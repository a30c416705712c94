// Requests to a broker's replicas: long polls, errors, hints, and what coordinators use.
#include "tests/broker/replica_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

struct Listener final : LeadershipListener {
  void became_leader(const TopicPartition& id, protocol::LeaderEpoch epoch) override {
    heard += "lead " + to_string(id) + "/" + std::to_string(epoch.value()) + "; ";
  }
  void resigned(const TopicPartition& id) override { heard += "resign " + to_string(id) + "; "; }
  void high_watermark_moved(const TopicPartition& id, Offset to) override {
    heard += "hw " + to_string(id) + "=" + std::to_string(to.value()) + "; ";
  }
  std::string heard;
};

sim::Task<> await_replication(ReplicaManager* replicas, Offset next, protocol::LeaderEpoch epoch,
                              sim::Time deadline, std::optional<ErrorCode>* outcome) {
  *outcome = co_await replicas->wait_replicated(orders, next, epoch, deadline);
}

}  // namespace

TEST_CASE(
    "A consumer's long poll ends when the high watermark moves, not when the leader appends") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(100ms);
  auto& poll = lab.send_fetch(1, 0, 500);
  lab.run_for(10ms);
  auto& ack = lab.send_produce(1, batch({"A"}));
  CHECK(text(lab.fetched(poll).records) == "0:A");
  lab.wait<protocol::ProduceResponse>(ack);
  CHECK(poll.at == ack.at);
  CHECK(lab.fetched(poll).high_watermark == Offset(1));
}

TEST_CASE("A long poll without news is answered empty when its time is over") {
  ReplicaLab lab(1);
  lab.boot_all();
  lab.create({1});
  const sim::Time sent = lab.world.now();
  auto& poll = lab.send_fetch(1, 0, 500);
  CHECK(lab.fetched(poll).records.empty());
  CHECK(poll.at - sent == 504ms);
}

TEST_CASE("A broker that does not lead says who does") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2});
  lab.elect(2, {1, 2});
  protocol::ProduceRequest request;
  request.timeout_ms = 100;
  request.partitions.push_back({orders, batch({"A"})});
  for (int broker : {1, 3}) {
    const auto response = lab.wait<protocol::ProduceResponse>(lab.send(broker, request));
    REQUIRE(response.partitions.size() == 1);
    CHECK(response.partitions[0].error == ErrorCode::not_leader_or_follower);
    CHECK(response.partitions[0].current_leader.leader_id == BrokerId(2));
    CHECK(response.partitions[0].current_leader.leader_epoch == protocol::LeaderEpoch(1));
    REQUIRE(response.node_endpoints.size() == 1);
    CHECK(response.node_endpoints[0].host == "broker-2");
  }
}

TEST_CASE("Each partition of a produce request has its own outcome, and one answer carries all") {
  ReplicaLab lab;
  lab.boot_all();
  lab.create({1, 2}, 0);
  lab.create({2, 1}, 1);
  protocol::ProduceRequest request;
  request.timeout_ms = 1000;
  request.partitions.push_back({{"orders", 0}, batch({"A"})});
  request.partitions.push_back({{"orders", 1}, batch({"B"})});
  request.partitions.push_back({{"orders", 9}, batch({"C"})});
  request.partitions.push_back({{protocol::offsets_topic, 0}, batch({"D"})});
  const auto response = lab.wait<protocol::ProduceResponse>(lab.send(1, request));
  REQUIRE(response.partitions.size() == 4);
  CHECK(response.partitions[0].error == ErrorCode::none);
  CHECK(response.partitions[1].error == ErrorCode::not_leader_or_follower);
  CHECK(response.partitions[2].error == ErrorCode::unknown_topic_or_partition);
  CHECK(response.partitions[3].error == ErrorCode::invalid_topic_exception);
}

TEST_CASE("Acks that Kafka does not know are refused") {
  ReplicaLab lab(1);
  lab.boot_all();
  lab.create({1});
  CHECK(lab.produce(1, {"A"}, static_cast<Acks>(2)).error == ErrorCode::invalid_required_acks);
}

TEST_CASE("A repeated batch is acknowledged again when it is replicated, and stored once") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  const auto made = idempotent_batch(5, 0, 0, {"A"});
  auto& first = lab.send_produce(1, made);
  auto& second = lab.send_produce(1, made);
  CHECK(lab.wait<protocol::ProduceResponse>(first).partitions.at(0).base_offset == Offset(0));
  CHECK(lab.wait<protocol::ProduceResponse>(second).partitions.at(0).base_offset == Offset(0));
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log=A hw=1");
  CHECK(lab.events("deduplicated").size() == 1);
}

TEST_CASE("Losing the leadership ends waiting writes and parked fetches") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(1s);
  lab.crash(2);
  auto& write = lab.send_produce(1, batch({"A"}), Acks::all, 30'000);
  lab.run_for(100ms);
  lab.restart(2);
  lab.elect(2, {1, 2});
  const auto response = lab.wait<protocol::ProduceResponse>(write);
  CHECK(response.partitions.at(0).error == ErrorCode::not_leader_or_follower);
  CHECK(response.partitions.at(0).current_leader.leader_id == BrokerId(2));
}

TEST_CASE("Deleting a topic ends waiting writes and takes the log") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(1s);
  lab.crash(2);
  auto& write = lab.send_produce(1, batch({"A"}), Acks::all, 30'000);
  lab.run_for(100ms);
  lab.metadata.push_back(RemoveTopicRecord{orders_id});
  lab.spread();
  CHECK(lab.wait<protocol::ProduceResponse>(write).partitions.at(0).error ==
        ErrorCode::unknown_topic_or_partition);
  CHECK(lab.state(1) == "none");
  lab.restart(2);
  CHECK(lab.state(2) == "none");
  lab.run_for(5s);
}

TEST_CASE(
    "A topic made anew under the same name begins empty, also on a broker that missed the "
    "deletion") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.produce(1, {"A"});
  lab.crash(2);
  lab.metadata.push_back(RemoveTopicRecord{orders_id});
  lab.metadata.push_back(TopicRecord{"orders", {8, 8}});
  PartitionRecord record;
  record.topic_id = {8, 8};
  record.replicas = record.isr = ids({1, 2});
  record.leader = BrokerId(1);
  record.leader_epoch = protocol::LeaderEpoch(0);
  record.partition_epoch = protocol::PartitionEpoch(0);
  lab.metadata.push_back(record);
  lab.spread();
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log= hw=0");
  lab.restart(2);
  CHECK(lab.state(2) == "leader=1 epoch=0 log= hw=0");
}

TEST_CASE("A crash with parked requests frees them all, and their connections break") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(1s);
  lab.crash(2);
  auto& write = lab.send_produce(1, batch({"A"}), Acks::all, 30'000);
  auto& poll = lab.send_fetch(1, 0, 30'000);
  lab.run_for(100ms);
  lab.crash(1);
  lab.run_for(100ms);
  CHECK(write.closed);
  CHECK(poll.closed);
}

TEST_CASE("ListOffsets answers from the high watermark, and refuses a partition asked twice") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.produce(1, {"A"});
  lab.crash(2);
  lab.produce(1, {"B"}, Acks::leader);
  protocol::ListOffsetsRequest request;
  request.partitions.push_back({orders, {}, protocol::latest_timestamp});
  CHECK(lab.wait<protocol::ListOffsetsResponse>(lab.send(1, request)).partitions.at(0).offset ==
        Offset(1));
  request.replica_id = BrokerId(2);
  CHECK(lab.wait<protocol::ListOffsetsResponse>(lab.send(1, request)).partitions.at(0).offset ==
        Offset(2));
  request.partitions.push_back(request.partitions[0]);
  CHECK(lab.wait<protocol::ListOffsetsResponse>(lab.send(1, request)).partitions.at(0).error ==
        ErrorCode::invalid_request);
}

TEST_CASE("A coordinator appends, waits for replication, and hears of leadership") {
  ReplicaLab lab(2);
  lab.boot_all();
  Listener listener;
  lab.node(1).replicas().add_listener(listener);
  lab.create({1, 2});
  lab.run_for(1s);
  ReplicaManager& replicas = lab.node(1).replicas();
  const InternalAppend appended = replicas.append_internal(orders, batch({"G"}));
  CHECK(appended.error == ErrorCode::none);
  CHECK(appended.next_offset == Offset(1));
  std::optional<ErrorCode> outcome;
  const auto await = [&](Offset next) {
    outcome.reset();
    sim::spawn(
        *lab.node(1).host().process(),
        await_replication(&replicas, next, appended.leader_epoch, lab.world.now() + 5s, &outcome));
  };
  await(Offset(1));
  lab.run_for(1s);
  CHECK(outcome == ErrorCode::none);
  await(Offset(2));
  lab.run_for(6s);
  CHECK(outcome == ErrorCode::request_timed_out);
  await(Offset(2));
  lab.elect(2, {1, 2});
  lab.run_for(1s);
  CHECK(outcome == ErrorCode::not_leader_or_follower);
  CHECK(replicas.append_internal(orders, batch({"H"})).error == ErrorCode::not_leader_or_follower);
  CHECK(text(replicas.read_all(orders)) == "0:G");
  CHECK(listener.heard == "lead orders-0/0; hw orders-0=1; resign orders-0; ");
}

TEST_CASE("A fault that an append triggers acts before the answer leaves") {
  ReplicaLab lab(1);
  lab.boot_all();
  lab.create({1});
  lab.world.trace().observe([&](sim::Time, std::string_view, const sim::TraceEvent& event) {
    if (event.name() == "appended") lab.world.loop().after_this_event([&] { lab.crash(1); });
  });
  auto& write = lab.send_produce(1, batch({"A"}));
  lab.run_for(1s);
  CHECK(write.closed);
  CHECK(lab.node(1).log_storage().end_offset == Offset(1));
}

}  // namespace kafkasim::broker::testing
