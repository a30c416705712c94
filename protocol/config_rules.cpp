// The rules among settings, in the order in which Kafka's clients check them.
#include "protocol/config_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

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

ConfigConflict check_bootstrap(const ConfigValues& values) {
  if (!values.is_set("bootstrap.servers")) return {};
  bool any = false;
  for (const std::string& server : values.list("bootstrap.servers")) {
    if (server.empty()) continue;
    const auto colon = server.rfind(':');
    const bool has_port = colon != std::string::npos && colon + 1 < server.size() &&
                          server.find_first_not_of("0123456789", colon + 1) == std::string::npos;
    if (!has_port || server.find_first_of(" \t") != std::string::npos) {
      return {fmt::format("Invalid url in bootstrap.servers: {}", server), {"bootstrap.servers"}};
    }
    any = true;
  }
  if (any) return {};
  return {"No resolvable bootstrap urls given in bootstrap.servers", {"bootstrap.servers"}};
}

// Interceptors are code, and none is here.
ConfigConflict check_interceptors(const ConfigValues& values) {
  const std::vector<std::string>& classes = values.list("interceptor.classes");
  if (classes.empty()) return {};
  return {fmt::format("Class {} cannot be found", classes.front()), {"interceptor.classes"}};
}

ConfigConflict check_assignors(const ConfigValues& values) {
  for (const std::string& entry : values.list("partition.assignment.strategy")) {
    const bool known =
        std::any_of(assignors.begin(), assignors.end(),
                    [&](const Assignor& assignor) { return assignor.class_name == entry; });
    if (known) continue;
    if (entry.starts_with("java.lang.")) {
      return {fmt::format("class {} is not an instance of "
                          "org.apache.kafka.clients.consumer.ConsumerPartitionAssignor",
                          entry),
              {"partition.assignment.strategy"}};
    }
    return {fmt::format("{} ClassNotFoundException exception occurred", entry),
            {"partition.assignment.strategy"}};
  }
  return {};
}

ConfigConflict check_instance_id(std::string_view id) {
  constexpr std::size_t longest = 249;
  const auto invalid = [](const std::string& why) {
    return ConfigConflict{fmt::format("Group instance id is invalid: {}", why),
                          {"group.instance.id"}};
  };
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
ConfigConflict check_group_protocol(const ConfigValues& values) {
  const bool classic = lower_case(values.text("group.protocol")) == "classic";
  std::vector<std::string_view> unsupported;
  const auto refuse = [&](std::string_view name) {
    if (!values.is_set(name)) return;
    const auto* text = std::get_if<std::string>(&values.value(name));
    if (text == nullptr || !is_blank(*text)) unsupported.push_back(name);
  };
  if (classic) {
    refuse("group.remote.assignor");
  } else {
    refuse("partition.assignment.strategy");
    refuse("heartbeat.interval.ms");
    refuse("session.timeout.ms");
  }
  if (unsupported.empty()) return {};
  return {fmt::format("{} cannot be set when group.protocol={}", fmt::join(unsupported, ", "),
                      classic ? "CLASSIC" : "CONSUMER"),
          unsupported};
}

ConfigConflict resolve_idempotence(ConfigValues& values) {
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
    constexpr int most_in_flight = 5;
    if (values.int_value("max.in.flight.requests.per.connection") > most_in_flight) {
      return {
          fmt::format("To use the idempotent producer, max.in.flight.requests.per.connection must "
                      "be set to at most "
                      "{}. Current value is {}.",
                      most_in_flight, values.int_value("max.in.flight.requests.per.connection")),
          {"max.in.flight.requests.per.connection", "enable.idempotence"}};
    }
    if (without_retries || acks != -1) {
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

ConfigConflict resolve_producer_settings(ConfigValues& values) {
  resolve_reconnect_backoff(values);
  return resolve_idempotence(values);
}

ConfigConflict resolve_producer_construction(ConfigValues& values) {
  if (ConfigConflict conflict = check_interceptors(values)) return conflict;
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

ConfigConflict resolve_consumer_settings(ConfigValues& values) {
  resolve_reconnect_backoff(values);
  if (!values.is_null("group.instance.id") && values.text("client.id").empty()) {
    if (ConfigConflict conflict = check_instance_id(values.text("group.instance.id")))
      return conflict;
  }
  if (values.is_null("group.id")) {
    if (values.is_set("enable.auto.commit") && values.flag("enable.auto.commit")) {
      return {"enable.auto.commit cannot be set to true when default group id (null) is used.",
              {"enable.auto.commit"}};
    }
    values.override_default("enable.auto.commit", false);
  }
  return check_group_protocol(values);
}

ConfigConflict resolve_consumer_construction(ConfigValues& values) {
  if (!values.is_null("group.id") && is_blank(values.text("group.id"))) {
    return {"The configured group.id should not be an empty string or whitespace.", {"group.id"}};
  }
  if (ConfigConflict conflict = check_interceptors(values)) return conflict;
  if (ConfigConflict conflict = check_bootstrap(values)) return conflict;
  if (lower_case(values.text("group.protocol")) != "classic") return {};
  if (ConfigConflict conflict = check_assignors(values)) return conflict;
  if (!values.is_null("group.id") &&
      values.int_value("heartbeat.interval.ms") >= values.int_value("session.timeout.ms")) {
    return {"Heartbeat must be set lower than the session timeout",
            {"heartbeat.interval.ms", "session.timeout.ms"}};
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

std::vector<std::string_view> assignor_names(const ConfigValues& consumer) {
  std::vector<std::string_view> names;
  for (const std::string& entry : consumer.list("partition.assignment.strategy")) {
    for (const Assignor& assignor : assignors) {
      if (assignor.class_name == entry) names.push_back(assignor.name);
    }
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
