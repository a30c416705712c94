// A drawn scenario as a scenario file, so that a failing seed can be run, read and reduced.
#pragma once

#include <string>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::stress {

// Requires: nothing in it that is never drawn.
std::string to_yaml(const scenarios::Scenario& scenario);

}  // namespace kafkasim::stress
