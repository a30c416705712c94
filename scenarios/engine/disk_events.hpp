// What an event does to a disk: `fail`, `full`, `slow: 200ms` or `corrupt-tail`, beside `disk` or
// under `with`. Private to the loader.
#pragma once

#include "scenarios/engine/reading.hpp"

namespace kafkasim::scenarios {

// Reads it into the action and reports when there is none, or more than one.
void read_disk_fault(Reading& reading, const Node& event, Action& action);
// Is it a word that only `disk` knows?
bool is_disk_word(const Node& node);

}  // namespace kafkasim::scenarios
