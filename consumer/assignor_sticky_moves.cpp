// Moves of partitions between members, and the hash set that orders them.
#include "consumer/assignor_sticky_moves.hpp"

#include <algorithm>

#include "protocol/java_hash.hpp"
#include "sim/check.hpp"

namespace kafkasim::consumer::sticky {

void PartitionHashSet::insert(int partition, std::int32_t hash) {
  const auto bits = static_cast<std::uint32_t>(hash);
  entries_.push_back({partition, bits ^ (bits >> 16)});
  while (entries_.size() * 4 > buckets_ * 3) buckets_ *= 2;
}

void PartitionHashSet::erase(int partition) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.partition == partition; });
}

int PartitionHashSet::first() const {
  CHECKED(!entries_.empty(), "no partition in the set");
  const auto least = std::min_element(entries_.begin(), entries_.end(), [&](auto& a, auto& b) {
    return (a.spread_hash & (buckets_ - 1)) < (b.spread_hash & (buckets_ - 1));
  });
  return least->partition;
}

Moves::Moves(const Group& group) : group_(group) {
  for (const Topic& topic : group.topics) {
    topic_hashes_.push_back(protocol::java_string_hash(topic.name));
  }
}

// TopicPartition.hashCode().
std::int32_t Moves::hash_of(int partition) const {
  const Partition& at = group_.partitions[static_cast<std::size_t>(partition)];
  const auto topic = static_cast<std::uint32_t>(topic_hashes_[static_cast<std::size_t>(at.topic)]);
  return static_cast<std::int32_t>(31 * (31 + static_cast<std::uint32_t>(at.number)) + topic);
}

int Moves::instead_of(int partition, int from, int to) const {
  const auto way = way_of_.find(partition);
  if (way != way_of_.end()) from = way->second.first;
  const auto back = by_topic_and_way_.find({group_.topic_of(partition), Way{to, from}});
  return back == by_topic_and_way_.end() ? partition : back->second.first();
}

void Moves::moved(int partition, int from, int to) {
  const auto before = way_of_.find(partition);
  if (before != way_of_.end()) {
    const auto set = by_topic_and_way_.find({group_.topic_of(partition), before->second});
    set->second.erase(partition);
    if (set->second.empty()) by_topic_and_way_.erase(set);
    from = before->second.first;
    way_of_.erase(before);
    if (from == to) return;
  }
  way_of_[partition] = {from, to};
  by_topic_and_way_[{group_.topic_of(partition), Way{from, to}}].insert(partition,
                                                                        hash_of(partition));
}

}  // namespace kafkasim::consumer::sticky
