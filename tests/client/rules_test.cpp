// Finding the cluster again: topics that come back, bootstrap servers, versions.
#include <vector>

#include "client/network_client.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::Metadata;
using client::NodeId;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::TopicPartition;

namespace {

constexpr sim::Time start = sim::zero;

struct Wire final : client::Transport {
  void connect(const client::Node& node) override { connects.push_back(node); }
  void send(NodeId, protocol::Request request) override { sent.push_back(std::move(request)); }
  void close(NodeId node) override { closes.push_back(node); }

  std::vector<client::Node> connects;
  std::vector<protocol::Request> sent;
  std::vector<NodeId> closes;
};

protocol::MetadataResponse answer(int epoch, std::uint64_t id = 1,
                                  ErrorCode error = ErrorCode::none) {
  protocol::MetadataResponse response;
  response.brokers.push_back(protocol::NodeEndpoint{BrokerId(1), "broker-1", ""});
  protocol::MetadataTopic topic;
  topic.name = "orders";
  topic.error = error;
  if (error == ErrorCode::none) {
    topic.topic_id = protocol::Uuid{id, id};
    protocol::MetadataPartition partition;
    partition.leader_id = BrokerId(1);
    partition.leader_epoch = LeaderEpoch(epoch);
    topic.partitions.push_back(partition);
  }
  response.topics.push_back(topic);
  return response;
}

Metadata::Config producers() {
  Metadata::Config config;
  config.bootstrap_hosts = {"broker-8", "broker-9"};
  config.max_idle = 5min;
  return config;
}

const TopicPartition orders_0{"orders", 0};

struct Lab {
  explicit Lab(bool asks_versions = false, sim::Duration reconnect_backoff = 50ms) {
    client::NetworkClient::Config config;
    config.asks_api_versions = asks_versions;
    config.reconnect_backoff = reconnect_backoff;
    client.emplace(config, wire, metadata, nullptr);
    metadata.add_topic("orders", start);
  }
  void update(const protocol::MetadataResponse& response, sim::Time now) {
    metadata.update(response, metadata.next_request(now), now);
  }
  void poll(sim::Time now) {
    client->begin_poll(now, 0ms);
    client->end_poll(now);
  }

  Wire wire;
  Metadata metadata{producers(), client::Backoff(100ms, 1s, nullptr)};
  std::optional<client::NetworkClient> client;
};

}  // namespace

TEST_CASE("a topic that was seen to be gone comes back with the epochs of its new life") {
  Lab lab;
  lab.update(answer(7), start);
  lab.update(answer(0, 0, ErrorCode::unknown_topic_or_partition), start + 1s);
  CHECK(lab.metadata.topic("orders") == nullptr);
  lab.update(answer(0, 2), start + 2s);
  CHECK(lab.metadata.leader(orders_0) == BrokerId(1));
  CHECK(lab.metadata.leader_epoch(orders_0) == LeaderEpoch(0));
}

TEST_CASE("the epochs of a forgotten topic are forgotten with it") {
  Lab lab;
  auto first = answer(7);
  first.topics.front().topic_id = protocol::Uuid();  // an old cluster, without ids
  lab.update(first, start);
  lab.update(first, start + 6min);
  CHECK(lab.metadata.topic("orders") == nullptr);
  lab.metadata.add_topic("orders", start + 7min);
  auto second = answer(3);
  second.topics.front().topic_id = protocol::Uuid();
  lab.update(second, start + 7min);
  CHECK(lab.metadata.leader_epoch(orders_0) == LeaderEpoch(3));
}

TEST_CASE("a leader named in a data answer brings the other brokers named there, too") {
  Lab lab;
  lab.update(answer(3), start);
  const std::vector<protocol::NodeEndpoint> endpoints{{BrokerId(2), "broker-2", ""},
                                                      {BrokerId(3), "broker-3", ""}};
  CHECK(lab.metadata.update_leadership(orders_0, BrokerId(2), LeaderEpoch(4), endpoints));
  CHECK(lab.metadata.node(client::node_of(BrokerId(3))) != nullptr);
}

TEST_CASE("without a broker to try the client starts over from its bootstrap servers") {
  Lab lab(false, 10s);
  lab.update(answer(0), start);
  const client::Node broker = *lab.metadata.node(client::node_of(BrokerId(1)));
  const int version = lab.metadata.update_version();
  lab.client->ready(broker, start);
  lab.client->on_disconnected(broker.id);
  lab.poll(start);
  // The pause before the next question for metadata is shorter than that before the next
  // connection.
  lab.poll(start + 50ms);
  CHECK_FALSE(lab.metadata.has_only_bootstrap_nodes());
  lab.client->begin_poll(start + 500ms, 0ms);
  CHECK(lab.metadata.has_only_bootstrap_nodes());
  CHECK(lab.metadata.update_version() == version + 1);
  CHECK(lab.metadata.topic("orders") == nullptr);
  CHECK(lab.wire.connects.back().host == "broker-8");
}

TEST_CASE("a broker too old for the question about versions is asked once more") {
  Lab lab(true);
  lab.update(answer(0), start);
  const client::Node broker = *lab.metadata.node(client::node_of(BrokerId(1)));
  lab.client->ready(broker, start);
  lab.client->on_connected(broker.id);
  lab.poll(start);
  REQUIRE(lab.wire.sent.size() == 1);
  protocol::ApiVersionsResponse too_old;
  too_old.error = ErrorCode::unsupported_version;
  lab.client->on_response(broker.id, protocol::Response{0, too_old});
  lab.poll(start);
  REQUIRE(lab.wire.sent.size() == 2);
  CHECK(lab.wire.closes.empty());
  SECTION("and serves") {
    lab.client->on_response(broker.id, protocol::Response{1, protocol::ApiVersionsResponse{}});
    lab.poll(start);
    CHECK(lab.client->is_ready(broker.id, start));
  }
  SECTION("and left when it still does not understand") {
    lab.client->on_response(broker.id, protocol::Response{1, too_old});
    lab.poll(start);
    CHECK(lab.wire.closes == std::vector<NodeId>{broker.id});
  }
}
