// The settings that one log acts on, read once from the topic's and the broker's configuration.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "protocol/config_def.hpp"

namespace kafkasim::broker {

struct LogConfig {
  std::int32_t max_message_bytes = 1048588;  // of a batch
  std::int32_t segment_bytes = 1073741824;
  std::int32_t min_insync_replicas = 1;
  bool log_append_time = false;  // records bear the broker's time instead of the producer's
  bool compacted = false;        // then each record needs a key
  std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t timestamp_after_max_ms = 3'600'000;
  std::int64_t producer_expiration_ms = 86'400'000;
};

// From what is set on the topic (Kafka's names) over the broker's defaults.
// Requires: the settings passed validation when the topic was made.
LogConfig log_config(const std::map<std::string, std::string>& topic,
                     const protocol::ConfigValues& broker);

}  // namespace kafkasim::broker
