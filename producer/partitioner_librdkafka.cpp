// An empty key is a key, but not for consistent_random; a null key has the hash of no bytes where
// the partitioner hashes everything.
#include "producer/partitioner_librdkafka.hpp"

#include "producer/key_hashes.hpp"
#include "producer/murmur2.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

namespace {

bool has_leader(const std::string& topic, std::int32_t partition,
                const client::Metadata& metadata) {
  return metadata.leader_node(protocol::TopicPartition{topic, partition}) != nullptr;
}

}  // namespace

LibrdkafkaPartitioner::LibrdkafkaPartitioner(PartitionerKind kind, sim::Duration sticky_linger,
                                             sim::Rng* random)
    : kind_(kind), sticky_linger_(sticky_linger), random_(random) {
  CHECKED(random_ != nullptr, "a partitioner without random numbers");
}

std::optional<std::int32_t> LibrdkafkaPartitioner::choose(const std::string& topic,
                                                          const protocol::Bytes& key,
                                                          const client::Metadata& metadata,
                                                          sim::Time now) {
  const client::TopicInfo* known = metadata.topic(topic);
  CHECKED(known != nullptr && !known->partitions.empty(), "topic {} has no partitions", topic);
  const auto partitions = static_cast<std::int32_t>(known->partitions.size());
  if (is_sticky(key)) return sticky(topic, partitions, metadata, now);
  if (draws(key)) return draw(topic, partitions, metadata);
  return hashed(key, partitions);
}

bool LibrdkafkaPartitioner::is_sticky(const protocol::Bytes& key) const {
  if (sticky_linger_.count() <= 0) return false;
  switch (kind_) {
    case PartitionerKind::consistent:
    case PartitionerKind::murmur2:
    case PartitionerKind::fnv1a:
      return false;  // these hash everything
    case PartitionerKind::consistent_random:
      return key.size() <= 0;
    default:
      return key.is_null();
  }
}

bool LibrdkafkaPartitioner::draws(const protocol::Bytes& key) const {
  switch (kind_) {
    case PartitionerKind::random:
      return true;
    case PartitionerKind::consistent_random:
      return key.size() <= 0;
    case PartitionerKind::murmur2_random:
    case PartitionerKind::fnv1a_random:
      return key.is_null();
    default:
      return false;
  }
}

std::int32_t LibrdkafkaPartitioner::hashed(const protocol::Bytes& key,
                                           std::int32_t partitions) const {
  const auto count = static_cast<std::uint32_t>(partitions);
  switch (kind_) {
    case PartitionerKind::murmur2:
    case PartitionerKind::murmur2_random:
      return partition_for_key(key.view(), partitions);
    case PartitionerKind::fnv1a:
    case PartitionerKind::fnv1a_random:
      return static_cast<std::int32_t>(fnv1a(key.view()) % count);
    default:
      return static_cast<std::int32_t>(crc32(key.view()) % count);
  }
}

std::int32_t LibrdkafkaPartitioner::draw(const std::string& topic, std::int32_t partitions,
                                         const client::Metadata& metadata) {
  const auto count = static_cast<std::uint64_t>(partitions);
  const auto drawn = static_cast<std::int32_t>(random_->below(count));
  if (has_leader(topic, drawn, metadata)) return drawn;
  // One more try, whatever comes of it.
  return static_cast<std::int32_t>(random_->below(count));
}

std::int32_t LibrdkafkaPartitioner::sticky(const std::string& topic, std::int32_t partitions,
                                           const client::Metadata& metadata, sim::Time now) {
  Sticky& state = sticky_[topic];
  const bool is_over = !state.since || now - *state.since > sticky_linger_ ||
                       !has_leader(topic, state.partition, metadata);
  if (is_over) {
    state.partition = draw(topic, partitions, metadata);
    state.since = now;
  }
  return state.partition;
}

}  // namespace kafkasim::producer
