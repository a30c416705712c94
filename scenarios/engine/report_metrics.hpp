// The metrics of the clients of a run as tables: what was counted, and how what was measured is
// spread.
#pragma once

#include <string>

#include "scenarios/engine/outcome.hpp"
#include "scenarios/engine/report_text.hpp"

namespace kafkasim::scenarios {

// Each producer in turn; a name in brackets is not one of Kafka's. Empty without producers.
std::string metrics_report(const FinalState& state, std::size_t width, const Paint& paint);

}  // namespace kafkasim::scenarios
