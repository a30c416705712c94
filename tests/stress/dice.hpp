// What draws of scenarios share: numbers and durations by seed, settings, and events that end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/check.hpp"
#include "sim/rng.hpp"
#include "tests/stress/draw.hpp"

namespace kafkasim::stress {

class Dice {
 public:
  // `purpose` keeps the draws of one seed apart.
  Dice(std::uint64_t seed, const char* purpose);

 protected:
  using Duration = scenarios::Duration;
  using Selector = scenarios::Selector;

  // Both ends belong to it.
  std::int64_t number(std::int64_t low, std::int64_t high) { return rng_.between(low, high); }
  Duration span_of(std::int64_t low_ms, std::int64_t high_ms) {
    return std::chrono::milliseconds(number(low_ms, high_ms));
  }
  template <class Config>
  void set(Config& config, const std::string& name, const std::string& value) {
    const auto problem = config.set(name, value);
    CHECKED(problem.empty(), "{}={} is refused", name, value);
  }
  void add_brokers(int count);

  Selector broker(int id) const;
  Selector broker() { return broker(static_cast<int>(number(1, brokers_))); }
  Selector controller(int id) const;
  Selector controller() {
    return controller(static_cast<int>(number(1, drawn_.scenario.cluster.controllers)));
  }
  static Selector client(const std::string& name);

  scenarios::Event& event(scenarios::ActionKind kind, Duration at,
                          std::optional<Duration> lasts = std::nullopt);
  // Down by that, and up again; by name, as a role may be another's by then.
  void down(scenarios::ActionKind kind, const Selector& whom, Duration at, Duration lasts);
  // All brokers and controllers are up a second after everything else: of overlapping crashes the
  // last restart may come first, and who has a role is known only when it fires.
  void restart_all();

  sim::Rng rng_;
  Drawn drawn_;
  int brokers_ = 3;
};

}  // namespace kafkasim::stress
