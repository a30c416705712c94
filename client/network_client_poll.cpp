// The two halves of a poll: how long to wait, and what to make of that which arrived, in the order
// in which Kafka's client looks at it.
#include <algorithm>

#include "client/network_client.hpp"
#include "sim/check.hpp"

namespace kafkasim::client {

namespace {

constexpr sim::Duration shortest_wait = std::chrono::milliseconds(1);

// The pause that a response asks for, in answers that can ask for one.
std::int32_t throttle_time(const protocol::ResponseBody& body) {
  return std::visit(
      [](const auto& response) -> std::int32_t {
        // The answers of one voter to another have none.
        if constexpr (requires { response.throttle_time_ms; }) {
          return response.throttle_time_ms;
        } else {
          return 0;
        }
      },
      body);
}

}  // namespace

// ---- reports of the transport ----

void NetworkClient::on_connected(NodeId node) { arrivals_[node].connected = true; }

void NetworkClient::on_response(NodeId node, protocol::Response response) {
  arrivals_[node].responses.push_back(std::move(response));
}

void NetworkClient::on_disconnected(NodeId node) { arrivals_[node].disconnected = true; }

bool NetworkClient::has_arrived() const {
  return !ended_by_us_.empty() ||
         std::any_of(arrivals_.begin(), arrivals_.end(),
                     [](const auto& entry) { return !entry.second.empty(); });
}

// ---- poll ----

sim::Time NetworkClient::begin_poll(sim::Time now, sim::Duration limit) {
  if (!ended_by_us_.empty()) return now;
  const sim::Duration metadata = maybe_update_metadata(now);
  // Settings of 0 make Kafka's client turn in circles until something arrives.
  sim::Duration idle = std::min(metadata, config_.request_timeout);
  if (idle.count() <= 0) idle = shortest_wait;
  sim::Duration wait = std::max(std::min(limit, idle), sim::Duration(0));
  const bool something_leaves = std::any_of(
      in_flight_.begin(), in_flight_.end(),
      [](const auto& entry) { return !entry.second.empty() && entry.second.back().leaving; });
  if (something_leaves || has_arrived()) wait = sim::Duration(0);
  sim::Time until = sim::later(now, wait);
  if (config_.wakes_for_request_timeouts) until = std::min(until, next_timeout());
  return std::max(until, now);
}

sim::Time NetworkClient::next_timeout() const {
  sim::Time next = states_.next_overdue();
  for (const auto& [node, requests] : in_flight_) {
    for (const InFlight& entry : requests) {
      // Expired means strictly longer than allowed, counted in Kafka's milliseconds.
      const sim::Duration allowed = entry.timeout + entry.throttled + std::chrono::milliseconds(1);
      next = std::min(next, sim::later(entry.pending.sent_at, allowed));
    }
  }
  return next;
}

std::vector<ClientResponse> NetworkClient::end_poll(sim::Time now) {
  Responses out;
  if (!ended_by_us_.empty()) {
    out.swap(ended_by_us_);
    return out;
  }
  handle_written(out);
  handle_responses(out, now);
  handle_disconnections(out, now);
  handle_connections(now);
  handle_overdue_connections(out, now);
  handle_timed_out_requests(out, now);
  return out;
}

void NetworkClient::handle_written(Responses& out) {
  for (auto& [node, requests] : in_flight_) {
    for (InFlight& entry : requests) {
      if (!entry.leaving) continue;
      entry.leaving = false;
      if (entry.expects_response) continue;
      entry.pending.outcome = Outcome::written;
      out.push_back(std::move(entry.pending));
      entry.is_over = true;
    }
    if (std::any_of(requests.begin(), requests.end(), [](const auto& e) { return e.is_over; })) {
      std::erase_if(requests, [](const InFlight& entry) { return entry.is_over; });
    }
  }
}

void NetworkClient::handle_responses(Responses& out, sim::Time now) {
  std::vector<NodeId> nodes;
  for (const auto& [node, arrived] : arrivals_) {
    if (!arrived.responses.empty()) nodes.push_back(node);
  }
  for (const NodeId node : nodes) {
    auto& responses = arrivals_.at(node).responses;
    protocol::Response response = std::move(responses.front());
    responses.pop_front();
    handle_response(node, std::move(response), out, now);
  }
}

void NetworkClient::handle_response(NodeId node, protocol::Response response, Responses& out,
                                    sim::Time now) {
  auto& requests = in_flight_[node];
  CHECKED(!requests.empty(), "an answer from node {} that was not asked for", node.value());
  InFlight entry = std::move(requests.front());
  requests.pop_front();
  CHECKED(entry.pending.correlation_id == response.correlation_id,
          "node {} answered {}, expected {}", node.value(), response.correlation_id,
          entry.pending.correlation_id);

  const std::chrono::milliseconds throttle(throttle_time(response.body));
  if (throttle.count() > 0) {
    for (InFlight& other : requests) other.throttled += throttle;
    states_.throttle(node, now + throttle);
  }
  if (!entry.is_internal) {
    ClientResponse done = std::move(entry.pending);
    done.outcome = Outcome::answered;
    done.response = std::move(response.body);
    out.push_back(std::move(done));
  } else if (const auto* metadata = std::get_if<protocol::MetadataResponse>(&response.body)) {
    CHECKED(metadata_ask_.has_value(), "metadata that was not asked for");
    metadata_.update(*metadata, *metadata_ask_, now);
    metadata_ask_.reset();
  } else if (const auto* versions = std::get_if<protocol::ApiVersionsResponse>(&response.body)) {
    if (versions->error == protocol::ErrorCode::none) {
      states_.ready(node);
    } else if (versions->error == protocol::ErrorCode::unsupported_version &&
               asked_versions_again_.insert(node).second) {
      // Older brokers answer at least what they understand: asked once more, in their version.
      ask_for_versions(node, now);
    } else {
      transport_.close(node);
      lost(node, Outcome::disconnected, out, now);
    }
  }
}

void NetworkClient::handle_disconnections(Responses& out, sim::Time now) {
  std::vector<NodeId> nodes;
  for (const auto& [node, arrived] : arrivals_) {
    // What was received before the end of the connection comes first.
    if (arrived.disconnected && arrived.responses.empty()) nodes.push_back(node);
  }
  for (const NodeId node : nodes) lost(node, Outcome::disconnected, out, now);
}

void NetworkClient::handle_connections(sim::Time now) {
  std::vector<NodeId> nodes;
  for (auto& [node, arrived] : arrivals_) {
    if (!arrived.connected) continue;
    arrived.connected = false;
    nodes.push_back(node);
  }
  for (const NodeId node : nodes) {
    channels_[node] = true;
    if (!config_.asks_api_versions) {
      states_.ready(node);
      continue;
    }
    asked_versions_again_.erase(node);
    ask_for_versions(node, now);
  }
}

void NetworkClient::ask_for_versions(NodeId node, sim::Time now) {
  states_.checking_api_versions(node);
  do_send(node, protocol::ApiVersionsRequest{"kafkasim", "4.0"}, 0, now, true,
          config_.request_timeout, true);
}

void NetworkClient::handle_overdue_connections(Responses& out, sim::Time now) {
  for (const NodeId node : states_.overdue(now)) {
    transport_.close(node);
    lost(node, Outcome::timed_out, out, now);
  }
}

void NetworkClient::handle_timed_out_requests(Responses& out, sim::Time now) {
  std::vector<NodeId> nodes;
  for (const auto& [node, requests] : in_flight_) {
    if (std::any_of(requests.begin(), requests.end(), [&](const InFlight& entry) {
          return now - entry.pending.sent_at - entry.throttled > entry.timeout;
        })) {
      nodes.push_back(node);
    }
  }
  for (const NodeId node : nodes) {
    transport_.close(node);
    lost(node, Outcome::timed_out, out, now);
  }
}

// The connection is gone: everything in flight on it ends, and a new view of the cluster may help.
void NetworkClient::lost(NodeId node, Outcome outcome, Responses& out, sim::Time now) {
  states_.disconnected(node, now);
  channels_.erase(node);
  arrivals_.erase(node);
  auto requests = std::move(in_flight_[node]);
  in_flight_.erase(node);
  for (InFlight& entry : requests) {
    if (!entry.is_internal) {
      ClientResponse done = std::move(entry.pending);
      done.outcome = outcome;
      out.push_back(std::move(done));
    } else if (std::holds_alternative<protocol::MetadataRequest>(entry.pending.request)) {
      metadata_ask_.reset();
      metadata_.failed_update(now);
    }
  }
  if (metadata_is_due(now)) metadata_.failed_update(now);
  metadata_.request_update(false);
}

}  // namespace kafkasim::client
