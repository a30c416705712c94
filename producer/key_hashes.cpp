// Bit by bit, without tables: keys are short and a record is hashed once.
#include "producer/key_hashes.hpp"

namespace kafkasim::producer {

std::uint32_t crc32(std::string_view bytes) {
  constexpr std::uint32_t reflected_polynomial = 0xedb88320;
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      const bool carries = (crc & 1) != 0;
      crc >>= 1;
      if (carries) crc ^= reflected_polynomial;
    }
  }
  return crc ^ 0xffffffff;
}

std::uint32_t fnv1a(std::string_view bytes) {
  constexpr std::uint32_t prime = 0x01000193;
  constexpr std::uint32_t sign = 0x80000000;
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= prime;
  }
  return (hash & sign) != 0 ? 0 - hash : hash;
}

}  // namespace kafkasim::producer
