// What the network client asks of the wire. Answers come back through NetworkClient::on_connected
// and its sisters, never from inside these calls.
#pragma once

#include "client/node.hpp"
#include "protocol/message.hpp"

namespace kafkasim::client {

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // Starts to open a connection; then on_connected or on_disconnected, or silence.
  virtual void connect(const Node& node) = 0;
  // Requires: connected.
  virtual void send(NodeId node, protocol::Request request) = 0;
  // Gives the connection up, whatever its state; nothing more is reported about it.
  virtual void close(NodeId node) = 0;
};

}  // namespace kafkasim::client
