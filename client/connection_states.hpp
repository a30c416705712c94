// The state of the connection to each node: when it may be tried (again), since when it is being
// set up, whether it is throttled. Knows no sockets and no requests.
#pragma once

#include <map>
#include <vector>

#include "client/backoff.hpp"
#include "client/node.hpp"
#include "sim/time.hpp"

namespace kafkasim::client {

enum class ConnectionState { disconnected, connecting, checking_api_versions, ready };

class ConnectionStates {
 public:
  // `before_all`: what counts as the last attempt of a node never tried.
  ConnectionStates(Backoff reconnect, Backoff setup_timeout, sim::Time before_all)
      : reconnect_(reconnect), setup_timeout_(setup_timeout), before_all_(before_all) {}

  // No connection, and not within the pause after the last one.
  bool can_connect(NodeId node, sim::Time now) const;
  bool is_disconnected(NodeId node) const;  // false for a node never tried
  bool is_connecting(NodeId node) const;
  bool is_preparing(NodeId node) const;             // connecting, or asking for versions
  bool is_ready(NodeId node, sim::Time now) const;  // and not throttled
  sim::Time last_attempt(NodeId node) const;
  // Until something may be sent: the rest of the pause when disconnected or throttled, the limit of
  // the set-up while connecting, "never" (only an event helps) when connected.
  sim::Duration delay(NodeId node, sim::Time now) const;

  void connecting(NodeId node, sim::Time now);
  void checking_api_versions(NodeId node);
  void ready(NodeId node);
  void disconnected(NodeId node, sim::Time now);
  void throttle(NodeId node, sim::Time until);
  void remove(NodeId node) { nodes_.erase(node); }

  // Those whose set-up takes longer than allowed, by node.
  std::vector<NodeId> overdue(sim::Time now) const;
  // When the next set-up becomes overdue; never if none is under way.
  sim::Time next_overdue() const;

 private:
  struct State {
    ConnectionState state = ConnectionState::disconnected;
    sim::Time last_attempt;
    sim::Time throttled_until = sim::zero;
    sim::Duration pause{};  // before the next attempt
    sim::Duration setup_timeout{};
    int failed_attempts = 0;
    int failed_setups = 0;
  };
  const State* find(NodeId node) const;
  void reset_setup_timeout(State& state);

  Backoff reconnect_;
  Backoff setup_timeout_;
  sim::Time before_all_;
  std::map<NodeId, State> nodes_;
};

}  // namespace kafkasim::client
