// ApiVersions: which requests a broker understands, with the versions that Kafka 4.0 names for
// them.
#pragma once

#include "protocol/metadata_messages.hpp"

namespace kafkasim::broker {

protocol::ApiVersionsResponse answer_api_versions();

}  // namespace kafkasim::broker
