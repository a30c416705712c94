// Names of settings to fields.
#include "broker/log_config.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::broker {

LogConfig log_config(const std::map<std::string, std::string>& topic,
                     const protocol::ConfigValues& broker) {
  protocol::ConfigValues own(protocol::topic_config_defs());
  for (const auto& [name, text] : topic) {
    const std::string refusal = own.set(name, text);
    CHECKED(refusal.empty(), "{}", refusal);
  }
  const protocol::ConfigValues effective = protocol::effective_topic_config(own, broker);
  const std::vector<std::string>& policies = effective.list("cleanup.policy");

  LogConfig config;
  config.max_message_bytes = effective.int_value("max.message.bytes");
  config.segment_bytes = effective.int_value("segment.bytes");
  config.min_insync_replicas = effective.int_value("min.insync.replicas");
  config.log_append_time = effective.text("message.timestamp.type") == "LogAppendTime";
  config.compacted = std::find(policies.begin(), policies.end(), "compact") != policies.end();
  config.timestamp_before_max_ms = effective.long_value("message.timestamp.before.max.ms");
  config.timestamp_after_max_ms = effective.long_value("message.timestamp.after.max.ms");
  config.producer_expiration_ms = broker.long_value("producer.id.expiration.ms");
  return config;
}

}  // namespace kafkasim::broker
