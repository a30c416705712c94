// How messages, connects and closes travel and arrive.
#include "sim/network.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"
#include "sim/connection.hpp"
#include "sim/wait.hpp"

namespace kafkasim::sim {

Network::Network(Loop& loop, const Rng& rng, LatencyRange latency)
    : loop_(loop), rng_(rng.fork("network")), default_latency_(latency) {
  loop_.on_death([this](Process& process) { process_died(process); });
}

Network::~Network() {
  for (auto& connection : connections_) {
    if (!connection) continue;
    loop_.disarm(connection->to(0));
    loop_.disarm(connection->to(1));
  }
}

HostId Network::add_host(std::string name) {
  hosts_.push_back(std::make_unique<Host>());
  hosts_.back()->name = std::move(name);
  return static_cast<HostId>(hosts_.size() - 1);
}

const std::string& Network::host_name(HostId host) const {
  return hosts_[static_cast<std::size_t>(host)]->name;
}

Network::Link& Network::link(HostId from, HostId to) {
  std::unique_ptr<Link>& slot = links_[{from, to}];
  if (!slot) slot = std::make_unique<Link>();
  return *slot;
}

Connection* Network::find(std::uint64_t id) const {
  const std::size_t slot = id & 0xffffffffu;
  if (slot >= connections_.size()) return nullptr;
  Connection* connection = connections_[slot].get();
  return connection != nullptr && connection->id == id ? connection : nullptr;
}

void Network::listen(Process& process, HostId host, Mailbox<SocketEvent>& acceptor) {
  Host& listening = *hosts_[static_cast<std::size_t>(host)];
  listening.listener = &process;
  listening.acceptor = &acceptor;
}

Socket Network::connect(Process& process, HostId from, HostId to, Mailbox<SocketEvent>& inbox) {
  std::uint32_t slot = static_cast<std::uint32_t>(connections_.size());
  if (free_slots_.empty()) {
    connections_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  connections_[slot] = std::make_unique<Connection>();
  Connection& connection = *connections_[slot];
  connection.network = this;
  connection.id = (++connects_ << 32) | slot;
  connection.end(0) = {from, &process, &inbox, true, false};
  connection.end(1) = {to, nullptr, nullptr, false, false};
  connection.to(0).link = &link(to, from);
  connection.to(1).link = &link(from, to);
  connection.to(0).set_process(&process);
  enqueue(connection, 1, nullptr, Connection::syn);
  return Socket(this, connection.id, 0, to);
}

void Network::enqueue(Connection& connection, int to_end, MessagePtr message, int kind) {
  Connection::Direction& direction = connection.to(to_end);
  const LatencyRange& latency =
      direction.link->latency ? *direction.link->latency : default_latency_;
  const Time due =
      std::max(loop_.now() + rng_.between(latency.low, latency.high), direction.last_due);
  direction.last_due = due;
  direction.items.push_back(
      {due, static_cast<Connection::Kind>(kind), false, false, std::move(message)});
  if (direction.items.size() == 1) arm(connection, to_end);
}

void Network::arm(Connection& connection, int to_end) {
  Connection::Direction& direction = connection.to(to_end);
  if (direction.items.empty()) {
    if (direction.is_armed()) loop_.disarm(direction);
    return;
  }
  const Connection::Item& first = direction.items.front();
  if (first.local) {
    loop_.schedule(direction, loop_.now());
    return;
  }
  const Connection::End& end = connection.end(to_end);
  const Host& host = *hosts_[static_cast<std::size_t>(end.host)];
  const bool unclaimed =
      end.open && end.inbox == nullptr;  // accepted, and its owner has not said where to
  if (direction.link->blocks > 0 || !host.powered || unclaimed) {
    loop_.disarm(direction);
    return;
  }
  // A connect is of no process: the kernel accepts it, also while the process is paused.
  loop_.schedule(direction, std::max(first.due, direction.held_until));
}

void Network::arrive(Connection& connection, int to_end) {
  Connection::Direction& direction = connection.to(to_end);
  Connection::End& end = connection.end(to_end);
  Connection::Item& first = direction.items.front();
  if (first.kind == Connection::data && end.open && observer_ && !first.announced) {
    first.announced = true;
    const std::uint64_t id = connection.id;
    observer_({connection.end(1 - to_end).host, end.host,
               Socket(this, id, to_end, connection.end(1 - to_end).host), *first.message});
    // The observer may have injected anything: look again.
    if (find(id) == nullptr || direction.items.empty()) return;
    const bool disturbed = std::exchange(direction.disturbed, false) ||
                           !direction.items.front().announced || direction.link->blocks > 0 ||
                           (end.process != nullptr && end.process->paused());
    if (disturbed) {
      arm(connection, to_end);
      return;
    }
  }
  Connection::Item item = std::move(direction.items.front());
  direction.items.pop_front();
  arm(connection, to_end);
  switch (item.kind) {
    case Connection::syn:
      accept(connection);
      return;
    case Connection::syn_ack:
      deliver(connection, to_end, SocketEvent::Kind::opened, nullptr);
      return;
    case Connection::data:
      if (end.open) {
        ++delivered_;
        deliver(connection, to_end, SocketEvent::Kind::message, std::move(item.message));
      } else if (end.gone && connection.end(1 - to_end).open) {
        enqueue(connection, 1 - to_end, nullptr, Connection::rst);
      }
      return;
    case Connection::fin:
    case Connection::rst:
      if (end.open) {
        Mailbox<SocketEvent>* const inbox = std::exchange(end.inbox, nullptr);
        end.open = false;
        SocketEvent closed{SocketEvent::Kind::closed,
                           Socket(this, connection.id, to_end, connection.end(1 - to_end).host),
                           nullptr};
        end_if_over(connection);
        if (inbox != nullptr) inbox->deliver(std::move(closed));
        return;
      }
      end_if_over(connection);
      return;
  }
}

void Network::deliver(Connection& connection, int to_end, SocketEvent::Kind kind,
                      MessagePtr message) {
  Connection::End& end = connection.end(to_end);
  if (!end.open || end.inbox == nullptr) return;
  end.inbox->deliver({kind, Socket(this, connection.id, to_end, connection.end(1 - to_end).host),
                      std::move(message)});
}

void Network::accept(Connection& connection) {
  Connection::End& end = connection.end(1);
  Host& host = *hosts_[static_cast<std::size_t>(end.host)];
  if (host.listener == nullptr || !host.listener->alive()) {
    enqueue(connection, 0, nullptr, Connection::rst);
    return;
  }
  end.process = host.listener;
  end.open = true;
  connection.to(1).set_process(end.process);
  enqueue(connection, 0, nullptr, Connection::syn_ack);
  arm(connection, 1);  // what came with the connect waits until the socket is claimed
  host.acceptor->deliver(
      {SocketEvent::Kind::opened, Socket(this, connection.id, 1, connection.end(0).host), nullptr});
}

void Network::close_end(Connection& connection, int end) {
  if (!connection.end(end).open) return;
  connection.end(end).open = false;
  connection.end(end).inbox = nullptr;
  const bool other_may_hear = connection.end(1 - end).open || !connection.to(1 - end).items.empty();
  if (other_may_hear) enqueue(connection, 1 - end, nullptr, Connection::fin);
  end_if_over(connection);
}

void Network::end_if_over(Connection& connection) {
  if (connection.end(0).open || connection.end(1).open) return;
  if (!connection.to(0).items.empty() || !connection.to(1).items.empty()) return;
  loop_.disarm(connection.to(0));
  loop_.disarm(connection.to(1));
  const auto slot = static_cast<std::uint32_t>(connection.id & 0xffffffffu);
  free_slots_.push_back(slot);
  connections_[slot].reset();
}

void Network::process_died(Process& process) {
  for (auto& host : hosts_) {
    if (host->listener != &process) continue;
    host->listener = nullptr;
    host->acceptor = nullptr;
  }
  for (std::size_t slot = 0; slot < connections_.size(); ++slot) {
    if (!connections_[slot]) continue;
    Connection& connection = *connections_[slot];
    for (const int e : {0, 1}) {
      Connection::End& end = connection.end(e);
      if (end.process != &process || !end.open) continue;
      end.open = false;
      end.inbox = nullptr;
      end.gone = !hosts_[static_cast<std::size_t>(end.host)]->powered;
      for (const int other : {0, 1}) {
        connection.to(other).items.clear();
        loop_.disarm(connection.to(other));
      }
      // The dead one's events must not run as its own.
      connection.to(e).set_process(nullptr);
      if (connection.end(1 - e).open && !end.gone)
        enqueue(connection, 1 - e, nullptr, Connection::rst);
    }
    end_if_over(connection);
  }
}

// ---- sockets ----

void Socket::send(MessagePtr message) const {
  if (network_ == nullptr) return;
  Connection* const connection = network_->find(id_);
  if (connection == nullptr || !connection->end(end_).open) return;
  network_->enqueue(*connection, 1 - end_, std::move(message), Connection::data);
}

void Socket::close() const {
  if (network_ == nullptr) return;
  if (Connection* const connection = network_->find(id_)) network_->close_end(*connection, end_);
}

bool Socket::is_open() const {
  if (network_ == nullptr) return false;
  const Connection* const connection = network_->find(id_);
  return connection != nullptr && connection->end(end_).open;
}

void Socket::deliver_to(Mailbox<SocketEvent>& inbox) const {
  Connection* const connection = network_ == nullptr ? nullptr : network_->find(id_);
  if (connection == nullptr || !connection->end(end_).open) return;
  connection->end(end_).inbox = &inbox;
  network_->arm(*connection, end_);
}

}  // namespace kafkasim::sim
