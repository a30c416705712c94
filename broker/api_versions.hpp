// ApiVersions: which requests a broker understands, with the versions that Kafka 4.0 names for
// them.
#pragma once

#include "protocol/metadata_messages.hpp"

namespace kafkasim::broker {

// INVALID_REQUEST, and no versions, for a client that gives itself or its version an impossible
// name.
protocol::ApiVersionsResponse answer_api_versions(const protocol::ApiVersionsRequest& request);

}  // namespace kafkasim::broker
