// What happens to a batch that was not acked: when it is sent again, when it fails, and with which
// words.
#include "tests/producer/lab.hpp"

using namespace kafkasim;
using namespace kafkasim::producer;
using namespace std::chrono_literals;
using protocol::ErrorCode;

namespace {

const Settings plain{{"enable.idempotence", "false"}, {"linger.ms", "0"}};

Settings with(Settings settings, const Settings& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

protocol::ProduceResponse answer_with(protocol::ProducePartitionResponse part) {
  part.partition = protocol::TopicPartition{"orders", 0};
  protocol::ProduceResponse response;
  response.partitions.push_back(std::move(part));
  return response;
}

}  // namespace

TEST_CASE("a batch is sent retries times more, and then fails with the last error") {
  Lab lab(with(plain, {{"retries", "2"}}));
  lab.on_produce = [](int, const protocol::Request& request) {
    return Lab::error(ErrorCode::not_enough_replicas, request);
  };
  lab.send("A");
  lab.run_until(10s);
  CHECK(lab.asked.size() == 3);
  CHECK(lab.lines("retried").size() == 2);
  REQUIRE(lab.results == Lines{"A NOT_ENOUGH_REPLICAS?"});
  CHECK(lab.messages[0] ==
        "Messages are rejected since there are fewer in-sync replicas than required.");
}

TEST_CASE("an error that no retry cures fails the batch at once") {
  Lab lab(plain);
  lab.on_produce = [](int, const protocol::Request& request) {
    return Lab::error(ErrorCode::invalid_required_acks, request);
  };
  lab.send("A");
  lab.run_until(10s);
  CHECK(lab.asked.size() == 1);
  CHECK(lab.results == Lines{"A INVALID_REQUIRED_ACKS"});
}

TEST_CASE("a broken connection and a timeout are errors of their own, both sent again") {
  Lab lab(with(plain, {{"request.timeout.ms", "1000"}, {"delivery.timeout.ms", "60000"}}));
  lab.on_produce = [](int number, const protocol::Request&) -> std::optional<Lab::Reply> {
    if (number == 1) return Lab::Reply{std::nullopt, false, true};
    if (number == 2) return Lab::Reply{std::nullopt, true, false};
    return std::nullopt;
  };
  lab.send("A");
  lab.run_until(20s);
  CHECK(lab.results == Lines{"A@0"});
  const Lines errors = lab.lines("error");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].find("NETWORK_EXCEPTION") != std::string::npos);
  CHECK(errors[1].find("REQUEST_TIMED_OUT") != std::string::npos);
}

TEST_CASE("an expired request takes the others on its connection with it") {
  Lab lab(with(
      plain,
      {{"request.timeout.ms", "1000"}, {"delivery.timeout.ms", "60000"}, {"batch.size", "1"}}));
  lab.on_produce = [](int number, const protocol::Request&) -> std::optional<Lab::Reply> {
    if (number <= 2) return Lab::Reply{std::nullopt, true, false};
    return std::nullopt;
  };
  lab.send("A");
  lab.run_until(900ms);
  lab.send("B");
  lab.run_until(20s);
  // B's request was 100 ms old.
  CHECK(lab.lines("error").size() == 2);
  CHECK(lab.lines("retried").size() == 2);
  CHECK(lab.stored().size() == 2);
}

TEST_CASE("an answer that comes after a batch has expired changes nothing") {
  Lab lab(with(plain, {{"request.timeout.ms", "5000"}, {"delivery.timeout.ms", "2000"}}));
  lab.send("A");
  lab.run_until(100ms);
  const sim::LatencyRange slow{sim::Duration(2500ms), sim::Duration(2500ms)};
  lab.world.network().set_latency(lab.broker.host().id(), lab.host.id(), slow);
  lab.send("B");
  lab.run_until(60s);
  REQUIRE(lab.results == Lines{"A@0", "B REQUEST_TIMED_OUT?"});
  CHECK(lab.messages[1] ==
        "Expiring 1 record(s) for orders-0:2000 ms has passed since batch creation");
  CHECK(lab.stored() == Lines{"A", "B"});
  CHECK(lab.asked.size() == 2);
  CHECK(lab.shop.is_idle());
}

TEST_CASE("linger counts against the delivery timeout") {
  Lab lab(with(
      plain,
      {{"linger.ms", "500"}, {"request.timeout.ms", "1000"}, {"delivery.timeout.ms", "1500"}}));
  lab.on_produce = [](int, const protocol::Request& request) {
    return Lab::error(ErrorCode::not_enough_replicas, request);
  };
  lab.send("A");
  lab.run_until(10s);
  // Metadata takes six milliseconds, then the batch begins.
  REQUIRE(lab.lines("failed").size() == 1);
  CHECK(lab.lines("failed")[0].find("1.50") != std::string::npos);
}

TEST_CASE("one request in flight keeps the order without idempotence, more do not") {
  for (const char* in_flight : {"1", "5"}) {
    Lab lab(
        with(plain, {{"batch.size", "1"}, {"max.in.flight.requests.per.connection", in_flight}}));
    lab.on_produce = [](int number, const protocol::Request& request) -> std::optional<Lab::Reply> {
      if (number == 1) return Lab::error(ErrorCode::not_enough_replicas, request);
      return std::nullopt;
    };
    lab.send_all({"A", "B", "C"});
    lab.run_until(10s);
    CHECK(lab.stored() ==
          (std::string(in_flight) == "1" ? Lines{"A", "B", "C"} : Lines{"B", "C", "A"}));
  }
}

TEST_CASE("a node that asks for a pause gets nothing for as long") {
  Lab lab(plain);
  lab.on_produce = [](int number, const protocol::Request&) -> std::optional<Lab::Reply> {
    if (number > 1) return std::nullopt;
    protocol::ProducePartitionResponse part;
    part.base_offset = protocol::Offset(0);
    protocol::ProduceResponse response = answer_with(part);
    response.throttle_time_ms = 700;
    return Lab::Reply{response, false, false};
  };
  lab.send("A");
  lab.run_until(50ms);
  REQUIRE(lab.results == Lines{"A@0"});
  const sim::Time answered = lab.world.now();
  lab.send("B");
  lab.run_until(690ms);
  CHECK(lab.asked.size() == 1);
  lab.run_until(5s);
  REQUIRE(lab.asked.size() == 2);
  CHECK(lab.asked[1].substr(0, 4) == "0.71");
  CHECK(answered < sim::zero + 100ms);
}

TEST_CASE("a leader named in the answer is gone to at once") {
  Lab lab(plain);
  client::FakeBroker second(lab.world, 2);
  lab.send("A");
  lab.run_until(1s);
  const std::size_t heard = lab.broker.heard.size();
  lab.on_produce = [](int, const protocol::Request&) -> std::optional<Lab::Reply> {
    protocol::ProducePartitionResponse part;
    part.error = ErrorCode::not_leader_or_follower;
    part.current_leader.leader_id = protocol::BrokerId(2);
    part.current_leader.leader_epoch = protocol::LeaderEpoch(2);
    protocol::ProduceResponse response = answer_with(part);
    response.node_endpoints.push_back(
        protocol::NodeEndpoint{protocol::BrokerId(2), "broker-2", ""});
    return Lab::Reply{response, false, false};
  };
  // Metadata says nothing new for a while.
  lab.on_other = [](const protocol::Request& request) -> std::optional<Lab::Reply> {
    if (!std::holds_alternative<protocol::MetadataRequest>(request.body)) return std::nullopt;
    return Lab::Reply{std::nullopt, true, false};
  };
  lab.send("B");
  lab.run_until(1100ms);
  CHECK(second.log[protocol::TopicPartition{"orders", 0}] == Lines{"B"});
  CHECK(lab.broker.heard.size() > heard);
}

TEST_CASE("record errors blame the records that are listed, and the others for company") {
  Lab lab(with(plain, {{"linger.ms", "5"}}));
  int listed = 1;
  lab.on_produce = [&](int, const protocol::Request&) -> std::optional<Lab::Reply> {
    protocol::ProducePartitionResponse part;
    part.error = ErrorCode::invalid_timestamp;
    part.error_message = "One or more records have been rejected";
    part.record_errors.push_back(protocol::RecordError{1, "too old"});
    if (listed > 1) part.record_errors.push_back(protocol::RecordError{2, ""});
    return Lab::Reply{answer_with(part), false, false};
  };
  lab.send_all({"A", "B", "C"});
  lab.run_until(1s);
  CHECK(lab.results ==
        Lines{"A UNKNOWN_SERVER_ERROR", "B INVALID_TIMESTAMP", "C UNKNOWN_SERVER_ERROR"});
  CHECK(lab.messages[0] ==
        "Failed to append record because it was part of a batch which had one more more invalid "
        "records");
  CHECK(lab.messages[1] == "too old");
  listed = 2;
  lab.send_all({"D", "E", "F"});
  lab.run_until(2s);
  CHECK(lab.results[4] == "E INVALID_RECORD");
  CHECK(lab.results[5] == "F INVALID_RECORD");
  CHECK(lab.messages[5] == "One or more records have been rejected");
  CHECK(lab.stored().empty());
}

TEST_CASE("an error about leaders asks for metadata even when the batch is not sent again") {
  Lab lab(with(plain, {{"retries", "0"}}));
  lab.on_produce = [](int, const protocol::Request& request) {
    return Lab::error(ErrorCode::not_leader_or_follower, request);
  };
  lab.send("A");
  lab.run_until(50ms);
  CHECK(lab.results == Lines{"A NOT_LEADER_OR_FOLLOWER"});
  lab.run_until(1s);
  int asked = 0;
  for (const std::string& kind : lab.broker.heard) asked += kind == "MetadataRequest" ? 1 : 0;
  CHECK(asked >= 2);
}
