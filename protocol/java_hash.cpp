// Java's string hash and the bucket order of its HashMap.
#include "protocol/java_hash.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace kafkasim::protocol {

namespace {

constexpr std::uint32_t replacement = 0xFFFD;
constexpr std::uint32_t first_of_two_units = 0x10000;

// Takes the first character off `text`; a byte that begins none counts as one replacement.
std::uint32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80             ? 1
                             : (lead & 0xE0) == 0xC0 ? 2
                             : (lead & 0xF0) == 0xE0 ? 3
                             : (lead & 0xF8) == 0xF0 ? 4
                                                     : 0;
  std::uint32_t character = length == 1 ? lead : lead & (0x7FU >> length);
  bool is_whole = length > 0 && text.size() >= length;
  for (std::size_t i = 1; is_whole && i < length; ++i) {
    is_whole = (byte(i) & 0xC0) == 0x80;
    character = character << 6 | (byte(i) & 0x3FU);
  }
  text.remove_prefix(is_whole ? length : 1);
  return is_whole ? character : replacement;
}

}  // namespace

std::int32_t java_string_hash(std::string_view text) {
  std::uint32_t hash = 0;
  const auto add = [&hash](std::uint32_t unit) { hash = hash * 31 + unit; };
  while (!text.empty()) {
    const std::uint32_t character = take_character(text);
    if (character < first_of_two_units) {
      add(character);
    } else {
      add(0xD800 + ((character - first_of_two_units) >> 10));
      add(0xDC00 + ((character - first_of_two_units) & 0x3FF));
    }
  }
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
