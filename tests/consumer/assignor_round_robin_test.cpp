// The round-robin assignor. Recorded assignments of Kafka's are replayed in tests/conformance.
#include <nlohmann/json.hpp>
#include <string>

#include "consumer/assignor.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim;
using consumer::AssignorMember;
using consumer::AssignorTopics;
using consumer::TopicRacks;

AssignorMember member(const std::string& id, std::vector<std::string> topics,
                      const std::string& instance = "") {
  AssignorMember out{id, instance, {}};
  out.subscription.topics = std::move(topics);
  return out;
}

nlohmann::json dealt(const AssignorTopics& topics, const std::vector<AssignorMember>& members) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [id, partitions] : consumer::assign_round_robin(topics, members)) {
    out[id] = nlohmann::json::array();
    for (const auto& partition : partitions) out[id].push_back(protocol::to_string(partition));
  }
  return out;
}

}  // namespace

TEST_CASE("round robin deals on where the last topic ended") {
  CHECK(dealt({{"a", TopicRacks(3)}, {"b", TopicRacks(3)}},
              {member("m2", {"a", "b"}), member("m1", {"a", "b"})}) ==
        nlohmann::json::parse(R"({"m1":["a-0","a-2","b-1"],"m2":["a-1","b-0","b-2"]})"));
}

TEST_CASE("round robin passes members that do not read the topic") {
  CHECK(dealt({{"a", TopicRacks(2)}, {"b", TopicRacks(2)}},
              {member("m1", {"a"}), member("m2", {"a", "b"}), member("m3", {})}) ==
        nlohmann::json::parse(R"({"m1":["a-0"],"m2":["a-1","b-0","b-1"],"m3":[]})"));
}

TEST_CASE("round robin begins with static members, by instance id") {
  CHECK(dealt({{"a", TopicRacks(3)}},
              {member("m1", {"a"}), member("m8", {"a"}, "z"), member("m9", {"a"}, "y")}) ==
        nlohmann::json::parse(R"({"m1":["a-2"],"m8":["a-1"],"m9":["a-0"]})"));
}

TEST_CASE("round robin leaves out topics that the leader does not know") {
  CHECK(dealt({{"a", {}}}, {member("m1", {"a", "unknown"})}) ==
        nlohmann::json::parse(R"({"m1":[]})"));
}
