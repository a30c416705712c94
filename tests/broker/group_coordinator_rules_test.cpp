// What all groups of a coordinator have in common, clause by clause: errors of writes, taking over,
// groups that only commit, who may commit and what is fetched.
#include "tests/broker/consumer_group_lab.hpp"
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::OffsetFetchResponse;
using namespace std::chrono_literals;

namespace {

// What the coordinator answers when the log answers the first.
const std::vector<std::pair<ErrorCode, ErrorCode>>& write_errors() {
  static const std::vector<std::pair<ErrorCode, ErrorCode>> all = {
      {ErrorCode::unknown_topic_or_partition, ErrorCode::coordinator_not_available},
      {ErrorCode::not_enough_replicas, ErrorCode::coordinator_not_available},
      {ErrorCode::request_timed_out, ErrorCode::coordinator_not_available},
      {ErrorCode::not_leader_or_follower, ErrorCode::not_coordinator},
      {ErrorCode::kafka_storage_error, ErrorCode::not_coordinator},
      {ErrorCode::message_too_large, ErrorCode::unknown_server_error},
      {ErrorCode::record_list_too_large, ErrorCode::unknown_server_error},
      {ErrorCode::invalid_fetch_size, ErrorCode::unknown_server_error},
      {ErrorCode::network_exception, ErrorCode::coordinator_load_in_progress},
      {ErrorCode::corrupt_message, ErrorCode::corrupt_message},
  };
  return all;
}

}  // namespace

// ---- writes ----

TEST_CASE("each error of a write has its answer: of a commit, an assignment, a new group") {
  for (const auto& [met, answer] : write_errors()) {
    INFO(protocol::name(met));
    GroupLab lab;
    lab.append_error = met;
    CHECK(lab.commit_error(lab.commit("", -1, 5)) == answer);
    const bool is_mapped = met != ErrorCode::network_exception;
    const ErrorCode of_group = is_mapped ? answer : met;
    CHECK(lab.join_error(lab.join("", "inst")) == of_group);
    CHECK(lab.state() == "none");
    lab.append_error = ErrorCode::none;
    const std::string id = lab.join_new();
    lab.pass(0s);
    lab.append_error = met;
    CHECK(lab.sync_error(lab.sync(id)) == of_group);
    // It was not the member's fault: it joins again.
    CHECK(lab.state() == "PreparingRebalance");
    CHECK(lab.group()->members().size() == 1);
    lab.append_error = ErrorCode::none;
    CHECK(lab.sync_error(lab.sync(id)) == ErrorCode::rebalance_in_progress);
  }
}

TEST_CASE(
    "each error of a write has its answer: of a consumer group's heartbeat, which is undone") {
  for (const auto& [met, answer] : write_errors()) {
    INFO(protocol::name(met));
    ConsumerLab lab;
    lab.append_error = met;
    CHECK(lab.beat(ConsumerLab::joining("a")).error == answer);
    CHECK(lab.coordinator->consumer_groups().find(consumers) == nullptr);
  }
}

TEST_CASE("what a failed commit said counts as little as if it had never been sent") {
  GroupLab lab;
  lab.commit("", -1, 3);
  lab.replicating = false;
  lab.commit("", -1, 4);  // in the log
  lab.append_error = ErrorCode::not_enough_replicas;
  lab.commit("", -1, 5);
  CHECK(lab.coordinator.offsets().latest(lab_group).at({"t", 0}).offset.value() == 4);
  lab.replicating = true;
  lab.append_error = ErrorCode::none;
  lab.settle();
  CHECK(lab.committed() == 4);
}

// ---- taking over ----

TEST_CASE("a new coordinator knows a group as it was last stored, not the rebalance since") {
  GroupLab old;
  old.make_stable(2);
  old.join("c-1");
  old.join("c-2");
  REQUIRE(old.state() == "CompletingRebalance");
  REQUIRE(old.group()->generation() == 2);
  GroupLab lab;
  lab.take_over(old);
  CHECK(lab.state() == "Stable");
  CHECK(lab.group()->generation() == 1);
  // Members of the generation that was lost find out and join again.
  CHECK(lab.heartbeat_error(lab.heartbeat({lab_group, 2, "c-1", ""})) ==
        ErrorCode::illegal_generation);
  CHECK_FALSE(lab.answered(lab.join("c-1")));
}

TEST_CASE("a new coordinator gives every member of a classic group its whole session") {
  GroupLab old;
  old.make_stable(2);
  old.pass(9s);
  GroupLab lab;
  lab.take_over(old);
  lab.pass(9'999ms);
  CHECK(lab.group()->members().size() == 2);
  lab.pass(1ms);
  CHECK(lab.group()->members().empty());
}

TEST_CASE("ids that were given out and not used are unknown to a new coordinator") {
  GroupLab old;
  old.make_stable(1);
  const std::string id = old.reply<protocol::JoinGroupResponse>(old.join("")).member_id;
  GroupLab lab;
  lab.take_over(old);
  CHECK(lab.join_error(lab.join(id)) == ErrorCode::unknown_member_id);
}

TEST_CASE("a group that became empty is empty with a new coordinator, in its next generation") {
  GroupLab old;
  old.make_stable(1);
  old.leave("c-1");
  GroupLab lab;
  lab.take_over(old);
  CHECK(lab.state() == "Empty");
  CHECK(lab.group()->generation() == 2);
  CHECK(lab.group()->protocol_type() == "consumer");
}

TEST_CASE("a new coordinator rebalances a group that is larger than it allows") {
  GroupLab old;
  old.make_stable(3);
  broker::GroupSettings settings = GroupLab::without_initial_delay();
  settings.max_size = 2;
  GroupLab lab(settings);
  lab.take_over(old);
  CHECK(lab.state() == "PreparingRebalance");
  lab.join("c-1");
  lab.join("c-2");
  CHECK(lab.join_error(lab.join("c-3")) == ErrorCode::group_max_size_reached);
}

TEST_CASE("a new coordinator gives a consumer group new sessions, and who revokes its whole time") {
  ConsumerLab lab({{"t", 4}});
  lab.beat(ConsumerLab::joining("a"));
  lab.beat(ConsumerLab::joining("b"));
  REQUIRE(lab.beat(ConsumerLab::living("a", 1)).member_epoch == 1);  // shall give two back
  lab.pass(40s);
  lab.fail_over();
  lab.pass(44s);
  const auto members = [&]() -> const auto& {
    return lab.coordinator->consumer_groups().find(consumers)->members();
  };
  CHECK(members().size() == 2);
  lab.beat(ConsumerLab::living("a", 1));
  lab.pass(1s);
  CHECK(members().contains("a"));
  CHECK_FALSE(members().contains("b"));
  lab.pass(14'999ms);  // 60 s after the new coordinator began
  CHECK(members().contains("a"));
  lab.pass(1ms);
  CHECK_FALSE(members().contains("a"));
}

// ---- groups that only commit ----

TEST_CASE(
    "a group that only commits is an empty group without a protocol, also after a take-over") {
  GroupLab lab;
  CHECK(lab.commit_error(lab.commit("", -1, 5)) == ErrorCode::none);
  CHECK(lab.state() == "Empty");
  CHECK(lab.group()->protocol_type().empty());
  GroupLab other;
  other.take_over(lab);
  CHECK(other.state() == "Empty");
  CHECK(other.group()->protocol_type().empty());
  CHECK(other.committed() == 5);
  CHECK(other.commit_error(other.commit("", -1, 6)) == ErrorCode::none);
}

TEST_CASE("a group that only commits becomes one with members when somebody joins") {
  GroupLab lab;
  lab.commit("", -1, 5);
  lab.make_stable(1);
  CHECK(lab.committed() == 5);
  CHECK(lab.commit_error(lab.commit("", -1, 6)) == ErrorCode::unknown_member_id);
  CHECK(lab.committed() == 5);
}

// ---- who may commit ----

TEST_CASE("a generation without a group, and a member without a generation, may not commit") {
  GroupLab lab;
  CHECK(lab.commit_error(lab.commit("", 0, 5)) == ErrorCode::group_id_not_found);
  CHECK(lab.state() == "none");
  lab.make_stable(1);
  CHECK(lab.commit_error(lab.commit("c-1", -1, 5)) == ErrorCode::illegal_generation);
  CHECK(lab.commit_error(lab.commit("c-9", -1, 5)) == ErrorCode::unknown_member_id);
  lab.leave("c-1");
  // Nobody is there whom it could harm.
  CHECK(lab.commit_error(lab.commit("c-1", -1, 5)) == ErrorCode::none);
  CHECK(lab.commit_error(lab.commit("c-1", 2, 6)) == ErrorCode::unknown_member_id);
  CHECK(lab.committed() == 5);
}

TEST_CASE("in the join phase the generation that ends may commit, also of who has rejoined") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(lab.commit_error(lab.commit("c-1", 1, 5)) == ErrorCode::none);
  CHECK(lab.commit_error(lab.commit("c-2", 1, 6)) == ErrorCode::none);
  CHECK(lab.commit_error(lab.commit("c-2", 2, 7)) == ErrorCode::illegal_generation);
  lab.join("c-2");
  REQUIRE(lab.state() == "CompletingRebalance");
  CHECK(lab.commit_error(lab.commit("c-2", 1, 8)) == ErrorCode::illegal_generation);
  CHECK(lab.commit_error(lab.commit("c-2", 2, 9)) == ErrorCode::rebalance_in_progress);
  CHECK(lab.committed() == 6);
}

TEST_CASE("the last of two commits in the log counts, whoever sent it") {
  GroupLab lab;
  lab.make_stable(2);
  lab.commit("c-2", 1, 900'000'000'000);  // nobody asks whether it exists
  lab.commit("c-1", 1, 1);
  CHECK(lab.committed() == 1);
  GroupLab other;
  other.take_over(lab);
  CHECK(other.committed() == 1);
}

// ---- fetching ----

TEST_CASE("a partition without a commit, and one of a group that is not there, are at -1") {
  GroupLab lab;
  const auto nobody = lab.reply<OffsetFetchResponse>(lab.fetch(true));
  CHECK(nobody.error == ErrorCode::none);
  CHECK(nobody.partitions.at(0).committed_offset.value() == -1);
  CHECK(nobody.partitions.at(0).committed_leader_epoch.value() == -1);
  CHECK(lab.state() == "none");
  protocol::OffsetCommitRequest commit;
  commit.group_id = lab_group;
  commit.partitions = {{{"t", 1}, protocol::Offset(4), protocol::LeaderEpoch(2), "note"}};
  lab.commit(commit);
  protocol::OffsetFetchRequest request;
  request.group_id = lab_group;
  request.partitions = {{"t", 0}, {"t", 1}};
  lab.coordinator.offset_fetch(++lab.token, request, lab.now);
  lab.settle();
  const auto found = lab.reply<OffsetFetchResponse>(lab.token);
  CHECK(found.partitions.at(0).committed_offset.value() == -1);
  CHECK(found.partitions.at(1).committed_offset.value() == 4);
  CHECK(found.partitions.at(1).committed_leader_epoch.value() == 2);
  CHECK(found.partitions.at(1).metadata == "note");
}

TEST_CASE("who asks for all partitions gets those with a commit, and none for an unknown group") {
  GroupLab lab;
  protocol::OffsetFetchRequest request;
  request.group_id = lab_group;
  request.all_partitions = true;
  const auto ask = [&] {
    lab.coordinator.offset_fetch(++lab.token, request, lab.now);
    lab.settle();
    return lab.reply<OffsetFetchResponse>(lab.token).partitions;
  };
  CHECK(ask().empty());
  lab.commit("", -1, 5);
  REQUIRE(ask().size() == 1);
  CHECK(ask().at(0).partition == protocol::TopicPartition{"t", 0});
}

TEST_CASE("a fetch that does not insist sees the commit before the one that is under way") {
  GroupLab lab;
  lab.commit("", -1, 3);
  lab.replicating = false;
  lab.commit("", -1, 5);
  CHECK(lab.committed() == 3);
  const GroupToken stable = lab.fetch(true);
  lab.pass(5s);
  CHECK(lab.reply<OffsetFetchResponse>(stable).error == ErrorCode::not_coordinator);
  CHECK(lab.reply<OffsetFetchResponse>(stable).partitions.empty());
}
