// A partitioner of the application's own, told by rule: what the key begins with names the
// partitions. Stands for the classes that people write to give some records partitions of their
// own.
#pragma once

#include <map>

#include "producer/partitioner.hpp"

namespace kafkasim::producer {

// The longest prefix that fits decides among which partitions murmur2 of the key chooses. A record
// whose key fits none, or that has none, goes to one of the others: by its key, or in turn.
class KeyPrefixPartitioner final : public Partitioner {
 public:
  explicit KeyPrefixPartitioner(KeyPrefixes rule);

  std::optional<std::int32_t> choose(const std::string& topic, const protocol::Bytes& key,
                                     const client::Metadata& metadata, sim::Time now) override;

 private:
  KeyPrefixes rule_;
  std::map<std::string, std::size_t> turns_;  // by topic
};

}  // namespace kafkasim::producer
