// The limit of a producer of librdkafka: how many messages, and how many bytes of their values, may
// be without an outcome. Nobody waits in line: what does not fit is refused at once.
#pragma once

#include <cstdint>
#include <string_view>

#include "producer/config.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::producer {

class LocalQueue {
 public:
  // None: a producer of Java, which has no such limit.
  explicit LocalQueue(const std::optional<LibrdkafkaConfig>& config);

  bool has_room_for(const protocol::Record& record) const { return !is_limited_ || fits(record); }
  // Requires: there is room.
  void add(const protocol::Record& record) {
    if (is_limited_) count(record);
  }
  // Its outcome is known.
  void remove(const protocol::Record& record) {
    if (is_limited_) uncount(record);
  }

 private:
  bool fits(const protocol::Record& record) const;
  void count(const protocol::Record& record);
  void uncount(const protocol::Record& record);

  bool is_limited_;
  std::int64_t most_messages_;  // 0 = no limit
  std::int64_t most_bytes_;
  std::int64_t messages_ = 0;
  std::int64_t bytes_ = 0;
};

inline constexpr std::string_view queue_full_message = "Local: Queue full";
inline constexpr std::string_view message_too_large_message = "Broker: Message size too large";
inline constexpr std::string_view message_timed_out_message = "Local: Message timed out";

}  // namespace kafkasim::producer
