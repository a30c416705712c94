// Partitions are taken as the rule names them: as with any class of an application, nobody checks
// that the topic has them.
#include "producer/partitioner_key_prefix.hpp"

#include "producer/murmur2.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

KeyPrefixPartitioner::KeyPrefixPartitioner(KeyPrefixes rule) : rule_(std::move(rule)) {
  CHECKED(!rule_.otherwise.empty(), "a partitioner without partitions for other records");
  for (const auto& [prefix, partitions] : rule_.prefixes)
    CHECKED(!partitions.empty(), "no partitions for keys that begin with {}", prefix);
}

std::optional<std::int32_t> KeyPrefixPartitioner::choose(const std::string& topic,
                                                         const protocol::Bytes& key,
                                                         const client::Metadata& /*metadata*/,
                                                         sim::Time /*now*/) {
  if (key.is_null()) return rule_.otherwise[turns_[topic]++ % rule_.otherwise.size()];
  const std::vector<std::int32_t>* among = &rule_.otherwise;
  std::size_t longest = 0;
  for (const auto& [prefix, partitions] : rule_.prefixes) {
    if (prefix.size() < longest || !key.view().starts_with(prefix)) continue;
    longest = prefix.size();
    among = &partitions;
  }
  const auto count = static_cast<std::int32_t>(among->size());
  return (*among)[static_cast<std::size_t>(partition_for_key(key.view(), count))];
}

}  // namespace kafkasim::producer
