// What a client makes of metadata answers, and when it asks again.
#include "client/metadata.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::Metadata;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::TopicPartition;

namespace {

constexpr sim::Time start = sim::zero;

protocol::MetadataResponse answer(int leader, int epoch, ErrorCode error = ErrorCode::none) {
  protocol::MetadataResponse response;
  for (const int id : {2, 1}) {
    response.brokers.push_back(
        protocol::NodeEndpoint{BrokerId(id), "broker-" + std::to_string(id), ""});
  }
  protocol::MetadataTopic topic;
  topic.name = "orders";
  protocol::MetadataPartition partition;
  partition.leader_id = BrokerId(leader);
  partition.leader_epoch = LeaderEpoch(epoch);
  partition.error = error;
  topic.partitions.push_back(partition);
  response.topics.push_back(topic);
  return response;
}

Metadata make(std::optional<sim::Duration> max_idle = 5min) {
  Metadata::Config config;
  config.bootstrap_hosts = {"broker-9"};
  config.max_idle = max_idle;
  return Metadata(config, client::Backoff(100ms, 1s, nullptr));
}

void update(Metadata& metadata, const protocol::MetadataResponse& response, sim::Time now) {
  const Metadata::Ask ask = metadata.next_request(now);
  metadata.update(response, ask, now);
}

const TopicPartition orders_0{"orders", 0};

}  // namespace

TEST_CASE("a client knows only its bootstrap servers until the first answer") {
  Metadata metadata = make();
  REQUIRE(metadata.nodes().size() == 1);
  CHECK(metadata.nodes().front().id == client::bootstrap_node(0));
  metadata.add_topic("orders", start);
  update(metadata, answer(1, 0), start);
  REQUIRE(metadata.nodes().size() == 2);
  CHECK(metadata.nodes().front().host == "broker-1");
  CHECK(metadata.leader_node(orders_0)->host == "broker-1");
}

TEST_CASE("an answer with an older leader epoch is ignored, one with a newer one wins") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  update(metadata, answer(2, 5), start);
  metadata.request_update();
  update(metadata, answer(1, 4), start + 1s);
  CHECK(metadata.leader(orders_0) == BrokerId(2));
  metadata.request_update();
  update(metadata, answer(1, 6), start + 2s);
  CHECK(metadata.leader(orders_0) == BrokerId(1));
}

TEST_CASE("a topic created anew starts with a low epoch again") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  auto first = answer(2, 5);
  first.topics.front().topic_id = protocol::Uuid{1, 1};
  update(metadata, first, start);
  auto second = answer(1, 0);
  second.topics.front().topic_id = protocol::Uuid{2, 2};
  metadata.request_update();
  update(metadata, second, start + 1s);
  CHECK(metadata.leader(orders_0) == BrokerId(1));
}

TEST_CASE(
    "an update is due at once, after the backoff of the last answer, or when the answer is old") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  CHECK(metadata.time_to_next_update(start) == 0ms);
  update(metadata, answer(1, 0), start);
  CHECK(metadata.time_to_next_update(start + 1s) == 5min - 1s);
  metadata.request_update();
  CHECK(metadata.time_to_next_update(start + 10ms) == 90ms);
  CHECK(metadata.time_to_next_update(start + 100ms) == 0ms);
}

TEST_CASE("answers without anything new come at growing distances") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  update(metadata, answer(-1, 1, ErrorCode::leader_not_available), start);
  sim::Time now = start;
  std::vector<sim::Duration> waits;
  for (int i = 0; i < 5; ++i) {
    const sim::Duration wait = metadata.time_to_next_update(now);
    waits.push_back(wait);
    now += wait;
    update(metadata, answer(-1, 1, ErrorCode::leader_not_available), now);
  }
  CHECK(waits == std::vector<sim::Duration>{100ms, 100ms, 200ms, 400ms, 800ms});
}

TEST_CASE("failed updates come at growing distances") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  sim::Time now = start;
  metadata.failed_update(now);
  CHECK(metadata.time_to_next_update(now) == 100ms);
  metadata.failed_update(now);
  CHECK(metadata.time_to_next_update(now) == 100ms * 2);
  metadata.failed_update(now);
  CHECK(metadata.time_to_next_update(now) == 100ms * 4);
}

TEST_CASE("a new topic is asked for at once and alone, and the others are kept") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  update(metadata, answer(1, 0), start);
  metadata.request_update();
  update(metadata, answer(1, 0), start + 1s);
  metadata.add_topic("returns", start + 1s + 1ms);
  CHECK(metadata.time_to_next_update(start + 1s + 1ms) == 0ms);
  const Metadata::Ask ask = metadata.next_request(start + 1s + 1ms);
  CHECK(ask.is_partial);
  CHECK(ask.request.topics == std::vector<std::string>{"returns"});
  auto response = answer(1, 0);
  response.topics.front().name = "returns";
  metadata.update(response, ask, start + 2s);
  CHECK(metadata.topic("orders") != nullptr);
  CHECK(metadata.topic("returns") != nullptr);
}

TEST_CASE("a producer forgets a topic that it has not sent to for metadata.max.idle.ms") {
  Metadata metadata = make(1min);
  metadata.add_topic("orders", start);
  update(metadata, answer(1, 0), start);
  metadata.request_update();
  update(metadata, answer(1, 0), start + 61s);
  CHECK(metadata.topic("orders") == nullptr);
  CHECK_FALSE(metadata.cares_for("orders"));
}

TEST_CASE("an answer without brokers counts as a failure") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  update(metadata, protocol::MetadataResponse{}, start);
  CHECK(metadata.has_only_bootstrap_nodes());
  CHECK(metadata.time_to_next_update(start) == 100ms);
}

TEST_CASE("an invalid topic name is remembered as an error, a missing topic is asked for again") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  auto response = answer(1, 0);
  response.topics.front().error = ErrorCode::invalid_topic_exception;
  update(metadata, response, start);
  CHECK(metadata.topic_error("orders") == ErrorCode::invalid_topic_exception);
  CHECK_FALSE(metadata.update_requested());
  response.topics.front().error = ErrorCode::unknown_topic_or_partition;
  metadata.request_update();
  update(metadata, response, start + 1s);
  CHECK(metadata.topic_error("orders") == ErrorCode::none);
  CHECK(metadata.update_requested());
}

TEST_CASE("a leader named in a data answer counts if its epoch is newer and its broker is known") {
  Metadata metadata = make();
  metadata.add_topic("orders", start);
  update(metadata, answer(1, 3), start);
  CHECK_FALSE(metadata.update_leadership(orders_0, BrokerId(2), LeaderEpoch(3), {}));
  CHECK_FALSE(metadata.update_leadership(orders_0, BrokerId(7), LeaderEpoch(4), {}));
  const std::vector<protocol::NodeEndpoint> endpoints{{BrokerId(7), "broker-7", ""}};
  CHECK(metadata.update_leadership(orders_0, BrokerId(7), LeaderEpoch(4), endpoints));
  CHECK(metadata.leader_node(orders_0)->host == "broker-7");
  CHECK(metadata.led_by(client::node_of(BrokerId(7))) == std::vector<TopicPartition>{orders_0});
  CHECK(metadata.led_by(client::node_of(BrokerId(1))).empty());
}

TEST_CASE("a consumer asks for exactly its topics, or for all") {
  Metadata metadata = make(std::nullopt);
  metadata.set_topics({"orders", "returns"});
  Metadata::Ask ask = metadata.next_request(start);
  CHECK_FALSE(ask.is_partial);
  CHECK(ask.request.topics == std::vector<std::string>{"orders", "returns"});
  metadata.update(answer(1, 0), ask, start);
  metadata.set_topics({"orders"});
  CHECK_FALSE(metadata.update_requested());
  metadata.set_all_topics();
  ask = metadata.next_request(start + 1s);
  CHECK(ask.request.all_topics);
}
