// The network client without a network: connections, what is in flight, timeouts, and asking for
// metadata.
#include "client/network_client.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::ClientResponse;
using client::NodeId;
using client::Outcome;
using protocol::BrokerId;

namespace {

constexpr sim::Time start = sim::zero;

struct Wire final : client::Transport {
  void connect(const client::Node& node) override { connects.push_back(node.id); }
  void send(NodeId node, protocol::Request request) override {
    sent.emplace_back(node, std::move(request));
  }
  void close(NodeId node) override { closes.push_back(node); }

  std::vector<NodeId> connects;
  std::vector<std::pair<NodeId, protocol::Request>> sent;
  std::vector<NodeId> closes;
};

protocol::MetadataResponse three_brokers() {
  protocol::MetadataResponse response;
  for (const int id : {0, 1, 2}) {
    response.brokers.push_back(
        protocol::NodeEndpoint{BrokerId(id), "broker-" + std::to_string(id), ""});
  }
  return response;
}

struct Lab {
  explicit Lab(bool asks_versions = false, int max_in_flight = 2) {
    client::NetworkClient::Config config;
    config.asks_api_versions = asks_versions;
    config.max_in_flight = max_in_flight;
    config.request_timeout = 2s;
    config.rebootstraps = false;
    client.emplace(config, wire, metadata, nullptr);
    metadata.update(three_brokers(), metadata.next_request(start), start);
  }

  // One round at that time.
  std::vector<ClientResponse> poll(sim::Time now) {
    client->begin_poll(now, 0ms);
    return client->end_poll(now);
  }
  void connect(int id, sim::Time now = start) {
    client->ready(node(id), now);
    client->on_connected(node(id).id);
    poll(now);
  }
  std::int32_t send(int id, sim::Time now) {
    return client->send(node(id).id, protocol::HeartbeatRequest{}, 7, now);
  }
  void answer(int id, std::int32_t correlation_id, int throttle_ms = 0) {
    protocol::HeartbeatResponse body;
    body.throttle_time_ms = throttle_ms;
    client->on_response(node(id).id, protocol::Response{correlation_id, body});
  }
  const client::Node& node(int id) const { return *metadata.node(client::node_of(BrokerId(id))); }

  Wire wire;
  client::Metadata metadata{client::Metadata::Config{{"broker-0"}},
                            client::Backoff(100ms, 1s, nullptr)};
  std::optional<client::NetworkClient> client;
};

}  // namespace

TEST_CASE("a node is ready once its connection is up") {
  Lab lab;
  CHECK_FALSE(lab.client->ready(lab.node(0), start));
  CHECK(lab.wire.connects.size() == 1);
  CHECK_FALSE(lab.client->ready(lab.node(0), start));
  CHECK(lab.wire.connects.size() == 1);
  lab.client->on_connected(lab.node(0).id);
  lab.poll(start);
  CHECK(lab.client->ready(lab.node(0), start));
}

TEST_CASE("each new connection begins with ApiVersions") {
  Lab lab(true);
  lab.connect(0);
  REQUIRE(lab.wire.sent.size() == 1);
  CHECK(std::holds_alternative<protocol::ApiVersionsRequest>(lab.wire.sent[0].second.body));
  CHECK_FALSE(lab.client->is_ready(lab.node(0).id, start));
  lab.client->on_response(lab.node(0).id, protocol::Response{0, protocol::ApiVersionsResponse{}});
  CHECK(lab.poll(start).empty());
  CHECK(lab.client->is_ready(lab.node(0).id, start));
}

TEST_CASE("no more than max.in.flight requests are under way to a node") {
  Lab lab;
  lab.connect(0);
  const auto first = lab.send(0, start);
  lab.send(0, start);
  lab.poll(start);
  CHECK_FALSE(lab.client->is_ready(lab.node(0).id, start));
  lab.answer(0, first);
  const auto responses = lab.poll(start + 5ms);
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].outcome == Outcome::answered);
  CHECK(responses[0].cookie == 7);
  CHECK(lab.client->is_ready(lab.node(0).id, start + 5ms));
}

TEST_CASE("one answer of a node is taken in a poll") {
  Lab lab;
  lab.connect(0);
  const auto first = lab.send(0, start);
  const auto second = lab.send(0, start);
  lab.answer(0, first);
  lab.answer(0, second);
  CHECK(lab.poll(start).size() == 1);
  CHECK(lab.client->has_arrived());
  CHECK(lab.poll(start).size() == 1);
}

TEST_CASE("a request that expects no answer is done when it is written") {
  Lab lab;
  lab.connect(0);
  lab.client->send(lab.node(0).id, protocol::ProduceRequest{}, 9, start, false);
  const auto responses = lab.poll(start);
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].outcome == Outcome::written);
  CHECK(lab.client->in_flight() == 0);
}

TEST_CASE("one expired request takes the whole connection with it") {
  Lab lab;
  lab.connect(0);
  lab.send(0, start);
  lab.poll(start);
  lab.send(0, start + 1s);
  lab.poll(start + 1s);
  CHECK(lab.poll(start + 2s).empty());
  CHECK(lab.client->next_timeout() == start + 2s + 1ms);
  const auto responses = lab.poll(start + 2s + 1ms);
  REQUIRE(responses.size() == 2);
  CHECK(responses[0].outcome == Outcome::timed_out);
  CHECK(responses[1].outcome == Outcome::timed_out);
  CHECK(lab.wire.closes == std::vector<NodeId>{lab.node(0).id});
  CHECK(lab.client->connection_failed(lab.node(0).id));
}

TEST_CASE("a broken connection ends what is in flight and asks for new metadata") {
  Lab lab;
  lab.connect(0);
  lab.send(0, start);
  lab.poll(start);
  lab.client->on_disconnected(lab.node(0).id);
  const auto responses = lab.poll(start + 5ms);
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].outcome == Outcome::disconnected);
  CHECK(lab.metadata.update_requested());
}

TEST_CASE("what was received before the connection broke still counts") {
  Lab lab;
  lab.connect(0);
  const auto first = lab.send(0, start);
  lab.answer(0, first);
  lab.client->on_disconnected(lab.node(0).id);
  const auto responses = lab.poll(start);
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].outcome == Outcome::answered);
  lab.poll(start);
  CHECK(lab.client->connection_failed(lab.node(0).id));
}

TEST_CASE("reconnects wait for a pause that doubles until a connection succeeds") {
  Lab lab;
  sim::Time now = start;
  std::vector<sim::Duration> pauses;
  for (int i = 0; i < 6; ++i) {
    lab.client->ready(lab.node(0), now);
    lab.client->on_disconnected(lab.node(0).id);
    lab.client->end_poll(now);
    pauses.push_back(lab.client->delay(lab.node(0).id, now));
    now += pauses.back();
  }
  CHECK(pauses == std::vector<sim::Duration>{50ms, 100ms, 200ms, 400ms, 800ms, 1s});
  lab.connect(0, now);
  lab.client->on_disconnected(lab.node(0).id);
  lab.client->end_poll(now);
  CHECK(lab.client->delay(lab.node(0).id, now) == 50ms);
}

TEST_CASE("a connection that nobody answers is given up after the setup timeout") {
  Lab lab;
  lab.client->ready(lab.node(1), start);
  lab.client->end_poll(start + 10s);
  CHECK_FALSE(lab.client->connection_failed(lab.node(1).id));
  lab.client->end_poll(start + 10s + 1ms);
  CHECK(lab.client->connection_failed(lab.node(1).id));
}

TEST_CASE("a throttled node gets nothing for as long as it asked") {
  Lab lab;
  lab.connect(0);
  const auto first = lab.send(0, start);
  lab.answer(0, first, 300);
  lab.poll(start);
  CHECK_FALSE(lab.client->is_ready(lab.node(0).id, start + 299ms));
  CHECK(lab.client->delay(lab.node(0).id, start + 100ms) == 200ms);
  CHECK(lab.client->is_ready(lab.node(0).id, start + 300ms));
}

TEST_CASE("the least loaded node is an idle connection, else the one with least in flight") {
  Lab lab;
  lab.connect(1);
  lab.connect(2);
  CHECK(lab.client->least_loaded_node(start)->id == lab.node(1).id);
  lab.send(1, start);
  CHECK(lab.client->least_loaded_node(start)->id == lab.node(2).id);
  lab.send(1, start);
  lab.send(2, start);
  CHECK(lab.client->least_loaded_node(start)->id == lab.node(2).id);
}

TEST_CASE("without a connection the least loaded node is the one tried the longest ago") {
  Lab lab;
  for (const int id : {0, 1, 2}) {
    lab.client->ready(lab.node(id), start + id * 1ms);
    lab.client->on_disconnected(lab.node(id).id);
    lab.client->end_poll(start + id * 1ms);
  }
  CHECK(lab.client->least_loaded_node(start + 10ms) == nullptr);
  CHECK(lab.client->least_loaded_node(start + 1s)->id == lab.node(0).id);
}

TEST_CASE("metadata is asked for on the least loaded node, once at a time") {
  Lab lab;
  lab.connect(0, start + 1s);
  lab.metadata.request_update();
  CHECK_FALSE(lab.client->is_ready(lab.node(0).id, start + 1s));
  lab.poll(start + 1s);
  lab.poll(start + 1s + 1ms);
  REQUIRE(lab.wire.sent.size() == 1);
  const int version = lab.metadata.update_version();
  lab.client->on_response(lab.node(0).id, protocol::Response{0, three_brokers()});
  CHECK(lab.poll(start + 1s + 5ms).empty());
  CHECK(lab.metadata.update_version() == version + 1);
}

TEST_CASE("closing a connection drops its requests, disconnecting reports them") {
  Lab lab;
  lab.connect(0);
  lab.connect(1);
  lab.send(0, start);
  lab.send(1, start);
  lab.client->close(lab.node(0).id);
  CHECK(lab.poll(start).empty());
  CHECK(lab.client->in_flight() == 1);
  lab.client->disconnect(lab.node(1).id, start);
  const auto responses = lab.poll(start);
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].outcome == Outcome::disconnected);
}
