// JoinGroup and the join phase, clause by clause: who is refused and why, when the phase ends, who
// leads, which protocol wins. What group_membership_test.cpp shows is not repeated.
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::JoinGroupResponse;
using namespace std::chrono_literals;

namespace {

protocol::JoinGroupRequest request_of(const std::string& member_id,
                                      const std::string& instance = "",
                                      std::int32_t rebalance_timeout_ms = 60'000) {
  protocol::JoinGroupRequest request;
  request.group_id = lab_group;
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = rebalance_timeout_ms;
  request.member_id = member_id;
  request.group_instance_id = instance;
  request.protocol_type = "consumer";
  request.protocols = subscribe({"t"});
  return request;
}

std::string id_of(const GroupLab& lab, GroupToken asked) {
  return lab.reply<JoinGroupResponse>(asked).member_id;
}

// One static member that leads and one dynamic member, Stable in generation 1.
void make_static_leader(GroupLab& lab) {
  lab.join("", "inst");
  const std::string follower = lab.join_new();
  lab.pass(0s);
  lab.sync("inst-1");
  lab.sync(follower);
  REQUIRE(lab.state() == "Stable");
  REQUIRE(lab.group()->leader() == "inst-1");
}

}  // namespace

// ---- refusals ----

TEST_CASE("a join is refused for another protocol type than the group's") {
  GroupLab lab;
  lab.make_stable(1);
  protocol::JoinGroupRequest request = request_of("");
  request.protocol_type = "connect";
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::inconsistent_group_protocol);
  request.protocol_type = "consumer";
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::member_id_required);
}

TEST_CASE("a member may not come back with protocols that the others do not have") {
  GroupLab lab;
  lab.make_stable(2);
  CHECK(lab.join_error(lab.join("c-2", "", subscribe({"t"}, {"mine"}))) ==
        ErrorCode::inconsistent_group_protocol);
  CHECK(lab.state() == "Stable");
}

TEST_CASE("an id that the group does not know is refused, also when there is no group") {
  GroupLab lab;
  CHECK(lab.join_error(lab.join("c-9")) == ErrorCode::unknown_member_id);
  CHECK(lab.state() == "none");
  lab.make_stable(1);
  CHECK(lab.join_error(lab.join("c-9")) == ErrorCode::unknown_member_id);
  CHECK(lab.join_error(lab.join("c-1", "inst")) == ErrorCode::unknown_member_id);
}

TEST_CASE("an instance id that another member holds fences who joins with it") {
  GroupLab lab;
  make_static_leader(lab);
  CHECK(lab.join_error(lab.join("c-2", "inst")) == ErrorCode::fenced_instance_id);
  CHECK(lab.state() == "Stable");
}

TEST_CASE("a full group takes nobody else in any phase, and nobody out") {
  broker::GroupSettings settings = GroupLab::without_initial_delay();
  settings.max_size = 2;
  GroupLab lab(settings);
  lab.make_stable(2);
  CHECK(lab.join_error(lab.join("")) == ErrorCode::group_max_size_reached);
  const GroupToken first = lab.join("c-1");
  REQUIRE(lab.state() == "PreparingRebalance");
  // Two may wait; who has joined may ask again.
  lab.join("c-1");
  CHECK(lab.abandoned == std::vector<GroupToken>{first});
  const GroupToken second = lab.join("c-2");
  REQUIRE(lab.state() == "CompletingRebalance");
  CHECK(lab.join_error(second) == ErrorCode::none);
  CHECK(lab.join_error(lab.join("")) == ErrorCode::group_max_size_reached);
  CHECK(lab.join_error(lab.join("c-2")) == ErrorCode::none);
}

TEST_CASE("in a rebalance the places go to those who join first, members or not") {
  broker::GroupSettings settings = GroupLab::without_initial_delay();
  settings.max_size = 2;
  GroupLab lab(settings);
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("", "inst");
  const GroupToken late = lab.join("c-2");
  CHECK(lab.join_error(late) == ErrorCode::group_max_size_reached);
  CHECK_FALSE(lab.group()->members().contains("c-2"));
  CHECK(lab.group()->members().size() == 2);
}

TEST_CASE("a group without protocols, or without a type, is not made") {
  GroupLab lab;
  protocol::JoinGroupRequest request = request_of("");
  request.protocols.clear();
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::inconsistent_group_protocol);
  request = request_of("");
  request.protocol_type = "";
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::inconsistent_group_protocol);
}

// ---- newcomers ----

TEST_CASE("an id that was given out lasts as long as the session that its owner asked for") {
  GroupLab lab;
  const std::string id = id_of(lab, lab.join(""));
  lab.pass(9'999ms);
  CHECK_FALSE(lab.answered(lab.join(id)));

  GroupLab other;
  other.join("");
  other.pass(9'999ms);
  CHECK(other.group()->pending_joins().size() == 1);
  other.pass(1ms);
  CHECK(other.group()->pending_joins().empty());
}

TEST_CASE("a static newcomer joins in one step, under an id that begins with its instance") {
  GroupLab lab;
  const GroupToken asked = lab.join("", "inst");
  CHECK_FALSE(lab.answered(asked));
  CHECK(lab.group()->members().contains("inst-1"));
  CHECK(lab.group()->pending_joins().empty());
  lab.pass(0s);
  CHECK(id_of(lab, asked) == "inst-1");
}

TEST_CASE("an old client without an id is taken in at once") {
  GroupLab lab;
  broker::JoinContext old;
  old.client_id = "old";
  old.knows_member_id_required = false;
  lab.coordinator.join(++lab.token, request_of(""), old, lab.now);
  lab.settle();
  CHECK(lab.group()->members().contains("old-1"));
  lab.pass(0s);
  CHECK(lab.join_error(lab.token) == ErrorCode::none);
}

TEST_CASE("a rebalance that waits only for somebody with a mere id ends when that id expires") {
  GroupLab lab;
  lab.make_stable(1);
  lab.join("");
  const GroupToken leader = lab.join("c-1");
  lab.pass(9'999ms);
  CHECK_FALSE(lab.answered(leader));
  lab.pass(1ms);
  CHECK(lab.reply<JoinGroupResponse>(leader).members.size() == 1);
}

TEST_CASE("somebody with a mere id may leave, and holds nobody up any more") {
  GroupLab lab;
  lab.make_stable(1);
  const std::string id = id_of(lab, lab.join(""));
  const GroupToken leader = lab.join("c-1");
  const auto left = lab.reply<protocol::LeaveGroupResponse>(lab.leave(id));
  CHECK(left.members.at(0).error == ErrorCode::none);
  CHECK(lab.reply<JoinGroupResponse>(leader).generation_id == 2);
}

// ---- the end of the phase ----

TEST_CASE("the join phase lasts as long as the most patient member allows") {
  for (const auto& [newcomer_ms, total] :
       {std::pair(20'000, sim::Duration(60s)), std::pair(90'000, sim::Duration(90s))}) {
    GroupLab lab;
    lab.make_stable(1);  // 60 s
    const GroupToken newcomer = lab.join(request_of("", "inst", newcomer_ms));
    REQUIRE(lab.state() == "PreparingRebalance");
    lab.live(total - 4s, {"c-1"});
    lab.pass(3'999ms);
    CHECK_FALSE(lab.answered(newcomer));
    lab.pass(1ms);
    CHECK(lab.reply<JoinGroupResponse>(newcomer).generation_id == 2);
    CHECK_FALSE(lab.group()->members().contains("c-1"));
  }
}

TEST_CASE(
    "the first rebalance is not extended when nobody came, nor beyond the rebalance timeout") {
  broker::GroupSettings settings;  // 3 s
  GroupLab alone(settings);
  GroupToken parked = 0;
  alone.join_new(&parked);
  alone.pass(2'999ms);
  CHECK_FALSE(alone.answered(parked));
  alone.pass(1ms);
  CHECK(alone.answered(parked));

  GroupLab crowd(settings);
  const GroupToken first = crowd.join(request_of(id_of(crowd, crowd.join("")), "", 8'000));
  for (int i = 0; i < 7; ++i) {
    crowd.pass(1s);
    CHECK_FALSE(crowd.answered(first));
    crowd.join(request_of(id_of(crowd, crowd.join("")), "", 8'000));
  }
  crowd.pass(999ms);
  CHECK_FALSE(crowd.answered(first));
  crowd.pass(1ms);
  CHECK(crowd.reply<JoinGroupResponse>(first).members.size() == 8);
}

TEST_CASE("a static member that missed the rebalance is on the leader's list") {
  GroupLab lab;
  make_static_leader(lab);
  const GroupToken follower = lab.join("c-2", "", subscribe({"t", "u"}));
  lab.live(60s, {"inst-1"});
  const auto response = lab.reply<JoinGroupResponse>(follower);
  // It leads no longer: somebody has to assign.
  CHECK(response.leader == "c-2");
  REQUIRE(response.members.size() == 2);
  lab.sync("c-2", {{"c-2", protocol::Bytes("some")}, {"inst-1", protocol::Bytes("rest")}});
  CHECK(lab.group()->members().at("inst-1").assignment == protocol::Bytes("rest"));
}

TEST_CASE("when only static members are left and none has come, the join phase begins again") {
  GroupLab lab;
  make_static_leader(lab);
  lab.leave("c-2");
  REQUIRE(lab.state() == "PreparingRebalance");
  lab.live(61s, {"inst-1"});
  CHECK(lab.state() == "PreparingRebalance");
  CHECK(lab.group()->members().contains("inst-1"));
  CHECK(lab.group()->generation() == 1);
  const GroupToken back = lab.join("inst-1", "inst");
  CHECK(lab.reply<JoinGroupResponse>(back).generation_id == 2);
}

TEST_CASE("the leader stays when it rejoins, and the list of members goes to it alone") {
  GroupLab lab;
  lab.make_stable(3);
  const GroupToken first = lab.join("c-1");
  const GroupToken second = lab.join("c-2");
  const GroupToken third = lab.join("c-3");
  for (const GroupToken each : {first, second, third}) {
    CHECK(lab.reply<JoinGroupResponse>(each).leader == "c-1");
    CHECK(lab.reply<JoinGroupResponse>(each).generation_id == 2);
  }
  CHECK(lab.reply<JoinGroupResponse>(first).members.size() == 3);
  CHECK(lab.reply<JoinGroupResponse>(second).members.empty());
  CHECK(lab.reply<JoinGroupResponse>(third).members.empty());
}

TEST_CASE("a leader that goes is followed by whom Java's hash map would hand out first") {
  CHECK(broker::first_in_hash_map({"c-2", "c-3"}) == 1);
  GroupLab lab;
  lab.make_stable(3);
  lab.leave("c-1");
  CHECK(lab.group()->leader() == "c-3");
}

TEST_CASE("equally many votes: the protocol that Java's hash map would hand out first") {
  for (const bool swapped : {false, true}) {
    GroupLab lab;
    const auto join = [&](const std::vector<std::string>& names) {
      return lab.join(id_of(lab, lab.join("", "", subscribe({"t"}, names))), "",
                      subscribe({"t"}, names));
    };
    const GroupToken first =
        join(swapped ? std::vector<std::string>{"b", "a"} : std::vector<std::string>{"a", "b"});
    join(swapped ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"b", "a"});
    lab.pass(0s);
    CHECK(lab.reply<JoinGroupResponse>(first).protocol_name == "a");
  }
}

TEST_CASE("a member votes for the first of its protocols that all have, not for its favourite") {
  GroupLab lab;
  const auto join = [&](const std::vector<std::string>& names) {
    return lab.join(id_of(lab, lab.join("", "", subscribe({"t"}, names))), "",
                    subscribe({"t"}, names));
  };
  // a is the favourite of two, but not everybody has it.
  const GroupToken first = join({"a", "c", "b"});
  join({"a", "c", "b"});
  join({"b", "c"});
  lab.pass(0s);
  CHECK(lab.reply<JoinGroupResponse>(first).protocol_name == "c");
}

// ---- members that join again ----

TEST_CASE("who lost the answer to its join gets it again while the group waits to be assigned") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-2");
  REQUIRE(lab.state() == "CompletingRebalance");
  const auto leader = lab.reply<JoinGroupResponse>(lab.join("c-1"));
  CHECK(leader.generation_id == 2);
  CHECK(leader.members.size() == 2);
  const auto follower = lab.reply<JoinGroupResponse>(lab.join("c-2"));
  CHECK(follower.generation_id == 2);
  CHECK(follower.members.empty());
  CHECK(lab.state() == "CompletingRebalance");
}

TEST_CASE("a member that comes with other topics while the group waits starts over") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-2");
  const GroupToken waiting = lab.sync("c-1" == lab.group()->leader() ? "c-2" : "c-1");
  const GroupToken changed = lab.join("c-1", "", subscribe({"t", "u"}));
  CHECK_FALSE(lab.answered(changed));
  CHECK(lab.state() == "PreparingRebalance");
  CHECK(lab.sync_error(waiting) == ErrorCode::rebalance_in_progress);
}

TEST_CASE("in a rebalance a member may join again with other topics, and those count") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-1", "", subscribe({"u"}));
  lab.join("c-2");
  const auto& topics = lab.group()->subscribed_topics();
  REQUIRE(topics.has_value());
  CHECK(*topics == std::set<std::string>{"t", "u"});
}
