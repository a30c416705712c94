// The cluster and the connections.
#include "tests/conformance/stage.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "protocol/group_messages.hpp"
#include "sim/check.hpp"
#include "sim/wait.hpp"
#include "tests/conformance/recorded_cluster.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using protocol::BrokerId;

constexpr sim::LatencyRange latency{100us, 100us};
constexpr sim::Duration longest_wait = 1h;
constexpr const char* follower = "broker-2";

broker::ClusterSpec spec() {
  broker::ClusterSpec spec = recorded_cluster();
  // The recorded client plays a replica and claims to have what nobody sent it.
  spec.check_invariants = false;
  return spec;
}

}  // namespace

struct Stage::Connection {
  explicit Connection(sim::HostId host) : to(host) {}

  sim::HostId to;
  sim::Mailbox<sim::SocketEvent> inbox;
  sim::Socket socket;
  bool connected = false;
  std::deque<protocol::Request> unsent;
  std::deque<std::pair<std::int32_t, ExchangePtr>> under_way;
};

Stage::Stage() : world_(24, latency), client_(world_.add_host("client")), cluster_(world_, spec()) {
  client_.boot();
  cluster_.start();
  const auto refusal = cluster_.set_up({recorded_offsets_topic()}, world_.now() + 60s);
  if (refusal) throw std::runtime_error("the cluster did not come up: " + *refusal);
  // A broker's first block of producer ids is asked for by the first who wants one.
  for (int id = 0; id < recorded_brokers; ++id)
    send(fmt::format("warm-up {}", id), id, protocol::InitProducerIdRequest());
  run_for(2s);  // every long poll and every timer is under way
}

Stage::~Stage() { client_.crash(); }

void Stage::run_for(sim::Duration duration) {
  if (duration > longest_wait) throw std::invalid_argument("a wait that no recording can have had");
  world_.loop().run_until(world_.now() + duration);
}

ExchangePtr Stage::send(const std::string& name, int broker, protocol::RequestBody body) {
  const sim::Host* const host = world_.host(recorded_broker_name(broker));
  if (host == nullptr) throw std::invalid_argument(fmt::format("there is no broker {}", broker));
  const sim::HostId to = host->id();
  std::unique_ptr<Connection>& connection = connections_[name];
  if (!connection) {
    connection = std::make_unique<Connection>(to);
    sim::spawn(*client_.process(), listen(connection.get()));
  }
  if (connection->to != to || !connection->socket.is_open()) {
    connection->socket.close();
    connection->to = to;
    connection->connected = false;
    connection->socket =
        world_.network().connect(*client_.process(), client_.id(), to, connection->inbox);
  }
  protocol::Request request;
  request.correlation_id = ++correlations_;
  request.client_id = "raw";
  request.body = std::move(body);
  auto exchange = std::make_shared<Exchange>();
  exchange->sent = world_.now();
  connection->under_way.emplace_back(request.correlation_id, exchange);
  if (connection->connected) {
    connection->socket.send(sim::enclose(std::move(request)));
  } else {
    connection->unsent.push_back(std::move(request));
  }
  return exchange;
}

sim::Task<> Stage::listen(Connection* connection) {
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await connection->inbox.receive(sim::never);
    if (event && event->socket == connection->socket) hear(*connection, *event);
  }
}

void Stage::hear(Connection& connection, sim::SocketEvent& event) {
  switch (event.kind) {
    case sim::SocketEvent::Kind::opened:
      connection.connected = true;
      for (protocol::Request& request : connection.unsent) {
        connection.socket.send(sim::enclose(std::move(request)));
      }
      connection.unsent.clear();
      return;
    case sim::SocketEvent::Kind::message: {
      auto* response = event.message->open<protocol::Response>();
      CHECKED(response != nullptr, "something else than a response came back");
      // What stands before it wanted no answer.
      while (!connection.under_way.empty()) {
        const auto [correlation, exchange] = connection.under_way.front();
        connection.under_way.pop_front();
        if (correlation != response->correlation_id) continue;
        exchange->answer = std::move(response->body);
        exchange->ended = world_.now();
        return;
      }
      CHECKED(false, "a response that nobody asked for");
      return;
    }
    case sim::SocketEvent::Kind::closed:
      connection.connected = false;
      connection.socket = sim::Socket();
      for (auto& [correlation, exchange] : connection.under_way) {
        exchange->closed = true;
        exchange->ended = world_.now();
      }
      connection.under_way.clear();
      connection.unsent.clear();
      return;
  }
}

bool Stage::knows(const std::string& topic) const {
  const broker::Controller* const controller = cluster_.controller();
  const broker::TopicImage* const wanted =
      controller == nullptr ? nullptr : controller->image().topic(topic);
  if (wanted == nullptr) return false;
  for (const BrokerId id : cluster_.broker_ids()) {
    const broker::Broker* const running = cluster_.broker(id);
    if (running == nullptr) continue;
    const broker::TopicImage* const known = running->image().topic(topic);
    if (known == nullptr || known->id != wanted->id) return false;
    for (const auto& [number, partition] : wanted->partitions) {
      if (partition.leader != id) continue;
      const broker::Partition* const here = running->replicas().find({topic, number});
      if (here == nullptr || !here->is_leader()) return false;
    }
  }
  return true;
}

void Stage::impersonate_follower() {
  const sim::HostId played = world_.host(follower)->id();
  for (int id = 0; id < recorded_brokers; ++id) {
    const sim::HostId other = world_.host(recorded_broker_name(id))->id();
    if (other != played) world_.network().block(played, other);
  }
  kill_follower();
}

void Stage::kill_follower() {
  cluster_.crash(follower);
  const bool fenced = run_until(
      [this] {
        const broker::Broker* const leader = cluster_.broker(BrokerId(0));
        return leader != nullptr && !leader->image().is_alive(BrokerId(2));
      },
      60s);
  if (!fenced) throw std::runtime_error("broker 2 is not taken for dead");
}

void Stage::revive_follower() {
  cluster_.restart(follower);
  const bool unfenced = run_until(
      [this] {
        const broker::Broker* const leader = cluster_.broker(BrokerId(0));
        return leader != nullptr && leader->image().is_alive(BrokerId(2));
      },
      60s);
  if (!unfenced) throw std::runtime_error("broker 2 is not taken for alive");
}

}  // namespace kafkasim::conformance
