// One line a setting of librdkafka, and what its names are in a producer that is made as Java's is.
#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "producer/config.hpp"
#include "protocol/compression.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {
namespace {

PartitionerKind read_partitioner(const std::string& name) {
  struct Row {
    std::string_view name;
    PartitionerKind kind;
  };
  constexpr std::array rows = {Row{"random", PartitionerKind::random},
                               Row{"consistent", PartitionerKind::consistent},
                               Row{"consistent_random", PartitionerKind::consistent_random},
                               Row{"murmur2", PartitionerKind::murmur2},
                               Row{"murmur2_random", PartitionerKind::murmur2_random},
                               Row{"fnv1a", PartitionerKind::fnv1a},
                               Row{"fnv1a_random", PartitionerKind::fnv1a_random}};
  const auto* row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == name; });
  CHECKED(row != rows.end(), "partitioner is {}", name);
  return row->kind;
}

// Brokers of today know only three; what librdkafka would send beside them they refuse.
protocol::Acks read_acks(std::int32_t acks) {
  if (acks == 0) return protocol::Acks::none;
  return acks == 1 ? protocol::Acks::leader : protocol::Acks::all;
}

// Milliseconds with a fraction, to the microsecond, as librdkafka keeps them.
sim::Duration read_linger(double ms) {
  constexpr double microseconds = 1000;
  return std::chrono::microseconds(static_cast<std::int64_t>(ms * microseconds));
}

void read_queue(const protocol::ConfigValues& values, Config& config) {
  constexpr std::int64_t kilobyte = 1024;
  LibrdkafkaConfig own;
  own.batch_messages = values.int_value("batch.num.messages");
  own.queue_messages = values.int_value("queue.buffering.max.messages");
  own.queue_bytes = values.int_value("queue.buffering.max.kbytes") * kilobyte;
  own.gapless = values.flag("enable.gapless.guarantee");
  config.librdkafka = own;
  // The queue is limited by what it holds; batches are made of it without a limit of their own.
  config.buffer_memory = std::numeric_limits<std::int64_t>::max() / 2;
}

void read_network(const protocol::ConfigValues& values, Config& config) {
  client::NetworkClient::Config& network = config.network;
  network.client_id = config.client_id;
  network.max_in_flight = config.max_in_flight;
  network.request_timeout = values.duration_ms("socket.timeout.ms");
  network.reconnect_backoff = values.duration_ms("reconnect.backoff.ms");
  network.reconnect_backoff_max = values.duration_ms("reconnect.backoff.max.ms");
  // It does not grow.
  network.setup_timeout = values.duration_ms("socket.connection.setup.timeout.ms");
  network.setup_timeout_max = network.setup_timeout;
  network.rebootstraps = values.text("metadata.recovery.strategy") == "rebootstrap";
}

}  // namespace

Config read_librdkafka_config(const protocol::ConfigValues& values, std::string client_id,
                              std::vector<std::string> bootstrap_hosts) {
  Config config;
  config.client_id = std::move(client_id);
  if (!values.is_null("transactional.id"))
    config.transactional_id = values.text("transactional.id");
  config.acks = read_acks(values.int_value("request.required.acks"));
  config.retries = values.int_value("message.send.max.retries");
  config.idempotent = values.flag("enable.idempotence");
  config.max_in_flight = values.int_value("max.in.flight.requests.per.connection");
  config.batch_size = values.int_value("batch.size");
  config.max_request_size = values.int_value("message.max.bytes");
  config.compression =
      protocol::codec_named(values.text("compression.codec")).value_or(protocol::Compression::none);
  config.linger = read_linger(values.real_value("queue.buffering.max.ms"));
  config.delivery_timeout = values.duration_ms("message.timeout.ms");
  if (config.delivery_timeout.count() == 0) config.delivery_timeout = protocol::config_forever;
  // produce() does not wait for metadata: the message does, in the queue, until it times out.
  config.max_block = config.delivery_timeout;
  config.request_timeout = values.duration_ms("request.timeout.ms");
  config.retry_backoff = values.duration_ms("retry.backoff.ms");
  config.retry_backoff_max = values.duration_ms("retry.backoff.max.ms");
  config.transaction_timeout = values.duration_ms("transaction.timeout.ms");
  config.partitioner = read_partitioner(values.text("partitioner"));
  config.sticky_linger = values.duration_ms("sticky.partitioning.linger.ms");
  config.adaptive_partitioning = false;
  read_queue(values, config);
  config.metadata.bootstrap_hosts = std::move(bootstrap_hosts);
  // Asked for anew at each refresh; what is known for longer than metadata.max.age.ms is forgotten.
  config.metadata.max_age = values.duration_ms("metadata.max.age.ms");
  const sim::Duration refresh = values.duration_ms("topic.metadata.refresh.interval.ms");
  if (refresh.count() > 0) config.metadata.max_age = std::min(config.metadata.max_age, refresh);
  config.metadata.max_idle = protocol::config_forever;
  read_network(values, config);
  return config;
}

}  // namespace kafkasim::producer
