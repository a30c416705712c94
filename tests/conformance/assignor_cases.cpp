// Cases of consumers' assignors.
#include "tests/conformance/assignor_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "protocol/consumer_protocol.hpp"
#include "protocol/java_hash.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

constexpr std::int64_t most_partitions = 100'000;

consumer::AssignorTopics topics_of(const json& row) {
  consumer::AssignorTopics topics;
  for (const auto& [topic, count] : row.at("topics").items()) {
    const auto partitions = count.get<std::int64_t>();
    if (partitions < 0 || partitions > most_partitions)
      throw std::invalid_argument("that many partitions");
    topics[topic].resize(static_cast<std::size_t>(partitions));
  }
  if (!row.contains("partition_racks")) return topics;
  for (const auto& [topic, racks] : row.at("partition_racks").items()) {
    for (std::size_t i = 0; i < racks.size(); ++i) {
      for (const json& rack : racks[i]) {
        // Null: a broker without a rack.
        if (rack.is_string()) topics[topic].at(i).push_back(rack);
      }
    }
  }
  return topics;
}

protocol::TopicPartition partition_of(const std::string& text) {
  const std::size_t dash = text.rfind('-');
  return {text.substr(0, dash), std::stoi(text.substr(dash + 1))};
}

std::vector<consumer::AssignorMember> members_of(const json& row) {
  std::vector<consumer::AssignorMember> members;
  for (const json& each : row.at("members")) {
    consumer::AssignorMember& member = members.emplace_back();
    protocol::ConsumerSubscription& subscription = member.subscription;
    member.member_id = each.at("id");
    member.group_instance_id = each.value("instance", "");
    subscription.topics = each.at("topics").get<std::vector<std::string>>();
    if (each.contains("rack")) subscription.rack_id = each.at("rack").get<std::string>();
    for (const json& owned : each.value("owned", json::array()))
      subscription.owned_partitions.push_back(partition_of(owned));
    subscription.generation_id = each.value("generation", -1);
    if (each.contains("user_data_hex") && !each.at("user_data_hex").is_null())
      subscription.user_data = protocol::Bytes(from_hex(each.at("user_data_hex")));
  }
  return members;
}

std::vector<consumer::AssignorMember> in_map_order(std::vector<consumer::AssignorMember> members) {
  std::map<std::string, consumer::AssignorMember> by_id;
  std::vector<std::string> ids;
  for (consumer::AssignorMember& member : members) {
    ids.push_back(member.member_id);
    by_id[member.member_id] = std::move(member);
  }
  members.clear();
  for (const std::string& id : protocol::in_java_map_order(ids)) members.push_back(by_id.at(id));
  return members;
}

json as_json(const consumer::Assignments& assignments) {
  json out = json::object();
  for (const auto& [id, partitions] : assignments) {
    out[id] = json::array();
    for (const protocol::TopicPartition& partition : partitions)
      out[id].push_back(protocol::to_string(partition));
  }
  return out;
}

json in_order(json assignment) {
  for (json& list : assignment) std::sort(list.begin(), list.end());
  return assignment;
}

// What any choice of Kafka's would have in common.
json shape(const json& row, const json& assignment) {
  std::vector<std::size_t> sizes;
  std::set<std::string> partitions;
  std::size_t all = 0;
  for (const json& list : assignment) {
    sizes.push_back(list.size());
    all += list.size();
    for (const json& each : list) partitions.insert(each.get<std::string>());
  }
  std::sort(sizes.begin(), sizes.end());
  std::size_t kept = 0;
  for (const json& member : row.at("members")) {
    const json list = assignment.value(member.at("id").get<std::string>(), json::array());
    for (const json& owned : member.value("owned", json::array()))
      kept += static_cast<std::size_t>(std::count(list.begin(), list.end(), owned));
  }
  return {{"sizes", sizes},
          {"kept", kept},
          {"partitions", partitions},
          {"assigned twice", all - partitions.size()}};
}

}  // namespace

void replay_assignor(
    const json& recorded, Findings& findings,
    consumer::Assignments (*assign)(const consumer::AssignorTopics& topics,
                                    const std::vector<consumer::AssignorMember>& members)) {
  const consumer::AssignorTopics topics = topics_of(recorded);
  const std::vector<consumer::AssignorMember> members = members_of(recorded);
  // A real leader has its members in the order of a hash map.
  const json got = as_json(assign(topics, in_map_order(members)));
  const json& expected = recorded.at("assignment");
  for (const auto& [id, partitions] : expected.items()) {
    findings.expect("member " + id + " is there", true, got.contains(id));
  }
  findings.expect("members", expected.size(), got.size());
  if (got == expected) return;
  if (recorded.value("member_order_matters", false)) {
    if (as_json(assign(topics, members)) == expected) {
      findings.remark("agrees with the members in the order given");
      return;
    }
    findings.expect("shape", shape(recorded, expected), shape(recorded, got));
    findings.note("Kafka's choice depends on the order of members");
    return;
  }
  const bool any_order = recorded.value("list_order_matters", false);
  for (const auto& [id, partitions] : expected.items()) {
    const json mine = got.value(id, json());
    findings.expect("assignment of " + id, any_order ? in_order(json{partitions}) : partitions,
                    any_order ? in_order(json{mine}) : mine);
  }
}

void replay_assignor_range(const json& recorded, Findings& findings) {
  replay_assignor(recorded, findings, &consumer::assign_range);
}

void replay_assignor_round_robin(const json& recorded, Findings& findings) {
  replay_assignor(recorded, findings, &consumer::assign_round_robin);
}

void replay_assignor_sticky(const json& recorded, Findings& findings) {
  replay_assignor(recorded, findings, &consumer::assign_sticky);
  // The bytes of the user data, where a member sent any.
  for (const json& member : recorded.at("members")) {
    if (member.at("user_data_hex").is_null()) continue;
    const std::string id = member.at("id");
    const std::string hex = member.at("user_data_hex");
    const auto data = protocol::decode_sticky_user_data(protocol::Bytes(from_hex(hex)));
    if (!findings.expect("user data of " + id + " can be read", true, data.has_value())) continue;
    findings.expect("generation of " + id, member.at("generation"), data->generation.value_or(-1));
    findings.expect("user data of " + id, hex, to_hex(protocol::encode(*data).view()));
  }
}

void replay_assignor_cooperative_sticky(const json& recorded, Findings& findings) {
  replay_assignor(recorded, findings, &consumer::assign_cooperative_sticky);
  for (const json& member : recorded.at("members")) {
    if (member.at("user_data_hex").is_null()) continue;
    const protocol::Bytes bytes =
        protocol::cooperative_sticky_user_data(member.at("generation").get<std::int32_t>());
    findings.expect("user data of " + member.at("id").get<std::string>(),
                    member.at("user_data_hex"), to_hex(bytes.view()));
  }
}

}  // namespace kafkasim::conformance
