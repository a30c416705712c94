// Clusters that start, lose brokers, get them back, and shut brokers down in order.
#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {
namespace {

TEST_CASE("Three brokers register, are unfenced, and lead what the controller says") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}, {2, 3, 1}})});
  CHECK(lab.world.now() < sim::zero + 1s);
  CHECK(lab.cluster->is_ready());
  const auto response = lab.metadata(3, "orders");
  CHECK(response.brokers.size() == 3);
  REQUIRE(response.topics.at(0).partitions.size() == 2);
  CHECK(response.topics[0].partitions[0].leader_id == BrokerId(1));
  CHECK(response.topics[0].partitions[1].leader_id == BrokerId(2));
}

TEST_CASE("A record that was acked by all is in every replica's log") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  CHECK(lab.produce(1, "A") == ErrorCode::none);
  for (const int id : {1, 2, 3}) CHECK(lab.log(id) == "A");
  CHECK(lab.produce(2, "B") == ErrorCode::not_leader_or_follower);
}

TEST_CASE(
    "A broker that dies is fenced nine seconds after its last heartbeat and another one leads") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  const Time died = lab.world.now();
  lab.cluster->crash("broker-1");
  REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 20s));
  CHECK(lab.world.now() > died + 7s);
  CHECK(lab.world.now() <= died + 9s);
  CHECK(lab.decided().isr == BrokerIds{BrokerId(2), BrokerId(3)});
  CHECK(lab.decided().leader_epoch.value() == 1);
  lab.run_for(1s);
  CHECK(lab.find_seen("fenced", "controller-1") != nullptr);
  CHECK(lab.find_seen("elected", "controller-1") != nullptr);
  CHECK(lab.find_seen("leader", "broker-2") != nullptr);
  CHECK(lab.produce(2, "B") == ErrorCode::none);
  CHECK(lab.log(3) == "A B");
  CHECK(lab.log(1) == "A");
}

TEST_CASE(
    "A killed broker that restarts at once registers only when its old session is over, and "
    "catches up") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  const Time died = lab.world.now();
  lab.cluster->crash("broker-3");
  lab.run_for(100ms);
  lab.cluster->restart("broker-3");
  CHECK(lab.produce(1, "A") == ErrorCode::none);
  CHECK(lab.decided().isr.size() == 2);
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 3; }, 30s));
  CHECK(lab.log(3) == "A");
  const auto* registered = lab.find_seen("registered");
  REQUIRE(registered != nullptr);
  CHECK(registered->at > died + 7s);
  const auto* started = lab.find_seen("started", "broker-3");
  REQUIRE(started != nullptr);
  CHECK(started->at < died + 21s);  // the last pause of a doubling backoff may be long
  CHECK(lab.decided().leader == BrokerId(1));
}

TEST_CASE("A broker that stops in order hands its leadership over and may come back at once") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  const Time begin = lab.world.now();
  lab.cluster->stop("broker-1");
  REQUIRE(lab.run_until([&] { return !lab.cluster->is_up("broker-1"); }, 10s));
  CHECK(lab.world.now() < begin + 5s);
  CHECK(lab.decided().leader == BrokerId(2));
  CHECK(lab.produce(2, "B") == ErrorCode::none);
  const Time back = lab.world.now();
  lab.cluster->restart("broker-1");
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 3; }, 10s));
  CHECK(lab.world.now() < back + 2s);
  CHECK(lab.log(1) == "A B");
}

TEST_CASE("The leadership moves back to the preferred replica when leaders are balanced") {
  TestCluster lab(2, {{"leader.imbalance.check.interval.seconds", "20"}});
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.cluster->stop("broker-1");
  REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 5s));
  REQUIRE(lab.run_until([&] { return !lab.cluster->is_up("broker-1"); }, 10s));
  lab.cluster->restart("broker-1");
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 2; }, 10s));
  CHECK(lab.decided().leader == BrokerId(2));
  CHECK(lab.run_until([&] { return lab.decided().leader == BrokerId(1); }, 21s));
}

TEST_CASE(
    "A partition with one replica has no leader while its broker is down and the same one after") {
  TestCluster lab(2);
  lab.set_up({topic_on("orders", {{2}})});
  REQUIRE(lab.produce(2, "A") == ErrorCode::none);
  lab.cluster->crash("broker-2");
  lab.run_for(10s);
  CHECK_FALSE(lab.decided().leader.is_set());
  const auto response = lab.metadata(1, "orders");
  CHECK(response.brokers.size() == 1);
  CHECK(response.topics.at(0).partitions.at(0).error == ErrorCode::leader_not_available);
  lab.cluster->restart("broker-2");
  REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 20s));
  REQUIRE(lab.run_until([&] { return lab.cluster->is_ready(); }, 5s));
  CHECK(lab.produce(2, "B") == ErrorCode::none);
  CHECK(lab.log(2) == "A B");
}

TEST_CASE("While the controller is down data flows; elections wait for it") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  lab.cluster->crash("controller-1");
  lab.run_for(20s);
  CHECK(lab.produce(1, "A") == ErrorCode::none);
  lab.cluster->crash("broker-1");
  lab.run_for(20s);
  lab.cluster->restart("controller-1");
  CHECK(lab.decided().leader == BrokerId(1));
  REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 10s));
  lab.run_for(1s);
  CHECK(lab.produce(2, "B") == ErrorCode::none);
}

TEST_CASE("A broker cut off from the controller is fenced, and takes part again when it is heard") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  const sim::HostId broker = lab.world.host("broker-1")->id();
  const sim::HostId controller = lab.world.host("controller-1")->id();
  sim::Network& network = lab.world.network();
  network.block(broker, controller);
  network.block(controller, broker);
  lab.run_for(11s);
  CHECK(lab.decided().leader == BrokerId(2));
  // It does not know: it still believes that it leads.
  CHECK(lab.cluster->replica(BrokerId(1), {"orders", 0})->is_leader);
  CHECK(lab.produce(1, "zombie", protocol::Acks::leader) == ErrorCode::none);
  CHECK(lab.produce(2, "A") == ErrorCode::none);
  network.unblock(broker, controller);
  network.unblock(controller, broker);
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 3; }, 40s));
  CHECK(lab.log(1) == "A");
  CHECK_FALSE(lab.cluster->replica(BrokerId(1), {"orders", 0})->is_leader);
  CHECK(lab.find_seen("unfenced", "controller-1") != nullptr);
}

TEST_CASE("Without power nobody hears of a broker's end, but the controller fences it in time") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  lab.cluster->power_off("broker-1");
  CHECK_FALSE(lab.cluster->is_up("broker-1"));
  REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 9s));
  lab.cluster->restart("broker-1");
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 3; }, 20s));
}

TEST_CASE("A broker that cannot register gives up after a minute") {
  TestCluster lab(1);
  lab.cluster->start();
  lab.cluster->crash("controller-1");
  lab.run_for(59s);
  CHECK(lab.cluster->is_up("broker-1"));
  lab.run_for(10s);
  CHECK_FALSE(lab.cluster->is_up("broker-1"));
}

TEST_CASE("The same seed gives the same trace") {
  std::vector<std::uint64_t> hashes;
  for (int run = 0; run < 2; ++run) {
    TestCluster lab(3);
    lab.set_up({topic_on("orders", {{1, 2, 3}})});
    lab.produce(1, "A");
    lab.cluster->crash("broker-1");
    lab.run_for(10s);
    lab.cluster->restart("broker-1");
    lab.run_for(20s);
    CHECK(lab.world.trace().count() > 20);
    hashes.push_back(lab.world.trace().hash());
  }
  CHECK(hashes[0] == hashes[1]);
}

}  // namespace
}  // namespace kafkasim::broker
