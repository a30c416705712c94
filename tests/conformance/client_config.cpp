// Settings of clients against what Kafka's own client classes answered: the definitions, and sets
// of properties with what became of them when they were read and when a client was built from them.
// They were recorded from the sources of October 2024; all that Kafka 4.0 does otherwise stands in
// two tables at the top.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <map>
#include <optional>

#include "protocol/config_rules.hpp"
#include "tests/conformance/client_config_order.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using namespace protocol;
using nlohmann::json;

// ---- what Kafka 4.0 changed ----

// A definition that was another one; without `words` only the default was.
struct Earlier {
  std::string_view name;
  std::string_view default_text;
  std::string_view words;
};
constexpr std::array earlier_definitions = {
    Earlier{"linger.ms", "0", ""},
    Earlier{"metadata.recovery.strategy", "none", ""},
    Earlier{"auto.offset.reset", "latest", "latest, earliest, none"},
};
constexpr std::string_view unknown_before = "metadata.recovery.rebootstrap.trigger.ms";
constexpr ClientRelease recorded_release{.refuses_many_in_flight = false,
                                         .limits_consumer_protocol = false};

std::vector<ConfigDef> as_recorded(std::span<const ConfigDef> defs) {
  std::vector<ConfigDef> changed;
  for (ConfigDef def : defs) {
    if (def.name == unknown_before) continue;
    for (const Earlier& earlier : earlier_definitions) {
      if (earlier.name != def.name) continue;
      def.default_text = earlier.default_text;
      if (earlier.words.empty()) continue;
      def.rule = ConfigRule::one_of;
      def.words = earlier.words;
    }
    changed.push_back(def);
  }
  return changed;
}

std::span<const ConfigDef> definitions(bool producer) {
  static const std::vector<ConfigDef> of_producer = as_recorded(producer_config_defs());
  static const std::vector<ConfigDef> of_consumer = as_recorded(consumer_config_defs());
  return producer ? of_producer : of_consumer;
}

// ---- one set of properties ----

json shown(const ConfigValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return *list;
  return nullptr;
}

json exception(std::string_view type, const std::string& message) {
  return {{"class", type}, {"message", message}};
}

json exception(const ConfigConflict& conflict) {
  json thrown = exception(conflict.exception, conflict.text);
  if (!conflict.cause.exception.empty())
    thrown["cause"] = exception(conflict.cause.exception, conflict.cause.text);
  return thrown;
}

class ClientConfig {
 public:
  explicit ClientConfig(const json& recorded)
      : producer_(recorded.at("client") == "producer"), values_(definitions(producer_)) {
    // The recorder built its clients with these unless the case takes them away.
    given_["bootstrap.servers"] = "localhost:9092";
    for (const std::string_view name : mandatory()) given_[std::string(name)] = std::nullopt;
    for (const auto& [name, value] : recorded.at("props").items()) {
      if (value == "<unset>") {
        given_.erase(name);
        if (name == "bootstrap.servers") given_[name] = "";  // which is its default
      } else {
        given_[name] = value.get<std::string>();
      }
    }
    read();
  }

  // Null: it was accepted.
  const json& config_error() const { return config_error_; }
  json value(const std::string& name) const { return shown(values_.value(name)); }

  // Builds the client. Null: it was built.
  json construct() {
    for (const std::string_view name : mandatory()) {
      if (given_.contains(std::string(name))) continue;
      return exception(
          java::config_exception,
          fmt::format("Invalid value null for configuration {}: must be non-null.", name));
    }
    if (!config_error_.is_null()) return config_error_;
    const ConfigConflict conflict =
        producer_ ? resolve_producer_construction(values_) : resolve_consumer_construction(values_);
    if (!conflict) return nullptr;
    json thrown =
        exception(java::kafka_exception,
                  fmt::format("Failed to construct kafka {}", producer_ ? "producer" : "consumer"));
    thrown["cause"] = exception(conflict);
    return thrown;
  }

  // What the client that was built works with.
  json resolved() const { return producer_ ? of_producer() : of_consumer(); }

 private:
  std::vector<std::string_view> mandatory() const {
    if (producer_) return {"key.serializer", "value.serializer"};
    return {"key.deserializer", "value.deserializer"};
  }

  void read() {
    for (const std::string_view name : definition_order(producer_)) {
      const auto given = given_.find(std::string(name));
      if (given == given_.end()) {
        if (!find_config(values_.defs(), name)->required) continue;
        config_error_ = exception(
            java::config_exception,
            fmt::format("Missing required configuration \"{}\" which has no default value.", name));
        return;
      }
      if (!given->second) continue;
      const std::string error = values_.set(name, *given->second);
      if (error.empty()) continue;
      config_error_ = exception(java::config_exception, error);
      return;
    }
    const ConfigConflict conflict = producer_
                                        ? resolve_producer_settings(values_, recorded_release)
                                        : resolve_consumer_settings(values_, recorded_release);
    if (conflict) config_error_ = exception(conflict);
  }

  json of_producer() const {
    const bool idempotent = values_.flag("enable.idempotence");
    const int in_flight = values_.int_value("max.in.flight.requests.per.connection");
    const std::int64_t most_linger = std::numeric_limits<std::int32_t>::max();
    json all = {{"sender.acks", acks_of(values_)},
                {"sender.retries", values_.int_value("retries")},
                {"sender.guaranteeMessageOrder", in_flight == 1},
                {"sender.requestTimeoutMs", values_.int_value("request.timeout.ms")},
                {"accumulator.lingerMs", std::min(values_.long_value("linger.ms"), most_linger)},
                {"accumulator.deliveryTimeoutMs", values_.int_value("delivery.timeout.ms")},
                {"accumulator.batchSize", values_.int_value("batch.size")},
                {"network.maxInFlight", in_flight},
                {"idempotent", idempotent},
                {"custom_partitioner", !values_.is_null("partitioner.class")}};
    if (idempotent) all["transactional"] = !values_.is_null("transactional.id");
    return all;
  }

  json of_consumer() const {
    std::string protocol = values_.text("group.protocol");
    for (char& c : protocol) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool classic = protocol == "classic";
    json all = {{"impl", classic ? "ClassicKafkaConsumer" : "AsyncKafkaConsumer"},
                {"assign", "ok"}};
    if (values_.is_null("group.id")) {
      const json refused = exception(java::invalid_group_id, std::string(no_group_id_error));
      all["group_metadata_error"] = refused;
      all["subscribe_error"] = refused;
      return all;
    }
    all["group_metadata_ok"] = true;
    if (classic && values_.list("partition.assignment.strategy").empty()) {
      all["subscribe_error"] =
          exception("java.lang.IllegalStateException", std::string(no_assignor_error));
    } else {
      all["subscribe"] = "ok";
    }
    return all;
  }

  bool producer_;
  // None: given with the value that the table has as its default.
  std::map<std::string, std::optional<std::string>> given_;
  ConfigValues values_;
  json config_error_;
};

void expect_outcome(const json& recorded, const std::string& stage, const json& error,
                    Findings& findings) {
  findings.expect(stage, recorded.at(stage), error.is_null() ? "ok" : "error");
  findings.expect(stage + "_error", recorded.value(stage + "_error", json()), error);
}

// A class may be written as Java writes it, "class java.lang.String".
json without_class(const json& value) {
  constexpr std::string_view prefix = "class ";
  json plain = value;
  for (json& entry : plain) {
    if (!entry.is_string()) continue;
    const std::string text = entry.get<std::string>();
    if (text.starts_with(prefix)) entry = text.substr(prefix.size());
  }
  return plain;
}

}  // namespace

void replay_client_config(const json& recorded, Findings& findings) {
  findings.at(
      fmt::format("{} {}", recorded.at("client").get<std::string>(), recorded.at("props").dump()));
  ClientConfig config(recorded);
  expect_outcome(recorded, "config", config.config_error(), findings);
  if (config.config_error().is_null() && recorded.contains("config_values")) {
    for (const auto& [name, value] : recorded.at("config_values").items())
      findings.expect(name, value, config.value(name));
  }
  const json error = config.construct();
  expect_outcome(recorded, "construct", error, findings);
  if (!error.is_null() || !recorded.contains("resolved")) return;
  const json resolved = config.resolved();
  for (const auto& [name, value] : recorded.at("resolved").items())
    findings.expect(name, value, resolved.value(name, json()));
  for (const auto& [name, value] : resolved.items()) {
    if (!recorded.at("resolved").contains(name)) findings.expect(name, json(), value);
  }
}

void replay_client_config_def(const json& recorded, Findings& findings) {
  const std::string name = recorded.at("name");
  findings.at(fmt::format("{} {}", recorded.at("client").get<std::string>(), name));
  const auto defs = definitions(recorded.at("client") == "producer");
  const ConfigDef* def = find_config(defs, name);
  if (def == nullptr) return findings.fail("there is no such setting");
  findings.expect("type", recorded.at("type"), config_type_name(def->type));
  findings.expect("has_default", recorded.at("has_default"), !def->required);
  if (!def->required) {
    findings.expect("default", without_class(recorded.value("default", json())),
                    shown(ConfigValues(defs).value(name)));
  }
  const std::string rule = config_rule_text(*def);
  findings.expect("validator", recorded.value("validator", json()),
                  rule.empty() ? json() : json(rule));
  constexpr std::array<std::string_view, 3> importance = {"LOW", "MEDIUM", "HIGH"};
  findings.expect("importance", recorded.at("importance"),
                  importance.at(static_cast<std::size_t>(def->importance)));
}

}  // namespace kafkasim::conformance
