// The coordinator's range assignor. Recorded assignments of Kafka's are replayed in
// tests/conformance.
#include "broker/group/assignor.hpp"
#include "tests/broker/server_assignors.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim;
using broker::ServerAssignorMember;
using broker::ServerAssignorTopics;
using broker::TargetPartitions;
using protocol::Uuid;

const Uuid a{1, 1};
const Uuid b{1, 2};

ServerAssignorMember member(std::string_view id, std::vector<Uuid> topics,
                            std::string_view instance = {}) {
  return tests::assignor_member(id, std::move(topics), {}, instance);
}

}  // namespace

TEST_CASE("the coordinator's range gives the same members one partition more of every topic") {
  const auto out =
      tests::assigned("range", {{a, 3}, {b, 3}}, {member("m2", {b, a}), member("m1", {a, b})});
  CHECK(out.error.empty());
  CHECK(out.members.at("m1") == TargetPartitions{{a, {0, 1}}, {b, {0, 1}}});
  CHECK(out.members.at("m2") == TargetPartitions{{a, {2}}, {b, {2}}});
}

TEST_CASE("the coordinator's range divides each topic among those that read it") {
  const auto out = tests::assigned("range", {{a, 3}, {b, 1}},
                                   {member("m1", {a}), member("m2", {a, b}), member("m3", {b})});
  CHECK(out.members.at("m1") == TargetPartitions{{a, {0, 1}}});
  CHECK(out.members.at("m2") == TargetPartitions{{a, {2}}, {b, {0}}});
  CHECK(out.members.at("m3").empty());
}

TEST_CASE("the coordinator's range begins with static members, by instance id") {
  const auto out = tests::assigned(
      "range", {{a, 3}}, {member("m1", {a}), member("m8", {a}, "z"), member("m9", {a}, "y")});
  CHECK(out.members.at("m9") == TargetPartitions{{a, {0}}});
  CHECK(out.members.at("m8") == TargetPartitions{{a, {1}}});
  CHECK(out.members.at("m1") == TargetPartitions{{a, {2}}});
}

TEST_CASE("the coordinator's range changes the targets of those behind a new member only") {
  const broker::ServerAssignorTopics topics{{a, 4}};
  const auto first = broker::assign_server_range(topics, {member("m1", {a}), member("m3", {a})});
  std::vector<ServerAssignorMember> members{member("m1", {a}), member("m3", {a}),
                                            member("m5", {a})};
  members[0].current = first.targets[0];
  members[1].current = first.targets[1];
  const auto out = broker::assign_server_range(topics, members);
  CHECK(out.targets[0] == first.targets[0]);
  CHECK(*out.targets[1] == TargetPartitions{{a, {2}}});
  CHECK(*out.targets[2] == TargetPartitions{{a, {3}}});
}

TEST_CASE("a topic that does not exist stops the coordinator's assignors") {
  for (const char* name : {"range", "uniform"}) {
    CAPTURE(name);
    const auto* const assignor = broker::find_server_assignor(name);
    REQUIRE(assignor != nullptr);
    CHECK(broker::find_server_assignor(assignor->class_name) == assignor);
    const auto out = assignor->assign({{a, 3}}, {member("m1", {a, b})});
    CHECK(!out.error.empty());
    CHECK(out.targets.empty());
  }
  CHECK(broker::find_server_assignor("sticky") == nullptr);
}
