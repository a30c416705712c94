// Pauses grow with failed attempts and start again once a connection is ready.
#include "client/connection_states.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::client {

namespace {

constexpr sim::Duration forever = sim::Duration::max();
constexpr sim::Duration shortest_wait = std::chrono::milliseconds(1);

}  // namespace

const ConnectionStates::State* ConnectionStates::find(NodeId node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : &found->second;
}

bool ConnectionStates::can_connect(NodeId node, sim::Time now) const {
  const State* state = find(node);
  if (state == nullptr) return true;
  return state->state == ConnectionState::disconnected && now - state->last_attempt >= state->pause;
}

bool ConnectionStates::is_disconnected(NodeId node) const {
  const State* state = find(node);
  return state != nullptr && state->state == ConnectionState::disconnected;
}

bool ConnectionStates::is_connecting(NodeId node) const {
  const State* state = find(node);
  return state != nullptr && state->state == ConnectionState::connecting;
}

bool ConnectionStates::is_preparing(NodeId node) const {
  const State* state = find(node);
  return state != nullptr && (state->state == ConnectionState::connecting ||
                              state->state == ConnectionState::checking_api_versions);
}

bool ConnectionStates::is_ready(NodeId node, sim::Time now) const {
  const State* state = find(node);
  return state != nullptr && state->state == ConnectionState::ready &&
         state->throttled_until <= now;
}

sim::Time ConnectionStates::last_attempt(NodeId node) const {
  const State* state = find(node);
  return state == nullptr ? before_all_ : state->last_attempt;
}

sim::Duration ConnectionStates::delay(NodeId node, sim::Time now) const {
  const State* state = find(node);
  if (state == nullptr) return sim::Duration(0);
  switch (state->state) {
    case ConnectionState::disconnected:
      return std::max(state->pause - (now - state->last_attempt), sim::Duration(0));
    case ConnectionState::connecting:
      return std::max(state->setup_timeout, shortest_wait);
    case ConnectionState::checking_api_versions:
      return forever;
    case ConnectionState::ready:
      break;
  }
  return state->throttled_until > now ? state->throttled_until - now : forever;
}

void ConnectionStates::connecting(NodeId node, sim::Time now) {
  const bool is_new = !nodes_.contains(node);
  State& state = nodes_[node];
  CHECKED(state.state == ConnectionState::disconnected, "node {} is connected already",
          node.value());
  state.state = ConnectionState::connecting;
  state.last_attempt = now;
  if (is_new) {
    state.pause = reconnect_.after(0);
    state.setup_timeout = setup_timeout_.after(0);
  }
}

void ConnectionStates::checking_api_versions(NodeId node) {
  State& state = nodes_.at(node);
  state.state = ConnectionState::checking_api_versions;
  reset_setup_timeout(state);
}

void ConnectionStates::ready(NodeId node) {
  State& state = nodes_.at(node);
  state.state = ConnectionState::ready;
  state.failed_attempts = 0;
  state.pause = reconnect_.after(0);
  reset_setup_timeout(state);
}

void ConnectionStates::disconnected(NodeId node, sim::Time now) {
  State& state = nodes_.at(node);
  state.last_attempt = now;
  state.pause = reconnect_.after(state.failed_attempts);
  ++state.failed_attempts;
  if (state.state == ConnectionState::connecting) {
    ++state.failed_setups;
    state.setup_timeout = setup_timeout_.after(state.failed_setups);
  } else {
    reset_setup_timeout(state);
  }
  state.state = ConnectionState::disconnected;
}

void ConnectionStates::reset_setup_timeout(State& state) {
  state.failed_setups = 0;
  state.setup_timeout = setup_timeout_.after(0);
}

void ConnectionStates::throttle(NodeId node, sim::Time until) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return;
  found->second.throttled_until = std::max(found->second.throttled_until, until);
}

std::vector<NodeId> ConnectionStates::overdue(sim::Time now) const {
  std::vector<NodeId> out;
  for (const auto& [node, state] : nodes_) {
    if (state.state == ConnectionState::connecting &&
        now - state.last_attempt > state.setup_timeout) {
      out.push_back(node);
    }
  }
  return out;
}

sim::Time ConnectionStates::next_overdue() const {
  sim::Time next = sim::never;
  for (const auto& [node, state] : nodes_) {
    if (state.state != ConnectionState::connecting) continue;
    next = std::min(
        next, sim::later(state.last_attempt, state.setup_timeout + std::chrono::milliseconds(1)));
  }
  return next;
}

}  // namespace kafkasim::client
