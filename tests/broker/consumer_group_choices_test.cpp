// What the coordinator of a consumer group chooses by: whose vote for an assignor counts first,
// which members read the same, and whose target a member gets.
#include "tests/broker/consumer_group_lab.hpp"

namespace kafkasim::tests {
namespace {

using Lab = ConsumerLab;

Beat voting(const std::string& id, const std::string& assignor) {
  Beat request = Lab::joining(id);
  request.server_assignor = assignor;
  return request;
}

broker::TargetPartitions t_only(std::set<int> partitions) {
  return {{Lab::id_of("t"), {partitions.begin(), partitions.end()}}};
}

}  // namespace

TEST_CASE("of assignors with as many votes the one whose only vote just came in is used") {
  Lab lab({{"t", 5}});
  lab.beat(voting("b", "uniform"));
  lab.beat(voting("a", "range"));
  // Uniform would leave 0 and 1 to b.
  CHECK(lab.group().target("a") == t_only({0, 1, 2}));
  CHECK(lab.group().target("b") == t_only({3, 4}));
  CHECK(lab.group().assignor() == "uniform");  // as described, another map orders the votes
}

TEST_CASE("of assignors with as many votes uniform is used when nobody votes anew") {
  Lab lab({{"t", 5}});
  lab.beat(voting("b", "uniform"));
  lab.beat(voting("a", "range"));
  lab.beat(Lab::joining("c"));
  lab.beat(Lab::living("c", -1));
  const Beaten next = lab.beat(Lab::joining("d"));
  CHECK(next.member_epoch == 5);
  // Range would give them one after the other: 0 and 1 to a, 2 and 3 to b, 4 to d.
  CHECK(lab.group().target("b") != t_only({2, 3}));
}

TEST_CASE("a vote that is taken back and given again counts first among as many") {
  Lab lab({{"t", 5}});
  lab.beat(voting("b", "uniform"));
  lab.beat(voting("a", "range"));
  lab.beat(Lab::joining("c"));
  Beat changed = Lab::living("a", 2);
  changed.subscribed_topics = {"t", "missing"};
  lab.beat(changed);
  CHECK(lab.group().target("a") == t_only({0, 1}));
  CHECK(lab.group().target("b") == t_only({2, 3}));
}

TEST_CASE("members that name different topics read different ones, even where only one exists") {
  Lab lab({{"t", 5}});
  lab.beat(Lab::joining("b", {"t", "missing"}));
  SECTION("different names") {
    lab.beat(Lab::joining("a", {"t"}));
    // Who has the most gives its last ones.
    CHECK(lab.group().target("a") == t_only({3, 4}));
    CHECK(lab.group().target("b") == t_only({0, 1, 2}));
  }
  SECTION("the same names") {
    lab.beat(Lab::joining("a", {"t", "missing"}));
    // The first in the order of members gets one more.
    CHECK(lab.group().target("a") == t_only({2, 3, 4}));
    CHECK(lab.group().target("b") == t_only({0, 1}));
  }
}

TEST_CASE("who has given back and must give back more is one epoch on and not at the target") {
  Lab lab({{"t", 6}});
  const auto all = Lab::partitions(lab.beat(voting("a", "range")));
  lab.beat(Lab::joining("b"));
  const auto half = Lab::partitions(lab.beat(Lab::living("a", 1)));
  CHECK(half == t_only({0, 1, 2}));
  lab.beat(Lab::joining("c"));
  lab.beat(Lab::joining("d"));
  CHECK(lab.group().epoch() == 4);
  const Beaten next = lab.beat(Lab::owning(Lab::living("a", 1), half));
  CHECK(next.member_epoch == 2);
  CHECK(Lab::partitions(next) == t_only({0, 1}));
  CHECK(lab.place("a").state == broker::ConsumerMemberState::unrevoked_partitions);
  CHECK(lab.place("a").pending_revocation == t_only({2}));
  CHECK(lab.beat(Lab::owning(Lab::living("a", 2), t_only({0, 1}))).member_epoch == 4);
}

TEST_CASE("a member that takes an instance id nobody had has no target until the next epoch") {
  Lab lab({{"t", 4}});
  lab.beat(Lab::joining("a"));
  lab.beat(Lab::joining("b"));
  const Beaten again = lab.beat(Lab::joining("a", {"t"}, "i"));
  CHECK(again.error == ErrorCode::none);
  CHECK(again.member_epoch == 2);
  CHECK(again.assignment->empty());
  CHECK(lab.group().static_member("i")->member_id == "a");
  lab.grow("t", 6);
  CHECK(Lab::count(Lab::partitions(lab.beat(Lab::living("a", 2, "i")))) == 3);
}

}  // namespace kafkasim::tests
