// Each invariant of groups of the consumer protocol is seen when it is broken, and named.
#include <functional>

#include "broker/invariants/consumer_group_check.hpp"
#include "sim/check.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::broker;

namespace {

constexpr protocol::Uuid topic{7, 7};

// A group over t with three partitions, whose members a and b read it.
class Watched {
 public:
  Watched() {
    group.set_topics({{"t", {topic, 3}}});
    for (const char* id : {"a", "b"}) {
      ConsumerMemberInfo info;
      info.topics = {"t"};
      group.set_info(id, info);
    }
    target(1, {0, 1}, {2});
    place("a", 1, {0, 1});
    place("b", 1, {2});
    REQUIRE(look() == "fine");
    REQUIRE(group.state() == ConsumerGroupState::stable);
  }

  void target(std::int32_t epoch, const std::set<int>& of_a, const std::set<int>& of_b) {
    group.set_epoch(epoch);
    group.set_target("a", share(partitions(of_a)));
    group.set_target("b", share(partitions(of_b)));
    group.set_target_epoch(epoch);
  }
  void place(const std::string& member, std::int32_t epoch, const std::set<int>& assigned,
             const std::set<int>& revoking = {},
             ConsumerMemberState state = ConsumerMemberState::stable) {
    ConsumerMemberPlace now;
    now.epoch = epoch;
    now.state = state;
    now.assigned = partitions(assigned);
    now.pending_revocation = partitions(revoking);
    group.set_place(member, now);
  }
  // "fine", or the invariant that is broken.
  std::string look(const std::optional<std::string>& only = std::nullopt) {
    group.set_version(++version);
    try {
      check.look(group, only);
      return "fine";
    } catch (const sim::InvariantBroken& error) {
      const std::string text = error.what();
      const std::string first = text.substr(0, text.find('\n'));
      return first.substr(first.find(": ") + 2);
    }
  }

  ConsumerGroup group{"g"};
  ConsumerGroupCheck check;

 private:
  static TargetPartitions partitions(const std::set<int>& numbers) {
    if (numbers.empty()) return {};
    return {{topic, {numbers.begin(), numbers.end()}}};
  }
  std::uint64_t version = 0;
};

std::string broken(Invariant invariant) { return std::string(words(invariant)); }

}  // namespace

TEST_CASE("a partition that moves from one member to another breaks no invariant") {
  Watched watched;
  watched.target(2, {0}, {1, 2});
  CHECK(watched.look() == "fine");
  watched.place("a", 1, {0}, {1}, ConsumerMemberState::unrevoked_partitions);
  CHECK(watched.look("a") == "fine");
  watched.place("b", 2, {2}, {}, ConsumerMemberState::unreleased_partitions);
  CHECK(watched.look("b") == "fine");
  watched.place("a", 2, {0});
  CHECK(watched.look("a") == "fine");
  watched.place("b", 2, {1, 2});
  CHECK(watched.look("b") == "fine");
  CHECK(watched.group.state() == ConsumerGroupState::stable);
  CHECK(watched.check.epoch_of("b") == 2);
}

TEST_CASE("a target with a gap, with a partition twice or one that does not exist is seen") {
  for (const std::set<int>& of_b : {std::set<int>{}, {1, 2}, {2, 3}}) {
    Watched watched;
    watched.target(2, {0, 1}, of_b);
    CHECK(watched.look() == broken(Invariant::target_covers));
  }
}

TEST_CASE("a target for a member that does not read the topic is seen") {
  Watched watched;
  watched.group.set_info("b", ConsumerMemberInfo());
  watched.target(2, {0, 1}, {2});
  CHECK(watched.look() == broken(Invariant::target_covers));
}

TEST_CASE("a partition that is given before its owner has given it up is seen") {
  const std::optional<std::string> looks[] = {std::nullopt, "b"};
  for (const auto& only : looks) {
    Watched watched;
    watched.target(2, {0}, {1, 2});
    REQUIRE(watched.look() == "fine");
    watched.place("a", 1, {0}, {1}, ConsumerMemberState::unrevoked_partitions);
    REQUIRE(watched.look("a") == "fine");
    watched.place("b", 2, {1, 2});
    CHECK(watched.look(only) == broken(Invariant::one_owner));
  }
}

TEST_CASE("a member that reaches the target with what is meant for another is seen") {
  Watched watched;
  watched.target(2, {0}, {1, 2});
  REQUIRE(watched.look() == "fine");
  watched.place("a", 2, {0, 1});
  CHECK(watched.look("a") == broken(Invariant::nothing_held_at_target));
}

TEST_CASE("a stable group with a member that lacks something is seen") {
  Watched watched;
  watched.target(2, {0}, {1, 2});
  REQUIRE(watched.look() == "fine");
  watched.place("a", 2, {0});
  REQUIRE(watched.look("a") == "fine");
  watched.place("b", 2, {2});  // and says that it is stable
  CHECK(watched.look("b") == broken(Invariant::stable_is_settled));
}

TEST_CASE("an epoch of a member that falls is seen, unless it joins anew or leaves") {
  Watched watched;
  watched.place("a", 0, {0, 1});
  CHECK(watched.look("a") == "fine");
  watched.place("a", 1, {0, 1});
  CHECK(watched.look("a") == "fine");
  watched.place("a", -2, {0, 1});
  CHECK(watched.look("a") == "fine");
  watched.place("a", 1, {0, 1});
  CHECK(watched.look("a") == "fine");
  watched.target(3, {0, 1}, {2});
  watched.place("a", 3, {0, 1});
  CHECK(watched.look() == "fine");
  watched.place("a", 2, {0, 1});
  CHECK(watched.look("a") == broken(Invariant::monotonic_member_epoch));
  // What could not be appended is taken back.
  watched.check.forget();
  CHECK(watched.look("a") == "fine");
}
