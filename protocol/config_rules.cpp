// The rules among settings, in the order in which Kafka's clients check them.
#include "protocol/config_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "protocol/java_classes.hpp"

namespace kafkasim::protocol {
namespace {

struct Assignor {
  std::string_view name;
  std::string_view class_name;
};
constexpr std::array assignors = {
    Assignor{"range", "org.apache.kafka.clients.consumer.RangeAssignor"},
    Assignor{"roundrobin", "org.apache.kafka.clients.consumer.RoundRobinAssignor"},
    Assignor{"sticky", "org.apache.kafka.clients.consumer.StickyAssignor"},
    Assignor{"cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"},
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Reconnects stop backing off exponentially when only the first pause was given.
void resolve_reconnect_backoff(ConfigValues& values) {
  if (values.is_set("reconnect.backoff.ms") && !values.is_set("reconnect.backoff.max.ms")) {
    values.override_default("reconnect.backoff.max.ms", values.value("reconnect.backoff.ms"));
  }
}

// The port of host:port, [host]:port or protocol://host:port; none where it is not of that form.
std::optional<std::string_view> port_of(std::string_view server) {
  const auto is_of_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-%._:").find(c) != std::string_view::npos;
  };
  const auto colon = server.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port = server.substr(colon + 1);
  std::string_view host = server.substr(0, colon);
  const auto scheme = host.find("://");
  if (scheme != std::string_view::npos &&
      std::all_of(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(scheme),
                  [&](char c) { return c != ':' && is_of_host(c); })) {
    host.remove_prefix(scheme + 3);
  }
  if (host.starts_with('[')) host.remove_prefix(1);
  if (host.ends_with(']')) host.remove_suffix(1);
  const bool legal = !port.empty() && std::all_of(host.begin(), host.end(), is_of_host) &&
                     port.find_first_not_of("0123456789") == std::string_view::npos;
  return legal ? std::optional(port) : std::nullopt;
}

ConfigConflict check_bootstrap(const ConfigValues& values) {
  constexpr std::string_view setting = "bootstrap.servers";
  constexpr std::size_t digits_of_int = 10;
  constexpr std::int64_t highest_port = 65535;
  if (!values.is_set(setting)) return {};
  bool any = false;
  for (const std::string& server : values.list(setting)) {
    if (server.empty()) continue;
    std::optional<std::string_view> port = port_of(server);
    if (!port) return {fmt::format("Invalid url in bootstrap.servers: {}", server), {setting}};
    while (port->size() > 1 && port->front() == '0') port->remove_prefix(1);
    if (port->size() > digits_of_int || std::stoll(std::string(*port)) > highest_port)
      return {fmt::format("Invalid port in bootstrap.servers: {}", server), {setting}};
    any = true;
  }
  if (any) return {};
  return {"No resolvable bootstrap urls given in bootstrap.servers", {setting}};
}

// In the order in which a client that is built asks for its classes.
ConfigConflict check_producer_classes(const ConfigValues& values) {
  ConfigConflict conflict =
      check_class_list(values, "metric.reporters", JavaRole::metrics_reporter);
  if (!conflict) conflict = check_class(values, "partitioner.class", JavaRole::partitioner);
  if (!conflict) conflict = check_class(values, "key.serializer", JavaRole::serializer);
  if (!conflict) conflict = check_class(values, "value.serializer", JavaRole::serializer);
  if (conflict) return conflict;
  return check_class_list(values, "interceptor.classes", JavaRole::producer_interceptor);
}

ConfigConflict check_consumer_classes(const ConfigValues& values) {
  ConfigConflict conflict =
      check_class_list(values, "metric.reporters", JavaRole::metrics_reporter);
  if (!conflict) {
    conflict = check_class_list(values, "interceptor.classes", JavaRole::consumer_interceptor);
  }
  if (!conflict) conflict = check_class(values, "key.deserializer", JavaRole::deserializer);
  if (conflict) return conflict;
  return check_class(values, "value.deserializer", JavaRole::deserializer);
}

// All that is left of security: a mechanism must have a name.
ConfigConflict check_sasl(const ConfigValues& values) {
  if (!lower_case(values.text("security.protocol")).starts_with("sasl_")) return {};
  if (!values.text("sasl.mechanism").empty()) return {};
  return {
      "Invalid value null for configuration sasl.mechanism: When the security.protocol "
      "configuration enables SASL, mechanism must be non-null and non-empty string.",
      {"sasl.mechanism", "security.protocol"}};
}

ConfigConflict check_instance_id(std::string_view id) {
  constexpr std::size_t longest = 249;
  const auto invalid = [](const std::string& why) {
    return ConfigConflict{.text = fmt::format("Group instance id is invalid: {}", why),
                          .settings = {"group.instance.id"},
                          .exception = java::invalid_configuration};
  };
  if (id.empty()) return invalid("the empty string is not allowed");
  if (id == "." || id == "..") return invalid(fmt::format("'{}' is not allowed", id));
  if (id.size() > longest) {
    return invalid(
        fmt::format("the length of '{}' is longer than the max allowed length {}", id, longest));
  }
  const bool legal = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (legal) return {};
  return invalid(fmt::format(
      "'{}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'", id));
}

// Settings that only the other group protocol knows.
ConfigConflict check_group_protocol(const ConfigValues& values, ClientRelease release) {
  const bool classic = lower_case(values.text("group.protocol")) == "classic";
  std::vector<std::string_view> unsupported;
  const auto refuse = [&](std::string_view name) {
    if (!values.is_set(name)) return;
    const auto* text = std::get_if<std::string>(&values.value(name));
    if (text == nullptr || !is_blank(*text)) unsupported.push_back(name);
  };
  if (classic) {
    refuse("group.remote.assignor");
  } else if (release.limits_consumer_protocol) {
    refuse("partition.assignment.strategy");
    refuse("heartbeat.interval.ms");
    refuse("session.timeout.ms");
  }
  if (unsupported.empty()) return {};
  return {fmt::format("{} cannot be set when group.protocol={}", fmt::join(unsupported, ", "),
                      classic ? "CLASSIC" : "CONSUMER"),
          unsupported};
}

ConfigConflict check_in_flight(const ConfigValues& values, bool asked_for, ClientRelease release) {
  constexpr int most_in_flight = 5;
  constexpr std::string_view setting = "max.in.flight.requests.per.connection";
  if (values.int_value(setting) <= most_in_flight) return {};
  if (release.refuses_many_in_flight) {
    return {fmt::format("To use the idempotent producer, {} must be set to at most {}. Current "
                        "value is {}.",
                        setting, most_in_flight, values.int_value(setting)),
            {setting, "enable.idempotence"}};
  }
  if (!asked_for) return {};
  return {fmt::format("Must set {} to at most {} to use the idempotent producer.", setting,
                      most_in_flight),
          {setting, "enable.idempotence"}};
}

ConfigConflict resolve_idempotence(ConfigValues& values, ClientRelease release) {
  const int acks = acks_of(values);
  values.override_default("acks", std::to_string(acks));
  const bool asked_for = values.is_set("enable.idempotence");
  bool idempotent = values.flag("enable.idempotence");
  if (idempotent) {
    const bool without_retries = values.int_value("retries") == 0;
    if (without_retries && asked_for) {
      return {"Must set retries to non-zero when using the idempotent producer.",
              {"retries", "enable.idempotence"}};
    }
    if (acks != -1 && asked_for) {
      return {
          "Must set acks to all in order to use the idempotent producer. Otherwise we cannot "
          "guarantee idempotence.",
          {"acks", "enable.idempotence"}};
    }
    // Also thrown where retries or acks are about to switch idempotence off.
    if (ConfigConflict conflict = check_in_flight(values, asked_for, release)) return conflict;
    constexpr int most_in_flight = 5;
    const bool many = values.int_value("max.in.flight.requests.per.connection") > most_in_flight;
    if (without_retries || acks != -1 || many) {
      idempotent = false;
      values.override_default("enable.idempotence", false);
    }
  }
  if (!idempotent && values.is_set("transactional.id")) {
    return {"Cannot set a transactional.id without also enabling idempotence.",
            {"transactional.id", "enable.idempotence", "acks", "retries"}};
  }
  return {};
}

}  // namespace

int acks_of(const ConfigValues& producer) {
  const std::string& acks = producer.text("acks");
  if (acks == "0") return 0;
  return acks == "1" ? 1 : -1;
}

ConfigConflict resolve_producer_settings(ConfigValues& values, ClientRelease release) {
  if (ConfigConflict conflict = check_sasl(values)) return conflict;
  resolve_reconnect_backoff(values);
  return resolve_idempotence(values, release);
}

ConfigConflict resolve_producer_construction(ConfigValues& values) {
  if (ConfigConflict conflict = check_producer_classes(values)) return conflict;
  constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
  const std::int64_t linger = std::min(values.long_value("linger.ms"), longest);
  const std::int64_t least = std::min(linger + values.int_value("request.timeout.ms"), longest);
  if (values.int_value("delivery.timeout.ms") < least) {
    if (values.is_set("delivery.timeout.ms")) {
      return {
          "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
          {"delivery.timeout.ms", "linger.ms", "request.timeout.ms"}};
    }
    values.override_default("delivery.timeout.ms", least);
  }
  if (values.int_value("batch.size") == 0) values.override_default("batch.size", std::int64_t{1});
  return check_bootstrap(values);
}

ConfigConflict resolve_producer_config(ConfigValues& values) {
  if (ConfigConflict conflict = resolve_producer_settings(values)) return conflict;
  return resolve_producer_construction(values);
}

ConfigConflict resolve_consumer_settings(ConfigValues& values, ClientRelease release) {
  if (ConfigConflict conflict = check_sasl(values)) return conflict;
  resolve_reconnect_backoff(values);
  if (!values.is_null("group.instance.id") && values.text("client.id").empty()) {
    if (ConfigConflict conflict = check_instance_id(values.text("group.instance.id")))
      return conflict;
  }
  if (values.is_null("group.id")) {
    if (values.is_set("enable.auto.commit") && values.flag("enable.auto.commit")) {
      return {
          .text = "enable.auto.commit cannot be set to true when default group id (null) is used.",
          .settings = {"enable.auto.commit"},
          .exception = java::invalid_configuration};
    }
    values.override_default("enable.auto.commit", false);
  }
  return check_group_protocol(values, release);
}

ConfigConflict resolve_consumer_construction(ConfigValues& values) {
  if (!values.is_null("group.instance.id")) {
    if (ConfigConflict conflict = check_instance_id(values.text("group.instance.id")))
      return conflict;
  }
  const bool classic = lower_case(values.text("group.protocol")) == "classic";
  ConfigConflict group;
  if (!values.is_null("group.id") && is_blank(values.text("group.id"))) {
    group = {.text = "The configured group.id should not be an empty string or whitespace.",
             .settings = {"group.id"},
             .exception = java::invalid_group_id};
  }
  if (classic && group) return group;
  if (ConfigConflict conflict = check_consumer_classes(values)) return conflict;
  if (ConfigConflict conflict = check_bootstrap(values)) return conflict;
  if (!classic) return group;
  if (ConfigConflict conflict = check_assignor_classes(values)) return conflict;
  if (!values.is_null("group.id") &&
      values.int_value("heartbeat.interval.ms") >= values.int_value("session.timeout.ms")) {
    return {.text = "Heartbeat must be set lower than the session timeout",
            .settings = {"heartbeat.interval.ms", "session.timeout.ms"},
            .exception = "java.lang.IllegalArgumentException"};
  }
  return {};
}

ConfigConflict resolve_consumer_config(ConfigValues& values) {
  if (ConfigConflict conflict = resolve_consumer_settings(values)) return conflict;
  return resolve_consumer_construction(values);
}

std::string_view assignor_class(std::string_view name) {
  for (const Assignor& assignor : assignors) {
    if (assignor.name == name) return assignor.class_name;
  }
  return name;
}

std::string_view assignor_name(std::string_view class_name) {
  for (const Assignor& assignor : assignors) {
    if (assignor.class_name == class_name) return assignor.name;
  }
  return {};
}

std::vector<std::string_view> assignor_names(const ConfigValues& consumer) {
  std::vector<std::string_view> names;
  for (const std::string& entry : consumer.list("partition.assignment.strategy")) {
    const std::string_view name = assignor_name(entry);
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

std::string topic_name_error(std::string_view name) {
  constexpr std::size_t longest = 249;
  if (name.empty()) return "Topic name is invalid: the empty string is not allowed";
  if (name == "." || name == "..")
    return fmt::format("Topic name is invalid: '{}' is not allowed", name);
  if (name.size() > longest) {
    return fmt::format(
        "Topic name is invalid: the length of '{}' is longer than the max allowed length {}", name,
        longest);
  }
  const bool legal = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (legal) return {};
  return fmt::format(
      "Topic name is invalid: '{}' contains one or more characters other than ASCII alphanumerics, "
      "'.', '_' and '-'",
      name);
}

}  // namespace kafkasim::protocol
