// A scenario file from its text to a checked value, with everything that is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/engine/diagnostics.hpp"
#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

struct Loaded {
  std::optional<ScenarioFile> file;  // nothing when there is an error
  Diagnostics diagnostics;           // errors, and warnings of a file that is fine
};

// Reads and checks a file. Never throws for what is in it; every finding has a place in the file.
Loaded load_scenario(const std::string& path);
// The same for a text; `path` is what it is called in messages.
Loaded load_scenario_text(const std::string& path, std::string_view text);

}  // namespace kafkasim::scenarios
