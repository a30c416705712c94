// The hash of keys, and the partitions it gives, against recorded values.
#include "producer/murmur2.hpp"

#include <fmt/format.h>

#include <string>

#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace

void replay_murmur2_partition(const nlohmann::json& recorded, Findings& findings) {
  findings.at(fmt::format("key {}", recorded.at("key_hex").get<std::string>()));
  const std::string key = from_hex(recorded.at("key_hex"));
  findings.expect("murmur2", recorded.at("murmur2"), producer::murmur2(key));
  findings.expect("positive", recorded.at("positive"), producer::murmur2(key) & 0x7fffffff);
  for (const auto& [partitions, partition] : recorded.at("partition").items()) {
    findings.expect("partition of " + partitions, partition,
                    producer::partition_for_key(key, std::stoi(partitions)));
  }
}

}  // namespace kafkasim::conformance
