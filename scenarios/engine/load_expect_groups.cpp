// Lag, state and assignments of groups.
#include "scenarios/engine/load_expect_groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {

namespace {

const std::vector<Entry>& entries_of(const Node& parent, std::string_view key) {
  static const std::vector<Entry> none;
  const Node* map = parent.find(key);
  return map == nullptr ? none : map->entries;
}

std::optional<CountRange> count_range(const Node& node) {
  return node.is_scalar() ? parse_count_range(node.text) : std::nullopt;
}

void check_member(Reading& reading, const std::string& group, const Entry& member) {
  if (!reading.check_consumer(member.key, member.position)) return;
  const auto members = reading.names.groups.find(group);
  if (members == reading.names.groups.end()) return;
  if (std::count(members->second.begin(), members->second.end(), member.key) > 0) return;
  reading.diagnostics().error(
      member.position,
      fmt::format("{} is not of the group {}, expected one of {}", in_quotes(member.key),
                  in_quotes(group), fmt::join(members->second, ", ")));
}

}  // namespace

ExpectedMap<std::string, ExpectedLag> read_lag(Reading& reading, const Node& parent) {
  ExpectedMap<std::string, ExpectedLag> result;
  for (const Entry& entry : entries_of(parent, "lag")) {
    reading.check_group(entry.key, entry.position);
    ExpectedLag lag;
    lag.sum = count_range(entry.value);
    for (const Entry& part : entry.value.entries) {
      const auto partition = parse_partition(part.key);
      if (!partition) continue;
      reading.check_partition(*partition, part.position);
      if (const auto range = count_range(part.value)) lag.partitions[*partition] = *range;
    }
    if (lag.sum || !lag.partitions.empty()) result[entry.key] = {std::move(lag), entry.position};
  }
  return result;
}

ExpectedMap<std::string, ExpectedGroup> read_groups(Reading& reading, const Node& parent) {
  ExpectedMap<std::string, ExpectedGroup> result;
  for (const Entry& entry : entries_of(parent, "groups")) {
    reading.check_group(entry.key, entry.position);
    const Node& node = entry.value;
    if (!node.is_map()) continue;
    ExpectedGroup group;
    group.state = text_of(node, "state");
    group.members = parsed(node, "members", parse_count_range);
    group.generation = parsed(node, "generation", parse_count_range);
    group.protocol = text_of(node, "protocol");
    group.coordinator = text_of(node, "coordinator");
    if (group.coordinator)
      reading.check_broker_name(*group.coordinator, node.find("coordinator")->position);
    result[entry.key] = {std::move(group), entry.position};
  }
  return result;
}

Assignment read_assignment(Reading& reading, const std::string& group, const Node& node) {
  Assignment result;
  for (const Entry& member : node.entries) {
    check_member(reading, group, member);
    std::vector<TopicPartition> partitions;
    for (const Node* item : scalars_of(&member.value)) {
      const auto partition = parse_partition(item->text);
      if (!partition) continue;
      reading.check_partition(*partition, item->position);
      partitions.push_back(*partition);
    }
    std::sort(partitions.begin(), partitions.end());
    result[member.key] = std::move(partitions);
  }
  return result;
}

ExpectedMap<std::string, Assignment> read_owners(Reading& reading, const Node& parent) {
  ExpectedMap<std::string, Assignment> result;
  for (const Entry& entry : entries_of(parent, "assignments")) {
    reading.check_group(entry.key, entry.position);
    result[entry.key] = {read_assignment(reading, entry.key, entry.value), entry.position};
  }
  return result;
}

}  // namespace kafkasim::scenarios
