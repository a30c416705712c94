// Reading settings of librdkafka: what its names are in a consumer that is made as Java's is.
#include <algorithm>
#include <chrono>

#include "consumer/settings.hpp"

namespace kafkasim::consumer {
namespace {

OffsetReset read_reset(const std::string& word) {
  OffsetReset reset;
  if (word == "smallest" || word == "earliest" || word == "beginning") {
    reset.kind = OffsetReset::Kind::earliest;
  } else if (word != "error") {
    reset.kind = OffsetReset::Kind::latest;
  }
  return reset;
}

void read_group(const protocol::ConfigValues& config, Settings& settings) {
  if (!config.is_null("group.id")) settings.group_id = config.text("group.id");
  if (!config.is_null("group.instance.id"))
    settings.group_instance_id = config.text("group.instance.id");
  settings.uses_consumer_protocol =
      settings.has_group() && config.text("group.protocol") == "consumer";
  if (!config.is_null("group.remote.assignor"))
    settings.remote_assignor = config.text("group.remote.assignor");
  settings.session_timeout = config.duration_ms("session.timeout.ms");
  settings.heartbeat_interval = config.duration_ms("heartbeat.interval.ms");
  settings.max_poll_interval = config.duration_ms("max.poll.interval.ms");
  settings.auto_commit = settings.has_group() && config.flag("enable.auto.commit");
  settings.auto_commit_interval = config.duration_ms("auto.commit.interval.ms");
  settings.commits_stored = true;
  settings.stores_automatically = config.flag("enable.auto.offset.store");
  for (const std::string& name : config.list("partition.assignment.strategy")) {
    if (const Assignor* assignor = find_assignor(name)) settings.assignors.push_back(assignor);
  }
  settings.rebalance_protocol = rebalance_protocol_of(settings.assignors);
}

void read_network(const protocol::ConfigValues& config, Settings& settings) {
  settings.request_timeout = config.duration_ms("socket.timeout.ms");
  // Calls that block take their timeout as an argument; this is what most applications give.
  settings.default_api_timeout = std::chrono::minutes(1);
  settings.retry_backoff = config.duration_ms("retry.backoff.ms");
  settings.retry_backoff_max = config.duration_ms("retry.backoff.max.ms");
  settings.reconnect_backoff = config.duration_ms("reconnect.backoff.ms");
  settings.reconnect_backoff_max = config.duration_ms("reconnect.backoff.max.ms");
  // It does not grow.
  settings.setup_timeout = config.duration_ms("socket.connection.setup.timeout.ms");
  settings.setup_timeout_max = settings.setup_timeout;
  // Asked for anew at each refresh; what is known for longer is forgotten.
  settings.metadata_max_age = config.duration_ms("metadata.max.age.ms");
  const sim::Duration refresh = config.duration_ms("topic.metadata.refresh.interval.ms");
  if (refresh.count() > 0) settings.metadata_max_age = std::min(settings.metadata_max_age, refresh);
  settings.allow_auto_create_topics = config.flag("allow.auto.create.topics");
  settings.rebootstraps = config.text("metadata.recovery.strategy") == "rebootstrap";
}

}  // namespace

Settings read_librdkafka_settings(const protocol::ConfigValues& config, const std::string& name) {
  Settings settings;
  settings.client_id = config.is_set("client.id") ? config.text("client.id") : name;
  if (!config.is_null("client.rack")) settings.client_rack = config.text("client.rack");
  read_group(config, settings);
  read_network(config, settings);
  settings.reset = read_reset(config.text("auto.offset.reset"));
  settings.isolation = config.text("isolation.level") == "read_committed"
                           ? protocol::IsolationLevel::read_committed
                           : protocol::IsolationLevel::read_uncommitted;
  // A poll hands out one message.
  settings.max_poll_records = 1;
  settings.fetch_error_backoff = config.duration_ms("fetch.error.backoff.ms");
  settings.fetch_max_wait_ms = config.int_value("fetch.wait.max.ms");
  settings.fetch_min_bytes = config.int_value("fetch.min.bytes");
  settings.fetch_max_bytes = config.int_value("fetch.max.bytes");
  settings.max_partition_fetch_bytes = config.int_value("fetch.message.max.bytes");
  return settings;
}

}  // namespace kafkasim::consumer
