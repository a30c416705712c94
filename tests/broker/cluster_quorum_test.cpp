// Clusters with several controllers: who is active, what its loss means to brokers and clients, and
// what happens while there is none.
#include <algorithm>

#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {
namespace {

class QuorumCluster : public TestCluster {
 public:
  explicit QuorumCluster(int controllers, std::uint64_t seed = 7,
                         std::map<std::string, std::string> config = {})
      : TestCluster(3, std::move(config), controllers, seed) {
    set_up({topic_on("orders", {{1, 2, 3}})});
  }

  std::string active() const {
    const Controller* found = cluster->controller();
    return found == nullptr ? "" : found->name();
  }
  std::vector<std::string> standby() const {
    std::vector<std::string> names;
    for (const VoterView& voter : cluster->voters()) {
      if (voter.name != active()) names.push_back(voter.name);
    }
    return names;
  }
  bool another_is_active(const std::string& old, sim::Duration limit) {
    return run_until([&] { return !active().empty() && active() != old; }, limit);
  }
  void isolate(const std::string& name, bool isolated) {
    const sim::HostId id = world.host(name)->id();
    for (const auto& host : world.hosts()) {
      if (host->id() == id) continue;
      isolated ? world.network().block(id, host->id()) : world.network().unblock(id, host->id());
      isolated ? world.network().block(host->id(), id) : world.network().unblock(host->id(), id);
    }
  }
  // What every controller has committed is a prefix of what the active one has.
  bool logs_agree() const {
    const ControllerStorage* longest = nullptr;
    for (const VoterView& voter : cluster->voters()) {
      if (voter.is_active) longest = voter.storage;
    }
    if (longest == nullptr) return false;
    for (const VoterView& voter : cluster->voters()) {
      for (std::size_t i = 0; i < voter.storage->batches.size(); ++i) {
        if (voter.storage->batches[i].next_offset() > voter.high_watermark) break;
        if (voter.storage->batches[i].batch.get() != longest->batches.at(i).batch.get())
          return false;
      }
    }
    return true;
  }
};

TEST_CASE("One to five controllers elect one, and the others have what it committed") {
  for (int controllers = 1; controllers <= 5; ++controllers) {
    INFO(controllers << " controllers");
    QuorumCluster lab(controllers);
    CHECK(lab.cluster->voters().size() == static_cast<std::size_t>(controllers));
    CHECK(lab.produce(1, "A") == ErrorCode::none);
    lab.run_for(1s);
    const Offset committed = lab.cluster->controller()->committed();
    for (const VoterView& voter : lab.cluster->voters()) {
      CHECK(voter.role == (voter.is_active ? RaftRole::leader : RaftRole::follower));
      CHECK(voter.epoch == lab.cluster->controller()->active_epoch());
      CHECK(voter.high_watermark == committed);
      CHECK(lab.cluster->controller(voter.name)->image().next_offset() == committed);
    }
    CHECK(lab.logs_agree());
  }
}

TEST_CASE("When the active controller dies another one takes office within a few seconds") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    QuorumCluster lab(3, seed);
    const std::string old = lab.active();
    const Time died = lab.world.now();
    lab.cluster->crash(old);
    CHECK(lab.active().empty());
    REQUIRE(lab.another_is_active(old, 20s));
    // A fetch timeout of two seconds, then an election.
    CHECK(lab.world.now() - died > 1400ms);
    CHECK(lab.world.now() - died < 8s);
    CHECK(lab.find_seen("controller", lab.active()) != nullptr);
    // Nobody is fenced for want of heartbeats that went to the old one.
    lab.run_for(20s);
    CHECK(lab.find_seen("fenced") == nullptr);
    CHECK(lab.produce(1, "A") == ErrorCode::none);
    lab.cluster->restart(old);
    lab.run_for(5s);
    CHECK(lab.active() != old);
    CHECK(lab.logs_agree());
  }
}

TEST_CASE("While the controllers elect one data flows, and changes of in-sync replicas wait") {
  QuorumCluster lab(3, 7, {{"replica.lag.time.max.ms", "1000"}});
  const std::string old = lab.active();
  lab.cluster->crash("broker-3");
  lab.cluster->crash(old);
  lab.send(1, lab.produce_request("A", protocol::Acks::leader));
  REQUIRE(lab.run_until([&] { return lab.answers.contains(1); }, 100ms));
  lab.run_for(1200ms);
  CHECK(lab.active().empty());
  CHECK(lab.find_seen("isr") == nullptr);
  REQUIRE(lab.another_is_active(old, 20s));
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 2; }, 3s));
  CHECK(lab.produce(1, "B") == ErrorCode::none);
  CHECK(lab.log(2) == "A B");
}

TEST_CASE("A broker that fails together with the active controller is replaced by the next one") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    QuorumCluster lab(3, seed);
    REQUIRE(lab.produce(1, "A") == ErrorCode::none);
    const std::string old = lab.active();
    const Time died = lab.world.now();
    lab.cluster->crash("broker-1");
    lab.cluster->crash(old);
    REQUIRE(lab.another_is_active(old, 20s));
    const Time elected = lab.world.now();
    REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 20s));
    // Its session began anew with the new controller.
    CHECK(lab.world.now() - elected >= 8900ms);
    CHECK(lab.world.now() - died < 18s);
    REQUIRE(lab.run_until([&] { return lab.find_seen("leader", "broker-2") != nullptr; }, 2s));
    CHECK(lab.produce(2, "B") == ErrorCode::none);
    CHECK(lab.log(3) == "A B");
  }
}

TEST_CASE("Without a majority of controllers nothing is decided, but produce works") {
  QuorumCluster lab(3);
  const std::string old = lab.active();
  const std::vector<std::string> others = lab.standby();
  lab.cluster->crash(others[0]);
  lab.cluster->crash(others[1]);
  CHECK_FALSE(lab.cluster->has_quorum());
  CHECK(lab.produce(1, "A") == ErrorCode::none);
  REQUIRE(lab.run_until([&] { return lab.active().empty(); }, 4s));
  CHECK(lab.find_seen("controller-resigned", old) != nullptr);
  lab.cluster->crash("broker-1");
  lab.run_for(30s);
  CHECK(lab.find_seen("elected") == nullptr);
  CHECK(lab.find_seen("fenced") == nullptr);
  CHECK(lab.produce(2, "B") == ErrorCode::not_leader_or_follower);
  lab.cluster->restart(others[1]);
  REQUIRE(lab.another_is_active("", 20s));
  REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 20s));
  REQUIRE(lab.run_until([&] { return lab.find_seen("leader", "broker-2") != nullptr; }, 2s));
  CHECK(lab.produce(2, "B") == ErrorCode::none);
}

TEST_CASE("An isolated active controller steps down, and what it decided alone is forgotten") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    QuorumCluster lab(3, seed);
    const std::string old = lab.active();
    const Time cut = lab.world.now();
    lab.isolate(old, true);
    REQUIRE(lab.another_is_active(old, 20s));
    // It notices by itself: no majority fetches from it any more.
    const auto stepped_down = [&] { return !lab.cluster->controller(old)->is_active(); };
    REQUIRE(lab.run_until(stepped_down, 4s));
    CHECK(lab.cluster->controller(old)->is_settled());
    CHECK(lab.world.now() - cut < 10s);
    lab.cluster->crash("broker-1");
    REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 30s));
    lab.isolate(old, false);
    lab.run_for(8s);
    CHECK_FALSE(lab.cluster->controller(old)->is_active());
    CHECK(lab.logs_agree());
    const VoterView back = lab.cluster->voters().at(static_cast<std::size_t>(old.back() - '1'));
    CHECK(back.role == RaftRole::follower);
    CHECK(back.high_watermark == lab.cluster->controller()->committed());
  }
}

TEST_CASE("A controller that is isolated with a decision drops it and answers nobody") {
  QuorumCluster lab(3);
  const std::string old = lab.active();
  for (const std::string& name : lab.standby()) {
    const sim::HostId a = lab.world.host(old)->id();
    const sim::HostId b = lab.world.host(name)->id();
    lab.world.network().block(a, b);
    lab.world.network().block(b, a);
  }
  protocol::CreateTopicsRequest request;
  request.timeout_ms = 20000;
  request.topics.push_back(topic_on("late", {{1, 2, 3}}));
  lab.send(1, request);
  lab.run_for(200ms);
  REQUIRE(lab.active() == old);
  CHECK(lab.cluster->controller()->image().topic("late") != nullptr);
  CHECK_FALSE(lab.answers.contains(1));
  CHECK(lab.find_seen("created") == nullptr);
  // The broker asks the next controller, and the topic is created once.
  REQUIRE(lab.run_until([&] { return lab.answers.contains(1); }, 20s));
  const auto& response = std::get<protocol::CreateTopicsResponse>(*lab.answers.at(1));
  CHECK(response.topics.at(0).error == ErrorCode::none);
  CHECK(lab.active() != old);
  CHECK(lab.cluster->controller(old)->image().topic("late") == nullptr);
  const auto created = std::count_if(lab.seen.begin(), lab.seen.end(),
                                     [](const auto& line) { return line.what == "created"; });
  CHECK(created == 1);
}

TEST_CASE("An active controller that stops in order hands over at once") {
  for (const int controllers : {3, 5}) {
    QuorumCluster lab(controllers);
    const std::string old = lab.active();
    const Time begin = lab.world.now();
    lab.cluster->stop(old);
    REQUIRE(lab.another_is_active(old, 10s));
    CHECK(lab.world.now() - begin < 500ms);
    REQUIRE(lab.run_until([&] { return !lab.cluster->is_up(old); }, 6s));
    lab.run_for(15s);
    CHECK(lab.find_seen("fenced") == nullptr);
    lab.cluster->restart(old);
    lab.run_for(3s);
    CHECK(lab.active() != old);
  }
}

TEST_CASE("A power loss takes nothing from a controller's log") {
  QuorumCluster lab(3);
  const std::string old = lab.active();
  lab.run_for(1s);
  const Offset committed = lab.cluster->controller()->committed();
  for (const VoterView& voter : lab.cluster->voters()) lab.cluster->power_off(voter.name);
  lab.run_for(1s);
  for (const VoterView& voter : lab.cluster->voters()) {
    CHECK(voter.log_end_offset >= committed);
    lab.cluster->restart(voter.name);
  }
  REQUIRE(lab.another_is_active("", 20s));
  CHECK(lab.cluster->controller()->image().topic("orders") != nullptr);
  CHECK(lab.cluster->controller()->active_epoch().value() > 1);
  lab.run_for(3s);
  CHECK(lab.produce(1, "A") == ErrorCode::none);
}

TEST_CASE("A paused active controller finds another one in office") {
  QuorumCluster lab(3);
  const std::string old = lab.active();
  lab.world.host(old)->process()->pause();
  const auto newer = [&] { return lab.active() != old; };
  REQUIRE(lab.run_until(newer, 20s));
  lab.world.host(old)->process()->resume();
  lab.run_for(2s);
  CHECK_FALSE(lab.cluster->controller(old)->is_active());
  CHECK(lab.logs_agree());
  lab.run_for(15s);
  CHECK(lab.find_seen("fenced") == nullptr);
}

TEST_CASE("The same seed gives the same trace with five controllers that fail") {
  std::vector<std::uint64_t> hashes;
  for (int run = 0; run < 2; ++run) {
    QuorumCluster lab(5);
    lab.produce(1, "A");
    lab.cluster->crash(lab.active());
    lab.run_for(10s);
    lab.cluster->crash(lab.active());
    lab.cluster->crash("broker-1");
    lab.run_for(30s);
    CHECK(lab.world.trace().count() > 20);
    hashes.push_back(lab.world.trace().hash());
  }
  CHECK(hashes[0] == hashes[1]);
}

}  // namespace
}  // namespace kafkasim::broker
