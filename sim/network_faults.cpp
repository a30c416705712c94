// What can be done to the network from outside: cuts, partitions, slow links, holds, power.
#include <algorithm>

#include "sim/check.hpp"
#include "sim/connection.hpp"
#include "sim/network.hpp"

namespace kafkasim::sim {

void Network::cut(HostId a, HostId b) {
  for (std::size_t slot = 0; slot < connections_.size(); ++slot) {
    if (!connections_[slot]) continue;
    Connection& connection = *connections_[slot];
    const HostId x = connection.end(0).host;
    const HostId y = connection.end(1).host;
    if ((x == a && y == b) || (x == b && y == a)) reset(connection);
  }
}

void Network::reset(Connection& connection) {
  for (const int end : {0, 1}) {
    connection.to(end).items.clear();
    loop_.disarm(connection.to(end));
  }
  for (const int end : {0, 1}) {
    if (!connection.end(end).open) continue;
    connection.to(end).items.push_back({loop_.now(), Connection::rst, true, true, nullptr});
    // An end that nobody claimed yet has nobody to tell: it closes by itself.
    if (connection.end(end).inbox == nullptr) {
      connection.end(end).open = false;
      connection.to(end).items.clear();
    }
    arm(connection, end);
  }
  end_if_over(connection);
}

void Network::block(HostId from, HostId to) {
  ++link(from, to).blocks;
  rearm_all(from, to);
}

void Network::unblock(HostId from, HostId to) {
  Link& unblocked = link(from, to);
  CHECKED(unblocked.blocks > 0, "{} to {} is not blocked", host_name(from), host_name(to));
  if (--unblocked.blocks == 0) rearm_all(from, to);
}

bool Network::is_blocked(HostId from, HostId to) const {
  const auto found = links_.find({from, to});
  return found != links_.end() && found->second->blocks > 0;
}

bool Network::has_under_way(HostId from) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& connection) {
    if (!connection) return false;
    return std::any_of(connection->toward.begin(), connection->toward.end(), [&](const auto& way) {
      const auto is_data = [](const Connection::Item& item) {
        return item.kind == Connection::data;
      };
      return connection->end(1 - way.end).host == from &&
             !is_blocked(from, connection->end(way.end).host) &&
             std::any_of(way.items.begin(), way.items.end(), is_data);
    });
  });
}

void Network::set_latency(HostId from, HostId to, std::optional<LatencyRange> latency) {
  link(from, to).latency = latency;
}

void Network::hold(const Socket& receiver, Time until) {
  Connection* const connection = find(receiver.id_);
  if (connection == nullptr) return;
  Connection::Direction& direction = connection->to(receiver.end_);
  direction.held_until = std::max(direction.held_until, until);
  direction.disturbed = true;
  arm(*connection, receiver.end_);
}

void Network::power_off(HostId host) {
  hosts_[static_cast<std::size_t>(host)]->powered = false;
  rearm_all(std::nullopt, host);
}

void Network::power_on(HostId host) {
  hosts_[static_cast<std::size_t>(host)]->powered = true;
  rearm_all(std::nullopt, host);
}

// What waited on that way starts again: TCP sends it once more, so it arrives a latency from now at
// the earliest.
void Network::rearm_all(std::optional<HostId> from, HostId to) {
  for (std::size_t slot = 0; slot < connections_.size(); ++slot) {
    if (!connections_[slot]) continue;
    Connection& connection = *connections_[slot];
    for (const int end : {0, 1}) {
      Connection::Direction& direction = connection.to(end);
      if (connection.end(end).host != to || (from && connection.end(1 - end).host != *from))
        continue;
      if (direction.items.empty()) continue;
      Time& due = direction.items.front().due;
      if (due <= loop_.now() && direction.link->blocks == 0) {
        const LatencyRange& latency =
            direction.link->latency ? *direction.link->latency : default_latency_;
        due = loop_.now() + rng_.between(latency.low, latency.high);
        direction.last_due = std::max(direction.last_due, due);
      }
      arm(connection, end);
    }
  }
}

}  // namespace kafkasim::sim
