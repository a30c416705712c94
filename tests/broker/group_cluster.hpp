// A cluster with one partition of the offsets topic, its coordinator found, and the requests of the
// members of one group "g".
#pragma once

#include "protocol/consumer_protocol.hpp"
#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {

class GroupCluster : public TestCluster {
 public:
  explicit GroupCluster(int brokers, std::map<std::string, std::string> config = {})
      : TestCluster(brokers, with_one_offsets_partition(std::move(config))) {
    std::vector<int> all;
    for (int id = 1; id <= brokers; ++id) all.push_back(id);
    set_up({topic_on("orders", {all})});
    find_coordinator();
    // The new leader has to load its (empty) partition.
    run_for(10ms);
  }

  static std::map<std::string, std::string> with_one_offsets_partition(
      std::map<std::string, std::string> config) {
    config.emplace("offsets.topic.num.partitions", "1");
    config.emplace("group.initial.rebalance.delay.ms", "0");
    return config;
  }

  // Asks a broker that is up until one is known; the number of the coordinator's broker.
  int find_coordinator(int ask = 1) {
    protocol::FindCoordinatorRequest request;
    request.coordinator_keys = {"g"};
    for (int attempt = 0; attempt < 300; ++attempt) {
      const auto response = call<protocol::FindCoordinatorResponse>(ask, request);
      if (response && response->coordinators.at(0).error == ErrorCode::none) {
        const int found = response->coordinators.at(0).node_id.value();
        if (cluster->is_up(broker_name(found))) return coordinator = found;
      }
      run_for(100ms);
    }
    FAIL("no coordinator");
    return 0;
  }

  protocol::JoinGroupRequest join_request(const std::string& member_id) const {
    protocol::ConsumerSubscription subscription;
    subscription.topics = {"orders"};
    protocol::JoinGroupRequest request;
    request.group_id = "g";
    request.session_timeout_ms = 45'000;
    request.rebalance_timeout_ms = 300'000;
    request.member_id = member_id;
    request.protocol_type = "consumer";
    request.protocols = {{"range", protocol::encode(subscription)}};
    return request;
  }
  // Joins as the only member and syncs; the member's id.
  std::string join_alone() {
    const auto first = call<protocol::JoinGroupResponse>(coordinator, join_request("")).value();
    REQUIRE(first.error == ErrorCode::member_id_required);
    const auto second =
        call<protocol::JoinGroupResponse>(coordinator, join_request(first.member_id)).value();
    REQUIRE(second.error == ErrorCode::none);
    REQUIRE(second.leader == first.member_id);
    protocol::SyncGroupRequest sync{"g", second.generation_id, first.member_id, "", "", "", {}};
    sync.assignments = {{first.member_id, protocol::Bytes("everything")}};
    const auto synced = call<protocol::SyncGroupResponse>(coordinator, sync).value();
    REQUIRE(synced.error == ErrorCode::none);
    CHECK(synced.assignment == protocol::Bytes("everything"));
    return first.member_id;
  }
  protocol::OffsetCommitRequest commit_request(const std::string& member_id, int generation,
                                               std::int64_t offset) const {
    return {"g", generation, member_id, "", {{{"orders", 0}, Offset(offset), {}, ""}}};
  }
  ErrorCode commit(const std::string& member_id, int generation, std::int64_t offset) {
    const auto response = call<protocol::OffsetCommitResponse>(
        coordinator, commit_request(member_id, generation, offset));
    return response ? response->partitions.at(0).error : ErrorCode::network_exception;
  }
  std::int64_t committed(bool require_stable = false) {
    protocol::OffsetFetchRequest request;
    request.group_id = "g";
    request.partitions = {{"orders", 0}};
    request.require_stable = require_stable;
    const auto response = call<protocol::OffsetFetchResponse>(coordinator, request).value();
    INFO(protocol::name(response.error));
    REQUIRE(response.error == ErrorCode::none);
    return response.partitions.at(0).committed_offset.value();
  }
  ErrorCode heartbeat(const std::string& member_id, int generation) {
    const protocol::HeartbeatRequest request{"g", generation, member_id, ""};
    return call<protocol::HeartbeatResponse>(coordinator, request).value().error;
  }
  int other_than(int broker) const { return broker % 3 + 1; }

  int coordinator = 0;
};

}  // namespace kafkasim::broker
