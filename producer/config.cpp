// One line a setting. What Kafka refuses was refused before: this only reads.
#include "producer/config.hpp"

#include <algorithm>

#include "protocol/compression.hpp"

namespace kafkasim::producer {

namespace {

protocol::Acks read_acks(const std::string& text) {
  if (text == "0") return protocol::Acks::none;
  if (text == "1") return protocol::Acks::leader;
  return protocol::Acks::all;
}

// Classes that are not here were refused before.
PartitionerKind read_partitioner(const protocol::ConfigValues& values) {
  if (values.is_null("partitioner.class")) return PartitionerKind::java_default;
  return PartitionerKind::round_robin;
}

void read_network(const protocol::ConfigValues& values, Config& config) {
  client::NetworkClient::Config& network = config.network;
  network.client_id = config.client_id;
  network.max_in_flight = config.max_in_flight;
  network.request_timeout = config.request_timeout;
  network.reconnect_backoff = values.duration_ms("reconnect.backoff.ms");
  network.reconnect_backoff_max = values.duration_ms("reconnect.backoff.max.ms");
  network.setup_timeout = values.duration_ms("socket.connection.setup.timeout.ms");
  network.setup_timeout_max = values.duration_ms("socket.connection.setup.timeout.max.ms");
  std::string strategy = values.text("metadata.recovery.strategy");
  std::transform(strategy.begin(), strategy.end(), strategy.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  network.rebootstraps = strategy == "rebootstrap";
}

bool resolve_idempotence(const protocol::ConfigValues& values, const Config& config) {
  if (!values.flag("enable.idempotence")) return false;
  const bool possible = config.acks == protocol::Acks::all && config.retries > 0;
  return possible || values.is_set("enable.idempotence");
}

}  // namespace

Config read_config(const protocol::ConfigValues& values, std::string client_id,
                   std::vector<std::string> bootstrap_hosts) {
  if (values.of_librdkafka())
    return read_librdkafka_config(values, std::move(client_id), std::move(bootstrap_hosts));
  Config config;
  config.client_id = std::move(client_id);
  if (!values.is_null("transactional.id"))
    config.transactional_id = values.text("transactional.id");
  config.acks = read_acks(values.text("acks"));
  config.retries = values.int_value("retries");
  config.idempotent = resolve_idempotence(values, config);
  config.max_in_flight = values.int_value("max.in.flight.requests.per.connection");
  config.batch_size = std::max(values.int_value("batch.size"), 1);
  config.buffer_memory = values.long_value("buffer.memory");
  config.max_request_size = values.int_value("max.request.size");
  config.compression =
      protocol::codec_named(values.text("compression.type")).value_or(protocol::Compression::none);
  config.linger = values.duration_ms("linger.ms");
  config.max_block = values.duration_ms("max.block.ms");
  config.request_timeout = values.duration_ms("request.timeout.ms");
  config.delivery_timeout = values.duration_ms("delivery.timeout.ms");
  if (!values.is_set("delivery.timeout.ms")) {
    config.delivery_timeout =
        std::max(config.delivery_timeout, config.linger + config.request_timeout);
  }
  config.retry_backoff = values.duration_ms("retry.backoff.ms");
  config.retry_backoff_max = values.duration_ms("retry.backoff.max.ms");
  config.transaction_timeout = values.duration_ms("transaction.timeout.ms");
  config.partitioner = read_partitioner(values);
  config.ignore_keys = values.flag("partitioner.ignore.keys");
  config.adaptive_partitioning = values.flag("partitioner.adaptive.partitioning.enable");
  config.availability_timeout = values.duration_ms("partitioner.availability.timeout.ms");
  config.metadata.bootstrap_hosts = std::move(bootstrap_hosts);
  config.metadata.max_age = values.duration_ms("metadata.max.age.ms");
  config.metadata.max_idle = values.duration_ms("metadata.max.idle.ms");
  read_network(values, config);
  return config;
}

}  // namespace kafkasim::producer
