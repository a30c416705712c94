// Committed offsets, and what replication of the offsets topic means for them and for rebalances.
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::JoinGroupResponse;
using protocol::OffsetCommitResponse;
using protocol::OffsetFetchResponse;
using namespace std::chrono_literals;

TEST_CASE("a commit is answered, and seen, only once it is replicated") {
  GroupLab lab;
  lab.replicating = false;
  const GroupToken commit = lab.commit("", -1, 5);
  CHECK_FALSE(lab.answered(commit));
  CHECK(lab.committed() == -1);
  CHECK(lab.commits.empty());
  lab.replicating = true;
  lab.settle();
  CHECK(lab.commit_error(commit) == ErrorCode::none);
  CHECK(lab.committed() == 5);
  CHECK(lab.commits == std::vector<std::int64_t>{5});
}

TEST_CASE("a fetch that wants stable offsets waits for what is under way") {
  GroupLab lab;
  lab.replicating = false;
  lab.commit("", -1, 5);
  const GroupToken fetch = lab.fetch(true);
  CHECK_FALSE(lab.answered(fetch));
  lab.replicating = true;
  lab.settle();
  CHECK(lab.reply<OffsetFetchResponse>(fetch).partitions.at(0).committed_offset.value() == 5);
}

TEST_CASE("a commit that is not replicated in time fails, and may be applied all the same") {
  GroupLab lab;
  lab.replicating = false;
  const GroupToken commit = lab.commit("", -1, 5);
  const GroupToken fetch = lab.fetch(true);
  lab.pass(4999ms);
  CHECK_FALSE(lab.answered(commit));
  lab.pass(1ms);
  CHECK(lab.commit_error(commit) == ErrorCode::coordinator_not_available);
  CHECK(lab.reply<OffsetFetchResponse>(fetch).error == ErrorCode::not_coordinator);
  CHECK(lab.committed() == -1);
  lab.replicating = true;
  lab.settle();
  CHECK(lab.committed() == 5);
}

TEST_CASE("a commit that cannot be appended fails and leaves nothing behind") {
  GroupLab lab;
  lab.commit("", -1, 3);
  lab.append_error = ErrorCode::not_enough_replicas;
  CHECK(lab.commit_error(lab.commit("", -1, 5)) == ErrorCode::coordinator_not_available);
  lab.append_error = ErrorCode::not_leader_or_follower;
  CHECK(lab.commit_error(lab.commit("", -1, 6)) == ErrorCode::not_coordinator);
  lab.append_error = ErrorCode::message_too_large;
  CHECK(lab.commit_error(lab.commit("", -1, 7)) == ErrorCode::unknown_server_error);
  CHECK(lab.committed() == 3);
}

TEST_CASE("the last commit wins, also when it goes back") {
  GroupLab lab;
  lab.commit("", -1, 9);
  lab.commit("", -1, 2);
  CHECK(lab.committed() == 2);
}

TEST_CASE("metadata that is too long fails its partition only") {
  GroupLab lab;
  const std::string longest(4096, 'm');
  const protocol::OffsetCommitRequest request{lab_group,
                                              -1,
                                              "",
                                              "",
                                              {{{"t", 0}, protocol::Offset(1), {}, longest + "m"},
                                               {{"t", 1}, protocol::Offset(2), {}, longest}}};
  lab.coordinator.offset_commit(++lab.token, request, lab.now);
  lab.settle();
  const auto response = lab.reply<OffsetCommitResponse>(lab.token);
  CHECK(response.partitions.at(0).error == ErrorCode::offset_metadata_too_large);
  CHECK(response.partitions.at(1).error == ErrorCode::none);
  CHECK(lab.committed() == -1);
  CHECK(lab.coordinator.offsets().committed(lab_group).size() == 1);
}

TEST_CASE("who may commit depends on the state of the group") {
  GroupLab lab;
  CHECK(lab.commit_error(lab.commit("c-1", 1, 5)) == ErrorCode::group_id_not_found);
  lab.make_stable(2);
  CHECK(lab.commit_error(lab.commit("c-1", 1, 5)) == ErrorCode::none);
  CHECK(lab.commit_error(lab.commit("c-1", 0, 5)) == ErrorCode::illegal_generation);
  CHECK(lab.commit_error(lab.commit("c-9", 1, 5)) == ErrorCode::unknown_member_id);
  CHECK(lab.commit_error(lab.commit("", -1, 5)) == ErrorCode::unknown_member_id);
  lab.join("c-1");
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(lab.commit_error(lab.commit("c-2", 1, 6)) == ErrorCode::none);
  lab.join("c-2");
  REQUIRE(lab.state() == "CompletingRebalance");
  CHECK(lab.commit_error(lab.commit("c-2", 2, 7)) == ErrorCode::rebalance_in_progress);
  lab.leave("c-1");
  lab.leave("c-2");
  REQUIRE(lab.state() == "Empty");
  CHECK(lab.commit_error(lab.commit("", -1, 8)) == ErrorCode::none);
  CHECK(lab.committed() == 8);
}

TEST_CASE("a commit counts as a heartbeat") {
  GroupLab lab;
  lab.make_stable(1);
  for (int i = 0; i < 5; ++i) {
    lab.pass(9s);
    lab.commit("c-1", 1, i);
  }
  CHECK(lab.state() == "Stable");
}

TEST_CASE("a heartbeat waits for the writes before it") {
  GroupLab lab;
  lab.make_stable(1);
  lab.replicating = false;
  lab.commit("c-1", 1, 5);
  const GroupToken beat = lab.heartbeat("c-1");
  CHECK_FALSE(lab.answered(beat));
  lab.pass(5s);
  CHECK(lab.heartbeat_error(beat) == ErrorCode::coordinator_not_available);
}

TEST_CASE("an assignment is handed out only once it is replicated") {
  GroupLab lab;
  lab.make_stable(1);
  lab.join("c-1");
  lab.replicating = false;
  const GroupToken sync = lab.sync("c-1");
  CHECK_FALSE(lab.answered(sync));
  CHECK(lab.state() == "CompletingRebalance");
  lab.replicating = true;
  lab.settle();
  CHECK(lab.sync_error(sync) == ErrorCode::none);
  CHECK(lab.state() == "Stable");
}

TEST_CASE("an assignment that cannot be stored fails all syncs and starts over") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  lab.join("c-2");
  const GroupToken follower = lab.sync("c-2");
  lab.append_error = ErrorCode::not_enough_replicas;
  const GroupToken leader = lab.sync("c-1");
  CHECK(lab.sync_error(follower) == ErrorCode::coordinator_not_available);
  CHECK(lab.sync_error(leader) == ErrorCode::coordinator_not_available);
  CHECK(lab.state() == "PreparingRebalance");
}

TEST_CASE("a new group that cannot be stored is not there") {
  GroupLab lab;
  lab.append_error = ErrorCode::not_leader_or_follower;
  CHECK(lab.join_error(lab.join("", "inst")) == ErrorCode::not_coordinator);
  CHECK(lab.state() == "none");
  lab.append_error = ErrorCode::none;
  CHECK_FALSE(lab.answered(lab.join("", "inst")));
}

TEST_CASE(
    "a new coordinator restores groups from the log, with new sessions, and forgets an unfinished "
    "rebalance") {
  GroupLab old;
  old.make_stable(2);
  old.commit("c-1", 1, 5);
  old.join("c-1");
  REQUIRE(old.state() == "PreparingRebalance");

  GroupLab lab;
  lab.now = old.now + 60s;
  for (const broker::GroupRecord& record : old.log) {
    lab.coordinator.replay(record, lab.log_end(), lab.now);
    lab.log.push_back(record);
  }
  lab.coordinator.loaded(lab.now);
  lab.settle();
  CHECK(lab.state() == "Stable");
  CHECK(lab.group()->generation() == 1);
  CHECK(lab.group()->leader() == "c-1");
  CHECK(lab.committed() == 5);
  lab.pass(9s);
  CHECK(lab.heartbeat_error(lab.heartbeat("c-1")) == ErrorCode::none);
  lab.pass(1s);
  CHECK_FALSE(lab.group()->members().contains("c-2"));
  CHECK(lab.group()->members().contains("c-1"));
}

TEST_CASE("a new coordinator hands out the assignments that the old one stored") {
  GroupLab old;
  const std::string leader = old.join_new();
  const std::string other = old.join_new();
  old.pass(sim::Duration(0));
  old.sync(leader, {{leader, protocol::Bytes("mine")}, {other, protocol::Bytes("yours")}});
  REQUIRE(old.state() == "Stable");

  GroupLab lab;
  for (const broker::GroupRecord& record : old.log) {
    lab.coordinator.replay(record, lab.log_end(), lab.now);
    lab.log.push_back(record);
  }
  lab.coordinator.loaded(lab.now);
  lab.settle();
  const auto synced = lab.reply<protocol::SyncGroupResponse>(lab.sync(other));
  CHECK(synced.error == ErrorCode::none);
  CHECK(synced.assignment.view() == "yours");
}

TEST_CASE("a coordinator that resigns sends everybody away") {
  GroupLab lab;
  lab.make_stable(2);
  const GroupToken join = lab.join("c-1");
  lab.replicating = false;
  const GroupToken commit = lab.commit("c-2", 1, 5);
  lab.coordinator.resign(lab.now);
  lab.settle();
  CHECK(lab.join_error(join) == ErrorCode::not_coordinator);
  CHECK(lab.commit_error(commit) == ErrorCode::not_coordinator);
  CHECK(lab.state() == "none");
  CHECK(lab.coordinator.next_deadline() == sim::never);
}

TEST_CASE("offsets of an empty group expire after the retention, and then the group does") {
  GroupLab lab;
  lab.make_stable(1);
  lab.commit("c-1", 1, 5);
  lab.leave("c-1");
  lab.pass(24h * 7 - 10min);
  CHECK(lab.committed() == 5);
  lab.pass(20min);
  CHECK(lab.committed() == -1);
  CHECK(lab.state() == "none");
}

TEST_CASE("a coordinator works before the time 0, when a cluster is set up") {
  broker::GroupCoordinator coordinator(GroupLab::without_initial_delay(), GroupLab::ids());
  coordinator.loaded(sim::Time(-20s));
  CHECK_NOTHROW(coordinator.advance(sim::Time(-9s)));
}

TEST_CASE("while a group lives, only offsets of topics it no longer subscribes to expire") {
  GroupLab lab;
  lab.make_stable(1);
  const protocol::OffsetCommitRequest request{
      lab_group,
      1,
      "c-1",
      "",
      {{{"t", 0}, protocol::Offset(1), {}, ""}, {{"gone", 0}, protocol::Offset(2), {}, ""}}};
  lab.coordinator.offset_commit(++lab.token, request, lab.now);
  lab.settle();
  for (int i = 0; i < 8 * 24 * 60 * 10; ++i) {
    lab.pass(6s);
    lab.heartbeat("c-1");
  }
  CHECK(lab.coordinator.offsets().committed(lab_group).size() == 1);
  CHECK(lab.committed() == 1);
}

TEST_CASE("records of the offsets topic have keys that say what they are") {
  const broker::GroupRecordKey offset = broker::OffsetCommitKey{"a/b", {"orders", 3}};
  CHECK(broker::key_text(offset) == "offset/orders/3/a/b");
  const auto parsed = broker::parse_key("offset/orders/3/a/b");
  REQUIRE(parsed.has_value());
  CHECK(broker::key_text(*parsed) == "offset/orders/3/a/b");
  CHECK(std::get<broker::OffsetCommitKey>(*parsed).group_id == "a/b");
  CHECK(broker::key_text(*broker::parse_key("group/g")) == "group/g");
  CHECK_FALSE(broker::parse_key("offset/orders").has_value());
  CHECK_FALSE(broker::parse_key("offset/orders/x/g").has_value());
  CHECK_FALSE(broker::parse_key("other").has_value());
}
