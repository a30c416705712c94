// The controller as a process: it answers when a decision is committed, lets brokers read what is
// committed, fences in time, and remembers across a crash.
#include "broker/controller/controller.hpp"
#include "protocol/events.hpp"
#include "sim/channel.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;
using sim::Time;
using namespace std::chrono_literals;

// A world with a controller and one host that speaks to it.
class Room {
 public:
  Room() {
    world.trace().keep_lines(true);
    start_controller();
    client_process = &client.boot();
    channel.emplace(world.network(), *client_process, client.id(), host.id());
  }
  ~Room() {
    client.crash();
    host.crash();
  }

  void start_controller() {
    controller.emplace(world, host, host.boot(), config, "cluster", Features(), voters, reported)
        .start();
  }

  void send(protocol::RequestBody request) {
    answer.reset();
    sim::spawn(*client_process, ask(std::move(request)));
  }

  // The answer, or none within ten seconds.
  template <class Response, class Request>
  std::optional<Response> call(Request request) {
    send(std::move(request));
    const Time limit = world.now() + 10s;
    while (!answer && world.now() < limit && world.loop().step()) {
    }
    if (!answer) return std::nullopt;
    return std::get<Response>(*answer);
  }

  protocol::BrokerRegistrationResponse register_broker(int id) {
    protocol::BrokerRegistrationRequest request;
    request.broker_id = BrokerId(id);
    request.cluster_id = "cluster";
    request.incarnation_id = {1, ++incarnations};
    request.host = "broker";
    return call<protocol::BrokerRegistrationResponse>(request).value();
  }

  protocol::BrokerHeartbeatResponse heartbeat(int id, protocol::BrokerEpoch epoch) {
    protocol::BrokerHeartbeatRequest request;
    request.broker_id = BrokerId(id);
    request.broker_epoch = epoch;
    request.current_metadata_offset = controller->committed() - 1;
    return call<protocol::BrokerHeartbeatResponse>(request).value();
  }

  // In the epoch of the controller's first start, or another one.
  protocol::FetchPartitionResponse fetch(Offset from,
                                         protocol::LeaderEpoch epoch = protocol::LeaderEpoch(1)) {
    protocol::FetchRequest request;
    request.max_wait_ms = 500;
    protocol::FetchPartition& partition = request.partitions.emplace_back();
    partition.partition = {protocol::metadata_topic, 0};
    partition.current_leader_epoch = epoch;
    partition.fetch_offset = from;
    partition.last_fetched_epoch = epoch;
    return call<protocol::FetchResponse>(request).value().partitions.at(0);
  }

  sim::World world{1, {1ms, 1ms}};
  sim::Host& host = world.add_host("controller-1");
  sim::Host& client = world.add_host("client");
  protocol::ConfigValues config{protocol::broker_config_defs()};
  Voters voters{{controller_id(1), host.id()}};
  Offset reported{0};
  std::optional<Controller> controller;
  sim::Process* client_process = nullptr;
  std::optional<sim::Channel> channel;
  std::optional<protocol::ResponseBody> answer;
  std::uint64_t incarnations = 0;

 private:
  sim::Task<> ask(protocol::RequestBody body) {
    protocol::Request request;
    request.body = std::move(body);
    sim::MessagePtr message = sim::enclose(std::move(request));
    sim::CallResult result = co_await channel->call(std::move(message), world.now() + 5s);
    if (result.message) answer = result.message->open<protocol::Response>()->body;
  }
};

TEST_CASE("A decision is answered when the linger of the metadata log is over") {
  Room room;
  room.fetch(Offset(0));  // connects
  const Time before = room.world.now();
  CHECK(room.register_broker(1).error == ErrorCode::none);
  CHECK(room.world.now() - before == 27ms);  // 1 ms each way and 25 ms
}

TEST_CASE("A broker reads the metadata log to its end and then waits for more") {
  Room room;
  room.register_broker(1);
  const auto first = room.fetch(Offset(0));
  REQUIRE(first.records.size() == 2);
  CHECK(first.records[0].batch->control == protocol::ControlType::leader_change);
  CHECK(first.high_watermark == Offset(2));
  const Time before = room.world.now();
  CHECK(room.fetch(Offset(2)).records.empty());
  CHECK(room.world.now() - before == 502ms);
  const auto beyond = room.fetch(Offset(9));
  REQUIRE(beyond.diverging_epoch);
  CHECK(beyond.diverging_epoch->end_offset == Offset(2));
}

TEST_CASE("A fetch of the metadata log in another epoch is told who leads which one") {
  Room room;
  const auto old = room.fetch(Offset(0), protocol::LeaderEpoch(0));
  CHECK(old.error == ErrorCode::fenced_leader_epoch);
  CHECK(old.current_leader.leader_id == controller_id(1));
  CHECK(old.current_leader.leader_epoch.value() == 1);
  CHECK(room.fetch(Offset(0), protocol::LeaderEpoch(7)).error == ErrorCode::unknown_leader_epoch);
  room.host.crash();
  room.world.loop().run_until(room.world.now() + 10ms);  // the connection is gone
  room.start_controller();
  CHECK(room.fetch(Offset(0)).error == ErrorCode::fenced_leader_epoch);
  CHECK(room.fetch(Offset(0), protocol::LeaderEpoch(2)).records.size() == 2);
}

TEST_CASE("A controller refuses what only brokers serve") {
  Room room;
  protocol::MetadataRequest request;
  request.topics = {"orders"};
  const auto response = room.call<protocol::MetadataResponse>(request);
  REQUIRE(response);
  CHECK(response->topics.at(0).error == ErrorCode::unsupported_version);
}

TEST_CASE("A silent broker is fenced nine seconds after it was last heard") {
  Room room;
  std::vector<std::pair<Time, std::string>> seen;
  room.world.trace().observe([&](Time at, std::string_view, const sim::TraceEvent& event) {
    seen.emplace_back(at, std::string(event.name()));
  });
  const auto epoch = room.register_broker(1).broker_epoch;
  CHECK_FALSE(room.heartbeat(1, epoch).is_fenced);
  const Time heard = room.world.now() - 26ms;  // the answer took the linger and the way back
  room.world.loop().run_until(room.world.now() + 20s);
  CHECK_FALSE(room.controller->image().is_alive(BrokerId(1)));
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].second == "registered");
  CHECK(seen[1].second == "unfenced");
  CHECK(seen[2].second == "fenced");
  CHECK(seen[2].first == heard + 9s + 25ms);
}

TEST_CASE("After a crash the controller has what was committed, and sessions begin anew") {
  Room room;
  const auto epoch = room.register_broker(1).broker_epoch;
  room.heartbeat(1, epoch);
  room.world.loop().run_until(room.world.now() + 5s);
  room.host.crash();
  room.world.loop().run_until(room.world.now() + 5s);
  room.start_controller();
  CHECK(room.controller->image().is_alive(BrokerId(1)));
  room.world.loop().run_until(room.world.now() + 8s);
  CHECK(room.controller->image().is_alive(BrokerId(1)));
  CHECK(room.heartbeat(1, epoch).error == ErrorCode::none);
  room.world.loop().run_until(room.world.now() + 10s);
  CHECK_FALSE(room.controller->image().is_alive(BrokerId(1)));
}

TEST_CASE("A decision that was not committed is forgotten in a crash") {
  Room room;
  room.fetch(Offset(0));
  protocol::BrokerRegistrationRequest request;
  request.broker_id = BrokerId(1);
  request.cluster_id = "cluster";
  request.incarnation_id = {1, 1};
  room.world.loop().run_until(room.world.now() + 1s);
  room.send(request);
  room.world.loop().run_until(room.world.now() + 10ms);
  CHECK_FALSE(room.controller->image().brokers().empty());
  room.host.crash();
  room.world.loop().run_until(room.world.now() + 1s);
  CHECK_FALSE(room.answer);
  room.start_controller();
  CHECK(room.controller->image().brokers().empty());
}

}  // namespace
}  // namespace kafkasim::broker
