// The network client's wire in a simulated world: one connection a node, all heard through one
// mailbox. Knows how to wait for that mailbox and to hand what it holds to the network client.
#pragma once

#include <map>

#include "client/network_client.hpp"
#include "client/transport.hpp"
#include "sim/executor.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"

namespace kafkasim::client {

class SimTransport final : public Transport {
 public:
  // Connects from `host` as `process`. Lives in that process: nothing of it is used after the
  // process has died.
  SimTransport(sim::World& world, sim::Host& host, sim::Process& process);
  ~SimTransport() override;

  void connect(const Node& node) override;
  void send(NodeId node, protocol::Request request) override;
  void close(NodeId node) override;
  void close_all();

  // Waits until something arrives (which `client` is told), wake() is called, or `until`. One
  // waiter at a time.
  sim::Task<> wait(NetworkClient* client, sim::Time until);
  // Tells `client` what else has arrived, without waiting.
  void take_arrived(NetworkClient& client);
  // Ends the wait that is under way, or the next one, at once.
  void wake();

 private:
  void hand_over(sim::SocketEvent event, NetworkClient& client);

  sim::World& world_;
  sim::Host& host_;
  sim::Process& process_;
  sim::Mailbox<sim::SocketEvent> inbox_;
  bool woken_ = false;
  std::map<NodeId, sim::Socket> sockets_;
  std::map<sim::Socket, NodeId> nodes_;  // the same, the other way round
};

}  // namespace kafkasim::client
