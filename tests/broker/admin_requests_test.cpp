// What administrators ask of a running cluster, and what brokers and clients then see.
#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ConfigOperation;
using protocol::ConfigResourceType;

protocol::AlterConfigsResourceResponse alter(TestCluster& lab, int asked, ConfigResourceType type,
                                             const std::string& resource,
                                             const std::string& setting,
                                             std::optional<std::string> value) {
  protocol::IncrementalAlterConfigsRequest request;
  const auto operation = value ? ConfigOperation::set : ConfigOperation::remove;
  request.resources.push_back({type, resource, {{setting, operation, std::move(value)}}});
  const auto response = lab.call<protocol::IncrementalAlterConfigsResponse>(asked, request);
  REQUIRE(response);
  return response->responses.at(0);
}

void drop(TestCluster& lab, const std::string& topic) {
  protocol::DeleteTopicsRequest request;
  request.topics.push_back({topic, {}});
  const auto response = lab.call<protocol::DeleteTopicsResponse>(1, request);
  REQUIRE(response);
  REQUIRE(response->responses.at(0).error == ErrorCode::none);
}

std::int32_t min_isr(const TestCluster& lab, int broker) {
  const auto* found = lab.cluster->broker(BrokerId(broker))->replicas().find({"orders", 0});
  return found->log().config().min_insync_replicas;
}

protocol::DeleteRecordsPartitionResult delete_records(TestCluster& lab, int broker,
                                                      std::int64_t before, int timeout_ms = 30000,
                                                      const std::string& topic = "orders") {
  protocol::DeleteRecordsRequest request;
  request.timeout_ms = timeout_ms;
  request.partitions.push_back({{topic, 0}, Offset(before)});
  const auto response = lab.call<protocol::DeleteRecordsResponse>(broker, request);
  REQUIRE(response);
  return response->partitions.at(0);
}

TEST_CASE("A deleted topic vanishes everywhere, with its logs") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  drop(lab, "orders");
  lab.run_for(1s);
  CHECK(lab.find_seen("deleted", "controller-1") != nullptr);
  for (int broker = 1; broker <= 3; ++broker) {
    CHECK(lab.log(broker) == "none");
    CHECK(lab.cluster->broker(BrokerId(broker))->image().topic("orders") == nullptr);
  }
  CHECK(lab.produce(1, "B") == ErrorCode::unknown_topic_or_partition);
}

TEST_CASE("A topic made again under a deleted name is another one and starts at 0") {
  TestCluster lab(2);
  lab.set_up({topic_on("orders", {{1, 2}})});
  const protocol::Uuid before = lab.cluster->controller()->image().topic("orders")->id;
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  drop(lab, "orders");
  protocol::CreateTopicsRequest request;
  request.topics = {topic_on("orders", {{1, 2}})};
  REQUIRE(lab.call<protocol::CreateTopicsResponse>(1, request)->topics.at(0).error ==
          ErrorCode::none);
  lab.run_for(1s);
  CHECK(lab.cluster->controller()->image().topic("orders")->id != before);
  CHECK(lab.log(1) == "");
  CHECK(lab.produce(1, "B") == ErrorCode::none);
  lab.run_for(1s);
  CHECK(lab.log(1) == "B");
  CHECK(lab.log(2) == "B");
  // Who still has the old topic's id is told so.
  protocol::FetchRequest fetch;
  auto& item = fetch.partitions.emplace_back();
  item.partition = {"orders", 0};
  item.topic_id = before;
  item.fetch_offset = Offset(0);
  const auto fetched = lab.call<protocol::FetchResponse>(1, fetch);
  REQUIRE(fetched);
  CHECK(fetched->partitions.at(0).error == ErrorCode::unknown_topic_id);
}

TEST_CASE("A broker that was down deletes the logs of a topic that is gone when it comes back") {
  TestCluster lab(2);
  lab.set_up({topic_on("orders", {{1, 2}})});
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  lab.run_for(1s);
  lab.cluster->crash("broker-2");
  drop(lab, "orders");
  CHECK(lab.log(2) == "A");
  lab.cluster->restart("broker-2");
  REQUIRE(lab.run_until([&] { return lab.find_seen("started", "broker-2") != nullptr; }, 60s));
  CHECK(lab.log(2) == "none");
}

TEST_CASE("New partitions of a grown topic are led and written at once") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  protocol::CreatePartitionsRequest request;
  request.topics.push_back({"orders", 3, std::nullopt});
  const auto response = lab.call<protocol::CreatePartitionsResponse>(2, request);
  REQUIRE(response);
  CHECK(response->results.at(0).error == ErrorCode::none);
  lab.run_for(500ms);
  const auto topic = lab.metadata(1, "orders").topics.at(0);
  REQUIRE(topic.partitions.size() == 3);
  CHECK(topic.partitions[2].isr_nodes.size() == 3);
  CHECK(lab.cluster->is_ready());
}

TEST_CASE("A reassignment copies, completes, and the broker that leaves deletes its log") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2}})});
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  protocol::AlterPartitionReassignmentsRequest request;
  request.partitions.push_back({{"orders", 0}, std::vector{BrokerId(3), BrokerId(2)}});
  const auto response = lab.call<protocol::AlterPartitionReassignmentsResponse>(2, request);
  REQUIRE(response);
  CHECK(response->partitions.at(0).error == ErrorCode::none);
  REQUIRE(lab.run_until([&] { return lab.decided().adding_replicas.empty(); }, 10s));
  lab.run_for(2s);
  CHECK(lab.decided().replicas == BrokerIds{BrokerId(3), BrokerId(2)});
  CHECK(lab.decided().leader == BrokerId(3));
  CHECK(lab.log(1) == "none");
  CHECK(lab.log(3) == "A");
  CHECK(lab.produce(3, "B") == ErrorCode::none);
}

TEST_CASE("A reassignment to a broker that is down can be taken back") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.cluster->crash("broker-3");
  lab.run_for(15s);
  protocol::AlterPartitionReassignmentsRequest request;
  request.partitions.push_back({{"orders", 0}, std::vector{BrokerId(1), BrokerId(3)}});
  REQUIRE(lab.call<protocol::AlterPartitionReassignmentsResponse>(1, request));
  lab.run_for(5s);
  CHECK(lab.decided().adding_replicas == BrokerIds{BrokerId(3)});
  request.partitions[0].replicas.reset();
  const auto response = lab.call<protocol::AlterPartitionReassignmentsResponse>(1, request);
  REQUIRE(response);
  CHECK(response->partitions.at(0).error == ErrorCode::none);
  CHECK(lab.decided().replicas == BrokerIds{BrokerId(1), BrokerId(2)});
}

TEST_CASE("A preferred election brings the leadership back") {
  TestCluster lab(2, {{"auto.leader.rebalance.enable", "false"}});
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.cluster->crash("broker-1");
  REQUIRE(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 30s));
  lab.cluster->restart("broker-1");
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 2; }, 60s));
  protocol::ElectLeadersRequest request;
  request.partitions = {{"orders", 0}};
  const auto response = lab.call<protocol::ElectLeadersResponse>(2, request);
  REQUIRE(response);
  CHECK(response->partitions.at(0).error == ErrorCode::none);
  CHECK(lab.decided().leader == BrokerId(1));
}

TEST_CASE("A topic's settings take effect on every broker that hosts it") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  CHECK(alter(lab, 2, ConfigResourceType::topic, "orders", "min.insync.replicas", "3").error ==
        ErrorCode::none);
  lab.run_for(500ms);
  for (int broker = 1; broker <= 3; ++broker) CHECK(min_isr(lab, broker) == 3);
  lab.cluster->crash("broker-3");
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 2; }, 60s));
  lab.run_for(500ms);
  CHECK(lab.produce(1, "A") == ErrorCode::not_enough_replicas);
  CHECK(alter(lab, 1, ConfigResourceType::topic, "orders", "min.insync.replicas", {}).error ==
        ErrorCode::none);
  lab.run_for(500ms);
  CHECK(lab.produce(1, "A") == ErrorCode::none);
}

TEST_CASE("A broker's dynamic settings go over the default of all, which goes over its file") {
  TestCluster lab(3, {{"min.insync.replicas", "1"}});
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  const auto broker = ConfigResourceType::broker;
  CHECK(alter(lab, 1, broker, "", "min.insync.replicas", "2").error == ErrorCode::none);
  CHECK(alter(lab, 2, broker, "2", "min.insync.replicas", "3").error == ErrorCode::none);
  lab.run_for(500ms);
  CHECK(min_isr(lab, 1) == 2);
  CHECK(min_isr(lab, 2) == 3);
  CHECK(alter(lab, 2, broker, "2", "min.insync.replicas", {}).error == ErrorCode::none);
  CHECK(alter(lab, 2, broker, "", "min.insync.replicas", {}).error == ErrorCode::none);
  lab.run_for(500ms);
  CHECK(min_isr(lab, 1) == 1);
  CHECK(min_isr(lab, 2) == 1);
}

TEST_CASE("Dynamic settings survive the restart of broker and controller") {
  TestCluster lab(2);
  lab.set_up({topic_on("orders", {{1, 2}})});
  REQUIRE(alter(lab, 1, ConfigResourceType::broker, "", "min.insync.replicas", "2").error ==
          ErrorCode::none);
  lab.cluster->crash("broker-1");
  lab.cluster->crash("controller-1");
  lab.cluster->restart("controller-1");
  lab.cluster->restart("broker-1");
  REQUIRE(lab.run_until([&] { return lab.find_seen("started", "broker-1") != nullptr; }, 60s));
  lab.run_for(1s);
  CHECK(min_isr(lab, 1) == 2);
}

TEST_CASE("A broker refuses what it cannot change while it runs, and what is another one's") {
  TestCluster lab(2);
  lab.set_up({});
  const auto broker = ConfigResourceType::broker;
  auto refused = alter(lab, 1, broker, "1", "broker.rack", "a");
  CHECK(refused.error == ErrorCode::invalid_request);
  CHECK(refused.error_message == "Cannot update these configs dynamically: Set(broker.rack)");
  refused = alter(lab, 1, broker, "2", "log.retention.ms", "5");
  CHECK(refused.error_message == "Unexpected broker id, expected 1, but received 2");
  refused = alter(lab, 1, broker, "one", "log.retention.ms", "5");
  CHECK(refused.error_message == "Node id must be an integer, but it is: one");
  protocol::IncrementalAlterConfigsRequest request;
  request.resources.push_back({broker, "1", {{"log.retention.ms", ConfigOperation::set, {}}}});
  auto response = lab.call<protocol::IncrementalAlterConfigsResponse>(1, request);
  CHECK(response->responses.at(0).error_message ==
        "Null value not supported for : log.retention.ms");
  request.resources[0].configs = {{"log.retention.ms", ConfigOperation::set, "5"},
                                  {"log.retention.ms", ConfigOperation::set, "6"}};
  response = lab.call<protocol::IncrementalAlterConfigsResponse>(1, request);
  CHECK(response->responses.at(0).error_message == "Error due to duplicate config keys");
}

TEST_CASE("Unclean election that is switched on later elects at the next scan") {
  TestCluster lab(2, {{"unclean.leader.election.interval.ms", "20000"}});
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.cluster->crash("broker-2");
  REQUIRE(lab.run_until([&] { return lab.decided().isr.size() == 1; }, 60s));
  lab.cluster->crash("broker-1");
  REQUIRE(lab.run_until([&] { return !lab.decided().leader.is_set(); }, 60s));
  lab.cluster->restart("broker-2");
  REQUIRE(lab.run_until([&] { return lab.find_seen("started", "broker-2") != nullptr; }, 60s));
  lab.run_for(30s);
  CHECK_FALSE(lab.decided().leader.is_set());
  CHECK(alter(lab, 2, ConfigResourceType::topic, "orders", "unclean.leader.election.enable", "true")
            .error == ErrorCode::none);
  CHECK_FALSE(lab.decided().leader.is_set());
  CHECK(lab.run_until([&] { return lab.decided().leader == BrokerId(2); }, 25s));
}

TEST_CASE("DeleteRecords waits until every live replica's log begins later") {
  TestCluster lab(3);
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  for (const char* value : {"A", "B", "C", "D"}) REQUIRE(lab.produce(1, value) == ErrorCode::none);
  const auto result = delete_records(lab, 1, 2);
  CHECK(result.error == ErrorCode::none);
  CHECK(result.low_watermark == Offset(2));
  for (int broker = 1; broker <= 3; ++broker) {
    CHECK(lab.cluster->replica(BrokerId(broker), {"orders", 0})->log_start_offset == Offset(2));
  }
  // Going back changes nothing.
  CHECK(delete_records(lab, 1, 1).low_watermark == Offset(2));
  CHECK(delete_records(lab, 1, -1).low_watermark == Offset(4));
  protocol::FetchRequest fetch;
  auto& item = fetch.partitions.emplace_back();
  item.partition = {"orders", 0};
  item.fetch_offset = Offset(0);
  item.max_bytes = 1000;
  fetch.max_bytes = 1000;
  CHECK(lab.call<protocol::FetchResponse>(1, fetch)->partitions.at(0).error ==
        ErrorCode::offset_out_of_range);
}

TEST_CASE("DeleteRecords says what is wrong") {
  TestCluster lab(2);
  auto compacted = topic_on("compacted", {{1, 2}});
  compacted.configs = {{"cleanup.policy", "compact"}};
  lab.set_up({topic_on("orders", {{1, 2}}), compacted});
  CHECK(delete_records(lab, 1, 5).error == ErrorCode::offset_out_of_range);
  CHECK(delete_records(lab, 1, -2).error == ErrorCode::offset_out_of_range);
  CHECK(delete_records(lab, 2, 0).error == ErrorCode::not_leader_or_follower);
  CHECK(delete_records(lab, 1, 0, 30000, "ghosts").error == ErrorCode::unknown_topic_or_partition);
  CHECK(delete_records(lab, 1, 0, 30000, "compacted").error == ErrorCode::policy_violation);
  CHECK(delete_records(lab, 1, 0, 30000, protocol::offsets_topic).error ==
        ErrorCode::invalid_topic_exception);
}

TEST_CASE("DeleteRecords times out while a live replica does not fetch") {
  TestCluster lab(2);
  lab.set_up({topic_on("orders", {{1, 2}})});
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  lab.run_for(1s);
  const sim::HostId one = lab.world.host("broker-1")->id();
  const sim::HostId two = lab.world.host("broker-2")->id();
  lab.world.network().block(one, two);
  lab.world.network().block(two, one);
  const auto result = delete_records(lab, 1, 1, 3000);
  CHECK(result.error == ErrorCode::request_timed_out);
  CHECK(result.low_watermark == Offset(0));
  CHECK(lab.cluster->replica(BrokerId(1), {"orders", 0})->log_start_offset == Offset(1));
}

TEST_CASE("DeleteRecords does not wait for a replica whose broker is fenced") {
  TestCluster lab(2);
  lab.set_up({topic_on("orders", {{1, 2}})});
  REQUIRE(lab.produce(1, "A") == ErrorCode::none);
  lab.cluster->crash("broker-2");
  lab.run_for(20s);
  CHECK(delete_records(lab, 1, 1).error == ErrorCode::none);
}

}  // namespace
}  // namespace kafkasim::broker
