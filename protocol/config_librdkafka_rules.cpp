// The rules among the settings of librdkafka, in the order in which it checks them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/config_librdkafka.hpp"

namespace kafkasim::protocol {
namespace {

constexpr std::string_view in_flight = "max.in.flight.requests.per.connection";
constexpr std::string_view retries = "message.send.max.retries";
constexpr std::string_view linger = "queue.buffering.max.ms";

void set_default(ConfigValues& values, std::string_view name, std::int64_t value) {
  if (!values.is_set(name)) values.override_default(name, value);
}

ConfigConflict resolve_transactions(ConfigValues& values) {
  if (values.is_null("transactional.id")) return {};
  if (!values.flag("enable.idempotence")) {
    if (values.is_set("enable.idempotence")) {
      return {"`transactional.id` requires `enable.idempotence=true`",
              {"enable.idempotence", "transactional.id"}};
    }
    values.override_default("enable.idempotence", true);
  }
  constexpr std::int64_t margin_ms = 100;
  constexpr std::int64_t least_ms = 900;
  const std::int64_t transaction = values.long_value("transaction.timeout.ms");
  if (!values.is_set("socket.timeout.ms")) {
    values.override_default("socket.timeout.ms", std::max(transaction - margin_ms, least_ms));
  } else if (transaction + margin_ms < values.long_value("socket.timeout.ms")) {
    return {"`socket.timeout.ms` must be set <= `transaction.timeout.ms` + 100",
            {"socket.timeout.ms", "transaction.timeout.ms"}};
  }
  return {};
}

ConfigConflict resolve_idempotence(ConfigValues& values) {
  if (!values.flag("enable.idempotence")) {
    if (!values.flag("enable.gapless.guarantee")) return {};
    return {"`enable.gapless.guarantee` requires `enable.idempotence` to be enabled",
            {"enable.gapless.guarantee", "enable.idempotence"}};
  }
  constexpr std::int64_t most_in_flight = 5;
  if (values.is_set(in_flight) && values.long_value(in_flight) > most_in_flight) {
    return {"`max.in.flight` must be set <= 5 when `enable.idempotence` is true",
            {"max.in.flight", in_flight, "enable.idempotence"}};
  }
  set_default(values, in_flight, most_in_flight);
  if (values.is_set(retries) && values.long_value(retries) < 1) {
    return {"`retries` must be set >= 1 when `enable.idempotence` is true",
            {"retries", retries, "enable.idempotence"}};
  }
  if (values.long_value("queue.buffering.backpressure.threshold") > 1) {
    return {
        "`queue.buffering.backpressure.threshold` must be set to 1 when `enable.idempotence` "
        "is true",
        {"queue.buffering.backpressure.threshold", "enable.idempotence"}};
  }
  return {};
}

// What holds for producers and consumers.
ConfigConflict resolve_common(ConfigValues& values) {
  constexpr std::int64_t refreshes = 3;
  const std::int64_t refresh = values.long_value("topic.metadata.refresh.interval.ms");
  if (refresh > 0) set_default(values, "metadata.max.age.ms", refreshes * refresh);
  if (values.long_value("reconnect.backoff.max.ms") < values.long_value("reconnect.backoff.ms")) {
    return {"`reconnect.backoff.max.ms` must be >= `reconnect.backoff.ms`",
            {"reconnect.backoff.max.ms", "reconnect.backoff.ms"}};
  }
  set_default(values, "topic.metadata.refresh.fast.interval.ms",
              values.long_value("retry.backoff.ms"));
  return {};
}

// What librdkafka checks for each topic; a topic has the settings of its client here.
ConfigConflict resolve_topic(ConfigValues& values) {
  if (values.flag("enable.idempotence")) {
    if (values.long_value("request.required.acks") != -1) {
      return {"`acks` must be set to `all` when `enable.idempotence` is true",
              {"acks", "request.required.acks", "enable.idempotence"}};
    }
    if (values.text("queuing.strategy") != "fifo") {
      return {"`queuing.strategy` must be set to `fifo` when `enable.idempotence` is true",
              {"queuing.strategy", "enable.idempotence"}};
    }
  }
  if (!values.is_null("transactional.id")) {
    const std::int64_t transaction = values.long_value("transaction.timeout.ms");
    set_default(values, "message.timeout.ms", transaction);
    if (values.long_value("message.timeout.ms") > transaction) {
      return {"`message.timeout.ms` must be set <= `transaction.timeout.ms`",
              {"message.timeout.ms", "delivery.timeout.ms", "transaction.timeout.ms"}};
    }
  }
  return {};
}

ConfigConflict resolve_linger(ConfigValues& values) {
  const auto timeout = static_cast<double>(values.long_value("message.timeout.ms"));
  if (timeout == 0 || timeout > values.real_value(linger)) return {};
  if (values.is_set(linger)) {
    return {"`message.timeout.ms` must be greater than `linger.ms`",
            {"message.timeout.ms", "delivery.timeout.ms", "linger.ms", linger}};
  }
  constexpr double a_little_ms = 0.1;
  values.override_default(linger, timeout - a_little_ms);
  return {};
}

ConfigConflict check_group_protocol(const ConfigValues& values) {
  if (values.text("group.protocol") == "classic") {
    if (values.long_value("max.poll.interval.ms") >= values.long_value("session.timeout.ms"))
      return {};
    return {"`max.poll.interval.ms`must be >= `session.timeout.ms`",
            {"max.poll.interval.ms", "session.timeout.ms"}};
  }
  struct Row {
    std::string_view setting;
    std::string_view text;
  };
  constexpr std::array rows = {
      Row{"session.timeout.ms",
          "`session.timeout.ms` is not supported for `group.protocol=consumer` or share consumer. "
          "It is defined broker side"},
      Row{"partition.assignment.strategy",
          "`partition.assignment.strategy` is not supported for `group.protocol=consumer`. Use "
          "`group.remote.assignor` instead"},
      Row{"group.protocol.type",
          "`group.protocol.type` is not supported for `group.protocol=consumer` or share consumer"},
      Row{"heartbeat.interval.ms",
          "`heartbeat.interval.ms` is not supported for `group.protocol=consumer` or share "
          "consumer. It is defined broker side"}};
  for (const Row& row : rows) {
    if (values.is_set(row.setting)) return {std::string(row.text), {row.setting, "group.protocol"}};
  }
  return {};
}

ConfigConflict resolve_fetch_sizes(ConfigValues& values) {
  constexpr std::int64_t kilobyte = 1024;
  constexpr std::int64_t framing = 512;
  const std::int64_t message = values.long_value("message.max.bytes");
  std::int64_t fetch = values.long_value("fetch.max.bytes");
  if (!values.is_set("fetch.max.bytes")) {
    fetch = std::max(std::min(fetch, values.long_value("queued.max.messages.kbytes") * kilobyte),
                     message);
    values.override_default("fetch.max.bytes", fetch);
  } else if (fetch < message) {
    return {"`fetch.max.bytes` must be >= `message.max.bytes`",
            {"fetch.max.bytes", "message.max.bytes"}};
  }
  const std::int64_t response = values.long_value("receive.message.max.bytes");
  if (!values.is_set("receive.message.max.bytes")) {
    values.override_default("receive.message.max.bytes", std::max(response, fetch + framing));
  } else if (fetch + framing > response) {
    return {"`receive.message.max.bytes` must be >= `fetch.max.bytes` + 512",
            {"receive.message.max.bytes", "fetch.max.bytes"}};
  }
  return {};
}

ConfigConflict check_assignors(const ConfigValues& values) {
  constexpr std::string_view setting = "partition.assignment.strategy";
  bool eager = false;
  bool cooperative = false;
  for (const std::string& name : values.list(setting)) {
    const bool known = name == "range" || name == "roundrobin" || name == "cooperative-sticky";
    if (!known) return {fmt::format("Unsupported {}: {}", setting, name), {setting}};
    (name == "cooperative-sticky" ? cooperative : eager) = true;
  }
  if (!eager || !cooperative) return {};
  return {fmt::format("All {} ({}) assignors must have the same protocol type, online migration "
                      "between assignors with different protocol types is not supported",
                      setting, fmt::join(values.list(setting), ",")),
          {setting}};
}

}  // namespace

ConfigConflict resolve_librdkafka_producer(ConfigValues& values) {
  if (ConfigConflict conflict = resolve_transactions(values)) return conflict;
  if (ConfigConflict conflict = resolve_idempotence(values)) return conflict;
  constexpr double longest_sticky_ms = 900'000;
  set_default(
      values, "sticky.partitioning.linger.ms",
      static_cast<std::int64_t>(std::min(longest_sticky_ms, 2 * values.real_value(linger))));
  if (ConfigConflict conflict = resolve_common(values)) return conflict;
  if (!values.is_set("allow.auto.create.topics"))
    values.override_default("allow.auto.create.topics", true);
  if (ConfigConflict conflict = resolve_linger(values)) return conflict;
  if (ConfigConflict conflict = resolve_topic(values)) return conflict;
  return resolve_linger(values);
}

ConfigConflict resolve_librdkafka_consumer(ConfigValues& values) {
  constexpr std::int64_t most_min_bytes = 100'000'000;
  const std::int64_t min_bytes = values.long_value("fetch.min.bytes");
  if (min_bytes < 1 || min_bytes > most_min_bytes) {
    return {
        "Configuration property \"fetch.min.bytes\" value is outside allowed range 1..100000000",
        {"fetch.min.bytes"}};
  }
  if (ConfigConflict conflict = check_group_protocol(values)) return conflict;
  if (ConfigConflict conflict = resolve_fetch_sizes(values)) return conflict;
  if (ConfigConflict conflict = resolve_common(values)) return conflict;
  return check_assignors(values);
}

}  // namespace kafkasim::protocol
