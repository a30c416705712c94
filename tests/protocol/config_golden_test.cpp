// Settings against what Kafka's own client classes answered to 172 sets of properties. They were
// recorded shortly before Kafka 4.0, so what 4.0 changed is adjusted here, in the open.
#include <fstream>
#include <nlohmann/json.hpp>

#include "protocol/config_rules.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;
using nlohmann::json;

namespace {

std::vector<json> rows_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<json> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) rows.push_back(json::parse(line));
  }
  return rows;
}

// The settings of a row; the first refusal in its words, or none.
struct Read {
  ConfigValues values;
  std::string error;
};

Read read(const json& row) {
  const bool producer = row["client"] == "producer";
  Read result{ConfigValues(producer ? producer_config_defs() : consumer_config_defs()), ""};
  if (producer)
    result.values.override_default("linger.ms", std::int64_t{0});  // its default before 4.0
  // The recorder built its clients with a server address unless the row says otherwise.
  if (!row["props"].contains("bootstrap.servers")) {
    result.error = result.values.set("bootstrap.servers", "localhost:9092");
  }
  for (const auto& [name, value] : row["props"].items()) {
    const std::string text = value.get<std::string>() == "<unset>" ? "" : value.get<std::string>();
    const std::string error = result.values.set(name, text);
    if (result.error.empty()) result.error = error;
  }
  return result;
}

bool is_unset_serializer(const json& row) {
  return row["props"].contains("value.serializer") && row["props"]["value.serializer"] == "<unset>";
}

// What the row says, or what Kafka 4.0 says instead.
std::string expected_settings_error(const json& row) {
  const json& props = row["props"];
  std::string error =
      row["config"] == "ok" ? "" : row["config_error"]["message"].get<std::string>();
  if (error.find("auto.offset.reset") != std::string::npos) {
    return "Invalid value Earliest for configuration auto.offset.reset: Invalid value `Earliest` "
           "for configuration "
           "auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the "
           "format "
           "'by_duration:<PnDTnHnMn.nS.>'.";
  }
  if (row["client"] == "producer") {
    const std::string in_flight = props.value("max.in.flight.requests.per.connection", "5");
    const bool explicit_conflict =
        error.starts_with("Must set acks") || error.starts_with("Must set retries");
    if (std::stoi(in_flight) > 5 && props.value("enable.idempotence", "true") == "true" &&
        !explicit_conflict) {
      return "To use the idempotent producer, max.in.flight.requests.per.connection must be set to "
             "at most 5. "
             "Current value is " +
             in_flight + ".";
    }
  } else if (props.value("group.protocol", "classic") == "consumer" && error.empty()) {
    std::string names;
    for (const std::string name :
         {"partition.assignment.strategy", "heartbeat.interval.ms", "session.timeout.ms"}) {
      if (props.contains(name)) names += (names.empty() ? "" : ", ") + name;
    }
    if (!names.empty()) return names + " cannot be set when group.protocol=CONSUMER";
  }
  return error;
}

std::string shown(const ConfigValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return json(*text).dump();
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return json(*list).dump();
  return "null";
}

void check_row(const json& row) {
  INFO(row["client"] << " " << row["props"].dump());
  if (is_unset_serializer(row)) return;  // a simulated client always has its serializers
  const bool producer = row["client"] == "producer";
  Read result = read(row);
  if (result.error.empty()) {
    result.error = (producer ? resolve_producer_settings(result.values)
                             : resolve_consumer_settings(result.values))
                       .text;
  }
  const std::string expected = expected_settings_error(row);
  REQUIRE(result.error == expected);
  if (!expected.empty() || row["config"] != "ok") return;
  for (const auto& [name, value] : row["config_values"].items()) {
    INFO(name);
    CHECK(shown(result.values.value(name)) == value.dump());
  }
  const ConfigConflict conflict = producer ? resolve_producer_construction(result.values)
                                           : resolve_consumer_construction(result.values);
  CHECK(conflict.text == (row["construct"] == "ok"
                              ? ""
                              : row["construct_error"]["cause"]["message"].get<std::string>()));
  if (!producer || row["construct"] != "ok") return;
  const json& resolved = row["resolved"];
  CHECK(acks_of(result.values) == resolved["sender.acks"].get<int>());
  CHECK(result.values.flag("enable.idempotence") == resolved["idempotent"].get<bool>());
  CHECK(result.values.int_value("delivery.timeout.ms") ==
        resolved["accumulator.deliveryTimeoutMs"].get<int>());
  CHECK(result.values.int_value("batch.size") == resolved["accumulator.batchSize"].get<int>());
}

}  // namespace

TEST_CASE(
    "settings are accepted, refused and resolved as Kafka's own clients do, in the same words") {
  const auto rows = rows_of("tests/vectors/client_config_validation.jsonl");
  REQUIRE(rows.size() == 72);
  for (const json& row : rows) check_row(row);
}

TEST_CASE("random combinations of settings end as in Kafka's own clients") {
  const auto rows = rows_of("tests/vectors/client_config_random.jsonl");
  REQUIRE(rows.size() == 100);
  for (const json& row : rows) check_row(row);
}

TEST_CASE("every client setting has Kafka's type and default") {
  for (const json& row : rows_of("tests/vectors/client_config_defs.jsonl")) {
    const std::string name = row["name"];
    INFO(row["client"] << " " << name);
    const auto defs = row["client"] == "producer" ? producer_config_defs() : consumer_config_defs();
    const ConfigDef* def = find_config(defs, name);
    REQUIRE(def != nullptr);
    CHECK(config_type_name(def->type) == row["type"].get<std::string>());
    const bool changed_in_4_0 = name == "metadata.recovery.strategy" || name == "linger.ms";
    const ConfigValue value = ConfigValues(defs).value(name);
    if (changed_in_4_0) continue;
    if (const auto* real = std::get_if<double>(&value)) {
      CHECK(*real == row["default"].get<double>());
    } else {
      CHECK(shown(value) == row["default"].dump());
    }
  }
}
