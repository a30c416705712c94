// The settings of a producer, out of Kafka's names and into types, with those defaults resolved
// that depend on others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/metadata.hpp"
#include "client/network_client.hpp"
#include "producer/key_prefixes.hpp"
#include "protocol/config_def.hpp"
#include "protocol/data_messages.hpp"
#include "sim/time.hpp"

namespace kafkasim::producer {

// Who chooses the partition of a record that does not name one.
enum class PartitionerKind {
  java_default,  // partitioner.class is null: by murmur2 of the key, else sticky
  round_robin,   // RoundRobinPartitioner
  // Those of librdkafka by its own names.
  random,
  consistent,
  consistent_random,
  murmur2,
  murmur2_random,
  fnv1a,
  fnv1a_random,
  // A class of the application, told by rule: the beginning of the key names the partitions.
  by_key_prefix
};

// What a producer of librdkafka does and Java's does not.
struct LibrdkafkaConfig {
  std::int32_t batch_messages = 10'000;      // most records of a batch
  std::int64_t queue_messages = 100'000;     // most records without an outcome; 0 = no limit
  std::int64_t queue_bytes = 1'073'741'824;  // most bytes of their values
  bool gapless = false;                      // a record lost amid others is a fatal error
};

struct Config {
  std::string client_id;
  std::string transactional_id;  // empty = none
  protocol::Acks acks = protocol::Acks::all;
  bool idempotent = true;
  std::int32_t retries = 2147483647;
  int max_in_flight = 5;
  std::int32_t batch_size = 16384;
  std::int64_t buffer_memory = 33554432;
  std::int32_t max_request_size = 1048576;
  protocol::Compression compression = protocol::Compression::none;
  sim::Duration linger = std::chrono::milliseconds(5);
  sim::Duration max_block = std::chrono::minutes(1);
  sim::Duration delivery_timeout = std::chrono::minutes(2);
  sim::Duration request_timeout = std::chrono::seconds(30);
  sim::Duration retry_backoff = std::chrono::milliseconds(100);
  sim::Duration retry_backoff_max = std::chrono::seconds(1);
  sim::Duration transaction_timeout = std::chrono::minutes(1);
  PartitionerKind partitioner = PartitionerKind::java_default;
  std::optional<LibrdkafkaConfig> librdkafka;  // none: Java's producer
  // librdkafka: how long records without a key stay with a partition; 0 = each is drawn anew.
  sim::Duration sticky_linger{0};
  KeyPrefixes key_prefixes;  // of by_key_prefix
  bool ignore_keys = false;
  bool adaptive_partitioning = true;
  sim::Duration availability_timeout{0};  // 0 = off
  client::Metadata::Config metadata;
  client::NetworkClient::Config network;

  // With one request in flight a partition is left alone until its batch is complete.
  bool one_batch_at_a_time() const { return max_in_flight == 1; }
};

// Reads values made from protocol::producer_config_defs() or librdkafka_config_defs(). Idempotence
// of Java's producer that nobody asked for goes away with acks other than all or without retries; a
// delivery timeout that nobody set grows to linger.ms + request.timeout.ms. Of librdkafka's,
// resolved values are required.
Config read_config(const protocol::ConfigValues& values, std::string client_id,
                   std::vector<std::string> bootstrap_hosts);

// The part of it for values of librdkafka (config_librdkafka.cpp).
Config read_librdkafka_config(const protocol::ConfigValues& values, std::string client_id,
                              std::vector<std::string> bootstrap_hosts);

}  // namespace kafkasim::producer
