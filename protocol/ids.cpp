// Text forms of the identifiers.
#include "protocol/ids.hpp"

namespace kafkasim::protocol {

std::string to_string(const TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

}  // namespace kafkasim::protocol
