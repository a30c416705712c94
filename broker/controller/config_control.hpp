// What the controller decides about settings of topics and brokers. Plain functions of the image;
// nothing changes until the records are applied to it. Left out: settings of clients, groups and
// loggers; policies.
#pragma once

#include "broker/controller/replication_control.hpp"
#include "broker/metadata_image.hpp"
#include "protocol/admin_messages.hpp"

namespace kafkasim::broker {

class ConfigControl {
 public:
  // Requires: the image outlives it.
  explicit ConfigControl(const MetadataImage& image) : image_(image) {}

  // All changes of one resource, or none. Errors stand in the response of each: INVALID_REQUEST,
  // INVALID_CONFIG, INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION.
  Decision<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
      const protocol::IncrementalAlterConfigsRequest& request) const;

 private:
  struct Refusal {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    std::string message;
  };
  Refusal alter(const protocol::AlterConfigsResource& resource, MetadataRecords& records) const;
  Refusal validate(const protocol::AlterConfigsResource& resource,
                   const std::map<std::string, std::string>& settings) const;

  const MetadataImage& image_;
};

// The settings of a resource after `changes`, in the order given; Kafka's words when one cannot be
// made.
struct AlteredConfig {
  std::map<std::string, std::string> settings;
  std::string error;  // empty = none
};
AlteredConfig altered(const std::map<std::string, std::string>& before,
                      const std::vector<protocol::AlterableConfig>& changes,
                      protocol::ConfigResourceType type);

}  // namespace kafkasim::broker
