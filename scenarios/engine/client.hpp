// A client of a scenario: an application on a host of its own, which can be started, stopped,
// killed and started again. What it is for (producing, consuming) is in producer_client.hpp and
// consumer_client.hpp.
#pragma once

#include <optional>
#include <string>

#include "scenarios/engine/scenario.hpp"
#include "sim/world.hpp"

namespace kafkasim::scenarios {

class Client {
 public:
  Client(sim::World& world, const std::string& name, std::optional<Duration> start)
      : world_(world), host_(world.add_host(name)), start_(start) {}
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const std::string& name() const { return host_.name(); }
  sim::Host& host() const { return host_; }
  // When it starts by itself; none: only by an event.
  std::optional<Duration> starts_at() const { return start_; }
  bool has_started() const { return started_; }
  bool is_running() const { return host_.is_up(); }
  // The process lives and its application has not come to its end.
  bool is_at_work() const { return is_running() && !has_ended(); }

  // Starts the application, unless it runs. One that has ended starts over as a new process.
  void start() {
    if (is_at_work()) return;
    host_.crash();
    started_ = true;
    boot(host_.boot());
  }
  // Lets it finish in order: a producer sends what it has accepted, a consumer leaves its group.
  virtual void stop() = 0;
  void crash() { host_.crash(); }
  void power_off() { host_.power_off(); }
  // Its application thread stops until then; what its library does by itself goes on.
  virtual void stall(sim::Time until) = 0;
  // Nothing left to do. A client that does not run has nothing to do.
  virtual bool is_settled() const = 0;

 protected:
  virtual void boot(sim::Process& process) = 0;
  // The application is over although its process lives.
  virtual bool has_ended() const = 0;
  sim::World& world() const { return world_; }

 private:
  sim::World& world_;
  sim::Host& host_;
  std::optional<Duration> start_;
  bool started_ = false;
};

}  // namespace kafkasim::scenarios
