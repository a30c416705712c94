// What Kafka's Java client calls an error: the class of the exception that the application gets.
#pragma once

#include <string>

#include "protocol/error_code.hpp"

namespace kafkasim::conformance {

// "NotEnoughReplicasException". Requires: an error, not NONE.
std::string exception_of(protocol::ErrorCode error);

}  // namespace kafkasim::conformance
