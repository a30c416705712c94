// RoundRobinPartitioner: one partition after the other, whatever the key.
#pragma once

#include <map>

#include "producer/partitioner.hpp"

namespace kafkasim::producer {

// Each topic has a counter, which starts at 0 and moves with every record. It goes round the
// partitions that have a leader, by number; round all of them when none has. Kafka 4.0 asks once a
// record: earlier versions asked again when a new batch began, and so left partitions out.
class RoundRobinPartitioner final : public Partitioner {
 public:
  std::optional<std::int32_t> choose(const std::string& topic, const protocol::Bytes& key,
                                     const client::Metadata& metadata, sim::Time now) override;

 private:
  std::map<std::string, std::uint32_t> counters_;
};

}  // namespace kafkasim::producer
