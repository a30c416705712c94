// The Metadata API: where brokers and partitions are, as far as this broker knows. A fenced broker
// is not listed and counts as offline. Left out: topics asked for by id, listeners, authorized
// operations.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/metadata_image.hpp"
#include "protocol/metadata_messages.hpp"

namespace kafkasim::broker {

struct MetadataAnswer {
  protocol::MetadataResponse response;
  std::vector<std::string> missing;  // topics that do not exist here but may be created
};

// The partitions of topics as they were answered last, so that many clients that ask for a large
// topic get one list. Good for one version of the image.
struct MetadataCache {
  protocol::Offset image_end{-1};
  std::map<std::string, protocol::SharedList<protocol::MetadataPartition>> topics;
};

// `may_create`: whether the broker creates topics that clients ask for. Per topic:
// UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION; per partition: LEADER_NOT_AVAILABLE when it
// has no leader that is alive.
MetadataAnswer answer_metadata(const MetadataImage& image, const protocol::MetadataRequest& request,
                               const std::string& cluster_id, bool may_create,
                               MetadataCache* cache = nullptr);

// The broker as clients are told of it; null when it is not known or fenced.
const BrokerRegistration* alive_broker(const MetadataImage& image, protocol::BrokerId id);

bool is_internal_topic(const std::string& topic);

}  // namespace kafkasim::broker
