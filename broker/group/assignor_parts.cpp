// Orders of Java's hash maps and sets over members, topic ids and partition numbers.
#include "broker/group/assignor_parts.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "protocol/java_hash.hpp"

namespace kafkasim::broker::assignor {

namespace {

std::int32_t hash_of(const protocol::Uuid& id) {
  const std::uint64_t both = id.high ^ id.low;
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(both >> 32) ^
                                   static_cast<std::uint32_t>(both));
}

std::int32_t hash_of(int number) { return number; }

// Buckets of a map that got so many entries one by one.
std::size_t grown_for(std::size_t entries) {
  std::size_t buckets = 16;
  while (entries * 4 > buckets * 3) buckets *= 2;
  return buckets;
}

// Buckets of a set that was made from a collection of so many.
std::size_t made_for(std::size_t entries) {
  std::size_t buckets = 16;
  while (buckets < entries * 4 / 3 + 1) buckets *= 2;
  return buckets;
}

template <class Key>
std::vector<Key> by_bucket(std::vector<Key> keys, std::size_t buckets) {
  const auto bucket = [buckets](const Key& key) {
    const auto hash = static_cast<std::uint32_t>(hash_of(key));
    return (hash ^ (hash >> 16)) & (buckets - 1);
  };
  std::stable_sort(keys.begin(), keys.end(),
                   [&](const Key& a, const Key& b) { return bucket(a) < bucket(b); });
  return keys;
}

}  // namespace

bool is_homogeneous(const std::vector<ServerAssignorMember>& members) {
  if (members.empty()) return true;
  const std::set<protocol::Uuid> first(members.front().topics.begin(),
                                       members.front().topics.end());
  return std::all_of(members.begin(), members.end(), [&](const ServerAssignorMember& member) {
    return std::set<protocol::Uuid>(member.topics.begin(), member.topics.end()) == first;
  });
}

std::vector<const ServerAssignorMember*> in_map_order(
    const std::vector<ServerAssignorMember>& members) {
  std::map<std::string_view, const ServerAssignorMember*> by_id;
  std::vector<std::string> ids;
  for (const ServerAssignorMember& member : members) {
    by_id[member.member_id] = &member;
    ids.push_back(member.member_id);
  }
  std::vector<const ServerAssignorMember*> out;
  for (const std::string& id : protocol::in_java_map_order(ids)) out.push_back(by_id.at(id));
  return out;
}

std::vector<protocol::Uuid> in_set_order(const std::vector<protocol::Uuid>& topics) {
  return by_bucket(topics, made_for(topics.size()));
}

std::vector<protocol::Uuid> topics_in_map_order(const TargetPartitions& assignment) {
  std::vector<protocol::Uuid> topics;
  for (const auto& [topic, partitions] : assignment) topics.push_back(topic);
  const std::size_t buckets = grown_for(topics.size());
  return by_bucket(std::move(topics), buckets);
}

std::vector<int> in_set_order(const std::set<int>& partitions) {
  return by_bucket(std::vector<int>(partitions.begin(), partitions.end()),
                   made_for(partitions.size()));
}

bool topic_less(const protocol::Uuid& a, const protocol::Uuid& b) {
  if (a.high != b.high) {
    return static_cast<std::int64_t>(a.high) < static_cast<std::int64_t>(b.high);
  }
  return static_cast<std::int64_t>(a.low) < static_cast<std::int64_t>(b.low);
}

bool has_missing_topic(const ServerAssignorTopics& topics,
                       const std::vector<ServerAssignorMember>& members) {
  return std::any_of(members.begin(), members.end(), [&](const ServerAssignorMember& member) {
    return std::any_of(member.topics.begin(), member.topics.end(),
                       [&](const protocol::Uuid& topic) { return !topics.contains(topic); });
  });
}

}  // namespace kafkasim::broker::assignor
