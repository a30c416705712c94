// The settings of librdkafka: how it reads them, refuses them and works with them.
#include "protocol/config_librdkafka.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

namespace {

using Properties = std::vector<std::pair<std::string_view, std::string_view>>;

ConfigValues given(const Properties& properties) {
  ConfigValues values(librdkafka_config_defs());
  for (const auto& [name, text] : properties) {
    INFO(name);
    REQUIRE(values.set(name, text) == "");
  }
  return values;
}

std::string refusal(std::string_view name, std::string_view text) {
  return ConfigValues(librdkafka_config_defs()).set(name, text);
}

std::string producer_refuses(const Properties& properties) {
  ConfigValues values = given(properties);
  return resolve_librdkafka_producer(values).text;
}

std::string consumer_refuses(const Properties& properties) {
  ConfigValues values = given(properties);
  return resolve_librdkafka_consumer(values).text;
}

}  // namespace

TEST_CASE("librdkafka's table is sorted, and its defaults obey its own rules") {
  const auto defs = librdkafka_config_defs();
  REQUIRE(defs.size() == 167);
  for (std::size_t i = 0; i < defs.size(); ++i) {
    INFO(defs[i].name);
    if (i > 0) CHECK(defs[i - 1].name < defs[i].name);
    REQUIRE(defs[i].librdkafka);
    CHECK((defs[i].librdkafka->of_producer || defs[i].librdkafka->of_consumer));
    CHECK(!defs[i].doc.empty());
    if (defs[i].default_text) CHECK(parse_config(defs[i], *defs[i].default_text).error == "");
    const std::string_view alias_of = defs[i].librdkafka->alias_of;
    if (alias_of.empty()) continue;
    const ConfigDef* target = find_config(defs, alias_of);
    REQUIRE(target != nullptr);
    CHECK(target->librdkafka->alias_of == "");
    CHECK(target->default_text == defs[i].default_text);
    CHECK(target->type == defs[i].type);
    CHECK(target->acts == defs[i].acts);
  }
}

TEST_CASE("librdkafka refuses a value in its own words") {
  struct Row {
    std::string_view name, text, error;
  };
  for (
      const Row& row : {
          Row{"max.in.flight", "0",
              "Configuration property \"max.in.flight.requests.per.connection\" value 0 is outside "
              "allowed range 1..1000000"},
          Row{"retries", "many",
              "Invalid value for configuration property \"message.send.max.retries\""},
          Row{"retries", "",
              "Integer configuration property \"message.send.max.retries\" cannot be set to empty "
              "value"},
          Row{"linger.ms", "900001",
              "Configuration property \"queue.buffering.max.ms\" value 900001 is outside allowed "
              "range 0..900000"},
          Row{"linger.ms", "soon",
              "Invalid value for configuration property \"queue.buffering.max.ms\""},
          Row{"linger.ms", "",
              "Float configuration property \"queue.buffering.max.ms\" cannot be set to empty "
              "value"},
          Row{"compression.type", "brotli",
              "Invalid value \"brotli\" for configuration property \"compression.codec\""},
          Row{"enable.idempotence", "yes",
              "Expected bool value for \"enable.idempotence\": true or false"},
          Row{"enable.idempotence", "",
              "Bool configuration property \"enable.idempotence\" cannot be set to empty value"},
          Row{"partitioner", "sticky",
              "Invalid value for configuration property \"partitioner\": sticky"},
          Row{"partitioner", "Random",
              "Invalid value for configuration property \"partitioner\": Random"},
          Row{"acks", "some", "Invalid value for configuration property \"request.required.acks\""},
          Row{"acks", "1001",
              "Configuration property \"request.required.acks\" value 1001 is outside allowed "
              "range -1..1000"},
          Row{"debug", "msg,nothing",
              "Invalid value \"nothing\" for configuration property \"debug\""},
          Row{"buffer.memory", "1", "No such configuration property: \"buffer.memory\""},
      }) {
    INFO(row.name << "=" << row.text);
    CHECK(refusal(row.name, row.text) == row.error);
  }
}

TEST_CASE("librdkafka reads numbers as C does, and words whatever their case") {
  CHECK(given({{"retries", "0x10"}}).int_value("message.send.max.retries") == 16);
  CHECK(given({{"retries", " 7ms"}}).int_value("message.send.max.retries") == 7);
  // 2^32 + 5: what does not fit is cut off.
  CHECK(given({{"retries", "4294967301"}}).int_value("message.send.max.retries") == 5);
  CHECK(given({{"acks", "ALL"}}).int_value("request.required.acks") == -1);
  CHECK(given({{"linger.ms", "0.5"}}).real_value("queue.buffering.max.ms") == 0.5);
  CHECK(given({{"isolation.level", "Read_Uncommitted"}}).text("isolation.level") ==
        "read_uncommitted");
  CHECK(given({{"enable.idempotence", "T"}}).flag("enable.idempotence"));
  CHECK_FALSE(given({{"enable.idempotence", "0"}}).flag("enable.idempotence"));
  CHECK(given({{"group.id", "  g "}}).text("group.id") == "g ");
  CHECK(given({{"group.id", ""}}).is_null("group.id"));
}

TEST_CASE("an alias sets the setting that it stands for") {
  const ConfigValues values = given({{"acks", "1"}, {"delivery.timeout.ms", "1000"}});
  CHECK(values.int_value("request.required.acks") == 1);
  CHECK(values.is_set("message.timeout.ms"));
  CHECK_FALSE(values.is_set("acks"));
}

TEST_CASE("without idempotence a producer of librdkafka has a million requests in flight") {
  ConfigValues values = given({});
  REQUIRE(resolve_librdkafka_producer(values).text == "");
  CHECK_FALSE(values.flag("enable.idempotence"));
  CHECK(values.int_value("max.in.flight.requests.per.connection") == 1000000);
  CHECK(values.int_value("request.required.acks") == -1);
  CHECK(values.long_value("sticky.partitioning.linger.ms") == 10);
  CHECK(values.long_value("metadata.max.age.ms") == 900000);
}

TEST_CASE("idempotence takes what it needs unless the user said otherwise") {
  ConfigValues values = given({{"enable.idempotence", "true"}, {"linger.ms", "100"}});
  REQUIRE(resolve_librdkafka_producer(values).text == "");
  CHECK(values.int_value("max.in.flight.requests.per.connection") == 5);
  CHECK(values.long_value("sticky.partitioning.linger.ms") == 200);
  const auto with = [](std::string_view name, std::string_view text) {
    return producer_refuses({{"enable.idempotence", "true"}, {name, text}});
  };
  CHECK(with("max.in.flight", "6") ==
        "`max.in.flight` must be set <= 5 when `enable.idempotence` is true");
  CHECK(with("retries", "0") == "`retries` must be set >= 1 when `enable.idempotence` is true");
  CHECK(with("acks", "1") == "`acks` must be set to `all` when `enable.idempotence` is true");
  CHECK(with("queuing.strategy", "lifo") ==
        "`queuing.strategy` must be set to `fifo` when `enable.idempotence` is true");
  CHECK(with("queue.buffering.backpressure.threshold", "2") ==
        "`queue.buffering.backpressure.threshold` must be set to 1 when `enable.idempotence` is "
        "true");
  CHECK(with("enable.gapless.guarantee", "true") == "");
  CHECK(producer_refuses({{"enable.gapless.guarantee", "true"}}) ==
        "`enable.gapless.guarantee` requires `enable.idempotence` to be enabled");
}

TEST_CASE("a transactional.id brings idempotence, and the timeouts of the transaction") {
  ConfigValues values = given({{"transactional.id", "t"}, {"transaction.timeout.ms", "10000"}});
  REQUIRE(resolve_librdkafka_producer(values).text == "");
  CHECK(values.flag("enable.idempotence"));
  CHECK(values.int_value("message.timeout.ms") == 10000);
  CHECK(values.int_value("socket.timeout.ms") == 9900);
  CHECK(producer_refuses({{"transactional.id", "t"}, {"enable.idempotence", "false"}}) ==
        "`transactional.id` requires `enable.idempotence=true`");
  CHECK(producer_refuses({{"transactional.id", "t"}, {"message.timeout.ms", "60001"}}) ==
        "`message.timeout.ms` must be set <= `transaction.timeout.ms`");
  CHECK(producer_refuses({{"transactional.id", "t"}, {"socket.timeout.ms", "60101"}}) ==
        "`socket.timeout.ms` must be set <= `transaction.timeout.ms` + 100");
}

TEST_CASE("messages may not time out before they have lingered") {
  CHECK(producer_refuses({{"linger.ms", "1000"}, {"message.timeout.ms", "1000"}}) ==
        "`message.timeout.ms` must be greater than `linger.ms`");
  CHECK(producer_refuses({{"linger.ms", "1000"}, {"message.timeout.ms", "0"}}) == "");
  ConfigValues values = given({{"message.timeout.ms", "3"}});
  REQUIRE(resolve_librdkafka_producer(values).text == "");
  CHECK(values.real_value("queue.buffering.max.ms") == 2.9);
  CHECK(producer_refuses({{"reconnect.backoff.ms", "20000"}}) ==
        "`reconnect.backoff.max.ms` must be >= `reconnect.backoff.ms`");
}

TEST_CASE("a consumer of librdkafka reads committed records, and ranges and round-robins") {
  ConfigValues values = given({});
  REQUIRE(resolve_librdkafka_consumer(values).text == "");
  CHECK(values.text("isolation.level") == "read_committed");
  CHECK(values.text("auto.offset.reset") == "largest");
  CHECK_FALSE(values.flag("allow.auto.create.topics"));
  CHECK(values.list("partition.assignment.strategy") ==
        std::vector<std::string>{"range", "roundrobin"});
  CHECK(values.int_value("fetch.max.bytes") == 52428800);
}

TEST_CASE("settings of a consumer of librdkafka exclude each other in its words") {
  CHECK(consumer_refuses({{"max.poll.interval.ms", "44999"}}) ==
        "`max.poll.interval.ms`must be >= `session.timeout.ms`");
  CHECK(consumer_refuses({{"group.protocol", "consumer"}, {"session.timeout.ms", "6000"}}) ==
        "`session.timeout.ms` is not supported for `group.protocol=consumer` or share consumer. It "
        "is defined broker side");
  CHECK(consumer_refuses({{"partition.assignment.strategy", "range,cooperative-sticky"}}) ==
        "All partition.assignment.strategy (range,cooperative-sticky) assignors must have the same "
        "protocol type, online migration between assignors with different protocol types is not "
        "supported");
  CHECK(consumer_refuses({{"partition.assignment.strategy", "sticky"}}) ==
        "Unsupported partition.assignment.strategy: sticky");
  CHECK(consumer_refuses({{"fetch.max.bytes", "1000"}}) ==
        "`fetch.max.bytes` must be >= `message.max.bytes`");
  CHECK(consumer_refuses({{"fetch.min.bytes", "0"}}) ==
        "Configuration property \"fetch.min.bytes\" value is outside allowed range 1..100000000");
}

TEST_CASE("librdkafka warns of what is deprecated, or of the other kind of client") {
  const auto warning = [](std::string_view name, bool of_producer) {
    return librdkafka_warning(*find_config(librdkafka_config_defs(), name), of_producer);
  };
  CHECK(warning("group.id", true) ==
        "Configuration property group.id is a consumer property and will be ignored by this "
        "producer instance");
  CHECK(warning("acks", false) ==
        "Configuration property acks is a producer property and will be ignored by this consumer "
        "instance");
  CHECK(warning("queuing.strategy", true) ==
        "Configuration property queuing.strategy is deprecated");
  CHECK(warning("socket.timeout.ms", true) == "");
}
