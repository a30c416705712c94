// What brokers answer over connections: topics made on demand, coordinators, producer ids,
// connections served in order.
#include "protocol/java_hash.hpp"
#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {
namespace {

TEST_CASE(
    "A topic that a client asks for is made with the broker's defaults and appears a little "
    "later") {
  TestCluster lab(3, {{"num.partitions", "4"}, {"default.replication.factor", "3"}});
  lab.set_up({});
  CHECK(lab.metadata(2, "new").topics.at(0).error == ErrorCode::unknown_topic_or_partition);
  lab.run_for(200ms);
  const auto response = lab.metadata(2, "new");
  CHECK(response.topics.at(0).error == ErrorCode::none);
  REQUIRE(response.topics[0].partitions.size() == 4);
  CHECK(response.topics[0].partitions[0].replica_nodes.size() == 3);
  CHECK(lab.find_seen("created", "controller-1") != nullptr);
}

TEST_CASE("A topic is not made where the broker's settings forbid it") {
  TestCluster lab(1, {{"auto.create.topics.enable", "false"}});
  lab.set_up({});
  lab.metadata(1, "new");
  lab.run_for(200ms);
  CHECK(lab.metadata(1, "new").topics.at(0).error == ErrorCode::unknown_topic_or_partition);
}

TEST_CASE("CreateTopics goes through any broker to the controller") {
  TestCluster lab(2);
  lab.set_up({});
  protocol::CreateTopicsRequest request;
  request.topics = {topic_on("orders", {{2, 1}})};
  auto response = lab.call<protocol::CreateTopicsResponse>(1, request);
  REQUIRE(response);
  CHECK(response->topics.at(0).error == ErrorCode::none);
  CHECK(response->topics.at(0).num_partitions == 1);
  response = lab.call<protocol::CreateTopicsResponse>(2, request);
  REQUIRE(response);
  CHECK(response->topics.at(0).error == ErrorCode::topic_already_exists);
}

TEST_CASE("CreateTopics times out while the controller is down") {
  TestCluster lab(1);
  lab.set_up({});
  lab.cluster->crash("controller-1");
  protocol::CreateTopicsRequest request;
  request.topics = {topic_on("orders", {{1}})};
  request.timeout_ms = 5000;
  const Time before = lab.world.now();
  const auto response = lab.call<protocol::CreateTopicsResponse>(1, request);
  REQUIRE(response);
  CHECK(response->topics.at(0).error == ErrorCode::request_timed_out);
  CHECK(lab.world.now() - before < 6s);
}

TEST_CASE(
    "The first search for a coordinator makes the offsets topic, a later one finds the "
    "coordinator") {
  TestCluster lab(3);
  lab.set_up({});
  protocol::FindCoordinatorRequest request;
  request.coordinator_keys = {"billing"};
  auto response = lab.call<protocol::FindCoordinatorResponse>(1, request);
  REQUIRE(response);
  CHECK(response->coordinators.at(0).error == ErrorCode::coordinator_not_available);
  lab.run_for(500ms);
  const TopicImage* topic = lab.cluster->controller()->image().topic(protocol::offsets_topic);
  REQUIRE(topic != nullptr);
  CHECK(topic->partitions.size() == 50);
  CHECK(topic->config.at("cleanup.policy") == "compact");
  CHECK(topic->partitions.at(0).replicas.size() == 3);
  response = lab.call<protocol::FindCoordinatorResponse>(1, request);
  REQUIRE(response);
  CHECK(response->coordinators.at(0).error == ErrorCode::none);
  const BrokerId leader = topic->partitions.at(protocol::group_partition("billing", 50)).leader;
  CHECK(response->coordinators.at(0).node_id == leader);
  CHECK(response->coordinators.at(0).host == lab.cluster->name_of(leader));
}

TEST_CASE("The offsets topic of a small cluster has as many replicas as there are brokers") {
  TestCluster lab(1);
  lab.set_up({});
  protocol::FindCoordinatorRequest request;
  request.coordinator_keys = {"billing"};
  lab.call<protocol::FindCoordinatorResponse>(1, request);
  lab.run_for(500ms);
  CHECK(lab.call<protocol::FindCoordinatorResponse>(1, request)->coordinators.at(0).error ==
        ErrorCode::none);
}

TEST_CASE("Producer ids are unique across brokers; the first request finds no block yet") {
  TestCluster lab(2);
  lab.set_up({});
  const protocol::InitProducerIdRequest request;
  std::set<std::int64_t> ids;
  for (const int broker : {1, 2}) {
    CHECK(lab.call<protocol::InitProducerIdResponse>(broker, request)->error ==
          ErrorCode::coordinator_load_in_progress);
    lab.run_for(100ms);
    for (int i = 0; i < 3; ++i) {
      const auto response = lab.call<protocol::InitProducerIdResponse>(broker, request);
      REQUIRE(response->error == ErrorCode::none);
      CHECK(response->producer_epoch.value() == 0);
      ids.insert(response->producer_id.value());
    }
  }
  CHECK(ids == std::set<std::int64_t>{0, 1, 2, 1000, 1001, 1002});
}

TEST_CASE(
    "A broker knows the versions of what it serves and refuses what only the controller serves") {
  TestCluster lab(1);
  lab.set_up({});
  const auto versions =
      lab.call<protocol::ApiVersionsResponse>(1, protocol::ApiVersionsRequest{"tool", "1.0"});
  REQUIRE(versions);
  CHECK(versions->error == ErrorCode::none);
  CHECK(versions->api_keys.size() == 25);
  const auto nameless =
      lab.call<protocol::ApiVersionsResponse>(1, protocol::ApiVersionsRequest{"-x", "1.0"});
  REQUIRE(nameless);
  CHECK(nameless->error == ErrorCode::invalid_request);
  CHECK(nameless->api_keys.empty());
  const auto refused =
      lab.call<protocol::BrokerHeartbeatResponse>(1, protocol::BrokerHeartbeatRequest());
  REQUIRE(refused);
  CHECK(refused->error == ErrorCode::unsupported_version);
}

TEST_CASE(
    "An error of a produce without acks closes the connection, a success leaves it open without an "
    "answer") {
  TestCluster lab(2);
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.send(1, lab.produce_request("A", protocol::Acks::none));
  lab.run_for(1s);
  CHECK_FALSE(lab.answers.contains(1));
  CHECK(lab.log(1) == "A");
  lab.send(2, lab.produce_request("B", protocol::Acks::none));
  lab.run_for(1s);
  REQUIRE(lab.answers.contains(2));
  CHECK_FALSE(lab.answers.at(2));
}

TEST_CASE("A request waits until the answer to the one before on its connection has left") {
  TestCluster lab(1);
  lab.set_up({topic_on("orders", {{1}})});
  // Two requests on one connection: a fetch that waits for data, and metadata behind it.
  sim::Host& peer = lab.world.add_host("peer");
  sim::Process& process = peer.boot();
  sim::Mailbox<sim::SocketEvent> inbox;
  sim::Socket socket =
      lab.world.network().connect(process, peer.id(), lab.world.host("broker-1")->id(), inbox);
  protocol::FetchRequest fetch;
  fetch.max_wait_ms = 700;
  fetch.min_bytes = 1;
  fetch.partitions.emplace_back().partition = {"orders", 0};
  fetch.partitions.back().fetch_offset = Offset(0);
  fetch.partitions.back().topic_id = lab.cluster->controller()->image().topic("orders")->id;
  lab.run_for(10ms);
  const Time sent = lab.world.now();
  protocol::Request first;
  first.correlation_id = 1;
  first.body = fetch;
  protocol::Request second;
  second.correlation_id = 2;
  second.body = protocol::MetadataRequest();
  socket.send(sim::enclose(std::move(first)));
  socket.send(sim::enclose(std::move(second)));
  std::vector<std::pair<int, sim::Duration>> answers;
  lab.run_until(
      [&] {
        while (auto event = inbox.try_receive()) {
          if (event->kind != sim::SocketEvent::Kind::message) continue;
          answers.emplace_back(event->message->open<protocol::Response>()->correlation_id,
                               lab.world.now() - sent);
        }
        return answers.size() == 2;
      },
      5s);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].first == 1);
  CHECK(answers[0].second == 702ms);
  CHECK(answers[1].first == 2);
  CHECK(answers[1].second == 702ms);
  peer.crash();
}

TEST_CASE("A rejected request gets the error and has no effect") {
  TestCluster lab(1);
  lab.set_up({topic_on("orders", {{1}})});
  lab.world.network().on_delivery([&](const sim::Delivery& delivery) {
    auto* request = delivery.message.open<protocol::Request>();
    if (request != nullptr && kind(*request) == "ProduceRequest")
      request->rejected_with = ErrorCode::not_enough_replicas;
  });
  CHECK(lab.produce(1, "A") == ErrorCode::not_enough_replicas);
  CHECK(lab.log(1) == "");
}

}  // namespace
}  // namespace kafkasim::broker
