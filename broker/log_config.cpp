// Names of settings to fields.
#include "broker/log_config.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "protocol/compression.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Compression;

namespace {

// None when the log keeps what the producer sent.
std::optional<Compression> codec(const std::string& type) {
  if (type == "producer") return std::nullopt;
  const auto named = protocol::codec_named(type == "uncompressed" ? "none" : type);
  CHECKED(named.has_value(), "unknown codec {}", type);
  return named;
}

}  // namespace

LogConfig log_config(const std::map<std::string, std::string>& topic,
                     const protocol::ConfigValues& broker) {
  protocol::ConfigValues own(protocol::topic_config_defs());
  for (const auto& [name, text] : topic) {
    const std::string refusal = own.set(name, text);
    CHECKED(refusal.empty(), "{}", refusal);
  }
  const protocol::ConfigValues effective = protocol::effective_topic_config(own, broker);
  const std::vector<std::string>& policies = effective.list("cleanup.policy");

  const auto has = [&](const char* policy) {
    return std::find(policies.begin(), policies.end(), policy) != policies.end();
  };

  LogConfig config;
  config.max_message_bytes = effective.int_value("max.message.bytes");
  config.min_insync_replicas = effective.int_value("min.insync.replicas");
  config.log_append_time = effective.text("message.timestamp.type") == "LogAppendTime";
  config.timestamp_before_max_ms = effective.long_value("message.timestamp.before.max.ms");
  config.timestamp_after_max_ms = effective.long_value("message.timestamp.after.max.ms");
  config.producer_expiration_ms = broker.long_value("producer.id.expiration.ms");
  config.compression = codec(effective.text("compression.type"));

  config.segment_bytes = effective.int_value("segment.bytes");
  config.segment_ms = effective.long_value("segment.ms");
  config.segment_jitter_ms = effective.long_value("segment.jitter.ms");
  config.segment_index_bytes = effective.int_value("segment.index.bytes");
  config.index_interval_bytes = effective.int_value("index.interval.bytes");

  config.deletes = has("delete");
  config.retention_ms = effective.long_value("retention.ms");
  config.retention_bytes = effective.long_value("retention.bytes");
  config.compacted = has("compact");
  config.delete_retention_ms = effective.long_value("delete.retention.ms");
  config.min_compaction_lag_ms = effective.long_value("min.compaction.lag.ms");
  config.max_compaction_lag_ms = effective.long_value("max.compaction.lag.ms");
  config.min_cleanable_dirty_ppm =
      std::llround(effective.real_value("min.cleanable.dirty.ratio") * 1e6);

  config.flush_messages = effective.long_value("flush.messages");
  config.flush_ms = effective.long_value("flush.ms");
  return config;
}

}  // namespace kafkasim::broker
