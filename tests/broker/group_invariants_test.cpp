// Each invariant of classic groups is seen when it is broken, and named; what Kafka does not
// promise breaks none.
#include <functional>

#include "broker/invariants/group_watch.hpp"
#include "broker/invariants/invariant_checker.hpp"
#include "sim/check.hpp"
#include "tests/broker/group_lab.hpp"

namespace kafkasim::tests {
namespace {

using broker::Invariant;
using protocol::ConsumerAssignment;
using protocol::ConsumerSubscription;
using protocol::Offset;
using protocol::TopicPartition;

constexpr protocol::Uuid topic_id{7, 7};

std::string broken(Invariant invariant) { return std::string(words(invariant)); }

std::string look(const std::function<void()>& work) {
  try {
    work();
    return "fine";
  } catch (const sim::InvariantBroken& error) {
    const std::string text = error.what();
    const std::string first = text.substr(0, text.find('\n'));
    return first.substr(first.find(": ") + 2);
  }
}

std::vector<protocol::JoinGroupProtocol> reading(const std::string& assignor,
                                                 ConsumerSubscription subscription) {
  return {{assignor, protocol::encode(subscription)}};
}

protocol::SyncGroupAssignment given(const std::string& member,
                                    const std::vector<TopicPartition>& partitions) {
  return {member, protocol::encode(ConsumerAssignment{partitions, {}})};
}

// A group whose members c-1 and c-2 own what they are said to, and get what the leader says.
class Watched {
 public:
  Watched() {
    for (const std::int32_t partition : {0, 1, 2})
      checker.groups().note_partition("t", topic_id, partition, true);
  }

  void join(const std::string& assignor, const std::vector<ConsumerSubscription>& subscriptions) {
    for (const ConsumerSubscription& each : subscriptions) {
      const auto protocols = reading(assignor, each);
      const GroupToken first = lab.join("", "", protocols);
      ids.push_back(lab.reply<protocol::JoinGroupResponse>(first).member_id);
      lab.join(ids.back(), "", protocols);
    }
    lab.pass(sim::Duration(0));
    REQUIRE(lab.state() == "CompletingRebalance");
    tell();
  }
  std::string assign(const std::vector<std::vector<TopicPartition>>& partitions) {
    std::vector<protocol::SyncGroupAssignment> assignments;
    for (std::size_t i = 0; i < partitions.size(); ++i)
      assignments.push_back(given(ids[i], partitions[i]));
    for (const std::string& id : ids)
      lab.sync(id, id == lab.group()->leader() ? assignments
                                               : std::vector<protocol::SyncGroupAssignment>());
    REQUIRE(lab.state() == "Stable");
    return look([&] { tell(); });
  }
  void tell() {
    watch.changed(
        0, {lab_group, std::string(to_string(lab.group()->state())), lab.group()->generation(), ""},
        lab.group());
  }
  std::string commit(const std::string& member, std::int32_t generation, std::int64_t offset) {
    return look([&] {
      watch.commit_taken(0,
                         {lab_group, generation, member, "", {{{"t", 0}, Offset(offset), {}, ""}}},
                         lab.group());
    });
  }

  sim::Loop loop;
  broker::InvariantChecker checker{loop};
  broker::GroupWatch watch{&checker};
  GroupLab lab;
  std::vector<std::string> ids;
};

ConsumerSubscription reads(const std::vector<std::string>& topics,
                           const std::vector<TopicPartition>& owned = {},
                           std::int32_t generation = -1) {
  ConsumerSubscription subscription;
  subscription.topics = topics;
  subscription.owned_partitions = owned;
  subscription.generation_id = generation;
  return subscription;
}

}  // namespace

TEST_CASE("an assignment of every partition to one member breaks no invariant") {
  Watched group;
  group.join("range", {reads({"t"}), reads({"t"})});
  CHECK(group.assign({{{"t", 0}, {"t", 1}}, {{"t", 2}}}) == "fine");
  CHECK(group.checker.groups().counts.assignments == 1);
}

TEST_CASE("a partition that is assigned twice is seen") {
  Watched group;
  group.join("range", {reads({"t"}), reads({"t"})});
  CHECK(group.assign({{{"t", 0}, {"t", 1}}, {{"t", 1}, {"t", 2}}}) == broken(Invariant::one_owner));
}

TEST_CASE("a partition that is assigned to nobody is seen") {
  Watched group;
  group.join("range", {reads({"t"}), reads({"t"})});
  CHECK(group.assign({{{"t", 0}}, {{"t", 2}}}) == broken(Invariant::target_covers));
}

TEST_CASE("the last partition is missed when it was there before any client") {
  Watched group;
  group.join("roundrobin", {reads({"t"})});
  CHECK(group.assign({{{"t", 0}, {"t", 1}}}) == broken(Invariant::target_covers));
}

TEST_CASE("a leader need not know partitions that were added since, nor a topic made anew") {
  Watched group;
  group.checker.groups().note_partition("t", topic_id, 3, false);
  group.join("sticky", {reads({"t"})});
  CHECK(group.assign({{{"t", 0}, {"t", 1}, {"t", 2}}}) == "fine");
  Watched other;
  other.checker.groups().note_deleted("t");
  other.join("sticky", {reads({"t"})});
  CHECK(other.assign({{}}) == "fine");
}

TEST_CASE("a leader may not have heard of a topic that only others read") {
  Watched group;
  group.join("range", {reads({"u"}), reads({"t"})});
  REQUIRE(group.lab.group()->leader() == group.ids[0]);
  CHECK(group.assign({{}, {}}) == "fine");
  Watched other;
  other.join("range", {reads({"u"}), reads({"t"})});
  CHECK(other.assign({{}, {{"t", 0}, {"t", 1}}}) == broken(Invariant::target_covers));
}

TEST_CASE("a partition that does not exist, and one that nobody asked for, are seen") {
  Watched group;
  group.join("range", {reads({"t"})});
  CHECK(group.assign({{{"t", 0}, {"t", 1}, {"t", 2}, {"t", 3}}}) ==
        broken(Invariant::target_covers));
  Watched other;
  other.join("range", {reads({"t"})});
  CHECK(other.assign({{{"t", 0}, {"t", 1}, {"t", 2}, {"u", 0}}}) ==
        broken(Invariant::target_covers));
}

TEST_CASE("the cooperative assignor may withhold what somebody owns, and nothing else") {
  const auto owner = reads({"t"}, {{"t", 0}, {"t", 1}, {"t", 2}}, 1);
  Watched group;
  group.join("cooperative-sticky", {owner, reads({"t"})});
  CHECK(group.assign({{{"t", 0}, {"t", 1}}, {}}) == "fine");
  Watched other;
  other.join("cooperative-sticky", {reads({"t"}), reads({"t"})});
  CHECK(other.assign({{{"t", 0}, {"t", 1}}, {}}) == broken(Invariant::target_covers));
  // An eager assignor withholds nothing.
  Watched eager;
  eager.join("sticky", {owner, reads({"t"})});
  CHECK(eager.assign({{{"t", 0}, {"t", 1}}, {}}) == broken(Invariant::target_covers));
}

TEST_CASE("an assignor of somebody's own may divide as it likes") {
  Watched group;
  group.join("mine", {reads({"t"}), reads({"t"})});
  CHECK(group.assign({{{"t", 0}}, {{"t", 0}}}) == "fine");
  CHECK(group.checker.groups().counts.assignments == 0);
}

TEST_CASE("two members that owned a partition in one generation are seen") {
  const auto join = [](std::int32_t first, std::int32_t second) {
    Watched group;
    group.join("cooperative-sticky",
               {reads({"t"}, {{"t", 0}}, first), reads({"t"}, {{"t", 0}}, second)});
  };
  CHECK(look([&] { join(4, 4); }) == broken(Invariant::one_owner));
  CHECK(look([&] { join(3, 4); }) == "fine");  // one of them is a zombie
  CHECK(look([&] { join(-1, -1); }) == "fine");
}

TEST_CASE("a commit that should have been refused is seen") {
  Watched group;
  group.join("range", {reads({"t"}), reads({"t"})});
  REQUIRE(group.assign({{{"t", 0}, {"t", 1}}, {{"t", 2}}}) == "fine");
  group.checker.groups().allow_any_offset();
  CHECK(group.commit(group.ids[0], 1, 5) == "fine");
  CHECK(group.commit(group.ids[0], 0, 5) == broken(Invariant::current_commits_only));
  CHECK(group.commit("c-9", 1, 5) == broken(Invariant::current_commits_only));
  CHECK(group.commit("", -1, 5) == broken(Invariant::current_commits_only));
  // Another coordinator knows nothing of it.
  group.watch.resigned(0);
  CHECK(group.commit(group.ids[0], 1, 5) == broken(Invariant::current_commits_only));
  CHECK(group.commit("", -1, 5) == "fine");
  group.watch.loaded(0, {"offsets", 0}, group.lab.coordinator.groups());
  CHECK(group.commit(group.ids[0], 1, 5) == "fine");
}

TEST_CASE("a commit of the last generation is seen once the next one has begun") {
  Watched group;
  group.join("range", {reads({"t"})});
  REQUIRE(group.assign({{{"t", 0}, {"t", 1}, {"t", 2}}}) == "fine");
  group.checker.groups().allow_any_offset();
  group.lab.join(group.ids[0], "", reading("range", reads({"t"})));
  REQUIRE(group.lab.state() == "CompletingRebalance");
  group.tell();
  CHECK(group.commit(group.ids[0], 1, 5) == broken(Invariant::current_commits_only));
  CHECK(group.commit(group.ids[0], 2, 5) == "fine");
}

TEST_CASE("offsets are made up where that was announced, and where a topic was made anew") {
  broker::GroupCheck check;
  const TopicPartition orders{"orders", 0};
  CHECK(check.is_allowed(orders, Offset(9)));  // nothing is known of it
  check.note_partition("orders", topic_id, 0, true);
  CHECK_FALSE(check.is_allowed(orders, Offset(9)));
  check.allow_offset(orders, Offset(9));
  CHECK(check.is_allowed(orders, Offset(9)));
  CHECK_FALSE(check.is_allowed(orders, Offset(10)));
  check.note_partition("orders", {8, 8}, 0, false);
  CHECK(check.is_allowed(orders, Offset(10)));
}

TEST_CASE("a new coordinator that lacks a replicated commit is seen") {
  broker::GroupCheck check;
  check.committed(3, "offset/t/0/g", Offset(5), false);
  check.committed(3, "offset/t/1/g", Offset(6), false);
  check.committed(3, "offset/t/1/g", Offset(8), true);
  CHECK(look([&] { check.check_loaded(3, {{"offset/t/0/g", Offset(5)}}, false); }) == "fine");
  CHECK(look([&] { check.check_loaded(3, {{"offset/t/0/g", Offset(9)}}, false); }) == "fine");
  CHECK(look([&] {
          check.check_loaded(3, {{"offset/t/0/g", Offset(4)}}, false);
        }) == broken(Invariant::commits_stay));
  CHECK(look([&] { check.check_loaded(3, {}, false); }) == broken(Invariant::commits_stay));
  // Records of the partition may be gone: from here on another history counts.
  CHECK(look([&] { check.check_loaded(3, {}, true); }) == "fine");
  CHECK(look([&] { check.check_loaded(3, {}, false); }) == "fine");
  CHECK(check.counts.loads == 6);
}

}  // namespace kafkasim::tests
