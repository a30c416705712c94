// The tables of settings and the reading of single values.
#include "protocol/config_def.hpp"

#include <algorithm>
#include <stdexcept>

#include "protocol/config_rules.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

namespace {

std::string refusal(std::span<const ConfigDef> defs, std::string_view name, std::string_view text) {
  ConfigValues values(defs);
  return values.set(name, text);
}

}  // namespace

TEST_CASE(
    "every table of settings is sorted, without repetition, and its defaults obey its own rules") {
  for (const auto defs : {producer_config_defs(), consumer_config_defs(), broker_config_defs(),
                          topic_config_defs()}) {
    REQUIRE(defs.size() > 30);
    for (std::size_t i = 0; i < defs.size(); ++i) {
      INFO(defs[i].name);
      if (i > 0) CHECK(defs[i - 1].name < defs[i].name);
      CHECK(!defs[i].doc.empty());
      CHECK(find_config(defs, defs[i].name) == &defs[i]);
      if (defs[i].default_text) CHECK(parse_config(defs[i], *defs[i].default_text).error == "");
    }
  }
}

TEST_CASE("a value of the wrong type is refused in Kafka's words") {
  struct Row {
    std::string_view name, text, error;
  };
  for (const Row& row : {
           Row{"retries", "many",
               "Invalid value many for configuration retries: Not a number of type INT"},
           Row{"retries", "2147483648",
               "Invalid value 2147483648 for configuration retries: Not a number of type INT"},
           Row{"retries", "1e3",
               "Invalid value 1e3 for configuration retries: Not a number of type INT"},
           Row{"linger.ms", "5ms",
               "Invalid value 5ms for configuration linger.ms: Not a number of type LONG"},
           Row{"linger.ms", "",
               "Invalid value  for configuration linger.ms: Not a number of type LONG"},
           Row{"linger.ms", "+5", ""},
           Row{"linger.ms", " 7 ", ""},
           Row{"enable.idempotence", "yes",
               "Invalid value yes for configuration enable.idempotence: Expected value to be "
               "either true or false"},
           Row{"enable.idempotence", "FALSE", ""},
           Row{"partitioner.class", "my.Own",
               "Invalid value my.Own for configuration partitioner.class: Class my.Own could not "
               "be found."},
           Row{"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner", ""},
           Row{"compression.lz4.level", "18",
               "Invalid value 18 for configuration compression.lz4.level: Value must be no more "
               "than 17"},
           Row{"no.such.thing", "1", "Unknown config name: no.such.thing"},
       }) {
    INFO(row.name << "=" << row.text);
    CHECK(refusal(producer_config_defs(), row.name, row.text) == row.error);
  }
}

TEST_CASE("real numbers are shown as Java writes them") {
  const auto shown = [](std::string_view text) {
    const std::string error =
        refusal(producer_config_defs(), "sasl.login.refresh.window.factor", text);
    return error.substr(0, error.find(" for configuration"));
  };
  CHECK(shown("1.5") == "Invalid value 1.5");
  CHECK(shown("9999999") == "Invalid value 9999999.0");
  CHECK(shown("10000000") == "Invalid value 1.0E7");
  CHECK(shown("9999999999") == "Invalid value 9.999999999E9");
  CHECK(shown("9223372036854775808") == "Invalid value 9.223372036854776E18");
  CHECK(shown("0.001") == "Invalid value 0.001");
  CHECK(shown("0.00012") == "Invalid value 1.2E-4");
  CHECK(shown("0") == "Invalid value 0.0");
}

TEST_CASE("a topic's settings obey the rules of Kafka 4.0") {
  const auto topic = topic_config_defs();
  CHECK(refusal(topic, "segment.bytes", "1024") ==
        "Invalid value 1024 for configuration segment.bytes: Value must be at least 1048576");
  CHECK(refusal(topic, "cleanup.policy", "compact,delete") == "");
  CHECK(refusal(topic, "cleanup.policy", "compact, erase") ==
        "Invalid value erase for configuration cleanup.policy: String must be one of: compact, "
        "delete");
  CHECK(refusal(topic, "min.cleanable.dirty.ratio", "1.5") ==
        "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than "
        "1");
  CHECK(refusal(topic, "leader.replication.throttled.replicas", "0:1,1:2") == "");
  CHECK(refusal(topic, "leader.replication.throttled.replicas", "*") == "");
  CHECK(refusal(topic, "leader.replication.throttled.replicas", "0-1") != "");
}

TEST_CASE("auto.offset.reset takes a duration as ISO 8601 writes it, and no sign") {
  const auto consumer = consumer_config_defs();
  for (const std::string_view good : {"PT10S", "P2D", "P1DT2H3M4.5S", "pt5m"}) {
    CHECK(refusal(consumer, "auto.offset.reset", std::string("by_duration:").append(good)) == "");
  }
  for (const std::string_view bad :
       {"", "P", "PT", "10s", "PT-5S", "P5H", "PT5S3M", "PT.S", "P1DT"}) {
    INFO(bad);
    CHECK(refusal(consumer, "auto.offset.reset", std::string("by_duration:").append(bad)) != "");
  }
}

TEST_CASE("what is given overlays the defaults, and is remembered as given") {
  ConfigValues values(producer_config_defs());
  CHECK(values.long_value("linger.ms") == 5);
  CHECK_FALSE(values.is_set("linger.ms"));
  CHECK(values.set("linger.ms", "20") == "");
  CHECK(values.long_value("linger.ms") == 20);
  CHECK(values.is_set("linger.ms"));
  CHECK(values.is_null("transactional.id"));
  CHECK(values.set("linger.ms", "-1") != "");
  CHECK(values.long_value("linger.ms") == 20);
  CHECK(values.given() == std::vector<std::pair<std::string, std::string>>{{"linger.ms", "20"}});
  CHECK(values.duration_ms("linger.ms") == std::chrono::milliseconds(20));
}

TEST_CASE(
    "a time that Kafka uses for never is one hundred years, so that adding it cannot overflow") {
  ConfigValues values(topic_config_defs());
  CHECK(values.duration_ms("flush.ms") == config_forever);
  CHECK(values.long_value("flush.ms") == 9223372036854775807);
}

TEST_CASE(
    "reading a setting that does not exist, or as another type, is a bug that shows at once") {
  const ConfigValues values(producer_config_defs());
  CHECK_THROWS_AS(values.flag("no.such.thing"), std::logic_error);
  CHECK_THROWS_AS(values.flag("linger.ms"), std::logic_error);
  CHECK_THROWS_AS(values.int_value("linger.ms"), std::logic_error);
  CHECK_THROWS_AS(values.text("transactional.id"), std::logic_error);
}

TEST_CASE("a topic takes from its broker what it does not say itself") {
  ConfigValues broker(broker_config_defs());
  ConfigValues topic(topic_config_defs());
  CHECK(effective_topic_config(topic, broker).long_value("retention.ms") == 604800000);
  CHECK(broker.set("min.insync.replicas", "2") == "");
  CHECK(broker.set("log.retention.hours", "1") == "");
  CHECK(effective_topic_config(topic, broker).int_value("min.insync.replicas") == 2);
  CHECK(effective_topic_config(topic, broker).long_value("retention.ms") == 3600000);
  CHECK(broker.set("log.retention.minutes", "2") == "");
  CHECK(effective_topic_config(topic, broker).long_value("retention.ms") == 120000);
  CHECK(topic.set("min.insync.replicas", "3") == "");
  CHECK(effective_topic_config(topic, broker).int_value("min.insync.replicas") == 3);
}

TEST_CASE("assignors have short names") {
  ConfigValues values(consumer_config_defs());
  CHECK(assignor_names(values) == std::vector<std::string_view>{"range", "cooperative-sticky"});
  CHECK(assignor_class("sticky") == "org.apache.kafka.clients.consumer.StickyAssignor");
  CHECK(assignor_class("my.Own") == "my.Own");
}

TEST_CASE("a topic name is refused as Kafka refuses it") {
  CHECK(topic_name_error("orders_2.eu-west") == "");
  CHECK(topic_name_error(std::string(249, 'a')) == "");
  CHECK(topic_name_error(std::string(250, 'a')) != "");
  CHECK(topic_name_error("..") == "Topic name is invalid: '..' is not allowed");
  CHECK(topic_name_error("a b") ==
        "Topic name is invalid: 'a b' contains one or more characters other than ASCII "
        "alphanumerics, '.', '_' and '-'");
}
