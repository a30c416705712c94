// Counting.
#include "producer/local_queue.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::producer {
namespace {

std::int64_t size_of(const protocol::Record& record) {
  return std::max<std::int64_t>(record.value_size, 0);
}

}  // namespace

LocalQueue::LocalQueue(const std::optional<LibrdkafkaConfig>& config)
    : is_limited_(config.has_value()),
      most_messages_(config ? config->queue_messages : 0),
      most_bytes_(config ? config->queue_bytes : 0) {}

bool LocalQueue::fits(const protocol::Record& record) const {
  if (most_messages_ > 0 && messages_ >= most_messages_) return false;
  return bytes_ + size_of(record) <= most_bytes_;
}

void LocalQueue::count(const protocol::Record& record) {
  CHECKED(fits(record), "the local queue is full");
  ++messages_;
  bytes_ += size_of(record);
}

void LocalQueue::uncount(const protocol::Record& record) {
  --messages_;
  bytes_ -= size_of(record);
  CHECKED(messages_ >= 0 && bytes_ >= 0, "the local queue has given away more than it had");
}

}  // namespace kafkasim::producer
