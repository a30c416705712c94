// The group coordinator inside a cluster, clause by clause: who coordinates, loading, batches, and
// what administrators delete. What group_service_test.cpp shows is not repeated.
#include <algorithm>

#include "protocol/java_hash.hpp"
#include "tests/broker/group_cluster.hpp"

namespace kafkasim::broker {
namespace {

using namespace protocol;

std::size_t offsets_batches(const GroupCluster& lab) {
  const auto replica = lab.cluster->replica(BrokerId(lab.coordinator), {offsets_topic, 0});
  REQUIRE(replica);
  return replica->storage->batches.size();
}

// The body's answer by the broker that has just become the coordinator and still reads.
ResponseBody asked_while_loading(const std::function<RequestBody(GroupCluster&)>& body) {
  GroupCluster lab(3);
  for (int i = 0; i < 20; ++i) REQUIRE(lab.commit("", -1, i) == ErrorCode::none);
  const RequestBody request = body(lab);
  for (int id = 1; id <= 3; ++id) lab.find_coordinator(id);  // connections to all of them
  const int before = lab.coordinator;
  lab.seen.clear();
  lab.cluster->crash(broker_name(before));
  const TestCluster::Seen* leads = nullptr;
  const auto takes_over = [&] {
    const auto at = std::find_if(lab.seen.begin(), lab.seen.end(), [](const auto& line) {
      return line.what == "leader" && line.text.find(offsets_topic) != std::string::npos;
    });
    leads = at == lab.seen.end() ? nullptr : &*at;
    return leads != nullptr;
  };
  REQUIRE(lab.run_until(takes_over, 60s));
  const int now = leads->who.back() - '0';
  REQUIRE(now != before);
  auto answer = [&] {
    lab.send(now, request);
    REQUIRE(lab.run_until([&] { return lab.answers.contains(now); }, 10s));
    return *lab.answers.at(now);
  };
  ResponseBody first = answer();
  // A moment later it knows the group.
  OffsetFetchRequest fetch;
  fetch.group_id = "g";
  fetch.partitions = {{"orders", 0}};
  const auto found = lab.call<OffsetFetchResponse>(now, fetch);
  CHECK(found->error == ErrorCode::none);
  CHECK(found->partitions.at(0).committed_offset.value() == 19);
  return first;
}

OffsetDeleteResponse delete_offsets(GroupCluster& lab, const std::vector<TopicPartition>& which,
                                    const std::string& group = "g") {
  return lab.call<OffsetDeleteResponse>(lab.coordinator, OffsetDeleteRequest{group, which}).value();
}

}  // namespace

TEST_CASE("a coordinator that still reads asks for patience, but lets a heartbeat pass") {
  const ResponseBody join =
      asked_while_loading([](GroupCluster& lab) { return lab.join_request(""); });
  CHECK(std::get<JoinGroupResponse>(join).error == ErrorCode::coordinator_load_in_progress);
  const ResponseBody commit =
      asked_while_loading([](GroupCluster& lab) { return lab.commit_request("", -1, 9); });
  CHECK(std::get<OffsetCommitResponse>(commit).partitions.at(0).error ==
        ErrorCode::coordinator_load_in_progress);
  const ResponseBody fetch = asked_while_loading([](GroupCluster&) {
    OffsetFetchRequest request;
    request.group_id = "g";
    return request;
  });
  CHECK(std::get<OffsetFetchResponse>(fetch).error == ErrorCode::coordinator_load_in_progress);
  const ResponseBody removal =
      asked_while_loading([](GroupCluster&) { return DeleteGroupsRequest{{"g"}}; });
  CHECK(std::get<DeleteGroupsResponse>(removal).results.at(0).error ==
        ErrorCode::coordinator_load_in_progress);
  const ResponseBody heartbeat = asked_while_loading([](GroupCluster&) {
    return HeartbeatRequest{"g", 1, "whoever", ""};
  });
  CHECK(std::get<HeartbeatResponse>(heartbeat).error == ErrorCode::none);
}

TEST_CASE("without a leader of its partition a group has no coordinator") {
  GroupCluster lab(3, {{"offsets.topic.replication.factor", "1"}});
  const int gone = lab.coordinator;
  lab.cluster->crash(broker_name(gone));
  lab.run_for(30s);
  FindCoordinatorRequest request;
  request.coordinator_keys = {"g"};
  const auto found = lab.call<FindCoordinatorResponse>(lab.other_than(gone), request);
  CHECK(found->coordinators.at(0).error == ErrorCode::coordinator_not_available);
  CHECK_FALSE(found->coordinators.at(0).node_id.is_set());
}

TEST_CASE("a group belongs to the partition that its id hashes to, of fifty unless set otherwise") {
  CHECK(group_partition("g", 50) == 'g' % 50);
  CHECK(group_partition("polygenelubricants", 50) == 0);  // its hash has no absolute value
  ConfigValues defaults{broker_config_defs()};
  CHECK(defaults.int_value("offsets.topic.num.partitions") == 50);
}

TEST_CASE("what is committed within the linger goes into one batch") {
  GroupCluster lab(1, {{"group.coordinator.append.linger.ms", "10"}});
  REQUIRE(lab.commit("", -1, 1) == ErrorCode::none);
  const std::size_t before = offsets_batches(lab);
  const auto send_two = [&](sim::Duration apart) {
    lab.send(101, lab.commit_request("", -1, 2));
    lab.run_for(apart);
    lab.send(201, lab.commit_request("", -1, 3));
    REQUIRE(
        lab.run_until([&] { return lab.answers.contains(101) && lab.answers.contains(201); }, 10s));
  };
  send_two(9ms);  // the connections are made; then both come within the time
  const std::size_t connected = offsets_batches(lab);
  send_two(9ms);
  CHECK(offsets_batches(lab) == connected + 1);
  send_two(11ms);
  CHECK(offsets_batches(lab) == connected + 3);
  CHECK(connected > before);
  CHECK(lab.committed() == 3);
}

TEST_CASE("groups are deleted by the broker that coordinates them, each with its own outcome") {
  GroupCluster lab(3);
  REQUIRE(lab.commit("", -1, 7) == ErrorCode::none);
  const DeleteGroupsRequest request{{"g", "nobody", "g"}};
  const auto elsewhere =
      lab.call<DeleteGroupsResponse>(lab.other_than(lab.coordinator), request).value();
  REQUIRE(elsewhere.results.size() == 2);
  CHECK(elsewhere.results[0].error == ErrorCode::not_coordinator);
  CHECK(elsewhere.results[1].error == ErrorCode::not_coordinator);
  CHECK(lab.committed() == 7);
  const auto here = lab.call<DeleteGroupsResponse>(lab.coordinator, request).value();
  REQUIRE(here.results.size() == 2);
  CHECK(here.results[0].group_id == "g");
  CHECK(here.results[0].error == ErrorCode::none);
  CHECK(here.results[1].error == ErrorCode::group_id_not_found);
  CHECK(lab.committed() == -1);
  const auto* dead = lab.find_seen("group", broker_name(lab.coordinator));
  REQUIRE(dead != nullptr);
  CHECK(dead->text.find("Dead") != std::string::npos);
}

TEST_CASE("groups of several coordinators are deleted with one request to each") {
  GroupCluster lab(2, {{"offsets.topic.num.partitions", "8"}});
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) names.push_back("g" + std::to_string(i));
  std::set<std::string> deleted;
  for (const int broker : {1, 2}) {
    lab.run_for(100ms);
    const auto response =
        lab.call<DeleteGroupsResponse>(broker, DeleteGroupsRequest{names}).value();
    REQUIRE(response.results.size() == names.size());
    for (const auto& result : response.results) {
      if (result.error == ErrorCode::group_id_not_found) {
        CHECK(deleted.insert(result.group_id).second);  // by one of them only
      } else {
        CHECK(result.error == ErrorCode::not_coordinator);
      }
    }
  }
  CHECK(deleted.size() == names.size());
}

TEST_CASE("a deleted group stays deleted when its coordinator dies") {
  GroupCluster lab(3);
  REQUIRE(lab.commit("", -1, 7) == ErrorCode::none);
  const auto deleted =
      lab.call<DeleteGroupsResponse>(lab.coordinator, DeleteGroupsRequest{{"g"}}).value();
  REQUIRE(deleted.results.at(0).error == ErrorCode::none);
  const int before = lab.coordinator;
  lab.cluster->crash(broker_name(before));
  REQUIRE(lab.find_coordinator(lab.other_than(before)) != before);
  lab.run_for(1s);
  CHECK(lab.committed(true) == -1);
  CHECK(lab.commit("c", 1, 8) == ErrorCode::group_id_not_found);
}

TEST_CASE("offsets of partitions that do not exist cannot be deleted, others of the request can") {
  GroupCluster lab(3);
  REQUIRE(lab.commit("", -1, 7) == ErrorCode::none);
  const auto response = delete_offsets(lab, {{"orders", 9}, {"orders", 0}, {"nowhere", 0}});
  CHECK(response.error == ErrorCode::none);
  REQUIRE(response.partitions.size() == 3);
  for (const auto& each : response.partitions) {
    const bool exists = each.partition == TopicPartition{"orders", 0};
    CHECK(each.error == (exists ? ErrorCode::none : ErrorCode::unknown_topic_or_partition));
  }
  CHECK(lab.committed() == -1);
}

TEST_CASE("an error of the group stands above those of its partitions when offsets are deleted") {
  GroupCluster lab(3);
  const auto unknown = delete_offsets(lab, {{"nowhere", 0}}, "nobody");
  CHECK(unknown.error == ErrorCode::group_id_not_found);
  CHECK(unknown.partitions.empty());
  CHECK(delete_offsets(lab, {{"orders", 0}}, "").error == ErrorCode::invalid_group_id);
  const OffsetDeleteRequest request{"g", {{"orders", 0}}};
  CHECK(lab.call<OffsetDeleteResponse>(lab.other_than(lab.coordinator), request)->error ==
        ErrorCode::not_coordinator);
}

TEST_CASE("a group that is in use can be deleted by nobody, and goes on") {
  GroupCluster lab(3);
  const std::string member = lab.join_alone();
  REQUIRE(lab.commit(member, 1, 7) == ErrorCode::none);
  const auto response =
      lab.call<DeleteGroupsResponse>(lab.coordinator, DeleteGroupsRequest{{"g"}}).value();
  CHECK(response.results.at(0).error == ErrorCode::non_empty_group);
  CHECK(delete_offsets(lab, {{"orders", 0}}).partitions.at(0).error ==
        ErrorCode::group_subscribed_to_topic);
  CHECK(lab.heartbeat(member, 1) == ErrorCode::none);
  CHECK(lab.committed() == 7);
}

TEST_CASE("offsets of a partition that does not exist are not taken, nor told to the coordinator") {
  GroupCluster lab(1);
  OffsetCommitRequest request = lab.commit_request("", -1, 7);
  request.partitions.push_back({{"orders", 9}, Offset(1), {}, ""});
  request.partitions.push_back({{"nowhere", 0}, Offset(1), {}, ""});
  const auto response = lab.call<OffsetCommitResponse>(1, request).value();
  REQUIRE(response.partitions.size() == 3);
  for (const auto& each : response.partitions) {
    const bool exists = each.partition == TopicPartition{"orders", 0};
    CHECK(each.error == (exists ? ErrorCode::none : ErrorCode::unknown_topic_or_partition));
  }
  CHECK(lab.committed() == 7);
}

}  // namespace kafkasim::broker
