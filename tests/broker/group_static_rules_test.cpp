// Static members, clause by clause: who comes back under a new id, what that means in each state of
// the group, and what it costs. What group_membership_test.cpp shows is not repeated.
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::JoinGroupResponse;
using namespace std::chrono_literals;

namespace {

// A dynamic leader c-1 and the static member inst-2, Stable in generation 1.
void make_static_follower(GroupLab& lab) {
  const std::string leader = lab.join_new();
  lab.join("", "inst");
  lab.pass(0s);
  lab.sync(leader, {{leader, protocol::Bytes("some")}, {"inst-2", protocol::Bytes("rest")}});
  lab.sync("inst-2");
  REQUIRE(lab.state() == "Stable");
  REQUIRE(lab.group()->leader() == "c-1");
}

}  // namespace

TEST_CASE("a static follower that comes back has its assignment, and nobody else notices") {
  GroupLab lab;
  make_static_follower(lab);
  const auto back = lab.reply<JoinGroupResponse>(lab.join("", "inst"));
  CHECK(back.error == ErrorCode::none);
  CHECK(back.generation_id == 1);
  CHECK(back.leader == "c-1");
  CHECK_FALSE(back.skip_assignment);
  CHECK(back.members.empty());
  CHECK(lab.state() == "Stable");
  CHECK(lab.heartbeat_error(lab.heartbeat("c-1")) == ErrorCode::none);
  CHECK(lab.reply<protocol::SyncGroupResponse>(lab.sync(back.member_id)).assignment ==
        protocol::Bytes("rest"));
  // Its new id is stored.
  GroupLab other;
  other.take_over(lab);
  CHECK(other.group()->static_member("inst") == back.member_id);
  CHECK(other.group()->members().at(back.member_id).assignment == protocol::Bytes("rest"));
}

TEST_CASE("an older leader that comes back is told the leader of before, so that it rejoins") {
  GroupLab lab;
  lab.join("", "inst");
  lab.pass(0s);
  lab.sync("inst-1");
  protocol::JoinGroupRequest request;
  request.group_id = lab_group;
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = 60'000;
  request.group_instance_id = "inst";
  request.protocol_type = "consumer";
  request.protocols = subscribe({"t"});
  broker::JoinContext old;
  old.knows_skip_assignment = false;
  lab.coordinator.join(++lab.token, request, old, lab.now);
  lab.settle();
  const auto back = lab.reply<JoinGroupResponse>(lab.token);
  CHECK(back.leader == "inst-1");
  CHECK(back.member_id != "inst-1");
  CHECK_FALSE(back.skip_assignment);
  CHECK(back.members.empty());
}

TEST_CASE("a static member whose return changes the protocol of the group starts a rebalance") {
  GroupLab lab;
  const std::vector<std::string> both{"a", "b"};
  const std::vector<std::string> swapped{"b", "a"};
  lab.join("", "one", subscribe({"t"}, both));
  lab.pass(0s);
  lab.sync("one-1");
  REQUIRE(lab.group()->protocol_name() == "a");
  const GroupToken same = lab.join("", "one", subscribe({"t", "u"}, both));
  CHECK(lab.answered(same));
  CHECK(lab.state() == "Stable");
  const GroupToken other = lab.join("", "one", subscribe({"t"}, swapped));
  CHECK(lab.reply<JoinGroupResponse>(other).generation_id == 2);
  CHECK(lab.reply<JoinGroupResponse>(other).protocol_name == "b");
}

TEST_CASE("a static member that comes back while the group waits to be assigned starts over") {
  GroupLab lab;
  make_static_follower(lab);
  lab.join("c-1");
  lab.join("inst-2", "inst");
  REQUIRE(lab.state() == "CompletingRebalance");
  const GroupToken waiting = lab.sync("inst-2");
  const GroupToken back = lab.join("", "inst");
  CHECK(lab.sync_error(waiting) == ErrorCode::fenced_instance_id);
  CHECK(lab.state() == "PreparingRebalance");
  CHECK_FALSE(lab.answered(back));
  lab.join("c-1");
  CHECK(lab.reply<JoinGroupResponse>(back).generation_id == 3);
}

TEST_CASE("a static member that comes back in a rebalance joins it under its new id") {
  GroupLab lab;
  make_static_follower(lab);
  const GroupToken leader = lab.join("c-1");
  REQUIRE(lab.state() == "PreparingRebalance");
  const GroupToken back = lab.join("", "inst");
  CHECK(lab.reply<JoinGroupResponse>(back).generation_id == 2);
  CHECK(lab.reply<JoinGroupResponse>(leader).members.size() == 2);
  CHECK_FALSE(lab.group()->members().contains("inst-2"));
}

TEST_CASE("a return that cannot be stored has not happened") {
  GroupLab lab;
  make_static_follower(lab);
  lab.append_error = ErrorCode::not_enough_replicas;
  const GroupToken back = lab.join("", "inst", subscribe({"t", "u"}));
  CHECK(lab.join_error(back) == ErrorCode::coordinator_not_available);
  CHECK(lab.reply<JoinGroupResponse>(back).generation_id == 1);
  lab.append_error = ErrorCode::none;
  CHECK(lab.group()->static_member("inst") == "inst-2");
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 1, "inst-2", "inst"})) == ErrorCode::none);
  CHECK(lab.group()->members().at("inst-2").matches(subscribe({"t"})));
}

TEST_CASE("who was replaced is fenced in all that it does") {
  GroupLab lab;
  make_static_follower(lab);
  lab.join("", "inst");
  protocol::SyncGroupRequest sync;
  sync.group_id = lab_group;
  sync.generation_id = 1;
  sync.member_id = "inst-2";
  sync.group_instance_id = "inst";
  CHECK(lab.sync_error(lab.sync(sync)) == ErrorCode::fenced_instance_id);
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 1, "inst-2", "inst"})) ==
        ErrorCode::fenced_instance_id);
  CHECK(lab.commit_error(lab.commit(
            {lab_group, 1, "inst-2", "inst", {{{"t", 0}, protocol::Offset(1), {}, ""}}})) ==
        ErrorCode::fenced_instance_id);
  CHECK(lab.join_error(lab.join("inst-2", "inst")) == ErrorCode::fenced_instance_id);
  const auto left = lab.reply<protocol::LeaveGroupResponse>(lab.leave("inst-2", "inst"));
  CHECK(left.members.at(0).error == ErrorCode::fenced_instance_id);
  CHECK(lab.state() == "Stable");
}

TEST_CASE("a static member that stops keeps its partitions until its session ends") {
  GroupLab lab;
  make_static_follower(lab);
  lab.live(8s, {"c-1"});
  CHECK(lab.state() == "Stable");
  CHECK(lab.group()->members().at("inst-2").assignment == protocol::Bytes("rest"));
  lab.live(4s, {"c-1"});
  CHECK(lab.state() == "PreparingRebalance");
  CHECK(lab.group()->static_member("inst").empty());
}

TEST_CASE("the session of a static member that came back begins anew") {
  GroupLab lab;
  make_static_follower(lab);
  lab.live(8s, {"c-1"});
  const std::string id = lab.reply<JoinGroupResponse>(lab.join("", "inst")).member_id;
  lab.live(8s, {"c-1"});
  CHECK(lab.state() == "Stable");
  CHECK(lab.group()->static_member("inst") == id);
}
