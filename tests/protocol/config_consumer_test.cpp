// Every setting of Kafka 4.0's consumer that is neither of metrics nor of security: its type,
// default and allowed values as Kafka's documentation has them, and what it says to other values.
#include <string>

#include "protocol/config_def.hpp"
#include "protocol/config_rules.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

namespace {

struct Row {
  std::string_view name, type, default_text, rule;
};
constexpr Row rows[] = {
    Row{"allow.auto.create.topics", "BOOLEAN", "true", ""},
    Row{"auto.commit.interval.ms", "INT", "5000", "[0,...]"},
    Row{"auto.offset.reset", "STRING", "latest",
        "[latest, earliest, none, by_duration:PnDTnHnMn.nS]"},
    Row{"bootstrap.servers", "LIST", "", "non-null string"},
    Row{"check.crcs", "BOOLEAN", "true", ""},
    Row{"client.dns.lookup", "STRING", "use_all_dns_ips",
        "[use_all_dns_ips, resolve_canonical_bootstrap_servers_only]"},
    Row{"client.id", "STRING", "", ""},
    Row{"client.rack", "STRING", "", ""},
    Row{"connections.max.idle.ms", "LONG", "540000", ""},
    Row{"default.api.timeout.ms", "INT", "60000", "[0,...]"},
    Row{"enable.auto.commit", "BOOLEAN", "true", ""},
    Row{"enable.metrics.push", "BOOLEAN", "true", ""},
    Row{"exclude.internal.topics", "BOOLEAN", "true", ""},
    Row{"fetch.max.bytes", "INT", "52428800", "[0,...]"},
    Row{"fetch.max.wait.ms", "INT", "500", "[0,...]"},
    Row{"fetch.min.bytes", "INT", "1", "[0,...]"},
    Row{"group.id", "STRING", "null", ""},
    Row{"group.instance.id", "STRING", "null", "non-empty string"},
    Row{"group.protocol", "STRING", "classic", "(case insensitive) [CONSUMER, CLASSIC]"},
    Row{"group.remote.assignor", "STRING", "null", ""},
    Row{"heartbeat.interval.ms", "INT", "3000", ""},
    Row{"interceptor.classes", "LIST", "", "non-null string"},
    Row{"internal.leave.group.on.close", "BOOLEAN", "true", ""},
    Row{"internal.throw.on.fetch.stable.offset.unsupported", "BOOLEAN", "false", ""},
    Row{"isolation.level", "STRING", "read_uncommitted", "[read_committed, read_uncommitted]"},
    Row{"key.deserializer", "CLASS", "required", ""},
    Row{"max.partition.fetch.bytes", "INT", "1048576", "[0,...]"},
    Row{"max.poll.interval.ms", "INT", "300000", "[1,...]"},
    Row{"max.poll.records", "INT", "500", "[1,...]"},
    Row{"metadata.max.age.ms", "LONG", "300000", "[0,...]"},
    Row{"metadata.recovery.rebootstrap.trigger.ms", "LONG", "300000", "[0,...]"},
    Row{"metadata.recovery.strategy", "STRING", "rebootstrap",
        "(case insensitive) [REBOOTSTRAP, NONE]"},
    Row{"partition.assignment.strategy", "LIST",
        "org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer."
        "CooperativeStickyAssignor",
        "non-null string"},
    Row{"receive.buffer.bytes", "INT", "65536", "[-1,...]"},
    Row{"reconnect.backoff.max.ms", "LONG", "1000", "[0,...]"},
    Row{"reconnect.backoff.ms", "LONG", "50", "[0,...]"},
    Row{"request.timeout.ms", "INT", "30000", "[0,...]"},
    Row{"retry.backoff.max.ms", "LONG", "1000", "[0,...]"},
    Row{"retry.backoff.ms", "LONG", "100", "[0,...]"},
    Row{"send.buffer.bytes", "INT", "131072", "[-1,...]"},
    Row{"session.timeout.ms", "INT", "45000", ""},
    Row{"socket.connection.setup.timeout.max.ms", "LONG", "30000", ""},
    Row{"socket.connection.setup.timeout.ms", "LONG", "10000", ""},
    Row{"value.deserializer", "CLASS", "required", ""},
};

std::string default_of(const ConfigDef& def) {
  if (def.required) return "required";
  return def.default_text ? std::string(*def.default_text) : "null";
}

std::string refusal(std::string_view name, std::string_view text) {
  return parse_config(*find_config(consumer_config_defs(), name), std::string(text)).error;
}

using Given = std::vector<std::pair<std::string_view, std::string_view>>;

// What making a consumer with these settings is told; empty: nothing.
std::string conflict(const Given& given) {
  ConfigValues values(consumer_config_defs());
  for (const auto& [name, text] : given) {
    const std::string refused = values.set(name, std::string(text));
    if (!refused.empty()) return refused;
  }
  return resolve_consumer_config(values).text;
}

}  // namespace

TEST_CASE("every setting of a consumer has Kafka's type, default and allowed values") {
  for (const Row& row : rows) {
    INFO(row.name);
    const ConfigDef* def = find_config(consumer_config_defs(), row.name);
    REQUIRE(def != nullptr);
    CHECK(config_type_name(def->type) == row.type);
    CHECK(default_of(*def) == row.default_text);
    CHECK(config_rule_text(*def) == row.rule);
  }
}

TEST_CASE("what is no number of a setting of a consumer, or too small, is refused") {
  for (const Row& row : rows) {
    if (row.type != "INT" && row.type != "LONG") continue;
    const std::string start = " for configuration " + std::string(row.name) + ": ";
    for (const std::string text : {"many", "1.5", "5s", ""}) {
      CHECK(refusal(row.name, text) ==
            "Invalid value " + text + start + "Not a number of type " + std::string(row.type));
    }
    CHECK((refusal(row.name, "2147483648").empty()) == (row.type == "LONG"));
    const ConfigDef& def = *find_config(consumer_config_defs(), row.name);
    if (def.rule != ConfigRule::at_least) {
      CHECK(refusal(row.name, "-5").empty());
      continue;
    }
    const auto low = static_cast<std::int64_t>(def.low);
    const std::string below = std::to_string(low - 1);
    CHECK(refusal(row.name, below) ==
          "Invalid value " + below + start + "Value must be at least " + std::to_string(low));
    CHECK(refusal(row.name, std::to_string(low)).empty());
  }
}

TEST_CASE("what is no word of a setting of a consumer is refused") {
  for (const Row& row : rows) {
    if (row.type != "BOOLEAN") continue;
    CHECK(refusal(row.name, "1") == "Invalid value 1 for configuration " + std::string(row.name) +
                                        ": Expected value to be either true or false");
    CHECK(refusal(row.name, "TRUE").empty());
  }
  CHECK(refusal("isolation.level", "READ_COMMITTED") ==
        "Invalid value READ_COMMITTED for configuration isolation.level: String must be one of: "
        "read_committed, read_uncommitted");
  CHECK(refusal("group.protocol", "streams") ==
        "Invalid value streams for configuration group.protocol: String must be one of (case "
        "insensitive): CONSUMER, CLASSIC");
  CHECK(refusal("group.protocol", "Consumer").empty());
  CHECK(refusal("auto.offset.reset", "Earliest") ==
        "Invalid value Earliest for configuration auto.offset.reset: Invalid value `Earliest` for "
        "configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or "
        "of the format 'by_duration:<PnDTnHnMn.nS.>'.");
  CHECK(refusal("group.instance.id", "") ==
        "Invalid value  for configuration group.instance.id: String must be non-empty");
  CHECK(refusal("key.deserializer", "my.Own") ==
        "Invalid value my.Own for configuration key.deserializer: Class my.Own could not be "
        "found.");
}

TEST_CASE("settings of a consumer that exclude each other are refused when it is made") {
  const std::string range = "org.apache.kafka.clients.consumer.RangeAssignor";
  struct Case {
    Given given;
    std::string text;
  };
  const Case cases[] = {
      {{{"enable.auto.commit", "true"}},
       "enable.auto.commit cannot be set to true when default group id (null) is used."},
      {{{"enable.auto.commit", "false"}}, ""},
      {{{"group.id", " "}}, "The configured group.id should not be an empty string or whitespace."},
      {{{"group.id", "g"}, {"heartbeat.interval.ms", "45000"}},
       "Heartbeat must be set lower than the session timeout"},
      {{{"heartbeat.interval.ms", "45000"}}, ""},
      {{{"group.id", "g"}, {"session.timeout.ms", "3000"}},
       "Heartbeat must be set lower than the session timeout"},
      {{{"group.id", "g"}, {"session.timeout.ms", "3001"}}, ""},
      {{{"group.id", "g"}, {"group.remote.assignor", "uniform"}},
       "group.remote.assignor cannot be set when group.protocol=CLASSIC"},
      {{{"group.id", "g"}, {"group.protocol", "consumer"}, {"group.remote.assignor", "uniform"}},
       ""},
      {{{"group.id", "g"}, {"group.protocol", "consumer"}, {"session.timeout.ms", "45000"}},
       "session.timeout.ms cannot be set when group.protocol=CONSUMER"},
      {{{"group.id", "g"},
        {"group.protocol", "CONSUMER"},
        {"heartbeat.interval.ms", "3000"},
        {"partition.assignment.strategy", range},
        {"session.timeout.ms", "45000"}},
       "partition.assignment.strategy, heartbeat.interval.ms, session.timeout.ms cannot be set "
       "when group.protocol=CONSUMER"},
      {{{"group.id", "g"}, {"group.instance.id", "a b"}},
       "Group instance id is invalid: 'a b' contains one or more characters other than ASCII "
       "alphanumerics, '.', '_' and '-'"},
      {{{"group.id", "g"}, {"group.instance.id", ".."}},
       "Group instance id is invalid: '..' is not allowed"},
      {{{"no.such.thing", "1"}}, "Unknown config name: no.such.thing"},
  };
  for (const Case& c : cases) CHECK(conflict(c.given) == c.text);
}
