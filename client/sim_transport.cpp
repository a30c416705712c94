// A node whose host does not exist is one that nobody listens on.
#include "client/sim_transport.hpp"

#include <optional>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::client {

SimTransport::SimTransport(sim::World& world, sim::Host& host, sim::Process& process)
    : world_(world), host_(host), process_(process) {}

SimTransport::~SimTransport() { close_all(); }

void SimTransport::close_all() {
  for (const auto& [node, socket] : sockets_) socket.close();
  sockets_.clear();
  nodes_.clear();
}

void SimTransport::connect(const Node& node) {
  close(node.id);
  const sim::Host* target = world_.host(node.host);
  CHECKED(target != nullptr, "{} wants to connect to {}, which does not exist", host_.name(),
          node.host);
  const sim::Socket socket = world_.network().connect(process_, host_.id(), target->id(), inbox_);
  sockets_.insert_or_assign(node.id, socket);
  nodes_.insert_or_assign(socket, node.id);
}

void SimTransport::send(NodeId node, protocol::Request request) {
  sockets_.at(node).send(sim::enclose(std::move(request)));
}

void SimTransport::close(NodeId node) {
  const auto found = sockets_.find(node);
  if (found == sockets_.end()) return;
  found->second.close();
  nodes_.erase(found->second);
  sockets_.erase(found);
}

void SimTransport::wake() {
  if (woken_) return;
  woken_ = true;
  inbox_.push(sim::SocketEvent{});
}

void SimTransport::hand_over(sim::SocketEvent event, NetworkClient& client) {
  if (!event.socket.is_set()) {
    woken_ = false;
    return;
  }
  const auto found = nodes_.find(event.socket);
  if (found == nodes_.end()) return;  // of a connection given up meanwhile
  const NodeId node = found->second;
  switch (event.kind) {
    case sim::SocketEvent::Kind::opened:
      client.on_connected(node);
      break;
    case sim::SocketEvent::Kind::message: {
      auto* response = event.message->open<protocol::Response>();
      CHECKED(response != nullptr, "{} received something that is no response", host_.name());
      client.on_response(node, std::move(*response));
      break;
    }
    case sim::SocketEvent::Kind::closed:
      close(node);
      client.on_disconnected(node);
      break;
  }
}

sim::Task<> SimTransport::wait(NetworkClient* client, sim::Time until) {
  std::optional<sim::SocketEvent> event = co_await inbox_.receive(until);
  if (event) hand_over(std::move(*event), *client);
}

void SimTransport::take_arrived(NetworkClient& client) {
  while (std::optional<sim::SocketEvent> event = inbox_.try_receive())
    hand_over(std::move(*event), client);
}

}  // namespace kafkasim::client
