// What faults and triggers can reach in a running scenario: hosts by name and by role, and the
// verbs of the events. The runner implements it; tests implement it with less.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/engine/scenario.hpp"
#include "sim/world.hpp"

namespace kafkasim::scenarios {

class Stage {
 public:
  virtual ~Stage() = default;

  virtual sim::World& world() = 0;
  // The names of the hosts that a selector means now; empty when nobody has that role (no leader,
  // say).
  virtual std::vector<std::string> resolve(const Selector& selector) = 0;

  // Starting it would do nothing, and crashing or stopping it something.
  virtual bool runs(const std::string& name) const = 0;

  // The verbs. Each takes the name of a broker, a controller or a client and does nothing when it
  // makes no sense now (crashing what does not run, restarting what does).
  virtual void crash(const std::string& name) = 0;
  virtual void power_loss(const std::string& name) = 0;
  virtual void restart(const std::string& name) = 0;
  virtual void stop(const std::string& name) = 0;
  virtual void start(const std::string& name) = 0;
  // What was not flushed to that broker's disk is torn.
  virtual void corrupt_tail(const std::string& name) = 0;
  virtual void pause(const std::string& name) = 0;
  virtual void resume(const std::string& name) = 0;
  // The client's application thread stops until then; its other threads go on.
  virtual void stall(const std::string& name, sim::Time until) = 0;
  // How long that consumer takes for a record from now on; nothing: as the scenario says.
  virtual void set_handling_time(const std::string&, std::optional<sim::Duration>) {}
  // What an administrator asks for; how it ended is reported to the trace later.
  virtual void administer(const AdminAction&) {}
};

}  // namespace kafkasim::scenarios
