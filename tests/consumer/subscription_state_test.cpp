// Positions and what may happen to them.
#include "consumer/subscription_state.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer;
using protocol::BrokerId;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::TopicPartition;

namespace {

const TopicPartition a0{"a", 0};
const TopicPartition a1{"a", 1};
const TopicPartition b0{"b", 0};
const OffsetReset earliest{OffsetReset::Kind::earliest, {}};
const OffsetReset latest{OffsetReset::Kind::latest, {}};
const sim::Time now = sim::zero;

FetchPosition at(std::int64_t offset, std::int32_t offset_epoch = -1,
                 std::int32_t leader_epoch = 3) {
  FetchPosition position;
  position.offset = Offset(offset);
  position.offset_epoch = LeaderEpoch(offset_epoch);
  position.current_leader = {BrokerId(1), LeaderEpoch(leader_epoch)};
  return position;
}

SubscriptionState reading(const Partitions& partitions, OffsetReset reset = earliest) {
  SubscriptionState state(reset);
  state.assign_from_user(partitions);
  return state;
}

}  // namespace

TEST_CASE("a partition without a position is not fetched") {
  SubscriptionState state = reading({a0});
  CHECK(state.initializing() == Partitions{a0});
  CHECK(state.fetchable().empty());
  CHECK_FALSE(state.has_all_positions());
  CHECK(state.all_consumed().empty());
}

TEST_CASE("a position with an epoch waits for its comparison, one without does not") {
  SubscriptionState state = reading({a0, a1});
  state.find(a0)->seek_unvalidated(at(5, 2));
  state.find(a1)->seek_unvalidated(at(5));
  CHECK(state.needing_validation(now) == Partitions{a0});
  CHECK(state.fetchable() == std::vector<TopicPartition>{a1});
  CHECK(state.all_consumed().size() == 1);
}

TEST_CASE("a new leader sends a position with an epoch back to its comparison") {
  SubscriptionState state = reading({a0});
  state.find(a0)->seek_validated(at(5, 2));
  CHECK_FALSE(state.find(a0)->maybe_validate({BrokerId(1), LeaderEpoch(3)}));
  CHECK(state.find(a0)->maybe_validate({BrokerId(2), LeaderEpoch(4)}));
  CHECK(state.find(a0)->position()->current_leader.leader == BrokerId(2));
  // No leader is no news.
  CHECK_FALSE(state.find(a0)->maybe_validate({BrokerId(), LeaderEpoch(5)}));
}

TEST_CASE(
    "an end offset at or behind the position passes, one before it moves the position there") {
  SubscriptionState state = reading({a0});
  state.find(a0)->seek_unvalidated(at(5, 2));
  const FetchPosition asked = *state.find(a0)->position();
  SECTION("passes") {
    const Validation result = state.complete_validation(a0, asked, {LeaderEpoch(2), Offset(5)});
    CHECK(result.kind == Validation::Kind::passed);
    CHECK(state.find(a0)->position()->offset == Offset(5));
  }
  SECTION("moves") {
    const Validation result = state.complete_validation(a0, asked, {LeaderEpoch(1), Offset(4)});
    CHECK(result.kind == Validation::Kind::moved);
    CHECK(state.find(a0)->position()->offset == Offset(4));
    CHECK(state.find(a0)->position()->offset_epoch == LeaderEpoch(1));
    CHECK(state.find(a0)->has_valid_position());
  }
  SECTION("the leader does not know the epoch: the policy decides") {
    const Validation result = state.complete_validation(a0, asked, {LeaderEpoch(), Offset()});
    CHECK(result.kind == Validation::Kind::reset);
    CHECK(state.needing_reset(now) == Partitions{a0});
  }
  SECTION("an answer about a position of the past is ignored") {
    state.find(a0)->seek_unvalidated(at(9, 2));
    const Validation result = state.complete_validation(a0, asked, {LeaderEpoch(1), Offset(4)});
    CHECK(result.kind == Validation::Kind::ignored);
    CHECK(state.find(a0)->position()->offset == Offset(9));
  }
}

TEST_CASE("without a policy truncation is reported and the position stays as it is") {
  SubscriptionState state = reading({a0}, OffsetReset());
  state.find(a0)->seek_unvalidated(at(5, 2));
  const FetchPosition asked = *state.find(a0)->position();
  const Validation result = state.complete_validation(a0, asked, {LeaderEpoch(1), Offset(4)});
  CHECK(result.kind == Validation::Kind::truncated);
  CHECK(result.to == Offset(4));
  CHECK(state.find(a0)->position()->offset == Offset(5));
}

TEST_CASE("the answer to a look-up counts only while that very look-up is waited for") {
  SubscriptionState state = reading({a0});
  CHECK_FALSE(state.complete_reset(a0, at(0), earliest));
  state.find(a0)->reset(latest, "seek");
  CHECK_FALSE(state.complete_reset(a0, at(0), earliest));
  CHECK(state.complete_reset(a0, at(7), latest));
  CHECK(state.find(a0)->position()->offset == Offset(7));
  CHECK_FALSE(state.complete_reset(b0, at(7), latest));
}

TEST_CASE("a partition that waits for its reset is not compared") {
  SubscriptionState state = reading({a0});
  state.find(a0)->reset(earliest, "seek");
  CHECK_FALSE(state.find(a0)->maybe_validate({BrokerId(2), LeaderEpoch(4)}));
  CHECK(state.needing_reset(now) == Partitions{a0});
}

TEST_CASE("a look-up is not repeated before its time") {
  SubscriptionState state = reading({a0});
  state.find(a0)->reset(earliest, "seek");
  state.retry_at({a0, b0}, now + std::chrono::milliseconds(100));
  CHECK(state.needing_reset(now).empty());
  CHECK(state.needing_reset(now + std::chrono::milliseconds(100)) == Partitions{a0});
}

TEST_CASE("paused partitions and those about to be revoked are not fetched") {
  SubscriptionState state = reading({a0, a1});
  state.find(a0)->seek_validated(at(0));
  state.find(a1)->seek_validated(at(0));
  state.find(a0)->paused = true;
  CHECK(state.fetchable() == std::vector<TopicPartition>{a1});
  state.mark_all_pending_revocation();
  CHECK(state.fetchable().empty());
}

TEST_CASE("what the application has not heard of yet gets no position and is not fetched") {
  SubscriptionState state = reading({a0, a1});
  state.find(a1)->seek_validated(at(0));
  state.await_callback({a0, a1}, true);
  CHECK(state.initializing().empty());
  CHECK(state.fetchable().empty());
  state.await_callback({a0, a1}, false);
  CHECK(state.initializing() == Partitions{a0});
  CHECK(state.fetchable() == std::vector<TopicPartition>{a1});
}

TEST_CASE("a partition that was served goes to the end of the order") {
  SubscriptionState state = reading({a0, a1, b0});
  for (const TopicPartition& partition : {a0, a1, b0}) state.find(partition)->seek_validated(at(0));
  state.move_to_end(a0);
  CHECK(state.fetchable() == std::vector<TopicPartition>{a1, b0, a0});
}

TEST_CASE(
    "partitions that stay keep their position over an assignment, those that come back do not") {
  SubscriptionState state(earliest);
  state.subscribe({"a"});
  state.assign_from_group({a0, a1});
  state.find(a0)->seek_validated(at(4));
  state.find(a1)->seek_validated(at(5));
  state.assign_from_group({a0});
  state.assign_from_group({a0, a1});
  CHECK(state.find(a0)->position()->offset == Offset(4));
  CHECK_FALSE(state.find(a1)->position());
}

TEST_CASE("without a reset policy those that have no offset are named") {
  SubscriptionState state = reading({a0, a1}, OffsetReset());
  state.find(a0)->seek_validated(at(4));
  CHECK(state.reset_initializing({a0, a1}) == Partitions{a1});
}

TEST_CASE("an assignment outside of the subscription is noticed") {
  SubscriptionState state(earliest);
  state.subscribe({"a"});
  CHECK(state.matches_subscription({a0, a1}));
  CHECK_FALSE(state.matches_subscription({a0, b0}));
}
