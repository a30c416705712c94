// The sticky assignors rule by rule: what members keep, who wins a partition that two claim, what
// moves when members come and go, what the cooperative one withholds. Recorded assignments of
// Kafka's are replayed in tests/conformance.
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "consumer/assignor.hpp"
#include "sim/rng.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim;
using consumer::Assignments;
using consumer::AssignorMember;
using consumer::AssignorTopics;
using consumer::TopicRacks;
using nlohmann::json;
using protocol::TopicPartition;

using Owned = std::vector<TopicPartition>;

// A member of both sticky assignors: it says what it owned in both ways.
AssignorMember member(const std::string& id, std::vector<std::string> topics, Owned owned = {},
                      std::int32_t generation = -1) {
  AssignorMember out{id, "", {}};
  out.subscription.topics = std::move(topics);
  out.subscription.owned_partitions = owned;
  out.subscription.generation_id = generation;
  if (generation >= 0)
    out.subscription.user_data =
        protocol::encode(protocol::StickyUserData{std::move(owned), generation});
  return out;
}

json as_json(const Assignments& assignments) {
  json out = json::object();
  for (const auto& [id, partitions] : assignments) {
    std::set<std::string> names;
    for (const TopicPartition& partition : partitions) names.insert(protocol::to_string(partition));
    out[id] = names;
  }
  return out;
}

json sticky(const AssignorTopics& topics, const std::vector<AssignorMember>& members) {
  return as_json(consumer::assign_sticky(topics, members));
}

json cooperative(const AssignorTopics& topics, const std::vector<AssignorMember>& members) {
  return as_json(consumer::assign_cooperative_sticky(topics, members));
}

const AssignorTopics a4{{"a", TopicRacks(4)}};

}  // namespace

TEST_CASE("a new member of a sticky group gets only what makes the shares equal") {
  const auto out = sticky(
      a4, {member("m1", {"a"}, {{"a", 0}, {"a", 1}, {"a", 2}, {"a", 3}}, 1), member("m0", {"a"})});
  CHECK(out == json::parse(R"({"m0":["a-2","a-3"],"m1":["a-0","a-1"]})"));
}

TEST_CASE("the partitions of a member that left a sticky group are all that moves") {
  const AssignorTopics topics{{"a", TopicRacks(6)}};
  const auto out = sticky(topics, {member("m1", {"a"}, {{"a", 4}, {"a", 1}}, 3),
                                   member("m2", {"a"}, {{"a", 5}, {"a", 2}}, 3)});
  CHECK(out == json::parse(R"({"m1":["a-0","a-1","a-4"],"m2":["a-2","a-3","a-5"]})"));
}

TEST_CASE("of two that claim a partition the later generation has it, in one generation neither") {
  const AssignorTopics topics{{"a", TopicRacks(2)}};
  const auto later =
      sticky(topics, {member("m1", {"a"}, {{"a", 1}}, 4), member("m2", {"a"}, {{"a", 1}}, 5)});
  CHECK(later == json::parse(R"({"m1":["a-0"],"m2":["a-1"]})"));
  const auto neither =
      sticky(topics, {member("m1", {"a"}, {{"a", 1}}, 5), member("m2", {"a"}, {{"a", 1}}, 5)});
  CHECK(neither == json::parse(R"({"m1":["a-0"],"m2":["a-1"]})"));
  // Nobody's partition is not given to one who may still be reading it.
  const auto withheld =
      cooperative(topics, {member("m1", {"a"}, {{"a", 1}}, 5), member("m2", {"a"}, {{"a", 1}}, 5)});
  CHECK(withheld == json::parse(R"({"m1":["a-0"],"m2":[]})"));
}

TEST_CASE("user data that cannot be read counts as none") {
  AssignorMember broken = member("m1", {"a"}, {{"a", 3}}, 1);
  broken.subscription.user_data = protocol::Bytes("\x7f");
  CHECK(sticky(a4, {broken, member("m2", {"a"})}) ==
        sticky(a4, {member("m1", {"a"}), member("m2", {"a"})}));
}

TEST_CASE("partitions that a topic does not have any more are forgotten") {
  const AssignorTopics smaller{{"a", TopicRacks(2)}};
  const auto out = sticky(smaller, {member("m1", {"a"}, {{"a", 3}, {"a", 1}, {"gone", 0}}, 1),
                                    member("m2", {"a"}, {{"a", 2}}, 1)});
  CHECK(out == json::parse(R"({"m1":["a-1"],"m2":["a-0"]})"));
}

TEST_CASE("cooperative sticky gives what another must give up only in the next rebalance") {
  const std::vector<AssignorMember> first{
      member("m1", {"a"}, {{"a", 0}, {"a", 1}, {"a", 2}, {"a", 3}}, 1), member("m2", {"a"})};
  const auto withheld = cooperative(a4, first);
  CHECK(withheld == json::parse(R"({"m1":["a-0","a-1"],"m2":[]})"));
  const auto given =
      cooperative(a4, {member("m1", {"a"}, {{"a", 0}, {"a", 1}}, 2), member("m2", {"a"}, {}, 2)});
  CHECK(given == json::parse(R"({"m1":["a-0","a-1"],"m2":["a-2","a-3"]})"));
}

TEST_CASE("cooperative sticky withholds likewise where members read different topics") {
  const AssignorTopics topics{{"a", TopicRacks(4)}, {"b", TopicRacks(1)}};
  const auto withheld = cooperative(
      topics,
      {member("m1", {"a"}, {{"a", 0}, {"a", 1}, {"a", 2}, {"a", 3}}, 1), member("m2", {"a", "b"})});
  CHECK(withheld == json::parse(R"({"m1":["a-1","a-2","a-3"],"m2":["b-0"]})"));
}

TEST_CASE("where members read different topics, the one that can read few keeps its share") {
  const AssignorTopics topics{{"a", TopicRacks(2)}, {"b", TopicRacks(2)}};
  const auto out = sticky(topics, {member("m1", {"a"}), member("m2", {"a", "b"})});
  CHECK(out == json::parse(R"({"m1":["a-0","a-1"],"m2":["b-0","b-1"]})"));
}

TEST_CASE("a partition goes back to the one that had it before, if that one has fewer") {
  // m2 comes back from generation 1 with what m3 got since; by load alone m1 would come first.
  const AssignorTopics topics{{"a", TopicRacks(3)}, {"b", TopicRacks(1)}};
  const Owned all{{"a", 0}, {"a", 1}, {"a", 2}};
  const auto out = sticky(topics, {member("m1", {"a"}, {}, 2), member("m2", {"a"}, {{"a", 0}}, 1),
                                   member("m3", {"a", "b"}, all, 2)});
  CHECK(out == json::parse(R"({"m1":["a-1"],"m2":["a-0"],"m3":["a-2","b-0"]})"));
}

TEST_CASE("sticky gives partitions to members in a rack of their replicas, if shares allow") {
  AssignorMember west = member("m1", {"a"});
  AssignorMember east = member("m2", {"a"});
  west.subscription.rack_id = "west";
  east.subscription.rack_id = "east";
  const AssignorTopics topics{{"a", {{"east"}, {"east"}, {"west"}, {"west"}}}};
  CHECK(sticky(topics, {west, east}) == json::parse(R"({"m1":["a-2","a-3"],"m2":["a-0","a-1"]})"));
  const AssignorTopics lopsided{{"a", {{"east"}, {"east"}, {"east"}, {"west"}}}};
  CHECK(sticky(lopsided, {west, east}) ==
        json::parse(R"({"m1":["a-2","a-3"],"m2":["a-0","a-1"]})"));
}

TEST_CASE("no member is no assignment, and members without topics get nothing") {
  CHECK(sticky(a4, {}) == json::object());
  CHECK(cooperative(a4, {member("m1", {})}) == json::parse(R"({"m1":[]})"));
}

TEST_CASE("whatever groups do, every partition has one owner and cooperative hands over in two") {
  sim::Rng rng(7);
  const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(rng.below(n)); };
  for (int group = 0; group < 60; ++group) {
    CAPTURE(group);
    AssignorTopics topics;
    for (std::size_t i = 0; i <= below(4); ++i)
      topics["t" + std::to_string(i)] = TopicRacks(1 + below(9));
    const bool equal = below(2) == 0;
    std::map<std::string, AssignorMember> members;
    for (std::int32_t round = 1; round < 6; ++round) {
      const std::string joins = "m" + std::to_string(group * 10 + round);
      std::vector<std::string> reads;
      for (const auto& [name, racks] : topics)
        if (equal || below(3) > 0) reads.push_back(name);
      members[joins] = member(joins, reads);
      if (members.size() > 3) members.erase(members.begin());
      std::vector<AssignorMember> list;
      for (const auto& [id, each] : members) list.push_back(each);
      // What is withheld comes in a second rebalance, where all is handed out.
      Assignments before;
      for (int step = 0; step < 2; ++step) {
        std::map<TopicPartition, std::string> owner_before;
        for (const AssignorMember& each : list)
          for (const TopicPartition& owned : each.subscription.owned_partitions)
            owner_before[owned] = each.member_id;
        const Assignments out = consumer::assign_cooperative_sticky(topics, list);
        std::map<TopicPartition, std::string> owner;
        for (const auto& [id, partitions] : out) {
          for (const TopicPartition& partition : partitions) {
            REQUIRE(owner.emplace(partition, id).second);
            const auto had = owner_before.find(partition);
            REQUIRE((had == owner_before.end() || had->second == id));
          }
        }
        for (AssignorMember& each : list) {
          each.subscription.owned_partitions = out.at(each.member_id);
          each.subscription.generation_id = round * 10 + step;
          members[each.member_id] = each;
        }
        if (step == 0) continue;
        for (const auto& [name, racks] : topics) {
          bool is_read = false;
          for (const AssignorMember& each : list)
            for (const std::string& topic : each.subscription.topics)
              is_read = is_read || topic == name;
          for (std::size_t i = 0; i < racks.size(); ++i)
            REQUIRE(owner.contains({name, static_cast<std::int32_t>(i)}) == is_read);
        }
      }
    }
  }
}
