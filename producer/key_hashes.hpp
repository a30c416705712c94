// The hashes by which librdkafka places keys, beside murmur2: CRC32 and FNV-1a.
#pragma once

#include <cstdint>
#include <string_view>

namespace kafkasim::producer {

// CRC-32 as in zlib: reflected, polynomial 0x04c11db7. That of no bytes is 0.
std::uint32_t crc32(std::string_view bytes);

// 32-bit FNV-1a, and then the absolute value of that as a signed number, as Sarama does and
// librdkafka after it.
std::uint32_t fnv1a(std::string_view bytes);

}  // namespace kafkasim::producer
