// What administrators delete, and what goes away in time: groups, their offsets, and offsets of
// topics that are no more.
#include "tests/broker/consumer_group_lab.hpp"
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::DeleteGroupsResponse;
using protocol::OffsetDeleteResponse;
using protocol::TopicPartition;
using namespace std::chrono_literals;

namespace {

protocol::OffsetCommitRequest simple_commit(const std::vector<TopicPartition>& partitions,
                                            std::int64_t retention_ms = -1) {
  protocol::OffsetCommitRequest request;
  request.group_id = lab_group;
  for (const TopicPartition& partition : partitions)
    request.partitions.push_back({partition, protocol::Offset(7), {}, ""});
  request.retention_time_ms = retention_ms;
  return request;
}

std::vector<ErrorCode> errors(const OffsetDeleteResponse& response) {
  std::vector<ErrorCode> out;
  for (const auto& each : response.partitions) out.push_back(each.error);
  return out;
}

std::vector<TopicPartition> known_to(const broker::GroupCoordinator& coordinator,
                                     const std::string& group) {
  std::vector<TopicPartition> out;
  for (const auto& [partition, stored] : coordinator.offsets().committed(group))
    out.push_back(partition);
  return out;
}

}  // namespace

// ---- DeleteGroups ----

TEST_CASE("an empty group is deleted with its offsets, and a new coordinator does not know it") {
  GroupLab lab;
  lab.make_stable(1);
  lab.commit("c-1", 1, 5);
  lab.leave("c-1");
  REQUIRE(lab.state() == "Empty");
  CHECK(lab.delete_error(lab.delete_groups({lab_group})) == ErrorCode::none);
  CHECK(lab.state() == "none");
  CHECK(lab.changes.back() == "Dead");
  CHECK(lab.committed() == -1);
  GroupLab other;
  other.take_over(lab);
  CHECK(other.state() == "none");
  CHECK(other.committed() == -1);
  CHECK(lab.commit_error(lab.commit("c-1", 1, 6)) == ErrorCode::group_id_not_found);
}

TEST_CASE("a group with members is not deleted, whatever its state") {
  GroupLab lab;
  const std::string id = lab.join_new();
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(lab.delete_error(lab.delete_groups({lab_group})) == ErrorCode::non_empty_group);
  lab.pass(0s);
  REQUIRE(lab.state() == "CompletingRebalance");
  CHECK(lab.delete_error(lab.delete_groups({lab_group})) == ErrorCode::non_empty_group);
  lab.sync(id);
  REQUIRE(lab.state() == "Stable");
  lab.commit(id, 1, 5);
  CHECK(lab.delete_error(lab.delete_groups({lab_group})) == ErrorCode::non_empty_group);
  CHECK(lab.committed() == 5);
  CHECK(lab.heartbeat_error(lab.heartbeat(id)) == ErrorCode::none);
}

TEST_CASE("each group of a deletion succeeds or fails by itself") {
  GroupLab lab;
  lab.make_stable(1);
  protocol::OffsetCommitRequest request = simple_commit({{"t", 0}});
  request.group_id = "offsets only";
  lab.commit(request);
  const auto response =
      lab.reply<DeleteGroupsResponse>(lab.delete_groups({"nobody", lab_group, "offsets only"}));
  REQUIRE(response.results.size() == 3);
  CHECK(response.results[0].group_id == "nobody");
  CHECK(response.results[0].error == ErrorCode::group_id_not_found);
  CHECK(response.results[1].error == ErrorCode::non_empty_group);
  CHECK(response.results[2].error == ErrorCode::none);
  CHECK(lab.coordinator.groups().find("offsets only") == nullptr);
  CHECK(known_to(lab.coordinator, "offsets only").empty());
}

TEST_CASE("a deletion is answered once it is replicated, and done at once") {
  GroupLab lab;
  lab.commit("", -1, 5);
  lab.replicating = false;
  const GroupToken asked = lab.delete_groups({lab_group});
  CHECK_FALSE(lab.answered(asked));
  CHECK(lab.state() == "none");
  CHECK(lab.committed() == 5);  // what is fetched is replicated
  lab.replicating = true;
  lab.settle();
  CHECK(lab.delete_error(asked) == ErrorCode::none);
  CHECK(lab.committed() == -1);
}

TEST_CASE("a deletion that cannot be stored has not happened") {
  GroupLab lab;
  lab.make_stable(1);
  lab.commit("c-1", 1, 5);
  lab.leave("c-1");
  const std::string pending = lab.reply<protocol::JoinGroupResponse>(lab.join("")).member_id;
  lab.append_error = ErrorCode::not_enough_replicas;
  CHECK(lab.delete_error(lab.delete_groups({lab_group})) == ErrorCode::coordinator_not_available);
  lab.append_error = ErrorCode::none;
  CHECK(lab.state() == "Empty");
  CHECK(lab.group()->generation() == 2);
  CHECK(lab.committed() == 5);
  CHECK(lab.coordinator.offsets().latest(lab_group).size() == 1);
  // Also who had an id still has it.
  CHECK_FALSE(lab.answered(lab.join(pending)));
}

TEST_CASE("who commits or joins between a deletion and its write begins a new group") {
  GroupLab lab;
  lab.commit("", -1, 5);
  // Nothing is appended before the next settle().
  lab.coordinator.delete_groups(++lab.token, {lab_group}, lab.now);
  const GroupToken deleted = lab.token;
  protocol::JoinGroupRequest request;
  request.group_id = lab_group;
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = 60'000;
  request.group_instance_id = "inst";
  request.protocol_type = "consumer";
  request.protocols = subscribe({"t"});
  const GroupToken joined = lab.join(request);
  CHECK(lab.delete_error(deleted) == ErrorCode::none);
  CHECK(lab.state() == "PreparingRebalance");
  lab.pass(0s);
  CHECK(lab.join_error(joined) == ErrorCode::none);
  CHECK(lab.committed() == -1);
}

TEST_CASE("a commit that is not written yet goes with its group") {
  GroupLab lab;
  lab.coordinator.offset_commit(++lab.token, simple_commit({{"t", 0}}), lab.now);
  const GroupToken commit = lab.token;
  CHECK(lab.delete_error(lab.delete_groups({lab_group})) == ErrorCode::none);
  CHECK(lab.commit_error(commit) == ErrorCode::none);
  CHECK(lab.committed() == -1);
  CHECK(lab.state() == "none");
}

TEST_CASE("a group that its first commit made is gone when that commit cannot be stored") {
  GroupLab lab;
  lab.append_error = ErrorCode::kafka_storage_error;
  CHECK(lab.commit_error(lab.commit("", -1, 5)) == ErrorCode::not_coordinator);
  CHECK(lab.state() == "none");
  CHECK(lab.coordinator.offsets().latest(lab_group).empty());
}

TEST_CASE("a consumer group is deleted only when it is empty") {
  ConsumerLab lab;
  const auto ask = [&] {
    lab.coordinator->delete_groups(++lab.token, {consumers}, lab.now);
    lab.settle();
    return std::get<DeleteGroupsResponse>(lab.replies.at(lab.token)).results.at(0).error;
  };
  lab.beat(ConsumerLab::joining("a"));
  REQUIRE(lab.commit("a", 1) == ErrorCode::none);
  CHECK(ask() == ErrorCode::non_empty_group);
  lab.beat(ConsumerLab::living("a", -1));
  CHECK(ask() == ErrorCode::none);
  CHECK(lab.coordinator->consumer_groups().find(consumers) == nullptr);
  CHECK(known_to(*lab.coordinator, consumers).empty());
  CHECK(ask() == ErrorCode::group_id_not_found);
  lab.fail_over();
  CHECK(lab.coordinator->consumer_groups().find(consumers) == nullptr);
  CHECK(lab.coordinator->groups().find(consumers) == nullptr);
}

// ---- OffsetDelete ----

TEST_CASE("offsets of a topic that a living group does not subscribe to are deleted") {
  GroupLab lab;
  lab.make_stable(1);  // subscribes to t
  protocol::OffsetCommitRequest commit = simple_commit({{"t", 0}, {"u", 0}, {"u", 1}});
  commit.generation_id_or_member_epoch = 1;
  commit.member_id = "c-1";
  lab.commit(commit);
  const auto response =
      lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"t", 0}, {"u", 1}, {"u", 9}}));
  CHECK(response.error == ErrorCode::none);
  // An offset that was never there counts as deleted.
  CHECK(errors(response) == std::vector<ErrorCode>{ErrorCode::group_subscribed_to_topic,
                                                   ErrorCode::none, ErrorCode::none});
  CHECK(known_to(lab.coordinator, lab_group) == std::vector<TopicPartition>{{"t", 0}, {"u", 0}});
  GroupLab other;
  other.take_over(lab);
  CHECK(known_to(other.coordinator, lab_group) == std::vector<TopicPartition>{{"t", 0}, {"u", 0}});
}

TEST_CASE("an empty group has no topics of its own, so all its offsets may be deleted") {
  GroupLab lab;
  lab.make_stable(1);
  lab.commit("c-1", 1, 5);
  lab.leave("c-1");
  CHECK(errors(lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"t", 0}}))) ==
        std::vector<ErrorCode>{ErrorCode::none});
  CHECK(lab.committed() == -1);
  CHECK(lab.state() == "Empty");
}

TEST_CASE("before the first generation nobody knows what the consumers of a group subscribe to") {
  GroupLab lab;
  lab.join_new();
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(errors(lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"other", 0}}))) ==
        std::vector<ErrorCode>{ErrorCode::group_subscribed_to_topic});
}

TEST_CASE("during a rebalance the subscriptions of the last generation count") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1", "", subscribe({"u"}));
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(errors(lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"t", 0}, {"u", 0}}))) ==
        std::vector<ErrorCode>{ErrorCode::group_subscribed_to_topic, ErrorCode::none});
  lab.join("c-2", "", subscribe({"u"}));
  REQUIRE(lab.state() == "CompletingRebalance");
  CHECK(errors(lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"t", 0}, {"u", 0}}))) ==
        std::vector<ErrorCode>{ErrorCode::none, ErrorCode::group_subscribed_to_topic});
}

TEST_CASE("offsets of a group that is not there, or of members that are no consumers, stay") {
  GroupLab lab;
  CHECK(lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"t", 0}})).error ==
        ErrorCode::group_id_not_found);
  protocol::JoinGroupRequest request;
  request.group_id = lab_group;
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = 60'000;
  request.group_instance_id = "worker";
  request.protocol_type = "connect";
  request.protocols = {{"default", protocol::Bytes("something")}};
  lab.join(request);
  const auto response = lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"t", 0}}));
  CHECK(response.error == ErrorCode::non_empty_group);
  CHECK(response.partitions.empty());
}

TEST_CASE("a deletion of offsets that cannot be stored fails as a whole and changes nothing") {
  GroupLab lab;
  lab.commit("", -1, 5);
  lab.append_error = ErrorCode::not_leader_or_follower;
  const auto response = lab.reply<OffsetDeleteResponse>(lab.delete_offsets({{"t", 0}}));
  CHECK(response.error == ErrorCode::not_coordinator);
  CHECK(response.partitions.empty());
  lab.append_error = ErrorCode::none;
  CHECK(lab.committed() == 5);
  CHECK(lab.coordinator.offsets().latest(lab_group).size() == 1);
}

TEST_CASE("a consumer group keeps the offsets of topics that some member subscribes to") {
  ConsumerLab lab({{"t", 4}, {"u", 4}});
  lab.beat(ConsumerLab::joining("a"));
  REQUIRE(lab.commit("a", 1) == ErrorCode::none);
  const auto ask = [&] {
    lab.coordinator->offset_delete(++lab.token, {consumers, {{"t", 0}, {"u", 0}}}, lab.now);
    lab.settle();
    return std::get<OffsetDeleteResponse>(lab.replies.at(lab.token));
  };
  CHECK(errors(ask()) ==
        std::vector<ErrorCode>{ErrorCode::group_subscribed_to_topic, ErrorCode::none});
  CHECK(known_to(*lab.coordinator, consumers).size() == 1);
  lab.beat(ConsumerLab::living("a", -1));
  CHECK(errors(ask()) == std::vector<ErrorCode>{ErrorCode::none, ErrorCode::none});
  CHECK(known_to(*lab.coordinator, consumers).empty());
  CHECK(lab.coordinator->consumer_groups().find(consumers) != nullptr);
}
