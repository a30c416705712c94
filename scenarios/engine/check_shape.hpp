// Checks a document against the schema: keys, types, units, what is missing and what is not built
// yet. Names (which topics, clients and records exist) and Kafka's settings are checked when the
// scenario is read.
#pragma once

#include "scenarios/engine/diagnostics.hpp"
#include "scenarios/engine/document.hpp"
#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios {

// Reports everything that is wrong with `root`, at its place.
void check_shape(const Node& root, const schema::Type& type, Diagnostics& diagnostics);

}  // namespace kafkasim::scenarios
