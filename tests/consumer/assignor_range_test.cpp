// The rules of the range assignor one by one. Recorded assignments of Kafka's are replayed in
// tests/conformance.
#include "consumer/assignor.hpp"

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

TEST_CASE("topics follow in the order of a map of those that have partitions") {
  // Thirteen names make a map of 32 buckets, where t10 stands far behind; twelve one of 16.
  AssignorTopics topics;
  std::vector<std::string> read{"unknown"};
  for (const char* name :
       {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "u"}) {
    topics[name] = consumer::TopicRacks(1);
    read.push_back(name);
  }
  const auto order = [](const nlohmann::json& assigned) { return assigned.at("m1"); };
  const auto twelve = as_json(consumer::assign_range(topics, {member("m1", read)}));
  topics["unknown"] = consumer::TopicRacks(1);
  const auto thirteen = as_json(consumer::assign_range(topics, {member("m1", read)}));
  const nlohmann::json of_twelve{"t4-0", "t5-0", "t6-0", "t10-0", "t7-0", "t8-0",
                                 "t9-0", "u-0",  "t0-0", "t1-0",  "t2-0", "t3-0"};
  const nlohmann::json of_thirteen{"t4-0",  "t5-0", "t6-0", "t7-0", "t8-0", "t9-0", "unknown-0",
                                   "t10-0", "u-0",  "t0-0", "t1-0", "t2-0", "t3-0"};
  CHECK(order(twelve) == of_twelve);
  CHECK(order(thirteen) == of_thirteen);
}

TEST_CASE("an assignor is found by its name and by its class name") {
  const consumer::Assignor* range = consumer::find_assignor("range");
  REQUIRE(range != nullptr);
  CHECK(consumer::find_assignor("org.apache.kafka.clients.consumer.RangeAssignor") == range);
  CHECK(range->highest_protocol == consumer::RebalanceProtocol::eager);
  CHECK(consumer::find_assignor("random") == nullptr);
}
