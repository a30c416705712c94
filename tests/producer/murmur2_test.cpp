// The hash of keys against recorded values.
#include "producer/murmur2.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.hpp"

using namespace kafkasim::producer;

namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace

TEST_CASE("keys go to the partitions that Kafka's Java client gives them") {
  std::ifstream in("tests/vectors/murmur2_partition.jsonl");
  REQUIRE(in);
  std::string line;
  int cases = 0;
  while (std::getline(in, line)) {
    const auto json = nlohmann::json::parse(line);
    const std::string key = from_hex(json.at("key_hex"));
    INFO("key " << json.at("key_hex"));
    CHECK(murmur2(key) == json.at("murmur2").get<std::int32_t>());
    for (const auto& [partitions, partition] : json.at("partition").items()) {
      CHECK(partition_for_key(key, std::stoi(partitions)) == partition.get<std::int32_t>());
    }
    ++cases;
  }
  CHECK(cases == 170);
}
