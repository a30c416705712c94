// FindCoordinator: which broker leads the partition of the offsets topic that a group belongs to.
// Left out: coordinators of transactions and share groups.
#pragma once

#include "broker/metadata_image.hpp"
#include "protocol/config_def.hpp"
#include "protocol/metadata_messages.hpp"

namespace kafkasim::broker {

struct CoordinatorAnswer {
  protocol::FindCoordinatorResponse response;
  bool needs_offsets_topic = false;  // it does not exist yet
};

// Per key: COORDINATOR_NOT_AVAILABLE while the topic or its leader is missing, INVALID_REQUEST for
// what is left out, UNKNOWN_SERVER_ERROR for a type of coordinator that does not exist.
CoordinatorAnswer answer_find_coordinator(const MetadataImage& image,
                                          const protocol::FindCoordinatorRequest& request,
                                          const protocol::ConfigValues& config);

}  // namespace kafkasim::broker
