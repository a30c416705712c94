// The range assignor against recorded assignments of Kafka's own, lists in the same order.
#include <string>
#include <vector>

#include "consumer/assignor.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

consumer::AssignorTopics topics_of(const json& row) {
  consumer::AssignorTopics topics;
  for (const auto& [topic, count] : row.at("topics").items())
    topics[topic].resize(count.get<std::size_t>());
  if (!row.contains("partition_racks")) return topics;
  for (const auto& [topic, racks] : row.at("partition_racks").items()) {
    for (std::size_t i = 0; i < racks.size(); ++i)
      topics[topic][i] = racks[i].get<std::vector<std::string>>();
  }
  return topics;
}

std::vector<consumer::AssignorMember> members_of(const json& row) {
  std::vector<consumer::AssignorMember> members;
  for (const json& each : row.at("members")) {
    consumer::AssignorMember& member = members.emplace_back();
    member.member_id = each.at("id");
    member.group_instance_id = each.value("instance", "");
    member.subscription.topics = each.at("topics").get<std::vector<std::string>>();
    if (each.contains("rack")) member.subscription.rack_id = each.at("rack").get<std::string>();
  }
  return members;
}

}  // namespace

void replay_assignor_range(const json& recorded, Findings& findings) {
  json got = json::object();
  for (const auto& [id, partitions] :
       consumer::assign_range(topics_of(recorded), members_of(recorded))) {
    got[id] = json::array();
    for (const protocol::TopicPartition& partition : partitions)
      got[id].push_back(protocol::to_string(partition));
  }
  for (const auto& [id, partitions] : recorded.at("assignment").items())
    findings.expect("assignment of " + id, partitions, got.value(id, json()));
  findings.expect("members", recorded.at("assignment").size(), got.size());
}

}  // namespace kafkasim::conformance
