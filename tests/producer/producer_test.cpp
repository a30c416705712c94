// The producer over the simulated network, against a small broker: what the application and the
// trace see.
#include "tests/producer/lab.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::FakeBroker;
using protocol::ErrorCode;

namespace {

using producer::Lines;
using producer::Settings;

// Unless it is told, a record weighs what its label does and the partition is left to the producer.
struct Lab : producer::Lab {
  using producer::Lab::Lab;
  void send(const std::string& label, std::optional<int> partition = std::nullopt, int size = -1) {
    producer::Lab::send(label, partition, size < 0 ? static_cast<int>(label.size()) : size);
  }
};

// The first `times` Produce requests are answered like that.
FakeBroker::Script to_first_produce(int times, FakeBroker::Reply reply,
                                    ErrorCode error = ErrorCode::none) {
  return [times, reply,
          error](const protocol::Request& request) mutable -> std::optional<FakeBroker::Reply> {
    if (!std::holds_alternative<protocol::ProduceRequest>(request.body) || times-- <= 0)
      return std::nullopt;
    if (error != ErrorCode::none) reply.body = protocol::error_response(request.body, error);
    return reply;
  };
}

}  // namespace

TEST_CASE("records sent together travel in one batch after linger.ms") {
  Lab lab;
  for (const char* label : {"A", "B", "C"}) lab.send(label);
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@0", "B@1", "C@2"});
  CHECK(lab.stored() == Lines{"A", "B", "C"});
  CHECK(lab.lines("acked").size() == 1);
  CHECK(lab.lines("sent").size() == 3);
  CHECK(lab.lines("producer-id").size() == 1);
  CHECK(lab.shop.is_idle());
}

TEST_CASE("a refused batch is sent again after its backoff, and the error is reported") {
  Lab lab;
  lab.broker.script = to_first_produce(2, {}, ErrorCode::not_enough_replicas);
  lab.send("A");
  lab.run_until(150ms);
  CHECK(lab.results.empty());
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@0"});
  CHECK(lab.lines("retried").size() == 2);
  CHECK(lab.lines("error").size() == 2);
}

TEST_CASE("a lost answer leads to the batch being sent again with the same sequence") {
  Lab lab;
  std::vector<std::int32_t> sequences;
  lab.broker.script = [&](const protocol::Request& request) -> std::optional<FakeBroker::Reply> {
    const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body);
    if (produce == nullptr) return std::nullopt;
    sequences.push_back(produce->partitions[0].records->base_sequence);
    if (sequences.size() == 1) return FakeBroker::Reply{std::nullopt, false, true};
    return std::nullopt;
  };
  lab.send("A");
  lab.run_until(5s);
  CHECK(lab.results == Lines{"A@0"});
  CHECK(sequences == std::vector<std::int32_t>{0, 0});
}

TEST_CASE("a batch fails when delivery.timeout.ms is over, and may be stored all the same") {
  Lab lab(Settings{
      {"delivery.timeout.ms", "3000"}, {"request.timeout.ms", "1000"}, {"linger.ms", "0"}});
  lab.broker.script = to_first_produce(1000, FakeBroker::Reply{std::nullopt, true, false});
  lab.send("A");
  lab.run_until(10s);
  CHECK(lab.results == Lines{"A REQUEST_TIMED_OUT?"});
  CHECK(lab.messages[0].find("ms has passed since batch creation") != std::string::npos);
  CHECK(lab.shop.is_idle());
}

TEST_CASE("a producer that waits for its turn to retry does not spin") {
  Lab lab(Settings{{"batch.size", "1"}, {"linger.ms", "0"}});
  lab.broker.script = to_first_produce(5, {}, ErrorCode::not_enough_replicas);
  for (const char* label : {"A", "B", "C", "D", "E"}) lab.send(label, 0, 60);
  lab.run_until(10ms);
  const std::uint64_t before = lab.world.loop().events_run();
  lab.run_until(90ms);
  CHECK(lab.world.loop().events_run() - before < 60);
  lab.run_until(2s);
  CHECK(lab.results == Lines{"A@0", "B@1", "C@2", "D@3", "E@4"});
  CHECK(lab.stored() == Lines{"A", "B", "C", "D", "E"});
}

TEST_CASE("with acks=0 a record is done when it is written, at no known offset") {
  Lab lab(Settings{{"acks", "0"}});
  lab.broker.script = to_first_produce(1000, FakeBroker::Reply{std::nullopt, true, false});
  lab.send("A");
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@-1"});
  CHECK(lab.lines("producer-id").empty());
}

TEST_CASE("a topic that does not exist fails after max.block.ms with Kafka's words") {
  Lab lab(Settings{{"max.block.ms", "2000"}});
  lab.broker.leaders.clear();
  lab.send("A");
  lab.run_until(1999ms);
  CHECK(lab.results.empty());
  lab.run_until(3s);
  CHECK(lab.results == Lines{"A REQUEST_TIMED_OUT"});
  CHECK(lab.messages[0] == "Topic orders not present in metadata after 2000 ms.");
}

TEST_CASE("a partition that does not exist fails after max.block.ms with Kafka's words") {
  Lab lab(Settings{{"max.block.ms", "2000"}});
  lab.send("A", 7);
  lab.run_until(3s);
  CHECK(lab.messages == Lines{"Partition 7 of topic orders with partition count 1 is not present "
                              "in metadata after 2000 ms."});
}

TEST_CASE("send() waits for memory until batches are through") {
  Lab lab(Settings{{"buffer.memory", "400"}, {"batch.size", "200"}, {"linger.ms", "50"}});
  for (const char* label : {"A", "B", "C", "D"}) lab.send(label, 0, 120);
  lab.run_until(10s);
  CHECK(lab.results == Lines{"A@0", "B@1", "C@2", "D@3"});
}

TEST_CASE("a record that need not wait is sent without a coroutine, and heard of all the same") {
  Lab lab;
  lab.send("A");
  lab.run_until(1s);
  protocol::Record record;
  record.value = protocol::Bytes("B");
  record.value_size = 1;
  CHECK(lab.shop.try_send("orders", 0, record));
  lab.run_until(2s);
  CHECK(lab.results == Lines{"A@0", "B@1"});
  CHECK(lab.lines("sent").size() == 2);
}

TEST_CASE("a record that would have to wait for metadata is not taken") {
  Lab lab;
  protocol::Record record;
  record.value = protocol::Bytes("A");
  record.value_size = 1;
  CHECK_FALSE(lab.shop.try_send("orders", 0, record));
  CHECK(record.value.view() == "A");
  CHECK(record.timestamp_ms == -1);
  lab.run_until(1s);
  CHECK_FALSE(lab.shop.try_send("orders", 7, record));  // there is no such partition yet
  CHECK(lab.lines("sent").empty());
  CHECK(lab.shop.is_idle());
}

TEST_CASE("a record that would have to wait for memory is taken only by a batch with room") {
  Lab lab({{"buffer.memory", "400"}, {"batch.size", "300"}, {"linger.ms", "1000"}});
  lab.send("A", 0, 60);
  lab.run_until(100ms);
  const auto record = [](int size) {
    protocol::Record made;
    made.value = protocol::Bytes("B");
    made.value_size = size;
    return made;
  };
  protocol::Record fits = record(60);
  protocol::Record too_large = record(200);
  CHECK_FALSE(lab.shop.try_send("orders", 0, too_large));
  CHECK(lab.shop.try_send("orders", 0, fits));
  lab.run_until(5s);
  CHECK(lab.results == Lines{"A@0", "B@1"});
}

TEST_CASE("nobody overtakes a send that waits for memory") {
  Lab lab({{"buffer.memory", "400"}, {"batch.size", "300"}, {"linger.ms", "1000"}});
  lab.send("A", 0, 60);
  lab.run_until(100ms);
  lab.send("B", 0, 200);  // waits for the batch of A
  lab.run_until(100ms);
  protocol::Record small;
  small.value = protocol::Bytes("C");
  small.value_size = 1;
  CHECK_FALSE(lab.shop.try_send("orders", 0, small));
  lab.run_until(5s);
  CHECK(lab.results == Lines{"A@0", "B@1"});
}

TEST_CASE("send() gives up waiting for memory after max.block.ms") {
  Lab lab(Settings{{"buffer.memory", "300"}, {"batch.size", "200"}, {"max.block.ms", "1000"}});
  lab.broker.script = to_first_produce(1000, FakeBroker::Reply{std::nullopt, true, false});
  lab.send("A", 0, 120);
  lab.send("B", 0, 120);
  lab.run_until(2s);
  CHECK(lab.results == Lines{"B REQUEST_TIMED_OUT"});
  CHECK(lab.messages[0].find("Failed to allocate") == 0);
}

TEST_CASE("a record larger than max.request.size fails at once") {
  Lab lab;
  lab.send("A", 0, 2'000'000);
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A MESSAGE_TOO_LARGE"});
}

TEST_CASE("a record that the broker refuses for good fails, and the next ones go on") {
  Lab lab(Settings{{"batch.size", "1"}});
  lab.broker.script = to_first_produce(1, {}, ErrorCode::invalid_record);
  lab.send("A", 0, 60);
  lab.send("B", 0, 60);
  lab.run_until(5s);
  CHECK(lab.results == Lines{"A INVALID_RECORD", "B@0"});
}

namespace {

sim::Task<> flush(Lab* lab, Lines* out) {
  const bool done = co_await lab->shop.flush(sim::zero + 10s);
  out->push_back((done ? "flushed at " : "not flushed at ") + sim::to_string(lab->world.now()));
}

sim::Task<> close(Lab* lab, sim::Duration timeout, Lines* out) {
  co_await lab->shop.close(timeout);
  out->push_back("closed at " + sim::to_string(lab->world.now()));
}

}  // namespace

TEST_CASE("flush does not wait for linger.ms") {
  Lab lab(Settings{{"linger.ms", "5000"}});
  lab.send("A");
  lab.run_until(100ms);
  CHECK(lab.results.empty());
  Lines out;
  sim::spawn(lab.process, flush(&lab, &out));
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@0"});
  // Connect, ApiVersions, Produce: three round trips of two milliseconds.
  CHECK(out == Lines{"flushed at 0.106000"});
}

TEST_CASE("close sends what is in line and refuses what comes later") {
  Lab lab(Settings{{"linger.ms", "5000"}});
  lab.send("A");
  lab.run_until(100ms);
  Lines out;
  sim::spawn(lab.process, close(&lab, 10s, &out));
  lab.run_until(1s);
  lab.send("B");
  lab.run_until(2s);
  CHECK(lab.results == Lines{"A@0", "B UNKNOWN_SERVER_ERROR"});
  CHECK(out == Lines{"closed at 0.106000"});
  CHECK(lab.shop.is_closed());
}

TEST_CASE("close with a timeout fails what is left then") {
  Lab lab;
  lab.broker.script = to_first_produce(1000, FakeBroker::Reply{std::nullopt, true, false});
  lab.send("A");
  lab.run_until(100ms);
  Lines out;
  sim::spawn(lab.process, close(&lab, 2s, &out));
  lab.run_until(5s);
  CHECK(lab.results == Lines{"A UNKNOWN_SERVER_ERROR?"});
  CHECK(lab.messages[0] == "Producer is closed forcefully.");
  CHECK(out == Lines{"closed at 2.100000"});
}

TEST_CASE("a producer follows its partition to another broker") {
  Lab lab;
  FakeBroker second(lab.world, 2);
  lab.broker.brokers = {1, 2};
  lab.send("A");
  lab.run_until(1s);
  lab.broker.leaders = {protocol::BrokerId(2)};
  lab.broker.script = to_first_produce(1, {}, ErrorCode::not_leader_or_follower);
  lab.send("B");
  lab.run_until(3s);
  CHECK(lab.results == Lines{"A@0", "B@0"});
  CHECK(second.log[protocol::TopicPartition{"orders", 0}] == Lines{"B"});
}

TEST_CASE("a producer outlasts a broker that is down for a while") {
  Lab lab;
  lab.send("A");
  lab.run_until(1s);
  lab.broker.host().crash();
  lab.send("B");
  lab.run_until(8s);
  CHECK(lab.results == Lines{"A@0"});
  lab.broker.boot();
  lab.run_until(15s);
  CHECK(lab.results == Lines{"A@0", "B@1"});
}

TEST_CASE("a crashed producer says nothing more") {
  Lab lab;
  lab.send("A");
  lab.send("B");
  lab.run_until(2ms);
  lab.process.crash();
  lab.run_until(10s);
  CHECK(lab.results.empty());
}

TEST_CASE("the same seed gives the same trace") {
  std::vector<std::uint64_t> hashes;
  for (int i = 0; i < 2; ++i) {
    Lab lab;
    lab.broker.script = to_first_produce(3, {}, ErrorCode::not_enough_replicas);
    for (const char* label : {"A", "B", "C"}) lab.send(label);
    lab.run_until(10s);
    hashes.push_back(lab.world.trace().hash());
  }
  CHECK(hashes[0] == hashes[1]);
}
