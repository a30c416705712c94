// Strong numbers and names of partitions.
#include "protocol/ids.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

TEST_CASE("an identifier that was not given is not set") {
  CHECK_FALSE(BrokerId().is_set());
  CHECK(BrokerId(0).is_set());
  CHECK(BrokerId().value() == -1);
  CHECK(LeaderEpoch(3).next() == LeaderEpoch(4));
}

TEST_CASE("offsets add and subtract counts") {
  CHECK(Offset(5) + 2 == Offset(7));
  CHECK(Offset(5) - 2 == Offset(3));
  CHECK(Offset(5) - Offset(2) == 3);
  CHECK_FALSE(Offset().is_set());
  CHECK(Offset() < Offset(0));
}

TEST_CASE("partitions are named and ordered as Kafka does") {
  CHECK(to_string(TopicPartition{"orders", 2}) == "orders-2");
  CHECK(TopicPartition{"a", 9} < TopicPartition{"b", 0});
  CHECK(TopicPartition{"a", 2} < TopicPartition{"a", 10});
}

TEST_CASE("a zero uuid means none") {
  CHECK(Uuid{}.is_zero());
  CHECK_FALSE(Uuid{0, 1}.is_zero());
}
