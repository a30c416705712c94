// Sending, choosing nodes, asking for metadata. What arrives is handled in network_client_poll.cpp.
#include "client/network_client.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "sim/check.hpp"

namespace kafkasim::client {

namespace {

constexpr sim::Duration forever = sim::Duration::max();

}  // namespace

NetworkClient::NetworkClient(Config config, Transport& transport, Metadata& metadata,
                             sim::Rng* random)
    : config_(std::move(config)),
      transport_(transport),
      metadata_(metadata),
      random_(random),
      states_(Backoff(config_.reconnect_backoff, config_.reconnect_backoff_max, random),
              Backoff(config_.setup_timeout, config_.setup_timeout_max, random),
              config_.before_all) {
  CHECKED(config_.max_in_flight >= 1, "max in flight {}", config_.max_in_flight);
}

// ---- readiness ----

bool NetworkClient::can_send_more(NodeId node) const {
  const auto found = in_flight_.find(node);
  return found == in_flight_.end() ||
         static_cast<int>(found->second.size()) < config_.max_in_flight;
}

bool NetworkClient::can_send(NodeId node, sim::Time now) const {
  return states_.is_ready(node, now) && channel_is_up(node) && can_send_more(node);
}

bool NetworkClient::is_ready(NodeId node, sim::Time now) {
  return !metadata_is_due(now) && can_send(node, now);
}

bool NetworkClient::ready(const Node& node, sim::Time now) {
  if (is_ready(node.id, now)) return true;
  if (states_.can_connect(node.id, now)) start_connecting(node, now);
  return false;
}

void NetworkClient::start_connecting(const Node& node, sim::Time now) {
  states_.connecting(node.id, now);
  arrivals_.erase(node.id);
  transport_.connect(node);
}

// ---- sending ----

std::int32_t NetworkClient::send(NodeId node, protocol::RequestBody request, std::uint64_t cookie,
                                 sim::Time now, bool expects_response) {
  return send(node, std::move(request), cookie, now, expects_response, config_.request_timeout);
}

std::int32_t NetworkClient::send(NodeId node, protocol::RequestBody request, std::uint64_t cookie,
                                 sim::Time now, bool expects_response, sim::Duration timeout) {
  CHECKED(can_send(node, now), "node {} is not ready", node.value());
  return do_send(node, std::move(request), cookie, now, expects_response, timeout, false);
}

std::int32_t NetworkClient::do_send(NodeId node, protocol::RequestBody request,
                                    std::uint64_t cookie, sim::Time now, bool expects_response,
                                    sim::Duration timeout, bool is_internal) {
  InFlight entry;
  entry.pending.node = node;
  entry.pending.correlation_id = next_correlation_id_;
  entry.pending.cookie = cookie;
  entry.pending.request = request;
  entry.pending.sent_at = now;
  entry.is_internal = is_internal;
  entry.expects_response = expects_response;
  entry.timeout = timeout;
  in_flight_[node].push_back(std::move(entry));

  protocol::Request frame;
  frame.correlation_id = next_correlation_id_;
  frame.client_id = config_.client_id;
  frame.body = std::move(request);
  ++sent_.requests;
  sent_.bytes += protocol::wire_size(frame);
  transport_.send(node, std::move(frame));
  const std::int32_t id = next_correlation_id_;
  next_correlation_id_ = id == std::numeric_limits<std::int32_t>::max() ? 0 : id + 1;
  return id;
}

void NetworkClient::close(NodeId node) {
  transport_.close(node);
  channels_.erase(node);
  arrivals_.erase(node);
  in_flight_.erase(node);
  states_.remove(node);
}

void NetworkClient::disconnect(NodeId node, sim::Time now) {
  if (!channel_is_up(node) && !states_.is_preparing(node)) return;
  transport_.close(node);
  lost(node, Outcome::disconnected, ended_by_us_, now);
}

int NetworkClient::in_flight() const {
  return std::accumulate(in_flight_.begin(), in_flight_.end(), 0, [](int sum, const auto& entry) {
    return sum + static_cast<int>(entry.second.size());
  });
}

int NetworkClient::in_flight(NodeId node) const {
  const auto found = in_flight_.find(node);
  return found == in_flight_.end() ? 0 : static_cast<int>(found->second.size());
}

// ---- metadata ----

bool NetworkClient::any_node_is_connecting() const {
  const auto& nodes = metadata_.nodes();
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const Node& n) { return states_.is_connecting(n.id); });
}

const Node* NetworkClient::least_loaded_node(sim::Time now) {
  const std::vector<Node>& nodes = metadata_.nodes();
  CHECKED(!nodes.empty(), "no bootstrap server is given");
  const Node* ready = nullptr;
  const Node* connecting = nullptr;
  const Node* can_connect = nullptr;
  int fewest = std::numeric_limits<int>::max();
  const std::size_t start = random_ == nullptr ? 0 : random_->below(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[(start + i) % nodes.size()];
    if (can_send(node.id, now)) {
      const int load = in_flight(node.id);
      if (load == 0) return &node;
      if (load < fewest) {
        fewest = load;
        ready = &node;
      }
    } else if (states_.is_preparing(node.id)) {
      connecting = &node;
    } else if (states_.can_connect(node.id, now)) {
      if (can_connect == nullptr ||
          states_.last_attempt(can_connect->id) > states_.last_attempt(node.id)) {
        can_connect = &node;
      }
    }
  }
  if (ready != nullptr) return ready;
  return connecting != nullptr ? connecting : can_connect;
}

sim::Duration NetworkClient::maybe_update_metadata(sim::Time now) {
  const sim::Duration to_next = metadata_.time_to_next_update(now);
  const sim::Duration in_progress = metadata_ask_ ? config_.request_timeout : sim::Duration(0);
  const sim::Duration wait = std::max(to_next, in_progress);
  if (wait.count() > 0) return wait;

  const Node* node = least_loaded_node(now);
  if (node == nullptr && config_.rebootstraps) {
    const auto& nodes = metadata_.nodes();
    // A connection that is up but busy is no reason to start all over.
    const bool any_up = std::any_of(nodes.begin(), nodes.end(),
                                    [&](const Node& n) { return states_.is_ready(n.id, now); });
    if (!any_up && !metadata_.has_only_bootstrap_nodes()) {
      metadata_.rebootstrap();
      node = least_loaded_node(now);
    }
  }
  if (node == nullptr) return config_.reconnect_backoff;
  return ask_for_metadata(*node, now);
}

sim::Duration NetworkClient::ask_for_metadata(const Node& node, sim::Time now) {
  if (can_send(node.id, now)) {
    metadata_ask_ = metadata_.next_request(now);
    do_send(node.id, metadata_ask_->request, 0, now, true, config_.request_timeout, true);
    return config_.request_timeout;
  }
  // While a connection is being set up, no further node is tried.
  if (any_node_is_connecting()) return config_.reconnect_backoff;
  if (states_.can_connect(node.id, now)) {
    start_connecting(node, now);
    return config_.reconnect_backoff;
  }
  return forever;  // connected and busy, or connecting: an event will tell
}

}  // namespace kafkasim::client
