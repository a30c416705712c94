// What a producer of librdkafka does otherwise than Java's, over the simulated network.
#include <map>
#include <optional>
#include <set>

#include "producer/local_queue.hpp"
#include "producer/producer.hpp"
#include "protocol/config_librdkafka.hpp"
#include "protocol/events.hpp"
#include "tests/client/fake_broker.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::FakeBroker;
using producer::OutgoingRecord;
using producer::SendResult;
using protocol::ErrorCode;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;
using Lines = std::vector<std::string>;

producer::Config configured(const Settings& settings) {
  protocol::ConfigValues values(protocol::librdkafka_config_defs());
  for (const auto& [name, text] : settings) REQUIRE(values.set(name, text) == "");
  REQUIRE(protocol::resolve_librdkafka_producer(values).text == "");
  return producer::read_config(values, "shop", {"broker-1"});
}

struct Lab {
  explicit Lab(const Settings& settings = {}, int partitions = 1)
      : shop(world, host, process, "shop", configured(settings)) {
    broker.leaders.assign(static_cast<std::size_t>(partitions), protocol::BrokerId(1));
    broker.script = [this](const protocol::Request& request) { return answer(request); };
    shop.set_listener([this](const SendResult& result) {
      results.push_back(protocol::label(result.record) + " " +
                        (result.acked() ? "acked" : std::string(result.message)));
    });
    shop.start();
  }
  void run_until(sim::Duration time) { world.loop().run_until(sim::zero + time); }
  void send(const std::string& label, int partition = 0) {
    protocol::Record record;
    record.value = protocol::Bytes(label);
    record.value_size = 100;
    sim::spawn(process, send_one(this, OutgoingRecord("orders", partition, std::move(record))));
  }
  static sim::Task<> send_one(Lab* lab, OutgoingRecord record) {
    co_await lab->shop.send(std::move(record));
  }
  std::optional<FakeBroker::Reply> answer(const protocol::Request& request) {
    const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body);
    if (produce == nullptr) return std::nullopt;
    requests.push_back(static_cast<int>(produce->partitions.size()));
    batches.push_back(static_cast<int>(produce->partitions[0].records->records.size()));
    timeouts.insert(produce->timeout_ms);
    if (refusal != ErrorCode::none)
      return FakeBroker::Reply{protocol::error_response(request.body, refusal), false, false};
    if (silent) return FakeBroker::Reply{std::nullopt, true, false};
    return std::nullopt;
  }

  sim::World world{1, sim::LatencyRange{sim::Duration(1ms), sim::Duration(1ms)}};
  FakeBroker broker{world, 1};
  sim::Host& host = world.add_host("shop");
  sim::Process& process = host.boot();
  bool silent = false;
  ErrorCode refusal = ErrorCode::none;
  Lines results;
  std::vector<int> requests;  // partitions of each
  std::vector<int> batches;   // records of the first batch of each
  std::set<std::int32_t> timeouts;
  producer::Producer shop;
};

}  // namespace

TEST_CASE("librdkafka's defaults are what its producer works with") {
  const producer::Config config = configured({});
  CHECK(config.acks == protocol::Acks::all);
  CHECK_FALSE(config.idempotent);
  CHECK(config.max_in_flight == 1000000);
  CHECK(config.linger == 5ms);
  CHECK(config.batch_size == 1000000);
  CHECK(config.delivery_timeout == 300s);
  CHECK(config.request_timeout == 30s);
  CHECK(config.network.request_timeout == 60s);
  CHECK(config.network.reconnect_backoff == 100ms);
  CHECK(config.network.reconnect_backoff_max == 10s);
  CHECK(config.partitioner == producer::PartitionerKind::consistent_random);
  CHECK(config.sticky_linger == 10ms);
  CHECK(config.max_request_size == 1000000);
  REQUIRE(config.librdkafka);
  CHECK(config.librdkafka->batch_messages == 10000);
  CHECK(config.librdkafka->queue_messages == 100000);
  CHECK(config.librdkafka->queue_bytes == std::int64_t{1048576} * 1024);
  CHECK(configured({{"message.timeout.ms", "0"}}).delivery_timeout == protocol::config_forever);
  CHECK(configured({{"linger.ms", "0.5"}}).linger == 500us);
  CHECK(configured({{"enable.idempotence", "true"}}).max_in_flight == 5);
  CHECK(configured({{"acks", "1"}}).acks == protocol::Acks::leader);
  CHECK(configured({{"partitioner", "murmur2_random"}}).partitioner ==
        producer::PartitionerKind::murmur2_random);
}

TEST_CASE("a full queue of librdkafka refuses a message at once, and takes some again later") {
  Lab lab(Settings{{"queue.buffering.max.messages", "2"}});
  for (const char* label : {"A", "B", "C"}) lab.send(label);
  lab.run_until(0ms);
  CHECK(lab.results == Lines{"C Local: Queue full"});
  lab.run_until(1s);
  lab.send("D");
  lab.run_until(2s);
  CHECK(lab.results == Lines{"C Local: Queue full", "A acked", "B acked", "D acked"});
}

TEST_CASE("the queue counts the bytes of values too, and 0 messages is no limit") {
  Lab lab(Settings{{"queue.buffering.max.kbytes", "1"}, {"queue.buffering.max.messages", "0"}});
  for (int i = 0; i < 12; ++i) lab.send(std::to_string(i));
  lab.run_until(0ms);
  CHECK(lab.results == Lines{"10 Local: Queue full", "11 Local: Queue full"});
  lab.run_until(1s);
  CHECK(lab.results.size() == 12);
}

TEST_CASE("a message that was refused for its size leaves no trace in the queue") {
  Lab lab(Settings{{"queue.buffering.max.messages", "1"}, {"message.max.bytes", "1000"}});
  protocol::Record big;
  big.value = protocol::Bytes("big");
  big.value_size = 2000;
  sim::spawn(lab.process, Lab::send_one(&lab, OutgoingRecord("orders", 0, std::move(big))));
  lab.run_until(1s);
  lab.send("A");
  lab.run_until(2s);
  CHECK(lab.results == Lines{"big Broker: Message size too large", "A acked"});
}

TEST_CASE("librdkafka sends one partition in a request") {
  Lab lab(Settings{}, 3);
  for (int partition = 0; partition < 3; ++partition)
    lab.send(std::to_string(partition), partition);
  lab.run_until(1s);
  CHECK(lab.requests == std::vector<int>{1, 1, 1});
  CHECK(lab.results.size() == 3);
}

TEST_CASE("a partition of librdkafka lingers for itself") {
  Lab lab(Settings{{"linger.ms", "100"}, {"batch.num.messages", "2"}}, 2);
  lab.run_until(10ms);
  lab.send("A", 0);
  lab.send("B", 1);
  lab.send("C", 1);
  lab.run_until(60ms);
  // Partition 1 has a full batch; partition 0 waits on.
  CHECK(lab.results == Lines{"B acked", "C acked"});
  lab.run_until(1s);
  CHECK(lab.results.size() == 3);
}

TEST_CASE("batch.num.messages closes a batch") {
  Lab lab(Settings{{"batch.num.messages", "2"}});
  for (int i = 0; i < 5; ++i) lab.send(std::to_string(i));
  lab.run_until(1s);
  CHECK(lab.batches == std::vector<int>{2, 2, 1});
}

TEST_CASE("the broker is told request.timeout.ms, the connection has socket.timeout.ms") {
  Lab lab(Settings{{"request.timeout.ms", "1234"},
                   {"socket.timeout.ms", "500"},
                   {"message.timeout.ms", "2000"},
                   {"reconnect.backoff.max.ms", "100"}});
  lab.silent = true;
  lab.send("A");
  lab.run_until(1900ms);
  CHECK(lab.timeouts == std::set<std::int32_t>{1234});
  CHECK(lab.requests.size() >= 3);
  CHECK(lab.results.empty());
  lab.run_until(10s);
  CHECK(lab.results == Lines{"A Local: Message timed out"});
}

TEST_CASE("messages wait for their topic until they time out, and send() is not refused") {
  Lab lab(Settings{{"message.timeout.ms", "3000"}});
  lab.broker.topic = "other";
  lab.send("A");
  lab.run_until(2900ms);
  CHECK(lab.results.empty());
  lab.run_until(5s);
  CHECK(lab.results == Lines{"A Local: Message timed out"});
}

TEST_CASE("batches of librdkafka that come back keep their order without idempotence") {
  Lab lab(Settings{{"batch.num.messages", "1"}, {"linger.ms", "0"}});
  lab.refusal = ErrorCode::not_enough_replicas;
  for (const char* label : {"A", "B", "C"}) lab.send(label);
  lab.run_until(50ms);
  CHECK(lab.requests.size() == 3);
  lab.refusal = ErrorCode::none;
  lab.run_until(5s);
  CHECK(lab.results == Lines{"A acked", "B acked", "C acked"});
}

TEST_CASE("with enable.gapless.guarantee a message lost amid others ends the producer") {
  for (const bool gapless : {false, true}) {
    Lab lab(
        {{"enable.idempotence", "true"}, {"enable.gapless.guarantee", gapless ? "true" : "false"}});
    lab.refusal = ErrorCode::invalid_record;
    lab.send("A");
    lab.run_until(100ms);
    lab.refusal = ErrorCode::none;
    lab.send("B");
    lab.run_until(5s);
    REQUIRE(lab.results.size() == 2);
    const bool refused =
        lab.results[1].find("unable to satisfy gap-less guarantee") != std::string::npos;
    CHECK(refused == gapless);
    CHECK((lab.results[1] == "B acked") == !gapless);
  }
}
