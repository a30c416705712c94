// Where the recorded Kafka 2.4 and what we follow differ on purpose, one row a difference. What is
// in no row must agree.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kafkasim::conformance {

// Where in an answer a value stands, and what is known about that moment.
struct Place {
  std::string api;
  int version = 0;
  std::string field;                // the innermost name: "errorCode"
  std::string path;                 // "responses[0].partitionResponses[0].errorCode"
  const nlohmann::json* request;    // as recorded
  bool group_awaits_sync = false;   // its members have joined, its leader has not yet assigned
  bool topic_is_fresh = false;      // made a moment ago, and its followers have not been heard of
  bool write_is_under_way = false;  // acks=0 or 1 came a moment ago, and there are followers
  bool isr_is_too_small = false;    // below the effective min.insync.replicas
  const nlohmann::json* parent_expected = nullptr;  // the recorded object around the value
};

struct Difference {
  std::string_view api;
  std::string_view field;
  std::string_view recorded;  // what 2.4 says
  std::string_view today;     // what we say, and why
  bool (*accepts)(const Place& place, const nlohmann::json& expected, const nlohmann::json& got);
};

// The row that explains the difference of two values; null when there is none.
const Difference* explained(const Place& place, const nlohmann::json& expected,
                            const nlohmann::json& got);

// A field of a recorded answer that no message of ours carries, or whose value is of that run only.
bool is_not_carried(std::string_view api, std::string_view field);

// Why a recorded request is not sent at all: today's broker would do what 2.4 did not, or the other
// way round, and everything behind it would differ. Empty = send it. `replicas`,
// `min_insync_replicas`: of the topic.
std::string why_not_sent(const std::string& api, int version,
                         const nlohmann::json& recorded_response, int replicas,
                         int min_insync_replicas);

// Does a request that we cannot say change what later requests on its topics see?
bool changes_topics(std::string_view api);

}  // namespace kafkasim::conformance
