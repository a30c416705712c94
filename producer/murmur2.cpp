// 32-bit arithmetic that wraps, on little-endian words.
#include "producer/murmur2.hpp"

#include <cstddef>

#include "sim/check.hpp"

namespace kafkasim::producer {

std::int32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t seed = 0x9747b28c;
  constexpr std::uint32_t m = 0x5bd1e995;
  constexpr int r = 24;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };

  std::uint32_t hash = seed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t word = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    word *= m;
    word ^= word >> r;
    word *= m;
    hash = (hash * m) ^ word;
  }
  const std::size_t left = bytes.size() - i;
  if (left >= 3) hash ^= byte(i + 2) << 16;
  if (left >= 2) hash ^= byte(i + 1) << 8;
  if (left >= 1) hash = (hash ^ byte(i)) * m;
  hash ^= hash >> 13;
  hash *= m;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

std::int32_t partition_for_key(std::string_view key, std::int32_t partitions) {
  CHECKED(partitions > 0, "a topic of {} partitions", partitions);
  return (murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace kafkasim::producer
