// The range assignor against recorded assignments of Kafka's own, and its rules one by one.
#include "consumer/assignor.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim;
using consumer::Assignments;
using consumer::AssignorMember;
using consumer::AssignorTopics;
using protocol::TopicPartition;

AssignorMember member(const std::string& id, std::vector<std::string> topics,
                      const std::string& instance = "") {
  AssignorMember out{id, instance, {}};
  out.subscription.topics = std::move(topics);
  return out;
}

AssignorTopics topics_of(const nlohmann::json& row) {
  AssignorTopics topics;
  for (const auto& [topic, count] : row.at("topics").items()) {
    topics[topic].resize(count.get<std::size_t>());
  }
  if (!row.contains("partition_racks")) return topics;
  for (const auto& [topic, racks] : row.at("partition_racks").items()) {
    for (std::size_t i = 0; i < racks.size(); ++i)
      topics[topic][i] = racks[i].get<std::vector<std::string>>();
  }
  return topics;
}

std::vector<AssignorMember> members_of(const nlohmann::json& row) {
  std::vector<AssignorMember> members;
  for (const auto& each : row.at("members")) {
    members.push_back(member(each.at("id"), each.at("topics"), each.value("instance", "")));
    if (each.contains("rack"))
      members.back().subscription.rack_id = each.at("rack").get<std::string>();
  }
  return members;
}

nlohmann::json as_json(const Assignments& assignments) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [id, partitions] : assignments) {
    out[id] = nlohmann::json::array();
    for (const TopicPartition& partition : partitions)
      out[id].push_back(protocol::to_string(partition));
  }
  return out;
}

}  // namespace

TEST_CASE("the range assignor divides as Kafka's does, lists in the same order") {
  std::ifstream file("tests/vectors/assignor_range.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const auto row = nlohmann::json::parse(line);
    INFO(line);
    CHECK(as_json(consumer::assign_range(topics_of(row), members_of(row))) == row.at("assignment"));
  }
  CHECK(cases == 120);
}

TEST_CASE("the first members of a topic get one partition more, of every topic the same members") {
  const AssignorTopics topics{{"a", consumer::TopicRacks(3)}, {"b", consumer::TopicRacks(3)}};
  const auto out =
      consumer::assign_range(topics, {member("m2", {"a", "b"}), member("m1", {"a", "b"})});
  CHECK(as_json(out) ==
        nlohmann::json::parse(R"({"m1":["a-0","a-1","b-0","b-1"],"m2":["a-2","b-2"]})"));
}

TEST_CASE("static members come first, by instance id") {
  const AssignorTopics topics{{"a", consumer::TopicRacks(1)}};
  const auto out = consumer::assign_range(topics, {member("m1", {"a"}), member("m9", {"a"}, "z")});
  CHECK(as_json(out) == nlohmann::json::parse(R"({"m1":[],"m9":["a-0"]})"));
}

TEST_CASE("a topic that the leader does not know is assigned to nobody") {
  const auto out = consumer::assign_range({{"a", {}}}, {member("m1", {"a", "unknown"})});
  CHECK(as_json(out) == nlohmann::json::parse(R"({"m1":[]})"));
}

TEST_CASE("an assignor is found by its name and by its class name") {
  const consumer::Assignor* range = consumer::find_assignor("range");
  REQUIRE(range != nullptr);
  CHECK(consumer::find_assignor("org.apache.kafka.clients.consumer.RangeAssignor") == range);
  CHECK(range->highest_protocol == consumer::RebalanceProtocol::eager);
  CHECK(consumer::find_assignor("random") == nullptr);
}
