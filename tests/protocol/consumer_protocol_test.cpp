// Subscriptions and assignments as bytes, against bytes that Kafka wrote; and Java's order of map
// keys.
#include "protocol/consumer_protocol.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "protocol/java_hash.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim::protocol;

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return out;
}

// The version stands in front of what the vectors call the body.
Bytes with_version(int version, const std::string& body) {
  return Bytes(std::string{static_cast<char>(version >> 8), static_cast<char>(version)} + body);
}

std::vector<TopicPartition> partitions_of(const nlohmann::json& topics) {
  std::vector<TopicPartition> out;
  for (const auto& topic : topics) {
    for (const auto& number : topic.at("partitions")) {
      out.push_back({topic.at("topic").get<std::string>(), number.get<std::int32_t>()});
    }
  }
  return out;
}

bool has_empty_topic(const nlohmann::json& body, const char* field) {
  if (!body.contains(field)) return false;
  for (const auto& topic : body.at(field)) {
    if (topic.at("partitions").empty()) return true;
  }
  return false;
}

void check_subscription(const nlohmann::json& row, const Bytes& bytes) {
  const auto decoded = decode_subscription(bytes);
  REQUIRE(decoded.has_value());
  const auto& body = row.at("body");
  CHECK(decoded->topics == body.at("topics").get<std::vector<std::string>>());
  CHECK(decoded->user_data.is_null() == body.at("userData").is_null());
  if (body.contains("ownedPartitions"))
    CHECK(decoded->owned_partitions == partitions_of(body.at("ownedPartitions")));
  CHECK(decoded->generation_id == body.value("generationId", -1));
  if (body.contains("rackId") && !body.at("rackId").is_null()) {
    CHECK(decoded->rack_id.value_or("none") == body.at("rackId").get<std::string>());
  } else {
    CHECK_FALSE(decoded->rack_id.has_value());
  }
  if (!has_empty_topic(body, "ownedPartitions"))
    CHECK(encode(*decoded, row.at("version")) == bytes);
}

void check_assignment(const nlohmann::json& row, const Bytes& bytes) {
  const auto decoded = decode_assignment(bytes);
  REQUIRE(decoded.has_value());
  CHECK(decoded->partitions == partitions_of(row.at("body").at("assignedPartitions")));
  CHECK(decoded->user_data.is_null() == row.at("body").at("userData").is_null());
  if (!has_empty_topic(row.at("body"), "assignedPartitions"))
    CHECK(encode(*decoded, row.at("version")) == bytes);
}

}  // namespace

TEST_CASE("subscriptions and assignments have the bytes that Kafka gives them") {
  std::ifstream file("tests/vectors/consumer_protocol.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const auto row = nlohmann::json::parse(line);
    INFO(line);
    const Bytes bytes = with_version(row.at("version"), from_hex(row.at("body_hex")));
    if (row.at("api") == "ConsumerProtocolSubscription") {
      check_subscription(row, bytes);
    } else {
      check_assignment(row, bytes);
    }
  }
  CHECK(cases == 16);
}

TEST_CASE("a subscription cut short at any byte is refused") {
  ConsumerSubscription subscription;
  subscription.topics = {"orders"};
  subscription.owned_partitions = {{"orders", 1}};
  subscription.rack_id = "r1";
  const std::string whole(encode(subscription).view());
  REQUIRE(decode_subscription(Bytes(whole)) == subscription);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(decode_subscription(Bytes(whole.substr(0, size))).has_value());
  }
}

TEST_CASE("an assignment with a count larger than its bytes is refused") {
  CHECK_FALSE(decode_assignment(with_version(3, from_hex("7fffffff"))).has_value());
  CHECK_FALSE(decode_assignment(with_version(3, from_hex("ffffffff"))).has_value());
  CHECK_FALSE(decode_assignment(with_version(-1, from_hex("00000000ffffffff"))).has_value());
}

TEST_CASE("a version from the future is read as the newest one known") {
  ConsumerSubscription subscription;
  subscription.topics = {"orders"};
  std::string bytes(encode(subscription).view());
  bytes[1] = 9;
  CHECK(decode_subscription(Bytes(bytes + "more")) == subscription);
}

TEST_CASE("partitions are grouped by topic, and sorting makes equal subscriptions equal bytes") {
  ConsumerSubscription a;
  a.topics = {"b", "a"};
  a.owned_partitions = {{"b", 0}, {"a", 1}, {"b", 1}, {"a", 0}};
  ConsumerSubscription b;
  b.topics = {"a", "b"};
  b.owned_partitions = {{"a", 0}, {"a", 1}, {"b", 0}, {"b", 1}};
  CHECK_FALSE(encode(a) == encode(b));
  CHECK(encode(sorted(a)) == encode(b));
  CHECK(decode_subscription(encode(a))->owned_partitions ==
        std::vector<TopicPartition>{{"b", 0}, {"b", 1}, {"a", 1}, {"a", 0}});
}

TEST_CASE("strings hash as in Java and maps hand out their keys in bucket order") {
  CHECK(java_string_hash("") == 0);
  CHECK(java_string_hash("hello") == 99162322);
  CHECK(java_string_hash("polygenelubricants") == std::numeric_limits<std::int32_t>::min());
  CHECK(in_java_map_order({"t0", "t4", "t1", "t0"}) == std::vector<std::string>{"t4", "t0", "t1"});
  CHECK(group_partition("polygenelubricants", 50) == 0);
  CHECK(group_partition("hello", 50) == 22);
}

TEST_CASE("strings beyond ASCII hash by their UTF-16 units") {
  CHECK(java_string_hash("\u00e4") == 228);
  CHECK(java_string_hash("\u65e5\u672c") == 835047);
  CHECK(java_string_hash("\U0001F600") == 1772899);
  CHECK(java_string_hash("gr\u00f6\u00dfe-1") == 421249909);
  // Bytes that spell nothing count as U+FFFD, one by one.
  CHECK(java_string_hash("\xff") == 0xFFFD);
  CHECK(java_string_hash("\xe6\x97") == 0xFFFD * 31 + 0xFFFD);
  CHECK(group_partition("gr\u00f6\u00dfe-1", 50) == 9);
}
