// Every setting of Kafka 4.0's producer that is neither of metrics nor of security: its type,
// default and allowed values as Kafka's documentation has them.
#include <string>

#include "protocol/config_def.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

namespace {

struct Row {
  std::string_view name, type, default_text, rule;
};
constexpr Row rows[] = {
    Row{"acks", "STRING", "all", "[all, -1, 0, 1]"},
    Row{"batch.size", "INT", "16384", "[0,...]"},
    Row{"bootstrap.servers", "LIST", "", "non-null string"},
    Row{"buffer.memory", "LONG", "33554432", "[0,...]"},
    Row{"client.dns.lookup", "STRING", "use_all_dns_ips",
        "[use_all_dns_ips, resolve_canonical_bootstrap_servers_only]"},
    Row{"client.id", "STRING", "", ""},
    Row{"compression.gzip.level", "INT", "-1", "[1,...,9] or -1"},
    Row{"compression.lz4.level", "INT", "9", "[1,...,17]"},
    Row{"compression.type", "STRING", "none", "[none, gzip, snappy, lz4, zstd]"},
    Row{"compression.zstd.level", "INT", "3", "[-131072,...,22]"},
    Row{"connections.max.idle.ms", "LONG", "540000", ""},
    Row{"delivery.timeout.ms", "INT", "120000", "[0,...]"},
    Row{"enable.idempotence", "BOOLEAN", "true", ""},
    Row{"enable.metrics.push", "BOOLEAN", "true", ""},
    Row{"interceptor.classes", "LIST", "", "non-null string"},
    Row{"key.serializer", "CLASS", "required", ""},
    Row{"linger.ms", "LONG", "5", "[0,...]"},
    Row{"max.block.ms", "LONG", "60000", "[0,...]"},
    Row{"max.in.flight.requests.per.connection", "INT", "5", "[1,...]"},
    Row{"max.request.size", "INT", "1048576", "[0,...]"},
    Row{"metadata.max.age.ms", "LONG", "300000", "[0,...]"},
    Row{"metadata.max.idle.ms", "LONG", "300000", "[5000,...]"},
    Row{"metadata.recovery.rebootstrap.trigger.ms", "LONG", "300000", "[0,...]"},
    Row{"metadata.recovery.strategy", "STRING", "rebootstrap",
        "(case insensitive) [REBOOTSTRAP, NONE]"},
    Row{"partitioner.adaptive.partitioning.enable", "BOOLEAN", "true", ""},
    Row{"partitioner.availability.timeout.ms", "LONG", "0", "[0,...]"},
    Row{"partitioner.class", "CLASS", "null", ""},
    Row{"partitioner.ignore.keys", "BOOLEAN", "false", ""},
    Row{"receive.buffer.bytes", "INT", "32768", "[-1,...]"},
    Row{"reconnect.backoff.max.ms", "LONG", "1000", "[0,...]"},
    Row{"reconnect.backoff.ms", "LONG", "50", "[0,...]"},
    Row{"request.timeout.ms", "INT", "30000", "[0,...]"},
    Row{"retries", "INT", "2147483647", "[0,...,2147483647]"},
    Row{"retry.backoff.max.ms", "LONG", "1000", "[0,...]"},
    Row{"retry.backoff.ms", "LONG", "100", "[0,...]"},
    Row{"send.buffer.bytes", "INT", "131072", "[-1,...]"},
    Row{"socket.connection.setup.timeout.max.ms", "LONG", "30000", ""},
    Row{"socket.connection.setup.timeout.ms", "LONG", "10000", ""},
    Row{"transaction.timeout.ms", "INT", "60000", ""},
    Row{"transactional.id", "STRING", "null", "non-empty string"},
    Row{"value.serializer", "CLASS", "required", ""},
};

std::string default_of(const ConfigDef& def) {
  if (def.required) return "required";
  return def.default_text ? std::string(*def.default_text) : "null";
}

}  // namespace

TEST_CASE("every setting of a producer has Kafka's type, default and allowed values") {
  for (const Row& row : rows) {
    INFO(row.name);
    const ConfigDef* def = find_config(producer_config_defs(), row.name);
    REQUIRE(def != nullptr);
    CHECK(config_type_name(def->type) == row.type);
    CHECK(default_of(*def) == row.default_text);
    CHECK(config_rule_text(*def) == row.rule);
  }
}

TEST_CASE("what a setting of a producer does not allow is refused in Kafka's words") {
  for (const Row& row : rows) {
    const ConfigDef* def = find_config(producer_config_defs(), row.name);
    INFO(row.name);
    REQUIRE(def != nullptr);
    if (def->rule != ConfigRule::at_least && def->rule != ConfigRule::between) continue;
    const auto refused = [&](double value, const char* why) {
      const std::string text = std::to_string(static_cast<std::int64_t>(value));
      const double bound = value < def->low ? def->low : def->high;
      return parse_config(*def, text).error == "Invalid value " + text + " for configuration " +
                                                   std::string(row.name) + ": Value " + why +
                                                   std::to_string(static_cast<std::int64_t>(bound));
    };
    CHECK(refused(def->low - 1, "must be at least "));
    CHECK(parse_config(*def, std::to_string(static_cast<std::int64_t>(def->low))).error == "");
    if (def->rule == ConfigRule::between && def->high < 2147483647)
      CHECK(refused(def->high + 1, "must be no more than "));
  }
}
