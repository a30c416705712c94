// What send() refuses, waits for and says; flush and close.
#include "tests/producer/lab.hpp"

using namespace kafkasim;
using namespace kafkasim::producer;
using namespace std::chrono_literals;
using protocol::ErrorCode;

namespace {

// No Produce request is answered.
void stay_silent(Lab& lab) {
  lab.on_produce = [](int, const protocol::Request&) {
    return Lab::Reply{std::nullopt, true, false};
  };
}

// The connection breaks at the first questions for metadata.
void no_metadata(Lab& lab, int times) {
  lab.on_other = [times](const protocol::Request& request) mutable -> std::optional<Lab::Reply> {
    if (!std::holds_alternative<protocol::MetadataRequest>(request.body) || times-- <= 0)
      return std::nullopt;
    return Lab::Reply{std::nullopt, false, true};
  };
}

void topic_error(Lab& lab, ErrorCode error) {
  lab.on_other = [error](const protocol::Request& request) -> std::optional<Lab::Reply> {
    const auto* asked = std::get_if<protocol::MetadataRequest>(&request.body);
    if (asked == nullptr) return std::nullopt;
    protocol::MetadataResponse response;
    response.brokers.push_back(protocol::NodeEndpoint{protocol::BrokerId(1), "broker-1", ""});
    for (const std::string& name : asked->topics) {
      protocol::MetadataTopic topic;
      topic.name = name;
      topic.error = error;
      response.topics.push_back(topic);
    }
    return Lab::Reply{response, false, false};
  };
}

}  // namespace

TEST_CASE("an invalid topic name fails with the answer, and from then on at once") {
  Lab lab;
  topic_error(lab, ErrorCode::invalid_topic_exception);
  lab.send("A", std::nullopt, 60, "a b");
  lab.run_until(10ms);
  lab.send("B", std::nullopt, 60, "a b");
  lab.run_until(10ms + 1us);
  CHECK(lab.results == Lines{"A INVALID_TOPIC_EXCEPTION", "B INVALID_TOPIC_EXCEPTION"});
  CHECK(lab.messages == Lines{"Invalid topics: [a b]", "a b"});
}

TEST_CASE("a topic that one may not write to is asked for again by each send") {
  Lab lab;
  topic_error(lab, ErrorCode::topic_authorization_failed);
  lab.send("A");
  lab.run_until(1s);
  lab.send("B");
  CHECK(lab.results.size() == 1);
  lab.run_until(2s);
  CHECK(lab.results == Lines{"A TOPIC_AUTHORIZATION_FAILED", "B TOPIC_AUTHORIZATION_FAILED"});
  CHECK(lab.messages[1] == "Not authorized to access topics: [orders]");
}

TEST_CASE("the wait for metadata counts against the wait for memory") {
  Lab lab(Settings{{"max.block.ms", "3000"}, {"buffer.memory", "300"}, {"batch.size", "200"}});
  no_metadata(lab, 3);
  stay_silent(lab);
  lab.send("A");
  lab.send("B", 0, 120);
  lab.run_until(4s);
  REQUIRE(lab.messages.size() == 1);
  // B has waited for metadata, with pauses of about 100, 200 and 400 ms.
  CHECK(lab.lines("failed").at(0).find("3.000000") != std::string::npos);
  const std::string words = "max blocking time ";
  const std::size_t at = lab.messages[0].find(words);
  REQUIRE(at != std::string::npos);
  const int left = std::stoi(lab.messages[0].substr(at + words.size()));
  CHECK(left < 2500);
  CHECK(left > 2000);
}

TEST_CASE("what a waiter has collected by its deadline is not called available") {
  Lab lab(Settings{{"max.block.ms", "100"}, {"buffer.memory", "300"}, {"batch.size", "200"}});
  stay_silent(lab);
  lab.send("A");
  lab.send("B", 0, 120);
  lab.run_until(1s);
  CHECK(
      lab.messages.at(0).find("Total memory: 300 bytes. Available memory: 0 bytes. Poolable size: "
                              "200 bytes") != std::string::npos);
}

TEST_CASE("memory comes back when a batch is through, not when it is sent") {
  Lab lab(Settings{{"buffer.memory", "200"}, {"batch.size", "200"}, {"linger.ms", "0"}});
  int answered = 0;
  lab.on_produce = [&](int number, const protocol::Request&) -> std::optional<Lab::Reply> {
    if (number > 1 || answered > 0) return std::nullopt;
    return Lab::Reply{std::nullopt, true, false};
  };
  lab.send("A", 0, 100);
  lab.send("B", 0, 100);
  lab.run_until(20s);
  CHECK(lab.asked.size() == 1);
  CHECK_FALSE(lab.shop.is_idle());
  // The first request expires after 30 s, and its batch is sent again.
  lab.run_until(40s);
  CHECK(lab.results == Lines{"A@0", "B@1"});
}

TEST_CASE("a batch.size beyond buffer.memory fails each record at once") {
  Lab lab(Settings{{"buffer.memory", "1000"}, {"batch.size", "2000"}});
  lab.send("A");
  lab.run_until(100ms);
  CHECK(lab.messages ==
        Lines{"Attempt to allocate 2000 bytes, but there is a hard limit of 1000 on "
              "memory allocations."});
}

TEST_CASE("a record too large for a request or for the memory is refused in Kafka's words") {
  Lab lab(Settings{{"max.request.size", "1000"}, {"buffer.memory", "800"}, {"batch.size", "100"}});
  lab.send("A", 0, 2000);
  lab.send("B", 0, 900);
  lab.run_until(100ms);
  CHECK(lab.results == Lines{"A MESSAGE_TOO_LARGE", "B MESSAGE_TOO_LARGE"});
  // 61 for the batch, 21 for the record at most, no key, the value with its length, no headers.
  CHECK(
      lab.messages[0] ==
      "The message is 2086 bytes when serialized which is larger than 1000, which is the value of "
      "the max.request.size configuration.");
  CHECK(lab.messages[1] ==
        "The message is 986 bytes when serialized which is larger than the total memory buffer you "
        "have configured with the buffer.memory configuration.");
  CHECK(lab.partitions == std::vector<std::int32_t>{0, 0});
}

TEST_CASE("a record that is too large has had its turn with the partitioner") {
  Config config = configured({{"max.request.size", "1000"}});
  config.partitioner = PartitionerKind::round_robin;
  Lab lab(config);
  lab.broker.leaders.assign(3, protocol::BrokerId(1));
  lab.send("A", std::nullopt);
  lab.send("B", std::nullopt, 2000);
  lab.send("C", std::nullopt);
  lab.run_until(1s);
  CHECK(lab.partitions == std::vector<std::int32_t>{-1, 0, 2});
}

TEST_CASE("a record's time is that after the wait for metadata") {
  Lab lab(Settings{{"linger.ms", "0"}});
  no_metadata(lab, 3);
  lab.send("A");
  lab.run_until(500ms);
  CHECK(lab.results.empty());
  lab.run_until(5s);
  REQUIRE(lab.results == Lines{"A@0"});
  CHECK(lab.timestamps[0] > sim::to_epoch_ms(sim::zero + 500ms));
  CHECK(lab.timestamps[0] < sim::to_epoch_ms(sim::zero + 2s));
}

TEST_CASE("the application hears of a partition's records in the order in which it sent them") {
  Lab lab(Settings{{"batch.size", "200"}, {"linger.ms", "0"}});
  const Lines labels{"A", "B", "C", "D", "E", "F", "G", "H"};
  lab.send_all(labels);
  lab.run_until(1s);
  REQUIRE(lab.results.size() == labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i)
    CHECK(lab.results[i] == labels[i] + "@" + std::to_string(i));
  CHECK(lab.asked.size() > 2);
}

TEST_CASE("flush waits for what was in line when it was called, not for later records") {
  Lab lab(Settings{{"linger.ms", "5000"}, {"batch.size", "100"}});
  lab.send("A");
  lab.run_until(100ms);
  lab.on_produce = [](int number, const protocol::Request&) -> std::optional<Lab::Reply> {
    if (number == 1) return std::nullopt;
    return Lab::Reply{std::nullopt, true, false};
  };
  lab.flush();
  lab.run_until(101ms);
  lab.send("B");
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@0"});
  CHECK(lab.ends == Lines{"flushed at 0.106000"});
}

TEST_CASE("close without time fails everything at once and sends nothing more") {
  Lab lab(Settings{{"linger.ms", "5000"}});
  lab.send_all({"A", "B"});
  lab.run_until(100ms);
  lab.close(0ms);
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A UNKNOWN_SERVER_ERROR", "B UNKNOWN_SERVER_ERROR"});
  CHECK(lab.messages == Lines(2, "Producer is closed forcefully."));
  CHECK(lab.asked.empty());
  CHECK(lab.ends == Lines{"closed at 0.100000"});
  CHECK(lab.shop.is_idle());
}

TEST_CASE("a send that waits for memory hears that the producer was closed") {
  Lab lab(Settings{{"buffer.memory", "300"}, {"batch.size", "200"}});
  stay_silent(lab);
  lab.send("A");
  lab.send("B", 0, 120);
  lab.run_until(100ms);
  lab.close(5s);
  lab.run_until(101ms);
  CHECK(lab.results == Lines{"B UNKNOWN_SERVER_ERROR"});
  CHECK(lab.messages == Lines{"Producer closed while allocating memory"});
}

TEST_CASE("a send that waits for metadata hears of the close when the I/O ends") {
  Lab lab(Settings{{"enable.idempotence", "false"}});
  lab.on_other = [](const protocol::Request& request) -> std::optional<Lab::Reply> {
    if (!std::holds_alternative<protocol::MetadataRequest>(request.body)) return std::nullopt;
    return Lab::Reply{std::nullopt, true, false};
  };
  lab.send("A");
  lab.run_until(100ms);
  lab.close(2s);
  lab.run_until(1s);
  CHECK(lab.results.empty());
  lab.run_until(10s);
  CHECK(lab.ends == Lines{"closed at 2.100000"});
  CHECK(lab.results == Lines{"A UNKNOWN_SERVER_ERROR"});
  CHECK(lab.messages == Lines{"Producer closed while send in progress"});
}
