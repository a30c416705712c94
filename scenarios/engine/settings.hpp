// Kafka's settings in a scenario file: names, types, ranges and conflicts, refused in Kafka's
// words.
#pragma once

#include <string_view>

#include "protocol/config_def.hpp"
#include "protocol/config_rules.hpp"
#include "scenarios/engine/document.hpp"

namespace kafkasim::scenarios {

enum class SettingsOf {
  broker,
  topic,
  producer,
  consumer,
  librdkafka_producer,
  librdkafka_consumer
};

// Puts the settings of a `config:` map into `values`; nullptr: there is none. What is wrong is
// reported, and what the simulator knows but does not act on is warned of.
void read_settings(const Node* config, SettingsOf owner, protocol::ConfigValues& values,
                   Diagnostics& diagnostics);

// Reports a conflict at the setting that caused it, or at `otherwise` when none of them is in the
// file.
void report_conflict(const protocol::ConfigConflict& conflict, const Node* config,
                     Position otherwise, Diagnostics& diagnostics);

}  // namespace kafkasim::scenarios
