// SyncGroup, Heartbeat, LeaveGroup and sessions, clause by clause. What group_membership_test.cpp
// shows is not repeated.
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::JoinGroupResponse;
using protocol::SyncGroupResponse;
using namespace std::chrono_literals;

namespace {

protocol::SyncGroupRequest sync_of(const std::string& member_id, std::int32_t generation) {
  protocol::SyncGroupRequest request;
  request.group_id = lab_group;
  request.generation_id = generation;
  request.member_id = member_id;
  return request;
}

// Two members that have joined generation 2; nobody has synced.
void make_waiting(GroupLab& lab) {
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-2");
  REQUIRE(lab.state() == "CompletingRebalance");
}

std::string assignment(const GroupLab& lab, const std::string& member_id) {
  return std::string(lab.group()->members().at(member_id).assignment.view());
}

}  // namespace

// ---- SyncGroup ----

TEST_CASE("a sync is refused for its group, its member, its generation and its protocol") {
  GroupLab lab;
  CHECK(lab.sync_error(lab.sync(sync_of("c-1", 1))) == ErrorCode::unknown_member_id);
  make_waiting(lab);
  protocol::SyncGroupRequest request = sync_of("c-1", 2);
  request.group_id = "";
  CHECK(lab.sync_error(lab.sync(request)) == ErrorCode::invalid_group_id);
  CHECK(lab.sync_error(lab.sync(sync_of("c-9", 2))) == ErrorCode::unknown_member_id);
  CHECK(lab.sync_error(lab.sync(sync_of("c-1", 1))) == ErrorCode::illegal_generation);
  CHECK(lab.sync_error(lab.sync(sync_of("c-1", 3))) == ErrorCode::illegal_generation);
  request = sync_of("c-1", 2);
  request.protocol_type = "connect";
  CHECK(lab.sync_error(lab.sync(request)) == ErrorCode::inconsistent_group_protocol);
  request.protocol_type = "consumer";
  request.protocol_name = "sticky";
  CHECK(lab.sync_error(lab.sync(request)) == ErrorCode::inconsistent_group_protocol);
  request.protocol_name = "range";
  CHECK(lab.sync_error(lab.sync(request)) == ErrorCode::none);
}

TEST_CASE("a sync in the join phase is sent back to join, one of an empty group is unknown") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(lab.sync_error(lab.sync(sync_of("c-2", 1))) == ErrorCode::rebalance_in_progress);
  lab.leave("c-1");
  lab.leave("c-2");
  REQUIRE(lab.state() == "Empty");
  CHECK(lab.sync_error(lab.sync(sync_of("c-2", 2))) == ErrorCode::unknown_member_id);
}

TEST_CASE("only what the leader sends counts as the assignment") {
  GroupLab lab;
  make_waiting(lab);
  const GroupToken follower = lab.sync("c-2", {{"c-2", protocol::Bytes("all mine")}});
  CHECK_FALSE(lab.answered(follower));
  lab.sync("c-1", {{"c-1", protocol::Bytes("one")}, {"c-2", protocol::Bytes("two")}});
  CHECK(lab.reply<SyncGroupResponse>(follower).assignment == protocol::Bytes("two"));
  CHECK(assignment(lab, "c-1") == "one");
}

TEST_CASE("a follower that syncs after the others is given what the leader assigned") {
  GroupLab lab;
  make_waiting(lab);
  lab.sync("c-1", {{"c-1", protocol::Bytes("one")}, {"c-2", protocol::Bytes("two")}});
  REQUIRE(lab.state() == "Stable");
  const auto late = lab.reply<SyncGroupResponse>(lab.sync("c-2"));
  CHECK(late.error == ErrorCode::none);
  CHECK(late.assignment == protocol::Bytes("two"));
  CHECK(late.protocol_type == "consumer");
}

TEST_CASE("a rebalance that begins before the assignment is stored makes that worthless") {
  GroupLab lab;
  make_waiting(lab);
  lab.replicating = false;
  const GroupToken leader = lab.sync("c-1", {{"c-1", protocol::Bytes("all")}});
  lab.join("c-2", "", subscribe({"u"}));
  CHECK(lab.sync_error(leader) == ErrorCode::rebalance_in_progress);
  lab.replicating = true;
  lab.settle();
  CHECK(lab.state() == "PreparingRebalance");
  CHECK(assignment(lab, "c-1").empty());
}

TEST_CASE("a rebalance that begins while the group waits to be assigned drops all assignments") {
  GroupLab lab;
  make_waiting(lab);
  lab.sync("c-1", {{"c-1", protocol::Bytes("one")}, {"c-2", protocol::Bytes("two")}});
  lab.join("c-1");
  CHECK(assignment(lab, "c-2") == "two");  // of the last generation, still
  lab.join("c-2");
  REQUIRE(lab.state() == "CompletingRebalance");
  lab.join("c-2", "", subscribe({"u"}));
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(assignment(lab, "c-1").empty());
  CHECK(assignment(lab, "c-2").empty());
}

TEST_CASE("a group whose leader never assigns loses it, and whoever else did not sync") {
  GroupLab lab;
  lab.make_stable(3);
  for (const char* id : {"c-1", "c-2", "c-3"}) lab.join(id);
  REQUIRE(lab.state() == "CompletingRebalance");
  const GroupToken waiting = lab.sync("c-2");
  lab.live(60s, {"c-1", "c-3"});
  CHECK(lab.sync_error(waiting) == ErrorCode::rebalance_in_progress);
  CHECK(lab.state() == "PreparingRebalance");
  CHECK(lab.group()->members().size() == 1);
  CHECK(lab.group()->leader() == "c-2");
}

TEST_CASE("the time to sync is the longest rebalance timeout, counted from the answers to joins") {
  GroupLab lab;
  make_waiting(lab);
  lab.sync("c-1");
  for (int i = 0; i < 12; ++i) {
    lab.heartbeat("c-1");
    lab.heartbeat("c-2");
    lab.pass(i == 11 ? 4999ms : 5s);
  }
  CHECK(lab.state() == "Stable");
  lab.pass(1ms);
  CHECK(lab.state() == "PreparingRebalance");
}

// ---- Heartbeat ----

TEST_CASE("a heartbeat is refused for its group, its member and its generation") {
  GroupLab lab;
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 1, "c-1", ""})) ==
        ErrorCode::unknown_member_id);
  CHECK(lab.heartbeat_error(lab.heartbeat({"", 1, "c-1", ""})) == ErrorCode::invalid_group_id);
  lab.make_stable(1);
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 0, "c-1", ""})) ==
        ErrorCode::illegal_generation);
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 2, "c-1", ""})) ==
        ErrorCode::illegal_generation);
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 1, "c-9", ""})) ==
        ErrorCode::unknown_member_id);
  lab.leave("c-1");
  REQUIRE(lab.state() == "Empty");
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 2, "c-1", ""})) ==
        ErrorCode::unknown_member_id);
}

TEST_CASE("a heartbeat is fine while the group waits to be assigned, and keeps the member") {
  GroupLab lab;
  make_waiting(lab);
  for (int i = 0; i < 4; ++i) {
    lab.pass(8s);
    CHECK(lab.heartbeat_error(lab.heartbeat("c-1")) == ErrorCode::none);
    CHECK(lab.heartbeat_error(lab.heartbeat("c-2")) == ErrorCode::none);
  }
  CHECK(lab.group()->members().size() == 2);
  CHECK(lab.state() == "CompletingRebalance");
}

TEST_CASE("a heartbeat that says to rejoin still keeps the member") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  for (int i = 0; i < 4; ++i) {
    lab.pass(8s);
    CHECK(lab.heartbeat_error(lab.heartbeat("c-2")) == ErrorCode::rebalance_in_progress);
  }
  CHECK(lab.group()->members().contains("c-2"));
  CHECK(lab.state() == "PreparingRebalance");
}

// ---- sessions ----

TEST_CASE("a session lasts exactly its timeout from the last heartbeat") {
  GroupLab lab;
  lab.make_stable(2);
  lab.pass(3s);
  lab.heartbeat("c-1");
  lab.heartbeat("c-2");
  lab.pass(9'999ms);
  CHECK(lab.group()->members().size() == 2);
  lab.pass(1ms);
  CHECK(lab.group()->members().empty());
  CHECK(lab.state() == "Empty");
}

TEST_CASE("the answers to join and to sync begin the session anew") {
  GroupLab lab;
  lab.make_stable(2);
  const GroupToken leader = lab.join("c-1");
  lab.pass(9s);
  lab.heartbeat("c-2");
  lab.join("c-2");  // 9 s after the leader's
  REQUIRE(lab.answered(leader));
  lab.pass(9s);  // nobody has said anything for 9 s
  REQUIRE(lab.group()->members().size() == 2);
  const GroupToken follower = lab.sync("c-2");
  lab.pass(900ms);
  lab.sync("c-1");
  REQUIRE(lab.answered(follower));
  lab.pass(9'999ms);
  CHECK(lab.state() == "Stable");
  CHECK(lab.group()->members().size() == 2);
  lab.pass(1ms);
  CHECK(lab.state() == "Empty");
}

TEST_CASE("a member whose sync is parked does not expire") {
  GroupLab lab;
  make_waiting(lab);
  const GroupToken waiting = lab.sync("c-2");
  lab.live(30s, {"c-1"});
  CHECK_FALSE(lab.answered(waiting));
  CHECK(lab.group()->members().contains("c-2"));
}

TEST_CASE("a member whose join is parked does not expire, but for a newcomer") {
  GroupLab lab;
  lab.make_stable(2);
  const GroupToken waiting = lab.join("c-1");
  lab.live(50s, {"c-2"});
  CHECK_FALSE(lab.answered(waiting));
  CHECK(lab.group()->members().contains("c-1"));
}

TEST_CASE("the commit of a member that shall rejoin keeps it, one that is refused does not") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  REQUIRE(lab.state() == "PreparingRebalance");
  for (int i = 0; i < 3; ++i) {
    lab.pass(8s);
    CHECK(lab.commit_error(lab.commit("c-2", 1, i)) == ErrorCode::none);
  }
  CHECK(lab.group()->members().contains("c-2"));
  lab.pass(8s);
  CHECK(lab.commit_error(lab.commit("c-2", 7, 9)) == ErrorCode::illegal_generation);
  lab.pass(2s);
  CHECK_FALSE(lab.group()->members().contains("c-2"));
}

TEST_CASE("a session that ends completes the join phase that waited for its member only") {
  GroupLab lab;
  lab.make_stable(2);
  const GroupToken leader = lab.join("c-1");
  lab.pass(9'999ms);
  CHECK_FALSE(lab.answered(leader));
  lab.pass(1ms);
  CHECK(lab.reply<JoinGroupResponse>(leader).members.size() == 1);
}

// ---- LeaveGroup ----

TEST_CASE("who leaves completes the join phase that waited for it only") {
  GroupLab lab;
  lab.make_stable(2);
  const GroupToken leader = lab.join("c-1");
  lab.leave("c-2");
  CHECK(lab.reply<JoinGroupResponse>(leader).generation_id == 2);
}

TEST_CASE("who leaves a stable group makes the others rejoin; a join of its own is answered") {
  GroupLab lab;
  lab.make_stable(3);
  lab.leave("c-3");
  CHECK(lab.heartbeat_error(lab.heartbeat("c-1")) == ErrorCode::rebalance_in_progress);
  const GroupToken own = lab.join("c-2");
  lab.leave("c-2");
  CHECK(lab.join_error(own) == ErrorCode::unknown_member_id);
  CHECK(lab.group()->members().size() == 1);
}

TEST_CASE("a leave is refused as a whole for its group, and for each member that is not there") {
  GroupLab lab;
  const auto leave = [&](const protocol::LeaveGroupRequest& request) {
    lab.coordinator.leave(++lab.token, request, lab.now);
    lab.settle();
    return lab.reply<protocol::LeaveGroupResponse>(lab.token);
  };
  CHECK(leave({"", {{"c-1", "", ""}}}).error == ErrorCode::invalid_group_id);
  CHECK(leave({lab_group, {{"c-1", "", ""}}}).error == ErrorCode::unknown_member_id);
  lab.make_stable(3);
  const auto response = leave({lab_group, {{"c-2", "", ""}, {"c-9", "", ""}, {"c-3", "x", ""}}});
  CHECK(response.error == ErrorCode::none);
  REQUIRE(response.members.size() == 3);
  CHECK(response.members[0].error == ErrorCode::none);
  CHECK(response.members[1].error == ErrorCode::unknown_member_id);
  CHECK(response.members[2].error == ErrorCode::unknown_member_id);
  CHECK(lab.group()->members().size() == 2);
}
