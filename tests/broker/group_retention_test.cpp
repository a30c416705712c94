// How long committed offsets stay, and the groups around them: from when the time counts, whom it
// spares, what a commit says of it itself.
#include "tests/broker/consumer_group_lab.hpp"
#include "tests/broker/group_lab.hpp"

using namespace kafkasim;
using namespace kafkasim::tests;
using namespace std::chrono_literals;

namespace {

constexpr sim::Duration week = 24h * 7;

// The retention is an hour; who expires is looked for every ten minutes.
broker::GroupSettings an_hour() {
  broker::GroupSettings settings = GroupLab::without_initial_delay();
  settings.offsets_retention = 1h;
  return settings;
}

protocol::OffsetCommitRequest commit_of(const std::string& topic, const std::string& member,
                                        std::int32_t generation, std::int64_t retention_ms = -1) {
  protocol::OffsetCommitRequest request;
  request.group_id = lab_group;
  request.generation_id_or_member_epoch = generation;
  request.member_id = member;
  request.partitions = {{{topic, 0}, protocol::Offset(7), {}, ""}};
  request.retention_time_ms = retention_ms;
  return request;
}

std::size_t stored(const GroupLab& lab) {
  return lab.coordinator.offsets().committed(lab_group).size();
}

}  // namespace

TEST_CASE("offsets that expired go at the next look, which comes every ten minutes") {
  GroupLab lab;
  lab.pass(1min);
  lab.commit("", -1, 5);
  lab.pass(week + 8min);
  CHECK(lab.committed() == 5);
  lab.pass(1min);  // ten minutes after the last look
  CHECK(lab.committed() == -1);
  CHECK(lab.state() == "none");
}

TEST_CASE("offsets of a group without members age from when it became empty, not from the commit") {
  GroupLab lab(an_hour());
  lab.make_stable(1);
  lab.commit("c-1", 1, 5);
  lab.live(2h, {"c-1"});
  lab.leave("c-1");
  REQUIRE(lab.state() == "Empty");
  lab.pass(50min);
  CHECK(lab.committed() == 5);
  lab.pass(20min);
  CHECK(lab.committed() == -1);
  CHECK(lab.state() == "none");
}

TEST_CASE("offsets of a group that only commits age one by one from their own commit") {
  GroupLab lab(an_hour());
  lab.commit(commit_of("t", "", -1));
  lab.pass(30min);
  lab.commit(commit_of("u", "", -1));
  lab.pass(40min);
  CHECK(stored(lab) == 1);
  CHECK(lab.committed() == -1);
  CHECK(lab.state() == "Empty");
  lab.pass(30min);
  CHECK(stored(lab) == 0);
  CHECK(lab.state() == "none");
}

TEST_CASE("a stable group loses offsets of topics that nobody subscribes to, and stays") {
  GroupLab lab(an_hour());
  lab.make_stable(1);
  lab.commit(commit_of("t", "c-1", 1));
  lab.commit(commit_of("gone", "c-1", 1));
  lab.live(50min, {"c-1"});
  CHECK(stored(lab) == 2);
  lab.live(20min, {"c-1"});
  CHECK(stored(lab) == 1);
  CHECK(lab.committed() == 7);
  CHECK(lab.state() == "Stable");
}

TEST_CASE("while a group rebalances none of its offsets expires") {
  GroupLab lab(an_hour());
  lab.make_stable(2);
  lab.commit(commit_of("gone", "c-1", 1));
  lab.live(55min, {"c-1", "c-2"});
  protocol::JoinGroupRequest patient;
  patient.group_id = lab_group;
  patient.session_timeout_ms = 10'000;
  patient.rebalance_timeout_ms = 3'600'000;
  patient.member_id = "c-1";
  patient.protocol_type = "consumer";
  patient.protocols = subscribe({"t"});
  lab.join(patient);
  REQUIRE(lab.state() == "PreparingRebalance");
  lab.live(30min, {"c-2"});
  CHECK(lab.state() == "PreparingRebalance");
  CHECK(stored(lab) == 1);
}

TEST_CASE("offsets of members that are no consumers do not expire while there are members") {
  GroupLab lab(an_hour());
  protocol::JoinGroupRequest worker;
  worker.group_id = lab_group;
  worker.session_timeout_ms = 10'000;
  worker.rebalance_timeout_ms = 60'000;
  worker.group_instance_id = "w";
  worker.protocol_type = "connect";
  worker.protocols = {{"default", protocol::Bytes("x")}};
  lab.join(worker);
  lab.pass(0s);
  lab.sync("w-1");
  REQUIRE(lab.state() == "Stable");
  lab.commit(commit_of("t", "w-1", 1));
  lab.live(3h, {"w-1"});
  CHECK(stored(lab) == 1);
}

TEST_CASE("a commit that says how long it shall stay goes then, sooner or later than the others") {
  GroupLab lab(an_hour());
  lab.commit(commit_of("short", "", -1, 20 * 60'000));
  lab.commit(commit_of("long", "", -1, 3 * 3'600'000));
  lab.commit(commit_of("t", "", -1));
  lab.pass(15min);
  CHECK(stored(lab) == 3);
  lab.pass(10min);
  CHECK(stored(lab) == 2);
  lab.pass(1h);
  CHECK(lab.committed() == -1);
  CHECK(stored(lab) == 1);
  // Another coordinator reads it back.
  GroupLab other(an_hour());
  other.take_over(lab);
  other.pass(80min);
  CHECK(stored(other) == 1);
  other.pass(30min);
  CHECK(stored(other) == 0);
  CHECK(other.state() == "none");
}

TEST_CASE("a time of its own lets no offset expire that a living group uses") {
  GroupLab lab(an_hour());
  lab.make_stable(1);
  lab.commit(commit_of("t", "c-1", 1, 60'000));
  lab.commit(commit_of("gone", "c-1", 1, 60'000));
  lab.live(12min, {"c-1"});
  CHECK(lab.committed() == 7);
  CHECK(stored(lab) == 1);
}

TEST_CASE("an empty group without offsets goes at the next look, one with members never") {
  GroupLab lab(an_hour());
  lab.make_stable(1);
  lab.live(25min, {"c-1"});
  CHECK(lab.state() == "Stable");
  lab.leave("c-1");
  CHECK(lab.state() == "Empty");
  lab.pass(10min);
  CHECK(lab.state() == "none");
  CHECK(lab.changes.back() == "Dead");
}

TEST_CASE("an expiry that cannot be stored comes at the next look") {
  GroupLab lab(an_hour());
  lab.commit("", -1, 5);
  lab.append_error = ErrorCode::not_enough_replicas;
  lab.pass(65min);
  CHECK(lab.committed() == 5);
  CHECK(lab.state() == "Empty");
  lab.append_error = ErrorCode::none;
  lab.pass(10min);
  CHECK(lab.committed() == -1);
  CHECK(lab.state() == "none");
}

TEST_CASE("who joins just when its group expires is in a group all the same") {
  GroupLab lab(an_hour());
  lab.make_stable(1);
  lab.leave("c-1");
  // The group's time is over; nothing is appended before the next settle().
  lab.now = lab.coordinator.next_deadline();
  lab.coordinator.advance(lab.now);
  const GroupToken joined = lab.join("", "inst");
  lab.pass(0s);
  CHECK(lab.join_error(joined) == ErrorCode::none);
  CHECK(lab.state() == "CompletingRebalance");
}

TEST_CASE("a consumer group loses offsets of topics that nobody subscribes to, by their commit") {
  broker::GroupSettings settings;
  settings.offsets_retention = 1h;
  ConsumerLab lab({{"t", 4}, {"u", 4}}, settings);
  lab.beat(ConsumerLab::joining("a", {"t"}));
  REQUIRE(lab.commit("a", 1) == ErrorCode::none);
  const auto live = [&](sim::Duration duration, const std::string& id, std::int32_t epoch) {
    for (sim::Duration passed{0}; passed < duration; passed += 20s) {
      lab.beat(ConsumerLab::living(id, epoch));
      lab.pass(20s);
    }
  };
  live(2h, "a", 1);
  CHECK(lab.coordinator->offsets().committed(consumers).size() == 1);
  lab.beat(ConsumerLab::living("a", -1));
  const std::int32_t epoch = lab.beat(ConsumerLab::joining("b", {"u"})).member_epoch;
  live(11min, "b", epoch);
  CHECK(lab.coordinator->offsets().committed(consumers).empty());
  CHECK(lab.coordinator->consumer_groups().find(consumers) != nullptr);
}

TEST_CASE("offsets of partitions that are deleted are forgotten at once, those of others stay") {
  GroupLab lab;
  lab.commit(commit_of("t", "", -1));
  lab.commit(commit_of("u", "", -1));
  lab.coordinator.forget_offsets({{"u", 0}, {"u", 1}}, lab.now);
  lab.settle();
  CHECK(stored(lab) == 1);
  CHECK(lab.committed() == 7);
  CHECK(lab.state() == "Empty");
}
