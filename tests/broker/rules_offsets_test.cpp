// Kafka's rules of committed offsets on the coordinator's side: who may commit, what a fetch is
// told, and when offsets are forgotten.
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using protocol::OffsetFetchResponse;
using namespace std::chrono_literals;

namespace {

GroupToken commit_to(GroupLab& lab, const std::string& topic, std::int32_t partition,
                     std::int64_t offset) {
  const protocol::OffsetCommitRequest request{
      lab_group, -1, "", "", {{{topic, partition}, protocol::Offset(offset), {}, ""}}};
  lab.coordinator.offset_commit(++lab.token, request, lab.now);
  lab.settle();
  return lab.token;
}

std::size_t offsets(const GroupLab& lab) {
  return lab.coordinator.offsets().committed(lab_group).size();
}

constexpr auto retention = 24h * 7;
constexpr auto check = 10min;

}  // namespace

TEST_CASE("an empty group takes every commit without a generation, whoever sends it") {
  GroupLab lab;
  lab.make_stable(1);
  lab.leave("c-1");
  REQUIRE(lab.state() == "Empty");
  CHECK(lab.commit_error(lab.commit("somebody", -1, 4)) == ErrorCode::none);
  CHECK(lab.committed() == 4);
}

TEST_CASE("a member that has left commits nothing any more") {
  GroupLab lab;
  lab.make_stable(2);
  lab.leave("c-2");
  CHECK(lab.commit_error(lab.commit("c-2", 1, 5)) == ErrorCode::unknown_member_id);
  lab.leave("c-1");
  CHECK(lab.commit_error(lab.commit("c-1", 1, 5)) == ErrorCode::unknown_member_id);
  CHECK(lab.committed() == -1);
}

TEST_CASE("while members join only the generation that still counts may commit") {
  GroupLab lab;
  lab.make_stable(2);
  lab.join("c-1");
  REQUIRE(lab.state() == "PreparingRebalance");
  CHECK(lab.commit_error(lab.commit("c-2", 1, 6)) == ErrorCode::none);
  CHECK(lab.commit_error(lab.commit("c-2", 0, 7)) == ErrorCode::illegal_generation);
  CHECK(lab.commit_error(lab.commit("c-2", 2, 7)) == ErrorCode::illegal_generation);
  CHECK(lab.commit_error(lab.commit("", -1, 7)) == ErrorCode::unknown_member_id);
  CHECK(lab.committed() == 6);
}

TEST_CASE("a fetch is answered in the order of its partitions, with -1 for what is not there") {
  GroupLab lab;
  commit_to(lab, "b", 1, 7);
  protocol::OffsetFetchRequest request;
  request.group_id = lab_group;
  request.partitions = {{"b", 2}, {"b", 1}, {"a", 0}};
  lab.coordinator.offset_fetch(++lab.token, request, lab.now);
  lab.settle();
  const auto found = lab.reply<OffsetFetchResponse>(lab.token).partitions;
  REQUIRE(found.size() == 3);
  CHECK(found[0].partition == request.partitions[0]);
  CHECK_FALSE(found[0].committed_offset.is_set());
  CHECK(found[0].error == ErrorCode::none);
  CHECK(found[1].committed_offset.value() == 7);
  CHECK_FALSE(found[2].committed_offset.is_set());
}

TEST_CASE("a fetch of all partitions lists those that have an offset") {
  GroupLab lab;
  commit_to(lab, "b", 1, 7);
  commit_to(lab, "a", 0, 3);
  protocol::OffsetFetchRequest request;
  request.group_id = lab_group;
  request.all_partitions = true;
  lab.coordinator.offset_fetch(++lab.token, request, lab.now);
  lab.settle();
  const auto found = lab.reply<OffsetFetchResponse>(lab.token).partitions;
  REQUIRE(found.size() == 2);
  CHECK(found[0].partition == protocol::TopicPartition{"a", 0});
  CHECK(found[1].committed_offset.value() == 7);
}

TEST_CASE("a fetch that takes unstable offsets too gets what is replicated, and does not wait") {
  GroupLab lab;
  lab.commit("", -1, 3);
  lab.replicating = false;
  lab.commit("", -1, 5);
  const GroupToken fetch = lab.fetch(false);
  CHECK(lab.reply<OffsetFetchResponse>(fetch).partitions.at(0).committed_offset.value() == 3);
}

TEST_CASE("the words that came with a commit come back with the offset") {
  GroupLab lab;
  lab.commit("", -1, 3, "half of the batch");
  const GroupToken fetch = lab.fetch(true);
  CHECK(lab.reply<OffsetFetchResponse>(fetch).partitions.at(0).metadata == "half of the batch");
}

// ---- what is forgotten ----

TEST_CASE("in a group that only commits each offset expires by itself") {
  GroupLab lab;
  commit_to(lab, "t", 0, 1);
  lab.pass(24h);
  commit_to(lab, "t", 1, 2);
  lab.pass(retention - 24h - check);
  CHECK(offsets(lab) == 2);
  lab.pass(2 * check);
  CHECK(offsets(lab) == 1);
  CHECK(lab.committed() == -1);
  lab.pass(24h);
  CHECK(offsets(lab) == 0);
}

TEST_CASE("an offset that is committed anew starts its retention anew") {
  GroupLab lab;
  commit_to(lab, "t", 0, 1);
  lab.pass(retention - check);
  commit_to(lab, "t", 0, 1);
  lab.pass(retention - check);
  CHECK(offsets(lab) == 1);
  lab.pass(2 * check);
  CHECK(offsets(lab) == 0);
}

TEST_CASE("the offsets of a group that became empty expire together, however old they are") {
  GroupLab lab;
  lab.make_stable(1);
  lab.commit("c-1", 1, 5);
  for (int i = 0; i < 24 * 60 * 10; ++i) {
    lab.pass(6s);
    lab.heartbeat("c-1");
  }
  lab.leave("c-1");
  lab.pass(retention - check);
  CHECK(lab.committed() == 5);  // committed more than a retention ago
  lab.pass(2 * check);
  CHECK(lab.committed() == -1);
}

TEST_CASE("a group that is joined again in time keeps its offsets") {
  GroupLab lab;
  lab.make_stable(1);
  lab.commit("c-1", 1, 5);
  lab.leave("c-1");
  lab.pass(retention - check);
  const std::string id = lab.join_new();
  lab.pass(3s);
  lab.sync(id);
  REQUIRE(lab.state() == "Stable");
  for (int i = 0; i < 24 * 60 * 10; ++i) {
    lab.pass(6s);
    lab.heartbeat(id);
  }
  CHECK(lab.committed() == 5);
}

TEST_CASE("the offsets of deleted partitions are forgotten at once, in every group") {
  GroupLab lab;
  commit_to(lab, "t", 0, 1);
  commit_to(lab, "u", 0, 2);
  lab.coordinator.forget_offsets({{"t", 0}}, lab.now);
  lab.settle();
  CHECK(lab.committed() == -1);
  CHECK(offsets(lab) == 1);
}
