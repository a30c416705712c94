// The inside of a connection: two ends and, toward each, a queue of what is under way. For
// network.cpp only.
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "sim/network.hpp"
#include "sim/wait.hpp"

namespace kafkasim::sim {

struct Network::Host {
  std::string name;
  bool powered = true;
  Process* listener = nullptr;
  Mailbox<SocketEvent>* acceptor = nullptr;
};

struct Network::Link {
  int blocks = 0;
  std::optional<LatencyRange> latency;
};

struct Connection {
  enum Kind : int { syn, syn_ack, data, fin, rst };

  struct Item {
    Time due;
    Kind kind = data;
    bool local = false;      // a notice from the own host: no network between
    bool announced = false;  // the observer has seen it
    MessagePtr message;
  };

  // What is under way toward one end; its event is armed for the first item.
  struct Direction : Event {
    explicit Direction(Event::Function fire) : Event(fire) {}
    Connection* connection = nullptr;
    int end = 0;
    Network::Link* link = nullptr;
    std::deque<Item> items;
    Time last_due = zero - 1000h;
    Time held_until = zero - 1000h;
    bool disturbed = false;  // the observer asked for a hold
  };

  struct End {
    HostId host{};
    Process* process = nullptr;
    Mailbox<SocketEvent>* inbox = nullptr;
    bool open = false;
    bool gone = false;  // its host lost power: nobody there knows the connection
  };

  Connection() : toward{Direction(fire), Direction(fire)} {
    for (int end : {0, 1}) {
      toward[static_cast<std::size_t>(end)].connection = this;
      toward[static_cast<std::size_t>(end)].end = end;
    }
  }

  static void fire(Event& event, bool) {
    auto& direction = static_cast<Direction&>(event);
    direction.connection->network->arrive(*direction.connection, direction.end);
  }
  End& end(int e) { return ends[static_cast<std::size_t>(e)]; }
  const End& end(int e) const { return ends[static_cast<std::size_t>(e)]; }
  Direction& to(int e) { return toward[static_cast<std::size_t>(e)]; }

  Network* network = nullptr;
  std::uint64_t id = 0;
  std::array<End, 2> ends;  // 0 = who connected, 1 = who listens
  std::array<Direction, 2> toward;
};

}  // namespace kafkasim::sim
