// Orders of Java's hash maps and sets over members, topic ids and partition numbers.
#include "broker/group/assignor_parts.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>

#include "protocol/java_hash.hpp"

namespace kafkasim::broker::assignor {

namespace {

std::int32_t hash_of(const protocol::Uuid& id) {
  const std::uint64_t both = id.high ^ id.low;
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(both >> 32) ^
                                   static_cast<std::uint32_t>(both));
}

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

// Keys of one bucket stay in their order. There are about as many buckets as keys, so they are
// counted instead of sorted: every new target of a large group comes here.
template <class Key, class Hash>
std::vector<Key> by_bucket(const std::vector<Key>& keys, std::size_t buckets, const Hash& hash) {
  std::vector<std::size_t> bucket_of;
  bucket_of.reserve(keys.size());
  std::vector<std::size_t> next(buckets + 1, 0);  // where the next key of a bucket goes
  for (const Key& key : keys) {
    const auto bits = static_cast<std::uint32_t>(hash(key));
    bucket_of.push_back((bits ^ (bits >> 16)) & (buckets - 1));
    ++next[bucket_of.back() + 1];
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<Key> out(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) out[next[bucket_of[i]]++] = keys[i];
  return out;
}

}  // namespace

bool is_homogeneous(const Members& members) {
  if (members.empty()) return true;
  if (members.front().group_differs) return false;
  const std::vector<protocol::Uuid>* const shared = members.front().topics.get();
  const std::set<protocol::Uuid> first(shared->begin(), shared->end());
  return std::all_of(members.begin(), members.end(), [&](const ServerAssignorMember& member) {
    return member.topics.get() == shared ||
           std::set<protocol::Uuid>(member.topics->begin(), member.topics->end()) == first;
  });
}

MemberOrder in_map_order(const Members& members) {
  MemberOrder given(members.size());
  std::iota(given.begin(), given.end(), std::size_t{0});
  return by_bucket(given, grown_for(members.size()), [&](std::size_t member) {
    return protocol::java_string_hash(members[member].member_id);
  });
}

const TargetPartitions& current(const ServerAssignorMember& member) {
  static const TargetPartitions none;
  return member.current ? *member.current : none;
}

std::vector<protocol::Uuid> in_set_order(const std::vector<protocol::Uuid>& topics) {
  return by_bucket(topics, made_for(topics.size()), &hash_of);
}

std::vector<protocol::Uuid> topics_in_map_order(const TargetPartitions& assignment) {
  std::vector<protocol::Uuid> topics;
  for (const auto& [topic, partitions] : assignment) topics.push_back(topic);
  return by_bucket(topics, grown_for(topics.size()), &hash_of);
}

std::vector<int> in_set_order(const PartitionSet& partitions) {
  return by_bucket(std::vector<int>(partitions.begin(), partitions.end()),
                   made_for(partitions.size()), [](int number) { return number; });
}

bool topic_less(const protocol::Uuid& a, const protocol::Uuid& b) {
  if (a.high != b.high) {
    return static_cast<std::int64_t>(a.high) < static_cast<std::int64_t>(b.high);
  }
  return static_cast<std::int64_t>(a.low) < static_cast<std::int64_t>(b.low);
}

bool has_missing_topic(const ServerAssignorTopics& topics, const Members& members) {
  const std::vector<protocol::Uuid>* seen = nullptr;
  return std::any_of(members.begin(), members.end(), [&](const ServerAssignorMember& member) {
    if (member.topics.get() == seen) return false;
    seen = member.topics.get();
    return std::any_of(seen->begin(), seen->end(),
                       [&](const protocol::Uuid& topic) { return !topics.contains(topic); });
  });
}

}  // namespace kafkasim::broker::assignor
