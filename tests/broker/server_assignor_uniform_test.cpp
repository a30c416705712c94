// The coordinator's uniform assignor rule by rule, and over many rounds of random groups. Recorded
// assignments of Kafka's are replayed in tests/conformance.
#include <algorithm>
#include <deque>
#include <string>
#include <string_view>

#include "broker/group/assignor.hpp"
#include "sim/rng.hpp"
#include "tests/broker/server_assignors.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim;
using broker::ServerAssignorMember;
using broker::ServerAssignorTopics;
using broker::TargetPartitions;
using protocol::Uuid;
using tests::AssignedByServer;

const Uuid a{1, 1};
const Uuid b{1, 2};

ServerAssignorMember member(std::string_view id, std::vector<Uuid> topics,
                            TargetPartitions current = {}) {
  return tests::assignor_member(id, std::move(topics), std::move(current));
}

AssignedByServer assign_uniform(const ServerAssignorTopics& topics,
                                const std::vector<ServerAssignorMember>& members) {
  return tests::assigned("uniform", topics, members);
}

std::size_t count(const TargetPartitions& target) {
  std::size_t sum = 0;
  for (const auto& [topic, partitions] : target) sum += partitions.size();
  return sum;
}

bool reads(const ServerAssignorMember& member, const Uuid& topic) {
  return std::find(member.topics->begin(), member.topics->end(), topic) != member.topics->end();
}

// Each partition that somebody reads has one owner, and that one reads it.
void check_whole(const ServerAssignorTopics& topics,
                 const std::vector<ServerAssignorMember>& members, const AssignedByServer& out) {
  REQUIRE(out.error.empty());
  REQUIRE(out.members.size() == members.size());
  TargetPartitions owned;
  std::size_t expected = 0;
  for (const auto& [topic, partitions] : topics) {
    const bool is_read = std::any_of(members.begin(), members.end(),
                                     [&](const auto& each) { return reads(each, topic); });
    if (is_read) expected += static_cast<std::size_t>(partitions);
  }
  std::size_t all = 0;
  for (const ServerAssignorMember& each : members) {
    for (const auto& [topic, partitions] : out.members.at(std::string(each.member_id))) {
      REQUIRE(!partitions.empty());
      REQUIRE(reads(each, topic));
      for (const int partition : partitions) {
        REQUIRE(partition < topics.at(topic));
        REQUIRE(owned[topic].insert(partition));
        ++all;
      }
    }
  }
  REQUIRE(all == expected);
}

}  // namespace

TEST_CASE("uniform: a new member gets only what makes the shares equal") {
  const auto out =
      assign_uniform({{a, 4}}, {member("m1", {a}, {{a, {0, 1, 2, 3}}}), member("m2", {a})});
  CHECK(out.members.at("m1") == TargetPartitions{{a, {0, 1}}});
  CHECK(out.members.at("m2") == TargetPartitions{{a, {2, 3}}});
}

TEST_CASE(
    "uniform: partitions that a topic does not have any more, or not yet, count for nothing") {
  const auto out = assign_uniform({{a, 3}}, {member("m1", {a}, {{a, {0, 4, 5}}}),
                                             member("m2", {a}, {{a, {6}}}), member("m3", {a})});
  CHECK(out.members.at("m1") == TargetPartitions{{a, {0}}});
  CHECK(out.members.at("m2").at(a).size() == 1);
  CHECK(out.members.at("m3").at(a).size() == 1);
  const auto unequal = assign_uniform(
      {{a, 1}, {b, 1}}, {member("m1", {a}, {{a, {0, 7}}}), member("m2", {a, b}, {{b, {3}}})});
  CHECK(unequal.members.at("m1") == TargetPartitions{{a, {0}}});
  CHECK(unequal.members.at("m2") == TargetPartitions{{b, {0}}});
}

TEST_CASE("uniform: those who keep what they have share their old target") {
  std::vector<ServerAssignorMember> members{member("m1", {a}, {{a, {0, 1}}}),
                                            member("m2", {a}, {{a, {2, 3, 4}}}), member("m3", {a})};
  const auto out = broker::assign_uniform({{a, 6}}, members);
  CHECK(out.targets[0] == members[0].current);
  CHECK(*out.targets[1] == TargetPartitions{{a, {2, 3}}});
  CHECK(*out.targets[2] == TargetPartitions{{a, {4, 5}}});
}

TEST_CASE("uniform: one more goes to the first members of a hash map, whatever they had") {
  // "m2" is in a later bucket than "m1".
  const auto out =
      assign_uniform({{a, 3}}, {member("m2", {a}, {{a, {0, 1}}}), member("m1", {a}, {{a, {2}}})});
  CHECK(out.members.at("m1") == TargetPartitions{{a, {1, 2}}});
  CHECK(out.members.at("m2") == TargetPartitions{{a, {0}}});
}

TEST_CASE("uniform: partitions of a topic that nobody reads any more are taken away") {
  const auto equal =
      assign_uniform({{a, 2}, {b, 2}}, {member("m1", {b}, {{a, {0, 1}}}), member("m2", {b})});
  CHECK(count(equal.members.at("m1")) == 1);
  CHECK(count(equal.members.at("m2")) == 1);
  const auto unequal =
      assign_uniform({{a, 2}, {b, 2}}, {member("m1", {b}, {{a, {0, 1}}}), member("m2", {a})});
  CHECK(unequal.members.at("m1") == TargetPartitions{{b, {0, 1}}});
  CHECK(unequal.members.at("m2") == TargetPartitions{{a, {0, 1}}});
}

TEST_CASE("uniform: where members read different topics, one that can read few keeps its share") {
  const auto out = assign_uniform({{a, 2}, {b, 2}}, {member("m1", {a}), member("m2", {a, b})});
  CHECK(out.members.at("m1") == TargetPartitions{{a, {0, 1}}});
  CHECK(out.members.at("m2") == TargetPartitions{{b, {0, 1}}});
}

TEST_CASE("uniform: where members read different topics, the most loaded give to the least") {
  const auto out =
      assign_uniform({{a, 6}, {b, 1}}, {member("m1", {a}, {{a, {0, 1, 2, 3, 4, 5}}}),
                                        member("m2", {a}), member("m3", {a, b}, {{b, {0}}})});
  CHECK(count(out.members.at("m1")) == 3);
  CHECK(count(out.members.at("m2")) == 2);
  CHECK(count(out.members.at("m3")) == 2);
  CHECK(out.members.at("m1") == TargetPartitions{{a, {0, 1, 2}}});
}

TEST_CASE("uniform: no member, and members without topics") {
  CHECK(assign_uniform({{a, 2}}, {}).members.empty());
  CHECK(assign_uniform({{a, 2}}, {member("m1", {})}).members.at("m1").empty());
}

TEST_CASE("uniform: over many rounds partitions have one owner, shares are fair, the same stays") {
  sim::Rng rng(11);
  for (int group = 0; group < 80; ++group) {
    CAPTURE(group);
    ServerAssignorTopics topics;
    for (std::uint64_t i = 0; i < 1 + rng.below(5); ++i)
      topics[Uuid{rng.next(), rng.next()}] = 1 + static_cast<int>(rng.below(20));
    const bool equal = rng.chance(1, 2);
    std::vector<ServerAssignorMember> members;
    std::deque<std::string> ids;
    for (int round = 0; round < 6; ++round) {
      CAPTURE(round);
      if (members.size() > 2 && rng.chance(1, 2)) members.erase(members.begin());
      std::vector<Uuid> read;
      for (const auto& [topic, partitions] : topics)
        if (equal || rng.chance(2, 3)) read.push_back(topic);
      ids.push_back(std::to_string(group) + "-" + std::to_string(round));
      members.push_back(member(ids.back(), read));
      const broker::ServerAssignment made = broker::assign_uniform(topics, members);
      const AssignedByServer out = tests::by_member(members, made);
      check_whole(topics, members, out);
      for (std::size_t i = 0; i < members.size(); ++i) members[i].current = made.targets[i];
      const broker::ServerAssignment made_again = broker::assign_uniform(topics, members);
      const AssignedByServer again = tests::by_member(members, made_again);
      check_whole(topics, members, again);
      if (!equal) continue;
      REQUIRE(made_again.targets == made.targets);
      std::vector<std::size_t> sizes;
      for (const auto& [id, target] : out.members) sizes.push_back(count(target));
      const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
      REQUIRE(*most - *least <= 1);
      REQUIRE(again.members == out.members);
    }
  }
}
