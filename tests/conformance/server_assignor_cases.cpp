// The coordinator's assignors against recorded assignments of Kafka's own. Where Kafka's choice
// depends on the order of a hash map, how equal the shares are and how much was kept is compared.
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "broker/group/assignor.hpp"
#include "tests/conformance/kinds.hpp"
#include "tests/conformance/record_batches.hpp"

namespace kafkasim::conformance {
namespace {

using broker::ServerAssignment;
using broker::ServerAssignorMember;
using broker::ServerAssignorTopics;
using nlohmann::json;

protocol::Uuid uuid_of(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const std::string bytes = from_base64(text + "==");
  protocol::Uuid id;
  for (std::size_t i = 0; i < 16; ++i) {
    std::uint64_t& half = i < 8 ? id.high : id.low;
    half = half << 8 | static_cast<unsigned char>(bytes.at(i));
  }
  return id;
}

struct Case {
  ServerAssignorTopics topics;
  std::vector<ServerAssignorMember> members;
  std::map<protocol::Uuid, std::string> names;
  std::deque<std::string> texts;  // that the members refer to
};

Case case_of(const json& row) {
  Case out;
  std::map<std::string, protocol::Uuid> ids;
  for (const auto& [name, topic] : row.at("topics").items()) {
    ids[name] = uuid_of(topic.at("id"));
    out.topics[ids[name]] = topic.at("partitions");
    out.names[ids[name]] = name;
  }
  for (const json& each : row.at("members")) {
    ServerAssignorMember& member = out.members.emplace_back();
    member.member_id = out.texts.emplace_back(each.at("id"));
    member.group_instance_id = out.texts.emplace_back(each.value("instance", ""));
    std::vector<protocol::Uuid> topics;
    for (const json& topic : each.at("topics")) topics.push_back(ids.at(topic));
    member.topics = std::make_shared<const std::vector<protocol::Uuid>>(std::move(topics));
    broker::TargetPartitions current;
    for (const json& partition : each.at("current")) {
      const std::string text = partition;
      const std::size_t dash = text.rfind('-');
      current[ids.at(text.substr(0, dash))].insert(std::stoi(text.substr(dash + 1)));
    }
    member.current = broker::share(std::move(current));
  }
  return out;
}

json as_json(const Case& input, const ServerAssignment& assignment) {
  json out = json::object();
  for (std::size_t i = 0; i < assignment.targets.size(); ++i) {
    const std::string id(input.members.at(i).member_id);
    std::vector<std::pair<std::string, int>> partitions;
    for (const auto& [topic, numbers] : *assignment.targets[i]) {
      for (const int number : numbers) partitions.emplace_back(input.names.at(topic), number);
    }
    std::sort(partitions.begin(), partitions.end());
    out[id] = json::array();
    for (const auto& [name, number] : partitions)
      out[id].push_back(name + "-" + std::to_string(number));
  }
  return out;
}

std::set<std::string> as_set(const json& list) { return list.get<std::set<std::string>>(); }

// What any order of members would have in common.
json shape(const json& row, const json& assignment) {
  std::vector<std::size_t> sizes;
  std::set<std::string> partitions;
  std::size_t all = 0;
  std::size_t kept = 0;
  for (const json& member : row.at("members")) {
    const std::set<std::string> list = as_set(assignment.at(member.at("id").get<std::string>()));
    sizes.push_back(list.size());
    all += list.size();
    partitions.insert(list.begin(), list.end());
    for (const json& each : member.at("current")) kept += list.count(each.get<std::string>());
  }
  std::sort(sizes.begin(), sizes.end());
  return {{"sizes", sizes}, {"kept", kept}, {"partitions", partitions}, {"all", all}};
}

void replay(const json& recorded, Findings& findings, std::string_view name) {
  const Case input = case_of(recorded);
  const ServerAssignment assignment =
      broker::find_server_assignor(name)->assign(input.topics, input.members);
  findings.expect("error", "", assignment.error);
  const json got = as_json(input, assignment);
  json expected = recorded.at("assignment");
  for (const json& member : recorded.at("members")) {
    const std::string id = member.at("id");
    if (!expected.contains(id)) expected[id] = json::array();
    if (!findings.expect("member " + id + " is there", true, got.contains(id))) return;
  }
  findings.expect("members", expected.size(), got.size());
  bool same = true;
  for (const auto& [id, list] : expected.items()) same = same && as_set(list) == as_set(got.at(id));
  if (same) return;
  if (recorded.at("member_order_matters")) {
    findings.expect("shape", shape(recorded, expected), shape(recorded, got));
    findings.note("Kafka's choice depends on the order of members");
    return;
  }
  for (const auto& [id, list] : expected.items()) {
    findings.expect("assignment of " + id, as_set(list), as_set(got.at(id)));
  }
}

}  // namespace

void replay_server_assignor_range(const json& recorded, Findings& findings) {
  replay(recorded, findings, "range");
}

void replay_server_assignor_uniform(const json& recorded, Findings& findings) {
  replay(recorded, findings, "uniform");
}

}  // namespace kafkasim::conformance
