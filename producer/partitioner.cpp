// Kafka's own partitioners, and the choice of the one that the settings ask for.
#include "producer/partitioner.hpp"

#include "producer/murmur2.hpp"
#include "producer/partitioner_key_prefix.hpp"
#include "producer/partitioner_librdkafka.hpp"
#include "producer/partitioner_round_robin.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

namespace {

// partitioner.class is null: the hash of the key over all partitions, led or not; without a key the
// sticky one.
class JavaDefaultPartitioner final : public Partitioner {
 public:
  explicit JavaDefaultPartitioner(bool ignores_keys) : ignores_keys_(ignores_keys) {}

  bool counts_questions() const override { return false; }

  std::optional<std::int32_t> choose(const std::string& topic, const protocol::Bytes& key,
                                     const client::Metadata& metadata, sim::Time /*now*/) override {
    if (key.is_null() || ignores_keys_) return std::nullopt;
    const client::TopicInfo* known = metadata.topic(topic);
    CHECKED(known != nullptr, "topic {} is not known", topic);
    return partition_for_key(key.view(), static_cast<std::int32_t>(known->partitions.size()));
  }

 private:
  bool ignores_keys_;
};

}  // namespace

std::unique_ptr<Partitioner> make_partitioner(const Config& config, sim::Rng* random) {
  switch (config.partitioner) {
    case PartitionerKind::java_default:
      return std::make_unique<JavaDefaultPartitioner>(config.ignore_keys);
    case PartitionerKind::round_robin:
      return std::make_unique<RoundRobinPartitioner>();
    case PartitionerKind::by_key_prefix:
      return std::make_unique<KeyPrefixPartitioner>(config.key_prefixes);
    case PartitionerKind::random:
    case PartitionerKind::consistent:
    case PartitionerKind::consistent_random:
    case PartitionerKind::murmur2:
    case PartitionerKind::murmur2_random:
    case PartitionerKind::fnv1a:
    case PartitionerKind::fnv1a_random:
      break;
  }
  return std::make_unique<LibrdkafkaPartitioner>(config.partitioner, config.sticky_linger, random);
}

}  // namespace kafkasim::producer
