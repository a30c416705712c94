// The draw among queues is a look-up in their cumulative frequencies.
#include "producer/builtin_partitioner.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::producer {

std::int32_t BuiltInPartitioner::current(const client::Metadata& metadata) {
  if (!current_) {
    current_ = next(metadata);
    bytes_ = 0;
  }
  return *current_;
}

bool BuiltInPartitioner::appended(std::int64_t bytes, bool may_switch,
                                  const client::Metadata& metadata) {
  bytes_ += bytes;
  if (bytes_ < (may_switch ? sticky_bytes_ : 2 * sticky_bytes_)) return false;
  current_ = next(metadata);
  bytes_ = 0;
  return true;
}

std::int32_t BuiltInPartitioner::next(const client::Metadata& metadata) {
  const std::int32_t drawn = draw_();
  if (load_) {
    const std::int64_t weighted = drawn % load_->cumulative.back();
    const auto found =
        std::upper_bound(load_->cumulative.begin(), load_->cumulative.end(), weighted);
    return load_->partitions[static_cast<std::size_t>(found - load_->cumulative.begin())];
  }
  const client::TopicInfo* topic = metadata.topic(topic_);
  CHECKED(topic != nullptr && !topic->partitions.empty(), "topic {} has no partitions", topic_);
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  std::vector<std::int32_t> led;
  for (std::int32_t i = 0; i < count; ++i) {
    if (topic->partitions[static_cast<std::size_t>(i)].leader.is_set()) led.push_back(i);
  }
  if (led.empty()) return drawn % count;
  return led[static_cast<std::size_t>(drawn) % led.size()];
}

void BuiltInPartitioner::update_load(const std::vector<std::int32_t>& queue_sizes,
                                     const std::vector<std::int32_t>& partitions) {
  update_load(queue_sizes, partitions, queue_sizes.size());
}

void BuiltInPartitioner::update_load(const std::vector<std::int32_t>& queue_sizes,
                                     const std::vector<std::int32_t>& partitions,
                                     std::size_t usable) {
  CHECKED(queue_sizes.size() == partitions.size() && usable <= queue_sizes.size(),
          "load of topic {}", topic_);
  load_.reset();
  if (usable < 1 || queue_sizes.size() < 2) return;
  const auto end = queue_sizes.begin() + static_cast<std::ptrdiff_t>(usable);
  const std::int32_t longest = *std::max_element(queue_sizes.begin(), end);
  const bool all_equal =
      std::all_of(queue_sizes.begin(), end, [&](std::int32_t q) { return q == longest; });
  // Equal queues need no weights, unless some partition is to be avoided.
  if (all_equal && usable == queue_sizes.size()) return;
  Load load;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < usable; ++i) {
    sum += std::int64_t{longest} + 1 - queue_sizes[i];
    load.cumulative.push_back(sum);
    load.partitions.push_back(partitions[i]);
  }
  load_ = std::move(load);
}

}  // namespace kafkasim::producer
