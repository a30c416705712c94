// Java's string hash and the bucket order of its HashMap.
#include "protocol/java_hash.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace kafkasim::protocol {

std::int32_t java_string_hash(std::string_view text) {
  std::uint32_t hash = 0;
  for (const char c : text) hash = hash * 31 + static_cast<unsigned char>(c);
  return static_cast<std::int32_t>(hash);
}

std::vector<std::string> in_java_map_order(const std::vector<std::string>& keys) {
  std::set<std::string_view> seen;
  std::vector<std::string> distinct;
  for (const std::string& key : keys) {
    if (seen.insert(key).second) distinct.push_back(key);
  }
  // A map starts with 16 buckets and doubles when it is more than three quarters full.
  std::size_t buckets = 16;
  while (distinct.size() * 4 > buckets * 3) buckets *= 2;
  const auto bucket = [buckets](const std::string& key) {
    const auto hash = static_cast<std::uint32_t>(java_string_hash(key));
    return (hash ^ (hash >> 16)) & (buckets - 1);
  };
  std::stable_sort(
      distinct.begin(), distinct.end(),
      [&](const std::string& a, const std::string& b) { return bucket(a) < bucket(b); });
  return distinct;
}

std::int32_t group_partition(std::string_view group_id, std::int32_t partition_count) {
  return (java_string_hash(group_id) & 0x7fffffff) % partition_count;
}

}  // namespace kafkasim::protocol
