// What settings mean together: which of them exclude each other, and what Kafka quietly changes
// when some are not given. Each function does what the constructor of Kafka's own client does, with
// its words. Left out: security.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/config_def.hpp"

namespace kafkasim::protocol {

// Names of Java exceptions that refuse settings.
namespace java {
inline constexpr std::string_view config_exception =
    "org.apache.kafka.common.config.ConfigException";
inline constexpr std::string_view invalid_configuration =
    "org.apache.kafka.common.errors.InvalidConfigurationException";
inline constexpr std::string_view invalid_group_id =
    "org.apache.kafka.common.errors.InvalidGroupIdException";
inline constexpr std::string_view kafka_exception = "org.apache.kafka.common.KafkaException";
}  // namespace java

// A conflict in Kafka's words; `settings` are the names it speaks of, the most telling one first.
struct ConfigConflict {
  struct Cause {
    std::string_view exception;  // empty: none
    std::string text;
  };
  std::string text;  // empty: none
  std::vector<std::string_view> settings;
  std::string_view exception = java::config_exception;
  Cause cause = {};
  explicit operator bool() const { return !text.empty(); }
};

// What releases of Kafka's clients do differently with the same settings; made without arguments it
// is Kafka 4.0.
struct ClientRelease {
  // More than five requests in flight are refused wherever idempotence is on. Before, idempotence
  // that nobody had asked for was switched off.
  bool refuses_many_in_flight = true;
  // The consumer protocol refuses session.timeout.ms and others. Before, it ignored them.
  bool limits_consumer_protocol = true;
};

// Checks a producer's settings against one another and puts in place what Kafka derives: acks
// becomes -1, 0 or 1; enable.idempotence is switched off by retries=0 or other acks unless it was
// asked for; delivery.timeout.ms is raised to linger.ms + request.timeout.ms unless it was given;
// batch.size is at least 1; reconnect.backoff.max.ms follows reconnect.backoff.ms where only that
// was given.
ConfigConflict resolve_producer_config(ConfigValues& values);

// The same for a consumer: enable.auto.commit is off without a group.
ConfigConflict resolve_consumer_config(ConfigValues& values);

// The two halves that Kafka checks one after the other: when the settings are read, and when the
// client is built.
ConfigConflict resolve_producer_settings(ConfigValues& values, ClientRelease release = {});
ConfigConflict resolve_producer_construction(ConfigValues& values);
ConfigConflict resolve_consumer_settings(ConfigValues& values, ClientRelease release = {});
ConfigConflict resolve_consumer_construction(ConfigValues& values);

// acks as a number: -1, 0 or 1.
int acks_of(const ConfigValues& producer);

// Kafka's class name of an assignor for its short name ("range", "cooperative-sticky"); any other
// text comes back as it is.
std::string_view assignor_class(std::string_view name);
// The short name of an assignor's class; empty where there is no such assignor.
std::string_view assignor_name(std::string_view class_name);
// The short names of partition.assignment.strategy, in order of preference. Requires: a resolved
// consumer config.
std::vector<std::string_view> assignor_names(const ConfigValues& consumer);

// What Kafka says of a topic name that it refuses; empty when it is fine.
std::string topic_name_error(std::string_view name);

// What subscribing is told where partition.assignment.strategy is an empty list.
inline constexpr std::string_view no_assignor_error =
    "Must configure at least one partition assigner class name to partition.assignment.strategy "
    "configuration property";

// What a subscription or commit without a group id is told.
inline constexpr std::string_view no_group_id_error =
    "To use the group management or offset commit APIs, you must provide a valid group.id in the "
    "consumer "
    "configuration.";

}  // namespace kafkasim::protocol
