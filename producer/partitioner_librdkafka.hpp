// librdkafka's partitioners: a hash of the key or a random partition, and for records without a key
// one that stays for sticky.partitioning.linger.ms.
#pragma once

#include <map>

#include "producer/partitioner.hpp"

namespace kafkasim::producer {

class LibrdkafkaPartitioner final : public Partitioner {
 public:
  // `kind`: one of librdkafka's. `random` must outlive this.
  LibrdkafkaPartitioner(PartitionerKind kind, sim::Duration sticky_linger, sim::Rng* random);

  std::optional<std::int32_t> choose(const std::string& topic, const protocol::Bytes& key,
                                     const client::Metadata& metadata, sim::Time now) override;

 private:
  struct Sticky {
    std::int32_t partition = 0;
    std::optional<sim::Time> since;
  };

  bool is_sticky(const protocol::Bytes& key) const;
  bool draws(const protocol::Bytes& key) const;
  std::int32_t hashed(const protocol::Bytes& key, std::int32_t partitions) const;
  std::int32_t draw(const std::string& topic, std::int32_t partitions,
                    const client::Metadata& metadata);
  std::int32_t sticky(const std::string& topic, std::int32_t partitions,
                      const client::Metadata& metadata, sim::Time now);

  PartitionerKind kind_;
  sim::Duration sticky_linger_;
  sim::Rng* random_;
  std::map<std::string, Sticky> sticky_;
};

}  // namespace kafkasim::producer
