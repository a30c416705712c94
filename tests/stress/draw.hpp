// Draws a scenario from a seed: a cluster, topics, clients, and faults that the configuration
// promises to survive and that all end.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::stress {

struct DrawOptions {
  int brokers = 0;          // 0 = 3 to 5
  bool power_loss = true;   // of brokers and controllers
  bool controllers = true;  // more than one, and faults of theirs
  // The life of a group of consumers in place of a cluster's.
  bool groups = false;
  std::string assignor;  // of the group, as in the program's help; empty = drawn
  bool wider = true;     // workers, librdkafka and more in half of these lives
};

// When the last fault ends, from virtual time 0.
struct Drawn {
  scenarios::Scenario scenario;
  scenarios::Duration faults_end{};
};

Drawn draw(std::uint64_t seed, const DrawOptions& options);

}  // namespace kafkasim::stress
