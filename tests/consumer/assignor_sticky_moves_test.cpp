// How the general sticky division remembers moves, so that it takes back what it can instead of
// moving partitions of a topic both ways.
#include "consumer/assignor_sticky_moves.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim;
using consumer::AssignorMember;
using consumer::TopicRacks;
using consumer::sticky::Claims;
using consumer::sticky::Group;
using consumer::sticky::Moves;
using consumer::sticky::PartitionHashSet;

// Partitions 0 to 3 are those of "a", 4 and 5 those of "b".
Group two_topics() {
  AssignorMember member{"m", "", {}};
  member.subscription.topics = {"a", "b"};
  const std::vector<Claims> claims{{&member, {}, {}}};
  return consumer::sticky::group_of({{"a", TopicRacks(4)}, {"b", TopicRacks(2)}}, claims);
}

}  // namespace

TEST_CASE("a partition that came the other way is taken back instead of another of its topic") {
  const Group group = two_topics();
  Moves moves(group);
  CHECK(moves.instead_of(1, 8, 7) == 1);
  moves.moved(0, 7, 8);
  CHECK(moves.instead_of(1, 8, 7) == 0);
  CHECK(moves.instead_of(4, 8, 7) == 4);  // of another topic
  CHECK(moves.instead_of(1, 7, 8) == 1);  // the same way
}

TEST_CASE("of several the one is taken back that Java's hash set has first") {
  const Group group = two_topics();
  Moves moves(group);
  // Their hashes fall into the buckets 2, 1 and 0.
  moves.moved(0, 7, 8);
  moves.moved(1, 7, 8);
  moves.moved(2, 7, 8);
  CHECK(moves.instead_of(3, 8, 7) == 2);
  moves.moved(2, 8, 7);
  CHECK(moves.instead_of(3, 8, 7) == 1);
}

TEST_CASE("a partition that moved on counts as moved from where it was first") {
  const Group group = two_topics();
  Moves moves(group);
  moves.moved(0, 7, 8);
  moves.moved(0, 8, 9);
  CHECK(moves.instead_of(1, 8, 7) == 1);
  CHECK(moves.instead_of(1, 9, 7) == 0);
  // Partition 0 itself looks for one that came to where it was first.
  moves.moved(3, 6, 7);
  CHECK(moves.instead_of(0, 9, 6) == 3);
}

TEST_CASE("a hash set keeps its buckets when it has fewer partitions again") {
  PartitionHashSet set;
  for (int i = 0; i < 13; ++i) set.insert(i, 31 - i);
  CHECK(set.first() == 12);  // 13 entries: 32 buckets, 31 - 12 is the least
  for (int i = 2; i < 13; ++i) set.erase(i);
  set.insert(20, 33);
  CHECK(set.first() == 20);  // bucket 1 of 32
  CHECK(!set.empty());
}
