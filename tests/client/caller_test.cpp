// Calls over the simulated network.
#include "client/caller.hpp"

#include "tests/client/fake_broker.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::CallResult;
using client::FakeBroker;

namespace {

struct Lab {
  Lab() {
    metadata.set_topics({"orders"});
    sim::spawn(process, caller.run());
  }
  static client::NetworkClient::Config network() {
    client::NetworkClient::Config config;
    config.request_timeout = 5s;
    return config;
  }
  client::Node node(int id) const {
    return client::Node{client::NodeId(id), "broker-" + std::to_string(id), ""};
  }

  sim::World world{1, sim::LatencyRange{sim::Duration(1ms), sim::Duration(1ms)}};
  FakeBroker broker{world, 1};
  sim::Host& host = world.add_host("app");
  sim::Process& process = host.boot();
  client::SimTransport transport{world, host, process};
  client::Metadata metadata{client::Metadata::Config{{"broker-1"}},
                            client::Backoff(100ms, 1s, nullptr)};
  client::NetworkClient client{network(), transport, metadata, nullptr};
  client::Caller caller{client, transport, process};
};

sim::Task<> call(Lab* lab, client::Node node, protocol::RequestBody request, sim::Time deadline,
                 std::vector<std::string>* out) {
  CallResult result = co_await lab->caller.call(std::move(node), std::move(request), deadline);
  std::string text = result.answered() ? "answered" : "";
  if (result.status == CallResult::Status::disconnected) text = "disconnected";
  if (result.status == CallResult::Status::timed_out) text = "timed out";
  out->push_back(text + " at " + sim::to_string(lab->world.now()));
}

sim::Task<> wait_for_metadata(Lab* lab, std::vector<std::string>* out) {
  const bool fresh = co_await lab->caller.metadata_newer_than(0, sim::zero + 1s);
  out->push_back(fresh ? "fresh" : "stale");
}

}  // namespace

TEST_CASE("a call connects, sends and returns the answer") {
  Lab lab;
  std::vector<std::string> out;
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 10s, &out));
  lab.world.loop().run_until(sim::zero + 1s);
  // Connect, ApiVersions, the request: three round trips of two milliseconds.
  CHECK(out == std::vector<std::string>{"answered at 0.006000"});
}

TEST_CASE("calls to a host where nobody listens end as disconnected") {
  Lab lab;
  lab.broker.host().crash();
  std::vector<std::string> out;
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 10s, &out));
  lab.world.loop().run_until(sim::zero + 1s);
  CHECK(out == std::vector<std::string>{"disconnected at 0.002000"});
}

TEST_CASE("a call after the reconnect pause is tried, not failed for the connection lost before") {
  Lab lab;
  lab.broker.host().crash();
  std::vector<std::string> out;
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 10s, &out));
  lab.world.loop().run_until(sim::zero + 1s);
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 10s, &out));
  lab.world.loop().run_until(sim::zero + 2s);
  // Refused again, after a round trip of its own.
  CHECK(out == std::vector<std::string>{"disconnected at 0.002000", "disconnected at 1.002000"});
}

TEST_CASE(
    "a call that is not answered ends at its deadline, or with the connection at the request "
    "timeout") {
  Lab lab;
  lab.broker.script = [](const protocol::Request& request) -> std::optional<FakeBroker::Reply> {
    if (!std::holds_alternative<protocol::HeartbeatRequest>(request.body)) return std::nullopt;
    return FakeBroker::Reply{std::nullopt, true, false};
  };
  std::vector<std::string> out;
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 3s, &out));
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 20s, &out));
  lab.world.loop().run_until(sim::zero + 20s);
  CHECK(out == std::vector<std::string>{"timed out at 3.000000", "timed out at 5.005000"});
}

TEST_CASE("a call ends as disconnected when the broker dies") {
  Lab lab;
  lab.broker.script = [](const protocol::Request& request) -> std::optional<FakeBroker::Reply> {
    if (!std::holds_alternative<protocol::HeartbeatRequest>(request.body)) return std::nullopt;
    return FakeBroker::Reply{std::nullopt, true, false};
  };
  std::vector<std::string> out;
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 20s, &out));
  lab.world.loop().run_until(sim::zero + 1s);
  lab.broker.host().crash();
  lab.world.loop().run_until(sim::zero + 2s);
  REQUIRE(out.size() == 1);
  CHECK(out[0].substr(0, 12) == "disconnected");
}

TEST_CASE("one can wait for metadata") {
  Lab lab;
  std::vector<std::string> out;
  sim::spawn(lab.process, wait_for_metadata(&lab, &out));
  lab.world.loop().run_until(sim::zero + 2s);
  CHECK(out == std::vector<std::string>{"fresh"});
  CHECK(lab.metadata.topic("orders") != nullptr);
}

TEST_CASE("calls of a process that crashes are gone without a trace") {
  Lab lab;
  lab.broker.script = [](const protocol::Request&) -> std::optional<FakeBroker::Reply> {
    return FakeBroker::Reply{std::nullopt, true, false};
  };
  std::vector<std::string> out;
  sim::spawn(lab.process,
             call(&lab, lab.node(1), protocol::HeartbeatRequest{}, sim::zero + 20s, &out));
  lab.world.loop().run_until(sim::zero + 1s);
  lab.process.crash();
  lab.world.loop().run_until(sim::zero + 30s);
  CHECK(out.empty());
}
