// A simulated cluster set up as the recorded one was, and a client that speaks to its brokers over
// raw connections. Left out: authentication, several listeners.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "broker/cluster.hpp"
#include "sim/world.hpp"

namespace kafkasim::conformance {

// A request under way, or its answer.
struct Exchange {
  sim::Time sent{};
  sim::Time ended{};
  std::optional<protocol::ResponseBody> answer;
  bool closed = false;  // the broker hung up instead
  bool is_over() const { return answer.has_value() || closed; }
};
using ExchangePtr = std::shared_ptr<Exchange>;

class Stage {
 public:
  // Brokers 0 to 2 run; the partitions of the offsets topic are led as in the recorded cluster.
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  sim::Time now() const { return world_.now(); }
  // Throws for more than an hour.
  void run_for(sim::Duration duration);
  // Runs until the condition holds; false after `limit`.
  template <class Condition>
  bool run_until(Condition done, sim::Duration limit) {
    const sim::Time end = world_.now() + limit;
    while (!done()) {
      if (world_.loop().next_event_time() > end || !world_.loop().step()) return false;
    }
    return true;
  }

  // Sends on the connection of that name, which is opened when it is not there.
  ExchangePtr send(const std::string& connection, int broker, protocol::RequestBody body);

  // Every broker that runs has the topic as the controller has it.
  bool knows(const std::string& topic) const;
  const broker::Cluster& cluster() const { return cluster_; }

  // Broker 2 stops being a replica by itself: from now on the client plays its fetches. Dead or
  // alive is only what the controller thinks of it.
  void impersonate_follower();
  void kill_follower();
  void revive_follower();

 private:
  struct Connection;

  sim::Task<> listen(Connection* connection);
  void hear(Connection& connection, sim::SocketEvent& event);

  sim::World world_;
  sim::Host& client_;
  broker::Cluster cluster_;
  std::map<std::string, std::unique_ptr<Connection>> connections_;
  std::int32_t correlations_ = 0;
};

}  // namespace kafkasim::conformance
