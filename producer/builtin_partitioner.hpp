// Where records without a key go: one partition of the topic until enough bytes went there, then
// another, drawn with preference for short queues. One object a topic.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/metadata.hpp"

namespace kafkasim::producer {

class BuiltInPartitioner {
 public:
  // Draws uniformly from [0, 2^31).
  using Draw = std::function<std::int32_t()>;

  // Switches after `sticky_bytes` (batch.size).
  BuiltInPartitioner(std::string topic, std::int64_t sticky_bytes, Draw draw)
      : topic_(std::move(topic)), sticky_bytes_(sticky_bytes), draw_(std::move(draw)) {}

  // The partition of the moment; draws one if there is none. Requires: the topic is known.
  std::int32_t current(const client::Metadata& metadata);
  // The partition chosen already, if any.
  std::optional<std::int32_t> chosen() const { return current_; }
  // Counts bytes appended to the current partition; switches once there are enough and `may_switch`
  // (the batch of the moment is complete), at the latest at twice that. True if it switched.
  bool appended(std::int64_t bytes, bool may_switch, const client::Metadata& metadata);

  // The lengths of the queues of `partitions` (parallel), of which the first `usable` may be
  // chosen: shorter ones become more likely. `all` is how many there are with those left out.
  void update_load(const std::vector<std::int32_t>& queue_sizes,
                   const std::vector<std::int32_t>& partitions);
  void update_load(const std::vector<std::int32_t>& queue_sizes,
                   const std::vector<std::int32_t>& partitions, std::size_t usable);
  // Every partition is as good as the other.
  void forget_load() { load_.reset(); }

 private:
  struct Load {
    std::vector<std::int64_t> cumulative;
    std::vector<std::int32_t> partitions;
  };
  std::int32_t next(const client::Metadata& metadata);

  std::string topic_;
  std::int64_t sticky_bytes_;
  Draw draw_;
  std::optional<std::int32_t> current_;
  std::int64_t bytes_ = 0;  // appended to the current partition
  std::optional<Load> load_;
};

}  // namespace kafkasim::producer
