// What a broker says to the controller, and when: registrations, heartbeats, pauses between them.
#include "protocol/message.hpp"
#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {
namespace {

// A cluster that notes each registration and heartbeat as it arrives at a controller.
class ListeningCluster : public TestCluster {
 public:
  struct Heard {
    Time at;
    std::optional<protocol::BrokerRegistrationRequest> registration;
    std::optional<protocol::BrokerHeartbeatRequest> heartbeat;
  };

  explicit ListeningCluster(int brokers) : TestCluster(brokers) {
    world.network().on_delivery([this](const sim::Delivery& delivery) {
      auto* request = delivery.message.open<protocol::Request>();
      if (request == nullptr) return;
      Heard one;
      one.at = world.now();
      if (auto* registers = std::get_if<protocol::BrokerRegistrationRequest>(&request->body))
        one.registration = *registers;
      if (auto* beats = std::get_if<protocol::BrokerHeartbeatRequest>(&request->body))
        one.heartbeat = *beats;
      if (one.registration || one.heartbeat) heard.push_back(one);
    });
  }

  std::vector<Heard> heartbeats_of(int broker) const {
    std::vector<Heard> found;
    for (const Heard& one : heard) {
      if (one.heartbeat && one.heartbeat->broker_id == BrokerId(broker)) found.push_back(one);
    }
    return found;
  }
  std::vector<Heard> registrations_of(int broker) const {
    std::vector<Heard> found;
    for (const Heard& one : heard) {
      if (one.registration && one.registration->broker_id == BrokerId(broker)) found.push_back(one);
    }
    return found;
  }

  std::vector<Heard> heard;
};

TEST_CASE(
    "A broker wants to stay fenced until it has caught up, and then beats every two seconds") {
  ListeningCluster lab(1);
  lab.set_up({});
  lab.run_for(10s);
  const auto beats = lab.heartbeats_of(1);
  REQUIRE(beats.size() >= 5);
  CHECK(beats[0].heartbeat->want_fence);
  const auto& registered = *lab.cluster->controller()->image().broker(BrokerId(1));
  bool was_ready = false;
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const auto& beat = *beats[i].heartbeat;
    CHECK(beat.broker_epoch == registered.epoch);
    CHECK_FALSE(beat.want_shut_down);
    if (was_ready) CHECK_FALSE(beat.want_fence);
    was_ready = was_ready || !beat.want_fence;
    // The answer takes a way there, one back, and the linger of a decision if there is one.
    if (i > 0 && beats[i - 1].heartbeat->want_fence && beat.want_fence)
      CHECK(beats[i].at - beats[i - 1].at == 12ms);
    if (i + 1 == beats.size()) CHECK(beats[i].at - beats[i - 1].at == 2002ms);
  }
  CHECK(was_ready);
}

TEST_CASE("Refused registrations are tried again after pauses that double up to the session") {
  ListeningCluster lab(2);
  lab.set_up({});
  lab.run_for(1s);
  lab.heard.clear();
  lab.cluster->crash("broker-2");
  lab.cluster->restart("broker-2");
  lab.run_for(30s);
  const auto tries = lab.registrations_of(2);
  REQUIRE(tries.size() >= 7);
  sim::Duration pause = 100ms;
  for (std::size_t i = 1; i < tries.size(); ++i) {
    CHECK(tries[i].registration->incarnation_id == tries[0].registration->incarnation_id);
    const sim::Duration gap = tries[i].at - tries[i - 1].at;
    // Way there and back, what of a decision before must be committed, and two per cent.
    CHECK(gap >= pause * 98 / 100);
    CHECK(gap <= pause * 102 / 100 + 30ms);
    pause = std::min<sim::Duration>(pause * 2, 9s);
  }
  CHECK(lab.cluster->broker(BrokerId(2))->is_running());
}

TEST_CASE("A broker that stops asks, asks again after fifty milliseconds, and then as usual") {
  ListeningCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  lab.run_for(1s);
  lab.heard.clear();
  lab.cluster->stop("broker-1");
  REQUIRE(lab.run_until([&] { return !lab.cluster->is_up("broker-1"); }, 10s));
  std::vector<ListeningCluster::Heard> asking;
  for (const auto& beat : lab.heartbeats_of(1)) {
    if (beat.heartbeat->want_shut_down) asking.push_back(beat);
  }
  REQUIRE(asking.size() >= 3);
  const sim::Duration linger = 25ms;  // of the decision that moves its leaderships
  CHECK(asking[1].at - asking[0].at == 52ms + linger);
  CHECK(asking[2].at - asking[1].at == 2002ms);
  CHECK(lab.decided().leader == BrokerId(2));
  CHECK(lab.decided().isr == std::vector<BrokerId>{BrokerId(2), BrokerId(3)});
  const auto& broker = *lab.cluster->controller()->image().broker(BrokerId(1));
  CHECK(broker.fenced);
  const auto metadata = lab.metadata(2, "orders");
  CHECK(metadata.brokers.size() == 2);  // who is fenced is not listed
}

TEST_CASE("A broker in controlled shutdown stays the last in-sync replica of what only it has") {
  ListeningCluster lab(2);
  lab.set_up({topic_on("orders", {{1}})});
  lab.cluster->stop("broker-1");
  REQUIRE(lab.run_until([&] { return !lab.cluster->is_up("broker-1"); }, 15s));
  lab.run_for(100ms);
  CHECK_FALSE(lab.decided().leader.is_set());
  CHECK(lab.decided().isr == std::vector<BrokerId>{BrokerId(1)});
}

TEST_CASE("A heartbeat that is lost with its connection is sent again at once") {
  ListeningCluster lab(2);
  lab.set_up({});
  lab.run_for(500ms);
  const sim::HostId broker = lab.world.host("broker-2")->id();
  const sim::HostId controller = lab.world.host("controller-1")->id();
  const std::size_t before = lab.heartbeats_of(2).size();
  REQUIRE(lab.run_until([&] { return lab.heartbeats_of(2).size() > before; }, 3s));
  lab.world.network().cut(broker, controller);
  const Time cut = lab.world.now();
  REQUIRE(lab.run_until([&] { return lab.heartbeats_of(2).size() > before + 1; }, 1s));
  CHECK(lab.world.now() - cut < 100ms);
}

}  // namespace
}  // namespace kafkasim::broker
