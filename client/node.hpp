// Whom a client connects to. A broker has up to two connections of a client: one for data and one
// as coordinator, so that long fetches never hold up heartbeats; bootstrap servers are nodes before
// anyone knows their broker ids.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "protocol/ids.hpp"

namespace kafkasim::client {

using NodeId =
    protocol::Strong<struct NodeIdTag, std::int32_t, std::numeric_limits<std::int32_t>::min()>;

// The node of a broker's data connection.
constexpr NodeId node_of(protocol::BrokerId broker) { return NodeId(broker.value()); }
// The node of its connection as a coordinator, as Kafka numbers it.
constexpr NodeId coordinator_node(protocol::BrokerId broker) {
  return NodeId(std::numeric_limits<std::int32_t>::max() - broker.value());
}
// The index-th bootstrap server: -1, -2, ...
constexpr NodeId bootstrap_node(std::int32_t index) { return NodeId(-1 - index); }

struct Node {
  NodeId id;
  std::string host;  // the simulated host's name
  std::string rack;  // empty = none

  friend bool operator==(const Node&, const Node&) = default;
};

}  // namespace kafkasim::client
