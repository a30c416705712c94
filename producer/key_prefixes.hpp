// A rule that chooses partitions by the beginning of a record's key, as plain data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kafkasim::producer {

// Which partitions keys that begin like that go to, and where all other records go.
struct KeyPrefixes {
  std::map<std::string, std::vector<std::int32_t>> prefixes;
  std::vector<std::int32_t> otherwise;  // in use: not empty
};

}  // namespace kafkasim::producer
