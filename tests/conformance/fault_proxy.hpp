// A proxy in front of a broker, as the recorded experiments had it: it passes requests and answers
// on, knows where each begins and ends, and commits one fault. The brokers behind it were of
// version 2.4: where those refuse what today's take, the proxy refuses it for them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocol/message.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"
#include "tests/conformance/fault_text.hpp"

namespace kafkasim::conformance {

// What all proxies of a run share: the fault, and what was seen so far.
struct ProxyState {
  Fault fault;
  std::map<std::string, std::int64_t> requests;  // by API
  // Producers of whom the brokers have a batch that began at sequence 0.
  std::set<std::pair<protocol::TopicPartition, protocol::ProducerId>> known;
  bool struck = false;  // the fault has happened
  // How many requests of a connection the broker has taken from the wire and not yet answered, at
  // most. What is behind them is lost when the connection ends.
  std::size_t taken = 3;
};

// "proxy-0", the host that stands for broker 0.
std::string proxy_name(int broker);

class FaultProxy {
 public:
  // Runs on a host of its own from now on. All that is passed must outlive it.
  FaultProxy(sim::World& world, int broker, sim::HostId behind, ProxyState& state);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  sim::HostId host() const { return host_.id(); }

 private:
  // An answer that the client is owed.
  struct Owed {
    std::int32_t correlation_id = 0;
    bool is_struck = false;                  // the fault is about this one
    std::optional<protocol::Response> ours;  // given by the proxy; none: the broker's
  };
  // A connection of a client, and the one to the broker that belongs to it.
  struct Line {
    sim::Socket client;
    sim::Socket broker;
    sim::Mailbox<sim::SocketEvent> from_client;
    sim::Mailbox<sim::SocketEvent> from_broker;
    bool broker_listens = false;
    bool is_silent = false;     // the client hears nothing more
    std::size_t at_broker = 0;  // requests there that are to be answered
    std::deque<protocol::Request> unsent;
    std::deque<Owed> owed;
  };

  sim::Task<> accept();
  sim::Task<> pass_requests(Line* line);
  sim::Task<> pass_answers(Line* line);
  void forward(Line& line, protocol::Request request, bool is_struck);
  void send_on(Line& line);
  void answer(Line& line, const protocol::Request& request, protocol::ErrorCode error);
  void give_own_answers(Line& line);
  bool is_refused_by_2_4(const protocol::Request& request) const;
  void note_producers(const protocol::Request& request);
  static void close(Line& line);

  sim::World& world_;
  sim::Host& host_;
  sim::HostId behind_;
  ProxyState& state_;
  sim::Process& process_;
  sim::Mailbox<sim::SocketEvent> acceptor_;
  std::vector<std::unique_ptr<Line>> lines_;
};

}  // namespace kafkasim::conformance
