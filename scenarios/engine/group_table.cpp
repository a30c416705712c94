// The tables as text, columns as wide as Kafka's tool makes them.
#include "scenarios/engine/group_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

namespace {

constexpr int port = 9092;

using Rows = std::vector<std::vector<std::string>>;

// Columns are at least `widths` wide and separated by a blank; the last one ends with its text.
std::string columns_text(const Rows& rows, std::vector<std::size_t> widths) {
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}} ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }
std::string or_dash(protocol::Offset offset) {
  return offset.is_set() ? std::to_string(offset.value()) : "-";
}
std::string or_dash(std::int32_t epoch) { return epoch < 0 ? "-" : std::to_string(epoch); }

// "jobs:0,1;orders:2".
std::string assignment_text(const std::vector<TopicPartition>& partitions) {
  std::map<std::string, std::string> topics;
  for (const TopicPartition& partition : partitions) {
    std::string& numbers = topics[partition.topic];
    numbers += (numbers.empty() ? "" : ",") + std::to_string(partition.partition);
  }
  std::string out;
  for (const auto& [topic, numbers] : topics)
    out += fmt::format("{}{}:{}", out.empty() ? "" : ";", topic, numbers);
  return or_dash(out);
}

std::string offsets_text(const GroupTable& table) {
  if (table.rows.empty()) return "";
  Rows rows = {{"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG",
                "CONSUMER-ID", "HOST", "CLIENT-ID"}};
  for (const GroupTableRow& row : table.rows) {
    const std::optional<std::int64_t> lag = row.lag();
    rows.push_back({table.group, row.partition.topic, std::to_string(row.partition.partition),
                    or_dash(row.current), or_dash(row.log_end), lag ? std::to_string(*lag) : "-",
                    or_dash(row.consumer_id), or_dash(row.host), or_dash(row.client_id)});
  }
  return columns_text(rows, {15, 15, 10, 15, 15, 15, 15, 15, 0}) + "\n";
}

std::string state_text(const GroupTable& table) {
  const int id = broker_number(table.coordinator);
  const std::string coordinator = fmt::format("{}:{}  ({})", table.coordinator, port, id);
  const std::string members = std::to_string(table.members.size());
  Rows rows;
  std::vector<std::size_t> widths = {15, 25, 20, 20, 15};
  if (table.is_classic) {
    rows = {{"GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "GENERATION", "#MEMBERS"},
            {table.group, coordinator, or_dash(table.assignor), table.state,
             or_dash(table.generation), members}};
  } else {
    rows = {{"GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "GROUP-EPOCH",
             "TARGET-ASSIGNMENT-EPOCH", "#MEMBERS"},
            {table.group, coordinator, or_dash(table.assignor), table.state,
             or_dash(table.generation), or_dash(table.target_epoch), members}};
    widths.push_back(25);
  }
  widths.push_back(0);
  return columns_text(rows, widths) + "\n";
}

std::string members_text(const GroupTable& table) {
  if (table.members.empty()) return "";
  const bool has_instances =
      std::any_of(table.members.begin(), table.members.end(),
                  [](const GroupTableMember& member) { return !member.instance_id.empty(); });
  Rows rows;
  std::vector<std::size_t> widths;
  const auto add = [&](const std::vector<std::string>& left, const std::string& instance,
                       const std::vector<std::string>& right) {
    std::vector<std::string>& row = rows.emplace_back(left);
    if (has_instances) row.push_back(instance);
    row.insert(row.end(), right.begin(), right.end());
  };
  std::vector<std::string> titles = {"HOST", "CLIENT-ID", "#PARTITIONS"};
  if (!table.is_classic) titles.emplace_back("CURRENT-EPOCH");
  titles.emplace_back("CURRENT-ASSIGNMENT");
  if (!table.is_classic) titles.insert(titles.end(), {"TARGET-EPOCH", "TARGET-ASSIGNMENT"});
  add({"GROUP", "CONSUMER-ID"}, "GROUP-INSTANCE-ID", titles);
  for (const GroupTableMember& member : table.members) {
    std::vector<std::string> cells = {member.host, member.client_id,
                                      std::to_string(member.assignment.size())};
    if (!table.is_classic) cells.push_back(or_dash(member.epoch));
    cells.push_back(assignment_text(member.assignment));
    if (!table.is_classic) {
      cells.push_back(or_dash(table.target_epoch));
      cells.push_back(assignment_text(member.target));
    }
    add({table.group, member.consumer_id}, member.instance_id, cells);
  }
  for (const std::string& title : rows.front()) {
    const bool is_long = title == "CURRENT-ASSIGNMENT" || title == "TARGET-ASSIGNMENT";
    widths.push_back(is_long ? 20 : 15);
  }
  widths.back() = 0;
  return columns_text(rows, widths) + "\n";
}

// What the tool says instead of tables, or before them.
std::string remark(const GroupTable& table) {
  if (table.state.empty())
    return fmt::format("Error: the coordinator of consumer group '{}' is not available.\n\n",
                       table.group);
  if (table.state == "Dead")
    return fmt::format("Error: Consumer group '{}' does not exist.\n\n", table.group);
  if (table.state == "Empty")
    return fmt::format("Consumer group '{}' has no active members.\n\n", table.group);
  if (table.state != "Stable")
    return fmt::format("Warning: Consumer group '{}' is rebalancing.\n\n", table.group);
  return "";
}

}  // namespace

std::optional<std::int64_t> GroupTableRow::lag() const {
  if (!current.is_set() || !log_end.is_set()) return std::nullopt;
  return log_end - current;
}

const GroupTable* GroupTables::find(const std::string& group) const {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const GroupTable& table) { return table.group == group; });
  return found == groups.end() ? nullptr : &*found;
}

std::string describe_text(const GroupTables& tables) {
  std::string out = fmt::format("Consumer groups at {} s\n\n", seconds(tables.at));
  if (tables.groups.empty()) out += "There are no consumer groups.\n";
  for (const GroupTable& table : tables.groups) {
    out += remark(table);
    if (table.state.empty() || table.state == "Dead") continue;
    out += offsets_text(table) + state_text(table) + members_text(table);
  }
  return out;
}

}  // namespace kafkasim::scenarios
