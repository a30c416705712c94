// What makes a batch and what makes a request.
#include <algorithm>
#include <set>

#include "tests/producer/lab.hpp"

using namespace kafkasim;
using namespace kafkasim::producer;
using namespace std::chrono_literals;
using protocol::ErrorCode;

namespace {

Lines of_partition(const Lines& asked, int partition) {
  Lines out;
  for (const std::string& line : asked) {
    if (line.find(" " + std::to_string(partition) + "/") != std::string::npos) out.push_back(line);
  }
  return out;
}

}  // namespace

TEST_CASE("linger.ms is 5 ms unless it is set, from the first record on") {
  Lab lab;
  lab.send("warm");
  lab.run_until(1s);
  lab.send("A");
  lab.run_until(1s + 3ms);
  lab.send("B");
  lab.run_until(2s);
  REQUIRE(lab.asked.size() == 2);
  // The request takes a millisecond to arrive.
  CHECK(lab.asked[1] == "1.006000 0/1: A B");
}

TEST_CASE("without linger records still share batches while the connection is busy") {
  Lab lab(Settings{{"linger.ms", "0"}, {"max.in.flight.requests.per.connection", "1"}});
  lab.send("warm");
  lab.run_until(1s);
  lab.send("A");
  lab.run_until(1s + 500us);
  lab.send_all({"B", "C"});
  lab.run_until(2s);
  REQUIRE(lab.asked.size() == 3);
  CHECK(lab.asked[1].find(": A") != std::string::npos);
  CHECK(lab.asked[2].find(": B C") != std::string::npos);
}

TEST_CASE("a node's request carries one batch of each of its partitions") {
  Lab lab(Settings{{"batch.size", "1"}, {"linger.ms", "0"}}, 3);
  lab.send("warm");
  lab.run_until(1s);
  for (int i = 0; i < 2; ++i) {
    for (int p = 0; p < 3; ++p) lab.send(std::string(1, static_cast<char>('A' + 3 * i + p)), p);
  }
  lab.run_until(2s);
  REQUIRE(lab.asked.size() == 3);
  for (const int request : {1, 2}) {
    const std::string& line = lab.asked[static_cast<std::size_t>(request)];
    for (int p = 0; p < 3; ++p) {
      const std::string label(1, static_cast<char>('A' + 3 * (request - 1) + p));
      CHECK(line.find(std::to_string(p) + "/") != std::string::npos);
      CHECK(line.find(": " + label) != std::string::npos);
    }
  }
}

TEST_CASE("a full batch takes those of the node's other partitions along, linger or not") {
  Lab lab(Settings{{"batch.size", "300"}, {"linger.ms", "1000"}}, 2);
  lab.send("A", 0);
  lab.run_until(500ms);
  CHECK(lab.asked.empty());
  lab.send_all({"B", "C", "D", "E"}, 1);
  lab.run_until(510ms);
  CHECK(of_partition(lab.asked, 0).size() == 1);
}

TEST_CASE("a batch beyond max.request.size goes alone") {
  Lab lab(Settings{{"max.request.size", "250"}, {"linger.ms", "5"}}, 3);
  for (int p = 0; p < 3; ++p) lab.send(std::string(1, static_cast<char>('A' + p)), p);
  lab.run_until(1s);
  // 129 bytes each: one and a second are too many.
  CHECK(lab.asked.size() == 3);
  std::set<std::string> labels;
  for (const std::string& line : lab.asked) labels.insert(line.substr(line.find(": ")));
  CHECK(labels == std::set<std::string>{": A", ": B", ": C"});
}

TEST_CASE("a partition without a leader waits, and is asked about, until it has one") {
  Lab lab(Settings{{"linger.ms", "0"}});
  lab.broker.leaders = {protocol::BrokerId()};
  lab.send("A");
  lab.run_until(3s);
  CHECK(lab.results.empty());
  CHECK(lab.asked.empty());
  lab.broker.leaders = {protocol::BrokerId(1)};
  lab.run_until(6s);
  CHECK(lab.results == Lines{"A@0"});
}

TEST_CASE("a partition without a leader fails its records after the delivery timeout only") {
  Lab lab(Settings{
      {"linger.ms", "0"}, {"delivery.timeout.ms", "4000"}, {"request.timeout.ms", "1000"}});
  lab.broker.leaders = {protocol::BrokerId()};
  lab.send("A");
  lab.run_until(3900ms);
  CHECK(lab.results.empty());
  lab.run_until(5s);
  // It was never sent: there is no doubt.
  CHECK(lab.results == Lines{"A REQUEST_TIMED_OUT"});
}

TEST_CASE("records without a key change the partition after batch.size bytes, not before") {
  Lab lab(Settings{{"batch.size", "400"}, {"linger.ms", "1"}, {"enable.idempotence", "false"}}, 10);
  for (int i = 0; i < 200; ++i) lab.send("r" + std::to_string(i), std::nullopt);
  lab.run_until(5s);
  REQUIRE(lab.results.size() == 200);
  std::set<std::int32_t> used(lab.partitions.begin(), lab.partitions.end());
  CHECK(used.size() > 4);
  // A batch of 400 bytes holds five records of 68.
  std::size_t records = 0;
  for (int p = 0; p < 10; ++p) records += lab.stored(p).size();
  CHECK(records == 200);
  for (int p = 0; p < 10; ++p) {
    const Lines& stored = lab.stored(p);
    for (std::size_t i = 0; i + 1 < stored.size(); ++i) {
      // Neighbours in a log are mostly neighbours of the application, too.
      CHECK(std::stoi(stored[i].substr(1)) < std::stoi(stored[i + 1].substr(1)));
    }
  }
}

TEST_CASE("a broker that has taken nothing for too long gets no records without a key") {
  Lab lab(Settings{{"linger.ms", "0"},
                   {"batch.size", "150"},
                   {"partitioner.availability.timeout.ms", "500"}},
          2);
  client::FakeBroker second(lab.world, 2);
  lab.broker.brokers = {1, 2};
  lab.broker.leaders = {protocol::BrokerId(1), protocol::BrokerId(2)};
  lab.send("w0", 0);
  lab.send("w1", 1);
  lab.run_until(1s);
  // Broker 2 answers no more: after five requests nothing can be sent to it.
  second.script = [](const protocol::Request& request) -> std::optional<Lab::Reply> {
    if (!std::holds_alternative<protocol::ProduceRequest>(request.body)) return std::nullopt;
    return Lab::Reply{std::nullopt, true, false};
  };
  for (int i = 0; i < 6; ++i) {
    lab.run_until(1010ms + i * 10ms);
    lab.send("x", 1);
  }
  for (int i = 0; i < 10; ++i) {
    lab.run_until(1200ms + i * 100ms);
    lab.send("p" + std::to_string(i), 0);
  }
  for (int i = 0; i < 40; ++i) {
    lab.run_until(2300ms + i * 20ms);
    lab.send("z" + std::to_string(i), std::nullopt);
  }
  lab.run_until(4s);
  const Lines& stored = lab.stored(0);
  const auto is_z = [](const std::string& label) { return label[0] == 'z'; };
  CHECK(std::count_if(stored.begin(), stored.end(), is_z) == 40);
}

TEST_CASE("what a batch shrinks to is learned in small steps, also from those sent again") {
  Lab lab(Settings{{"linger.ms", "5"}, {"batch.size", "1000"}, {"compression.type", "gzip"}});
  // A batch counts as full at 1000 estimated bytes: 61 + 68 n * ratio * 1.05 with ratio 1 at first.
  const auto records_of_a_full_batch = [&lab] {
    const std::size_t before = lab.asked.size();
    for (int i = 0; i < 40; ++i) lab.send("r");
    lab.run_until(lab.world.now() - sim::zero + 1s);
    const std::string& line = lab.asked.at(before);
    return std::count(line.begin(), line.end(), 'r');
  };
  CHECK(records_of_a_full_batch() == 13);
  for (int i = 0; i < 60; ++i) {
    lab.send("w");
    lab.run_until(lab.world.now() - sim::zero + 50ms);
  }
  const auto better = records_of_a_full_batch();
  CHECK(better > 17);
  CHECK(better < 32);
  // A batch that the broker finds too large takes all of it back.
  const int next = static_cast<int>(lab.asked.size()) + 1;
  lab.on_produce = [=](int number, const protocol::Request& request) -> std::optional<Lab::Reply> {
    if (number == next) return Lab::error(ErrorCode::message_too_large, request);
    return std::nullopt;
  };
  lab.send_all({"A", "B"});
  lab.run_until(lab.world.now() - sim::zero + 1s);
  CHECK(records_of_a_full_batch() <= 14);
}
