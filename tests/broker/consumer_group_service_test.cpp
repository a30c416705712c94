// Consumer groups (KIP-848) inside a cluster: over connections, with a replicated offsets topic,
// topics that grow, and a coordinator that dies.
#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {
namespace {

using namespace protocol;

class ConsumerCluster : public TestCluster {
 public:
  explicit ConsumerCluster(int brokers, std::map<std::string, std::string> config = {})
      : TestCluster(brokers, with_one_offsets_partition(std::move(config))) {
    std::vector<int> all;
    for (int id = 1; id <= brokers; ++id) all.push_back(id);
    set_up({topic_on("orders", {all, all})});
    find_coordinator(1);
    run_for(10ms);
  }

  static std::map<std::string, std::string> with_one_offsets_partition(
      std::map<std::string, std::string> config) {
    config.emplace("offsets.topic.num.partitions", "1");
    return config;
  }

  void find_coordinator(int ask) {
    FindCoordinatorRequest request;
    request.coordinator_keys = {"g"};
    for (int attempt = 0; attempt < 300; ++attempt) {
      const auto response = call<FindCoordinatorResponse>(ask, request);
      if (response && response->coordinators.at(0).error == ErrorCode::none) {
        const int found = response->coordinators.at(0).node_id.value();
        if (cluster->is_up(broker_name(found))) {
          coordinator = found;
          return;
        }
      }
      run_for(100ms);
    }
    FAIL("no coordinator");
  }

  static ConsumerGroupHeartbeatRequest joining(const std::string& id) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = id;
    request.rebalance_timeout_ms = 60'000;
    request.subscribed_topics = {"orders"};
    request.owned.emplace();
    return request;
  }
  static ConsumerGroupHeartbeatRequest living(const std::string& id, std::int32_t epoch) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = id;
    request.member_epoch = epoch;
    return request;
  }
  ConsumerGroupHeartbeatResponse beat(const ConsumerGroupHeartbeatRequest& request) {
    return call<ConsumerGroupHeartbeatResponse>(coordinator, request).value();
  }
  static std::size_t count(const ConsumerGroupHeartbeatResponse& response) {
    REQUIRE(response.assignment.has_value());
    std::size_t partitions = 0;
    for (const auto& topic : *response.assignment) partitions += topic.partitions.size();
    return partitions;
  }

  int coordinator = 0;
};

}  // namespace

TEST_CASE("a consumer group lives through its coordinator's death") {
  ConsumerCluster lab(3);
  const auto joined = lab.beat(lab.joining("a"));
  REQUIRE(joined.error == ErrorCode::none);
  CHECK(joined.member_epoch == 1);
  CHECK(lab.count(joined) == 2);
  CHECK(lab.beat(lab.joining("b")).member_epoch == 2);

  const int old = lab.coordinator;
  CHECK(lab.beat(lab.living("a", 7)).error == ErrorCode::fenced_member_epoch);
  CHECK(lab.call<ConsumerGroupHeartbeatResponse>(old % 3 + 1, lab.living("a", 1))->error ==
        ErrorCode::not_coordinator);
  lab.cluster->crash(broker_name(old));
  lab.find_coordinator(old % 3 + 1);
  REQUIRE(lab.coordinator != old);
  lab.run_for(1s);
  const auto told = lab.beat(lab.living("a", 1));
  CHECK(told.error == ErrorCode::none);
  CHECK(told.member_epoch == 1);
  CHECK(lab.count(told) == 1);
  auto revoked = lab.living("a", 1);
  revoked.owned = told.assignment;
  CHECK(lab.beat(revoked).member_epoch == 2);
  CHECK(lab.count(lab.beat(lab.living("b", 2))) == 1);
}

TEST_CASE("partitions that are added reach a consumer group, and its states the trace") {
  ConsumerCluster lab(1);
  lab.beat(lab.joining("a"));
  CreatePartitionsRequest grow;
  grow.topics.push_back({"orders", 3, {}});
  REQUIRE(lab.call<CreatePartitionsResponse>(1, grow)->results.at(0).error == ErrorCode::none);
  lab.run_for(1s);
  const auto told = lab.beat(lab.living("a", 1));
  CHECK(told.member_epoch == 2);
  CHECK(lab.count(told) == 3);
  lab.beat(lab.living("a", -1));
  std::vector<std::string> states;
  for (const auto& line : lab.seen) {
    if (line.what == "group") states.push_back(line.text);
  }
  REQUIRE(states.size() == 3);
  CHECK(states[0].find("Stable") != std::string::npos);
  CHECK(states[2].find("Empty") != std::string::npos);
}

TEST_CASE("a broker that serves classic groups only refuses the consumer protocol") {
  ConsumerCluster lab(1, {{"group.coordinator.rebalance.protocols", "classic"}});
  CHECK(lab.beat(lab.joining("a")).error == ErrorCode::unsupported_version);
}

}  // namespace kafkasim::broker
