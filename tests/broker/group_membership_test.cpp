// Membership in classic groups: joining, the first rebalance, sessions, static members, limits.
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::JoinGroupResponse;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupResponse;
using namespace std::chrono_literals;

TEST_CASE(
    "a newcomer first gets an id, and is forgotten when it does not come back with it within its "
    "session") {
  GroupLab lab;
  const auto response = lab.reply<JoinGroupResponse>(lab.join(""));
  CHECK(response.error == ErrorCode::member_id_required);
  CHECK(response.member_id == "c-1");
  CHECK(lab.group()->pending_joins().contains("c-1"));
  CHECK(lab.state() == "Empty");
  lab.pass(10s);
  CHECK(lab.group()->pending_joins().empty());
  CHECK(lab.join_error(lab.join("c-1")) == ErrorCode::unknown_member_id);
}

TEST_CASE("someone who has an id but has not joined holds up the rebalance") {
  GroupLab lab;
  lab.make_stable(1);
  const GroupToken newcomer = lab.join("");
  const GroupToken leader = lab.join("c-1");
  CHECK(lab.state() == "PreparingRebalance");
  CHECK_FALSE(lab.answered(leader));
  const GroupToken second = lab.join(lab.reply<JoinGroupResponse>(newcomer).member_id);
  CHECK(lab.reply<JoinGroupResponse>(leader).generation_id == 2);
  CHECK(lab.reply<JoinGroupResponse>(leader).members.size() == 2);
  CHECK(lab.reply<JoinGroupResponse>(second).members.empty());
  CHECK(lab.reply<JoinGroupResponse>(second).leader == "c-1");
}

TEST_CASE(
    "the first rebalance waits the initial delay, again for each newcomer, up to the rebalance "
    "timeout") {
  broker::GroupSettings settings;  // 3 s
  GroupLab lab(settings);
  GroupToken first = 0;
  lab.join_new(&first);
  lab.pass(2900ms);
  lab.join_new();
  lab.pass(3s);
  CHECK_FALSE(lab.answered(first));  // extended at 3 s to 6 s
  lab.pass(100ms);
  CHECK(lab.reply<JoinGroupResponse>(first).members.size() == 2);
  CHECK(lab.state() == "CompletingRebalance");
}

TEST_CASE("members that did not rejoin are removed at the rebalance timeout; static ones stay") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("", "inst");
  lab.join("c-1");
  CHECK(lab.state() == "PreparingRebalance");
  for (int i = 0; i < 12; ++i) {  // c-2 is alive but never rejoins
    lab.pass(5s);
    if (lab.group()->members().contains("c-2")) lab.heartbeat("c-2");
  }
  CHECK(lab.state() == "CompletingRebalance");
  CHECK_FALSE(lab.group()->members().contains("c-2"));
  CHECK(lab.group()->static_member("inst") == "inst-3");

  lab.sync("c-1");
  lab.sync("inst-3");
  lab.join("c-1");  // a rebalance that the static member misses
  for (int i = 0; i < 12; ++i) {
    if (lab.state() == "PreparingRebalance") lab.heartbeat("inst-3");
    lab.pass(5s);
  }
  CHECK(lab.state() == "CompletingRebalance");
  CHECK(lab.group()->members().contains("inst-3"));
}

TEST_CASE("a member whose session expires is removed and the others rebalance") {
  GroupLab lab;
  lab.make_stable(2);
  lab.pass(9s);
  CHECK(lab.heartbeat_error(lab.heartbeat("c-1")) == ErrorCode::none);
  lab.pass(2s);
  CHECK(lab.state() == "PreparingRebalance");
  CHECK_FALSE(lab.group()->members().contains("c-2"));
  CHECK(lab.heartbeat_error(lab.heartbeat("c-1")) == ErrorCode::rebalance_in_progress);
  CHECK(lab.reply<JoinGroupResponse>(lab.join("c-1")).generation_id == 2);
}

TEST_CASE(
    "while its join is parked a member cannot expire, but a new one does after five minutes") {
  broker::GroupSettings settings;
  settings.initial_rebalance_delay = 10min;
  GroupLab lab(settings);
  GroupToken parked = 0;
  const std::string id = lab.join_new(&parked);
  lab.pass(4min);
  CHECK_FALSE(lab.answered(parked));
  lab.pass(1min);
  CHECK(lab.join_error(parked) == ErrorCode::unknown_member_id);
  CHECK_FALSE(lab.group()->members().contains(id));
}

TEST_CASE(
    "a follower that joins again unchanged gets the current generation; the leader always starts a "
    "rebalance") {
  GroupLab lab;
  lab.make_stable(2);
  CHECK(lab.reply<JoinGroupResponse>(lab.join("c-2")).generation_id == 1);
  CHECK(lab.state() == "Stable");
  CHECK_FALSE(lab.answered(lab.join("c-2", "", subscribe({"t", "u"}))));
  CHECK(lab.state() == "PreparingRebalance");

  GroupLab other;
  other.make_stable(2);
  CHECK_FALSE(other.answered(other.join("c-1")));
  CHECK(other.state() == "PreparingRebalance");
}

TEST_CASE("a member that asks again on another connection leaves its first request unanswered") {
  GroupLab lab;
  lab.make_stable(2);
  const GroupToken first = lab.join("c-1");
  const GroupToken second = lab.join("c-1");
  CHECK(lab.abandoned == std::vector<GroupToken>{first});
  lab.join("c-2");
  CHECK_FALSE(lab.answered(first));
  CHECK(lab.join_error(second) == ErrorCode::none);
}

TEST_CASE("members must sync within the rebalance timeout after the join phase") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-2");
  const GroupToken leader = lab.sync("c-1");
  CHECK(lab.sync_error(leader) == ErrorCode::none);
  CHECK(lab.state() == "Stable");
  for (int i = 0; i < 12; ++i) {
    lab.heartbeat("c-1");
    if (lab.group()->members().contains("c-2")) lab.heartbeat("c-2");
    lab.pass(5s);
  }
  CHECK(lab.state() == "PreparingRebalance");
  CHECK_FALSE(lab.group()->members().contains("c-2"));
}

TEST_CASE("a sync before the first generation is told to join, whatever protocol it names") {
  broker::GroupSettings settings;
  settings.initial_rebalance_delay = 3s;
  GroupLab lab(settings);
  const std::string id = lab.join_new();
  protocol::SyncGroupRequest request;
  request.group_id = lab_group;
  request.generation_id = 0;
  request.member_id = id;
  request.protocol_type = "consumer";
  request.protocol_name = "range";
  lab.coordinator.sync(++lab.token, request, lab.now);
  lab.settle();
  CHECK(lab.sync_error(lab.token) == ErrorCode::rebalance_in_progress);
}

TEST_CASE("of timers that are due at once the one set first fires first, or the one put first") {
  broker::GroupTimers timers;
  const auto session = broker::GroupTimerKind::session;
  for (const char* member : {"a", "b", "c"})
    timers.schedule(sim::zero + 1s, {session, "g", member});
  timers.schedule(sim::zero, {session, "g", "d"});
  timers.put_first(session, "g", "c");
  timers.put_first(session, "g", "b");
  timers.put_first(session, "g", "nobody");
  std::string order;
  while (const auto due = timers.take_due(sim::zero + 1s)) order += due->member_id;
  CHECK(order == "dbca");
  timers.schedule(sim::zero, {session, "g", "c"});
  timers.put_first(session, "g", "c");
  timers.cancel(session, "g", "c");
  CHECK(timers.next() == sim::never);
}

TEST_CASE("the leader's sync answers all, and a member that it forgot gets an empty assignment") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-2");
  const GroupToken follower = lab.sync("c-2");
  CHECK_FALSE(lab.answered(follower));
  const GroupToken leader = lab.sync("c-1", {{"c-1", protocol::Bytes("all")}});
  CHECK(lab.reply<SyncGroupResponse>(leader).assignment == protocol::Bytes("all"));
  CHECK(lab.reply<SyncGroupResponse>(follower).assignment == protocol::Bytes(""));
  CHECK(lab.reply<SyncGroupResponse>(follower).protocol_name == "range");
  CHECK(lab.reply<SyncGroupResponse>(lab.sync("c-1")).assignment == protocol::Bytes("all"));
}

TEST_CASE("a rebalance that starts while members wait for the assignment sends them back to join") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-2");
  const GroupToken follower = lab.sync("c-2");
  lab.leave("c-1");
  CHECK(lab.sync_error(follower) == ErrorCode::rebalance_in_progress);
  CHECK(lab.state() == "PreparingRebalance");
  CHECK(lab.group()->leader() == "c-2");
}

TEST_CASE(
    "a static member that comes back keeps its place without a rebalance and need not assign "
    "again") {
  GroupLab lab;
  const GroupToken parked = lab.join("", "inst");
  lab.pass(0s);
  const std::string old_id = lab.reply<JoinGroupResponse>(parked).member_id;
  lab.sync(old_id, {{old_id, protocol::Bytes("mine")}});
  const auto back = lab.reply<JoinGroupResponse>(lab.join("", "inst"));
  CHECK(back.error == ErrorCode::none);
  CHECK(back.generation_id == 1);
  CHECK(back.member_id != old_id);
  CHECK(back.leader == back.member_id);
  CHECK(back.skip_assignment);
  CHECK(lab.state() == "Stable");
  CHECK(lab.reply<SyncGroupResponse>(lab.sync(back.member_id)).assignment ==
        protocol::Bytes("mine"));
  protocol::HeartbeatRequest zombie{lab_group, 1, old_id, "inst"};
  lab.coordinator.heartbeat(++lab.token, zombie, lab.now);
  lab.settle();
  CHECK(lab.heartbeat_error(lab.token) == ErrorCode::fenced_instance_id);
}

TEST_CASE("a static member that comes back while another of its kind is parked fences that one") {
  GroupLab lab;
  const GroupToken first = lab.join("", "inst");
  const GroupToken second = lab.join("", "inst");
  CHECK(lab.join_error(first) == ErrorCode::fenced_instance_id);
  lab.pass(0s);
  CHECK(lab.join_error(second) == ErrorCode::none);
}

TEST_CASE(
    "a static member is removed by its instance id alone; members of a batch fail one by one") {
  GroupLab lab;
  lab.join("", "inst");
  lab.pass(0s);
  protocol::LeaveGroupRequest request{lab_group,
                                      {{"", "inst", ""}, {"", "other", ""}, {"nobody", "", ""}}};
  lab.coordinator.leave(++lab.token, request, lab.now);
  lab.settle();
  const auto response = lab.reply<LeaveGroupResponse>(lab.token);
  CHECK(response.error == ErrorCode::none);
  CHECK(response.members.at(0).error == ErrorCode::none);
  CHECK(response.members.at(1).error == ErrorCode::unknown_member_id);
  CHECK(response.members.at(2).error == ErrorCode::unknown_member_id);
  // Nobody is left to rejoin, so the group is empty at once.
  CHECK(lab.state() == "Empty");
}

TEST_CASE("most votes choose among the protocols that all members support") {
  GroupLab lab;
  const auto join = [&](const std::vector<std::string>& names) {
    const std::string id =
        lab.reply<JoinGroupResponse>(lab.join("", "", subscribe({"t"}, names))).member_id;
    return lab.join(id, "", subscribe({"t"}, names));
  };
  const GroupToken first = join({"a", "b", "c"});
  join({"c", "b"});
  join({"b", "c"});
  lab.pass(0s);
  CHECK(lab.reply<JoinGroupResponse>(first).protocol_name == "b");
  const GroupToken stranger = lab.join("", "", subscribe({"t"}, {"a"}));
  CHECK(lab.join_error(stranger) == ErrorCode::inconsistent_group_protocol);
}

TEST_CASE(
    "a join is refused for its group id, session timeout, protocols, or the size of the group") {
  broker::GroupSettings settings = GroupLab::without_initial_delay();
  settings.max_size = 1;
  GroupLab lab(settings);
  protocol::JoinGroupRequest request;
  request.group_id = "";
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::invalid_group_id);
  request.group_id = lab_group;
  request.session_timeout_ms = 5'999;
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::invalid_session_timeout);
  request.session_timeout_ms = 1'800'001;
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::invalid_session_timeout);
  request.session_timeout_ms = 6'000;
  CHECK(lab.join_error(lab.join(request)) == ErrorCode::inconsistent_group_protocol);
  lab.make_stable(1);
  CHECK(lab.join_error(lab.join("")) == ErrorCode::group_max_size_reached);
}

TEST_CASE("a group reports the states it goes through") {
  GroupLab lab;
  lab.make_stable(1);
  lab.leave("c-1");
  CHECK(lab.changes == std::vector<std::string>{"PreparingRebalance", "CompletingRebalance",
                                                "Stable", "PreparingRebalance", "Empty"});
}
