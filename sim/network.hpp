// Hosts and the connections between them, as TCP gives them: in order, never lost or overtaken
// alone. What goes wrong goes wrong as it does with TCP: a cut or a process crash resets
// connections (what is under way is lost, the living ends notice); a partition, one way or both, is
// silence in which data waits to be sent again; a power loss is silence until the host is back and
// answers with a reset. Bandwidth is not modelled.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/loop.hpp"
#include "sim/message.hpp"
#include "sim/process.hpp"
#include "sim/rng.hpp"
#include "sim/time.hpp"

namespace kafkasim::sim {

template <class M>
class Mailbox;
class Network;
struct Connection;

// Number of a host in its network; hosts are numbered from 0 in order of creation.
enum class HostId : std::uint32_t {};

// One end of a connection: a handle that stays valid to hold (and does nothing) when the connection
// is gone.
class Socket {
 public:
  Socket() = default;

  // Sends in order after what was sent before. Does nothing once this end is closed or its process
  // dead.
  void send(MessagePtr message) const;
  // Closes this end: what was sent still arrives, then the other end hears `closed`. Nothing more
  // arrives here.
  void close() const;
  bool is_open() const;
  // The host at the other end, also when the connection is gone.
  HostId peer() const { return peer_; }
  // An accepted socket delivers nothing until its owner says where to. The mailbox must outlive the
  // socket's use: close() it before.
  void deliver_to(Mailbox<struct SocketEvent>& inbox) const;
  friend bool operator==(const Socket& a, const Socket& b) {
    return a.id_ == b.id_ && a.end_ == b.end_;
  }
  friend auto operator<=>(const Socket& a, const Socket& b) {
    return std::pair(a.id_, a.end_) <=> std::pair(b.id_, b.end_);
  }
  bool is_set() const { return network_ != nullptr; }

 private:
  friend class Network;
  Socket(Network* network, std::uint64_t id, int end, HostId peer)
      : network_(network), id_(id), end_(end), peer_(peer) {}

  Network* network_ = nullptr;
  std::uint64_t id_ = 0;
  int end_ = 0;
  HostId peer_{};
};

// What a socket's owner hears.
struct SocketEvent {
  enum class Kind {
    opened,  // client: connected; server: somebody connected (to the listener's mailbox)
    message,
    closed,  // by the other end, by a reset, or refused because nobody listens
  };
  Kind kind = Kind::closed;
  Socket socket;
  MessagePtr message;
};

struct LatencyRange {
  Duration low{500'000};
  Duration high{1'000'000};
  friend bool operator==(const LatencyRange&, const LatencyRange&) = default;
};

// A message about to be delivered, as the observer sees it.
struct Delivery {
  HostId from;
  HostId to;
  Socket receiver;
  Message& message;
};

class Network {
 public:
  Network(Loop& loop, const Rng& rng, LatencyRange latency);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  HostId add_host(std::string name);
  const std::string& host_name(HostId host) const;

  // From now on connections to `host` are given to `acceptor`, as SocketEvents `opened`. Ends with
  // the process.
  void listen(Process& process, HostId host, Mailbox<SocketEvent>& acceptor);
  // Starts to connect; `opened` or `closed` follows in `inbox`, or silence. The mailbox must
  // outlive the socket's use.
  Socket connect(Process& process, HostId from, HostId to, Mailbox<SocketEvent>& inbox);

  // ---- faults ----
  // Resets every connection between the two hosts: what is under way is lost, both ends hear
  // `closed` now.
  void cut(HostId a, HostId b);
  // Silence from `from` to `to` until unblocked as often as it was blocked.
  void block(HostId from, HostId to);
  void unblock(HostId from, HostId to);
  bool is_blocked(HostId from, HostId to) const;
  // Latency of what is sent from now on; none = the network's default again.
  void set_latency(HostId from, HostId to, std::optional<LatencyRange> latency);
  // The message that is about to be delivered to `receiver` (from inside the observer), and all
  // behind it on that direction of the connection, wait until then; with the time of now, until
  // what is due now has happened.
  void hold(const Socket& receiver, Time until);
  // Power: without it a host neither sends nor answers; its connections stay half open at the other
  // ends.
  void power_off(HostId host);
  void power_on(HostId host);

  // Called for each message as it is about to be delivered; may inject faults, also into the
  // message itself.
  void on_delivery(std::function<void(const Delivery&)> observer) {
    observer_ = std::move(observer);
  }

  std::uint64_t messages_delivered() const { return delivered_; }
  // Has `from` sent something that will still arrive, unless a fault comes between? What stands
  // before a silence does not count.
  bool has_under_way(HostId from) const;

 private:
  friend class Socket;
  friend struct Connection;
  struct Host;
  struct Link;

  Link& link(HostId from, HostId to);
  Connection* find(std::uint64_t id) const;
  void enqueue(Connection& connection, int to_end, MessagePtr message, int kind);
  void arm(Connection& connection, int to_end);
  void arrive(Connection& connection, int to_end);
  void deliver(Connection& connection, int to_end, SocketEvent::Kind kind, MessagePtr message);
  void accept(Connection& connection);
  void reset(Connection& connection);
  void close_end(Connection& connection, int end);
  void end_if_over(Connection& connection);
  void process_died(Process& process);
  void rearm_all(std::optional<HostId> from, HostId to);

  Loop& loop_;
  Rng rng_;
  LatencyRange default_latency_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::map<std::pair<HostId, HostId>, std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by slot; ids carry slot and use count
  std::vector<std::uint32_t> free_slots_;
  std::function<void(const Delivery&)> observer_;
  std::uint64_t delivered_ = 0;
  std::uint64_t connects_ = 0;
};

}  // namespace kafkasim::sim
