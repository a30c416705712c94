// One world: one loop, one clock, one seed, one network, one trace, and the hosts. Many can live
// side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/host.hpp"
#include "sim/loop.hpp"
#include "sim/network.hpp"
#include "sim/rng.hpp"
#include "sim/trace.hpp"

namespace kafkasim::sim {

class World {
 public:
  World(std::uint64_t seed, LatencyRange latency);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::uint64_t seed() const { return seed_; }
  Time now() const { return loop_.now(); }
  Loop& loop() { return loop_; }
  Network& network() { return network_; }
  const Network& network() const { return network_; }
  Trace& trace() { return trace_; }
  const Trace& trace() const { return trace_; }
  // A generator for that purpose, independent of all others.
  Rng rng(std::string_view purpose) const { return rng_.fork(purpose); }

  Host& add_host(std::string name);
  // Null when there is none of that name.
  Host* host(std::string_view name) const;
  const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }

 private:
  std::uint64_t seed_;
  Rng rng_;
  Loop loop_;
  Trace trace_;
  Network network_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace kafkasim::sim
