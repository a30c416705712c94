// How roles and names are written: broker-1, shop, leader(orders-0), follower(orders-0, 1),
// coordinator(billing).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

struct ParsedSelector {
  std::optional<Selector> selector;
  std::string error;  // why there is none: what was expected, and a nearby word
};

// Reads the form only; a plain word that is not broker-N, controller-N or `controller` becomes a
// client of that name.
ParsedSelector parse_selector(std::string_view text);

// The roles as they are written, for messages and the reference.
std::vector<std::string> selector_forms();

}  // namespace kafkasim::scenarios
