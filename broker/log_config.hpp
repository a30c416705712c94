// The settings that one log acts on, read once from the topic's and the broker's configuration.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "protocol/config_def.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

struct LogConfig {
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  std::int32_t max_message_bytes = 1048588;  // of a batch
  std::int32_t min_insync_replicas = 1;
  bool log_append_time = false;  // records bear the broker's time instead of the producer's
  std::int64_t timestamp_before_max_ms = never;
  std::int64_t timestamp_after_max_ms = 3'600'000;
  std::int64_t producer_expiration_ms = 86'400'000;
  std::optional<protocol::Compression> compression;  // of the log; none = as the producer sent it

  std::int32_t segment_bytes = 1'073'741'824;
  std::int64_t segment_ms = 604'800'000;
  std::int64_t segment_jitter_ms = 0;
  std::int32_t segment_index_bytes = 10'485'760;
  std::int32_t index_interval_bytes = 4096;

  bool deletes = true;             // old segments go
  std::int64_t retention_ms = -1;  // -1 = no limit
  std::int64_t retention_bytes = -1;
  bool compacted = false;  // only the last record of a key stays; then each record needs a key
  std::int64_t delete_retention_ms = 86'400'000;
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_compaction_lag_ms = never;
  std::int64_t min_cleanable_dirty_ppm = 500'000;  // millionths of the log

  std::int64_t flush_messages = never;
  std::int64_t flush_ms = never;

  // A compacted topic rolls soon enough to keep its promise of compaction.
  std::int64_t max_segment_ms() const {
    return compacted && max_compaction_lag_ms > 0 ? std::min(max_compaction_lag_ms, segment_ms)
                                                  : segment_ms;
  }
};

// From what is set on the topic (Kafka's names) over the broker's defaults.
// Requires: the settings passed validation when the topic was made.
LogConfig log_config(const std::map<std::string, std::string>& topic,
                     const protocol::ConfigValues& broker);

}  // namespace kafkasim::broker
