// The coordinator of a group from an image.
#include "broker/find_coordinator.hpp"

#include "broker/metadata_handler.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/java_hash.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

CoordinatorAnswer answer_find_coordinator(const MetadataImage& image,
                                          const protocol::FindCoordinatorRequest& request,
                                          const protocol::ConfigValues& config) {
  CoordinatorAnswer answer;
  const bool offsets_topic_exists = image.topic(protocol::offsets_topic) != nullptr;
  for (const std::string& key : request.coordinator_keys) {
    protocol::Coordinator& coordinator = answer.response.coordinators.emplace_back();
    coordinator.key = key;
    if (request.key_type > protocol::CoordinatorType::share ||
        request.key_type < protocol::CoordinatorType::group) {
      coordinator.error = ErrorCode::unknown_server_error;
      coordinator.error_message =
          "The server experienced an unexpected error when processing the request.";
      continue;
    }
    if (request.key_type != protocol::CoordinatorType::group) {
      coordinator.error = ErrorCode::invalid_request;
      continue;
    }
    coordinator.error = ErrorCode::coordinator_not_available;
    if (!offsets_topic_exists) {
      answer.needs_offsets_topic = true;
      continue;
    }
    const std::int32_t number =
        protocol::group_partition(key, config.int_value("offsets.topic.num.partitions"));
    const PartitionRegistration* partition = image.partition({protocol::offsets_topic, number});
    if (partition == nullptr) continue;
    if (const BrokerRegistration* leader = alive_broker(image, partition->leader)) {
      coordinator.error = ErrorCode::none;
      coordinator.node_id = leader->id;
      coordinator.host = leader->host;
    }
  }
  return answer;
}

}  // namespace kafkasim::broker
