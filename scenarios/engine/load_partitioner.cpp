// Reads a producer's own partitioner: a rule from the beginnings of keys to partitions, which the
// topics that it sends to must have.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/engine/overlay.hpp"
#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

constexpr std::int64_t most_partitions = 10'000;

// The topics whose partitions the rule chooses.
std::set<std::string> topics_of(const Producer& producer) {
  std::set<std::string> topics;
  for (const SendPlan& plan : producer.sends) {
    if (!plan.partition && !plan.topic.empty()) topics.insert(plan.topic);
  }
  return topics;
}

class PartitionerReader {
 public:
  PartitionerReader(Reading& reading, const Producer& producer)
      : reading_(reading), topics_(topics_of(producer)) {}

  // The partitions that a number, a range or a list names; empty when that was wrong.
  std::vector<std::int32_t> partitions(const Node* node) {
    std::vector<std::int32_t> out;
    for (const Node* scalar : scalars_of(node)) add(*scalar, out);
    return out;
  }

 private:
  void add(const Node& scalar, std::vector<std::int32_t>& out) {
    const std::optional<CountRange> range = parse_count_range(scalar.text);
    if (!range) return;  // its shape was reported
    if (range->highest >= most_partitions) {
      reading_.diagnostics().error(
          scalar.position, fmt::format("{} is beyond partition {}, expected smaller numbers",
                                       in_quotes(scalar.text), most_partitions - 1));
      return;
    }
    const auto highest = static_cast<std::int32_t>(range->highest);
    for (const std::string& topic : topics_) {
      const bool is_known = reading_.names.topics.contains(topic);
      if (is_known && !reading_.check_partition(TopicPartition{topic, highest}, scalar.position))
        return;
    }
    for (auto number = static_cast<std::int32_t>(range->lowest); number <= highest; ++number) {
      if (std::find(out.begin(), out.end(), number) != out.end()) {
        reading_.diagnostics().error(scalar.position,
                                     fmt::format("{} stands here twice", in_quotes(scalar.text)));
        return;
      }
      out.push_back(number);
    }
  }

  Reading& reading_;
  std::set<std::string> topics_;
};

}  // namespace

void read_partitioner(Reading& reading, const Node& node, Producer& producer) {
  const Entry* entry = node.find_entry("partitioner");
  if (entry == nullptr || !entry->value.is_map()) return;
  const Node* config = node.find("config");
  for (const char* setting : {"partitioner.class", "partitioner"}) {
    const Entry* other = config == nullptr ? nullptr : config->find_entry(setting);
    if (other == nullptr) continue;
    reading.diagnostics().error(
        std::max(other->position, entry->position),
        fmt::format("'partitioner' and the setting '{}' exclude each other, expected one of them",
                    setting));
    return;
  }
  PartitionerReader reader(reading, producer);
  producer::KeyPrefixes rule;
  rule.otherwise = reader.partitions(entry->value.find("otherwise"));
  bool is_whole = !rule.otherwise.empty();
  const Node* prefixes = entry->value.find("key-prefix");
  if (prefixes != nullptr && prefixes->is_map()) {
    for (const Entry& prefix : prefixes->entries) {
      std::vector<std::int32_t> partitions = reader.partitions(&prefix.value);
      is_whole = is_whole && !partitions.empty();
      rule.prefixes.emplace(prefix.key, std::move(partitions));
    }
  }
  if (is_whole) producer.partitioner = std::move(rule);
}

}  // namespace kafkasim::scenarios
