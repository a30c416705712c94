// The group coordinator inside a cluster: over connections, with a replicated offsets topic,
// through crashes.
#include "tests/broker/group_cluster.hpp"

namespace kafkasim::broker {
namespace {

using namespace protocol;

TEST_CASE("a consumer joins, syncs, commits and finds its offset again") {
  GroupCluster lab(3);
  const std::string member = lab.join_alone();
  CHECK(member.starts_with("test-"));
  CHECK(lab.commit(member, 1, 7) == ErrorCode::none);
  CHECK(lab.committed() == 7);
  CHECK(lab.committed(true) == 7);
  CHECK(lab.heartbeat(member, 1) == ErrorCode::none);
  const LeaveGroupRequest leave{"g", {{member, "", "done"}}};
  CHECK(lab.call<LeaveGroupResponse>(lab.coordinator, leave)->members.at(0).error ==
        ErrorCode::none);
  CHECK(lab.heartbeat(member, 1) == ErrorCode::unknown_member_id);
}

TEST_CASE("a commit waits for others to share its batch, then for the followers") {
  GroupCluster lab(3);
  const Time sent = lab.world.now();
  CHECK(lab.commit("", -1, 7) == ErrorCode::none);
  // 1 ms there, 10 ms for others, a round trip of a follower's fetch and the next one's arrival, 1
  // ms back.
  CHECK(lab.world.now() >= sent + 14ms);
  CHECK(lab.world.now() < sent + 600ms);
  const auto* seen = lab.find_seen("committed", broker_name(lab.coordinator));
  REQUIRE(seen != nullptr);
  CHECK(seen->at == lab.world.now() - 1ms);

  GroupCluster hasty(1, {{"group.coordinator.append.linger.ms", "0"}});
  const Time then = hasty.world.now();
  CHECK(hasty.commit("", -1, 7) == ErrorCode::none);
  CHECK(hasty.world.now() == then + 2ms);
}

TEST_CASE("the states of a group are in the trace, by its coordinator") {
  GroupCluster lab(1);
  lab.join_alone();
  std::vector<std::string> states;
  for (const auto& line : lab.seen) {
    if (line.what == "group") states.push_back(line.text);
  }
  REQUIRE(states.size() == 3);
  CHECK(states[0].find("PreparingRebalance") != std::string::npos);
  CHECK(states[1].find("CompletingRebalance") != std::string::npos);
  CHECK(states[2].find("Stable") != std::string::npos);
}

TEST_CASE("a broker that does not coordinate the group says so to every request") {
  GroupCluster lab(3);
  const int other = lab.other_than(lab.coordinator);
  CHECK(lab.call<JoinGroupResponse>(other, lab.join_request(""))->error ==
        ErrorCode::not_coordinator);
  const HeartbeatRequest heartbeat{"g", 1, "m", ""};
  CHECK(lab.call<HeartbeatResponse>(other, heartbeat)->error == ErrorCode::not_coordinator);
  const SyncGroupRequest sync{"g", 1, "m", "", "", "", {}};
  CHECK(lab.call<SyncGroupResponse>(other, sync)->error == ErrorCode::not_coordinator);
  const LeaveGroupRequest leave{"g", {{"m", "", ""}}};
  CHECK(lab.call<LeaveGroupResponse>(other, leave)->error == ErrorCode::not_coordinator);
  CHECK(lab.call<OffsetCommitResponse>(other, lab.commit_request("", -1, 1))
            ->partitions.at(0)
            .error == ErrorCode::not_coordinator);
  OffsetFetchRequest fetch;
  fetch.group_id = "g";
  CHECK(lab.call<OffsetFetchResponse>(other, fetch)->error == ErrorCode::not_coordinator);
}

TEST_CASE("a request without a group id is refused, except for offsets") {
  GroupCluster lab(1);
  CHECK(lab.call<HeartbeatResponse>(1, HeartbeatRequest{})->error == ErrorCode::invalid_group_id);
  CHECK(lab.call<JoinGroupResponse>(1, JoinGroupRequest{})->error == ErrorCode::invalid_group_id);
  CHECK(lab.call<OffsetFetchResponse>(1, OffsetFetchRequest{})->error == ErrorCode::none);
}

TEST_CASE("when the coordinator dies another broker takes the group over as it was last stored") {
  GroupCluster lab(3);
  const std::string member = lab.join_alone();
  REQUIRE(lab.commit(member, 1, 7) == ErrorCode::none);
  const int before = lab.coordinator;
  const Time died = lab.world.now();
  lab.cluster->crash(broker_name(before));
  REQUIRE(lab.find_coordinator(lab.other_than(before)) != before);
  // Loading: the offsets partition may have been taken over only just now.
  lab.run_for(1s);
  CHECK(lab.heartbeat(member, 1) == ErrorCode::none);
  CHECK(lab.committed(true) == 7);
  CHECK(lab.commit(member, 1, 8) == ErrorCode::none);
  // The session started anew with the new coordinator.
  CHECK(lab.world.now() - died < 45s);
  lab.run_for(44s);
  CHECK(lab.heartbeat(member, 1) == ErrorCode::none);
}

TEST_CASE("a coordinator that hands over in order answers parked joins at once") {
  GroupCluster lab(3, {{"group.initial.rebalance.delay.ms", "60000"}});
  const auto first = lab.call<JoinGroupResponse>(lab.coordinator, lab.join_request("")).value();
  lab.send(lab.coordinator, lab.join_request(first.member_id));
  lab.run_for(100ms);
  REQUIRE_FALSE(lab.answers.contains(lab.coordinator));
  lab.cluster->stop(broker_name(lab.coordinator));
  REQUIRE(lab.run_until([&] { return lab.answers.contains(lab.coordinator); }, 10s));
  const auto& answer = lab.answers.at(lab.coordinator);
  REQUIRE(answer.has_value());
  CHECK(std::get<JoinGroupResponse>(*answer).error == ErrorCode::not_coordinator);
}

TEST_CASE(
    "a commit that no follower copies fails after five seconds, and counts once the ISR shrinks") {
  GroupCluster lab(3);
  REQUIRE(lab.commit("", -1, 1) == ErrorCode::none);
  for (int id = 1; id <= 3; ++id) {
    if (id != lab.coordinator) lab.cluster->crash(broker_name(id));
  }
  const Time sent = lab.world.now();
  CHECK(lab.commit("", -1, 2) == ErrorCode::coordinator_not_available);
  CHECK(lab.world.now() >= sent + 5s);
  CHECK(lab.world.now() < sent + 5100ms);
  CHECK(lab.committed() == 1);
  lab.run_for(60s);
  CHECK(lab.committed() == 2);
}

TEST_CASE("two runs of the same conversation leave the same trace") {
  std::uint64_t hashes[2] = {};
  for (std::uint64_t& hash : hashes) {
    GroupCluster lab(3);
    const std::string member = lab.join_alone();
    lab.commit(member, 1, 7);
    lab.cluster->crash(broker_name(lab.coordinator));
    lab.run_for(20s);
    hash = lab.world.trace().hash();
  }
  CHECK(hashes[0] == hashes[1]);
}

}  // namespace
}  // namespace kafkasim::broker
