// What Kafka 4.0 does otherwise with the settings of its clients than the sources of October 2024,
// from which the recorded cases are (tests/conformance/client_config.cpp replays those).
#include "protocol/config_rules.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

namespace {

using Properties = std::vector<std::pair<std::string_view, std::string_view>>;

ConfigConflict refusal_of_producer(const Properties& properties, ClientRelease release = {}) {
  ConfigValues values(producer_config_defs());
  for (const auto& [name, text] : properties) REQUIRE(values.set(name, text) == "");
  return resolve_producer_settings(values, release);
}

ConfigConflict refusal_of_consumer(const Properties& properties, ClientRelease release = {}) {
  ConfigValues values(consumer_config_defs());
  for (const auto& [name, text] : properties) REQUIRE(values.set(name, text) == "");
  return resolve_consumer_settings(values, release);
}

constexpr ClientRelease before_4_0{.refuses_many_in_flight = false,
                                   .limits_consumer_protocol = false};

}  // namespace

TEST_CASE("more than five requests in flight are refused wherever idempotence is on") {
  const std::string refused =
      "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at "
      "most 5. Current value is 6.";
  const Properties six = {{"max.in.flight.requests.per.connection", "6"}};
  CHECK(refusal_of_producer(six).text == refused);
  CHECK(refusal_of_producer({{"max.in.flight.requests.per.connection", "6"}, {"acks", "1"}}).text ==
        refused);
  CHECK(refusal_of_producer(
            {{"max.in.flight.requests.per.connection", "6"}, {"enable.idempotence", "false"}})
            .text == "");
  CHECK(refusal_of_producer(six, before_4_0).text == "");
  CHECK(refusal_of_producer(
            {{"max.in.flight.requests.per.connection", "6"}, {"enable.idempotence", "true"}},
            before_4_0)
            .text ==
        "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent "
        "producer.");
}

TEST_CASE("retries and acks are looked at before the requests in flight") {
  const Properties all_wrong = {{"max.in.flight.requests.per.connection", "6"},
                                {"enable.idempotence", "true"},
                                {"acks", "1"},
                                {"retries", "0"}};
  CHECK(refusal_of_producer(all_wrong).text ==
        "Must set retries to non-zero when using the idempotent producer.");
  CHECK(refusal_of_producer({all_wrong[0], all_wrong[1], all_wrong[2]}).text ==
        "Must set acks to all in order to use the idempotent producer. Otherwise we cannot "
        "guarantee idempotence.");
}

TEST_CASE("the consumer protocol refuses what its broker decides") {
  const Properties properties = {{"group.id", "g"},
                                 {"group.protocol", "Consumer"},
                                 {"session.timeout.ms", "6000"},
                                 {"heartbeat.interval.ms", "1000"}};
  CHECK(refusal_of_consumer(properties).text ==
        "heartbeat.interval.ms, session.timeout.ms cannot be set when group.protocol=CONSUMER");
  CHECK(refusal_of_consumer(properties, before_4_0).text == "");
}

TEST_CASE("auto.offset.reset names the durations that it takes") {
  ConfigValues values(consumer_config_defs());
  CHECK(values.set("auto.offset.reset", "Earliest") ==
        "Invalid value Earliest for configuration auto.offset.reset: Invalid value `Earliest` for "
        "configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or "
        "of the format 'by_duration:<PnDTnHnMn.nS.>'.");
}

TEST_CASE("defaults that 4.0 changed") {
  CHECK(ConfigValues(producer_config_defs()).long_value("linger.ms") == 5);
  CHECK(ConfigValues(producer_config_defs()).text("metadata.recovery.strategy") == "rebootstrap");
  CHECK(ConfigValues(consumer_config_defs()).text("metadata.recovery.strategy") == "rebootstrap");
}

TEST_CASE("classes are looked for when a client is built, in Kafka's order and words") {
  struct Row {
    Properties properties;
    std::string_view text, exception, cause;
  };
  const std::string_view kafka = "org.apache.kafka.common.KafkaException";
  for (const Row& row : {
           Row{{{"partitioner.class", "java.lang.String"}, {"interceptor.classes", "none.such"}},
               "class java.lang.String is not an instance of "
               "org.apache.kafka.clients.producer.Partitioner",
               kafka,
               ""},
           Row{{{"key.serializer", "org.apache.kafka.common.serialization.LongDeserializer"}},
               "class org.apache.kafka.common.serialization.LongDeserializer is not an instance of "
               "org.apache.kafka.common.serialization.Serializer",
               kafka,
               ""},
           Row{{{"metric.reporters", "none.such"}},
               "Class none.such cannot be found",
               kafka,
               "java.lang.ClassNotFoundException"},
           Row{{{"interceptor.classes", "java.lang.String"}},
               "class java.lang.String",
               "java.lang.ClassCastException",
               ""},
           Row{{{"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"}},
               "",
               "",
               ""},
       }) {
    ConfigValues values(producer_config_defs());
    for (const auto& [name, text] : row.properties) REQUIRE(values.set(name, text) == "");
    const ConfigConflict conflict = resolve_producer_construction(values);
    CHECK(conflict.text == row.text);
    if (!row.text.empty()) CHECK(conflict.exception == row.exception);
    CHECK(conflict.cause.exception == row.cause);
  }
}

TEST_CASE("an assignor may stand in the list once") {
  ConfigValues values(consumer_config_defs());
  const std::string range = "org.apache.kafka.clients.consumer.RangeAssignor";
  REQUIRE(values.set("partition.assignment.strategy", range + " , " + range) == "");
  CHECK(resolve_consumer_construction(values).text ==
        "The assignor name: 'range' is used in more than one assignor: " + range + ", " + range);
  REQUIRE(values.set("partition.assignment.strategy", range + ",") == "");
  CHECK(resolve_consumer_construction(values).text == " ClassNotFoundException exception occurred");
}

TEST_CASE("servers are host:port, one of them at least") {
  struct Row {
    std::string_view servers, refused;
  };
  for (const Row& row :
       {Row{"a:1", ""}, Row{"plaintext://a:1,,b:2", ""}, Row{"[::1]:9092", ""},
        Row{"", "No resolvable bootstrap urls given in bootstrap.servers"},
        Row{"a", "Invalid url in bootstrap.servers: a"},
        Row{"a:", "Invalid url in bootstrap.servers: a:"},
        Row{"a b:1", "Invalid url in bootstrap.servers: a b:1"},
        Row{"a:70000", "Invalid port in bootstrap.servers: a:70000"}, Row{"a:00080", ""}}) {
    ConfigValues values(producer_config_defs());
    REQUIRE(values.set("bootstrap.servers", row.servers) == "");
    CHECK(resolve_producer_construction(values).text == row.refused);
  }
}
