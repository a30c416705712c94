// What Kafka's clients say of an error that a broker answered with. Left out: errors that no client
// of the simulator can meet.
#pragma once

#include <string>
#include <string_view>

#include "protocol/error_code.hpp"

namespace kafkasim::protocol {

// Kafka's sentence; the name of the error where none is known.
std::string_view error_text(ErrorCode error);
// The class of the exception that Kafka's clients make of it, without package:
// "CoordinatorNotAvailableException". Requires: an error.
std::string exception_name(ErrorCode error);

}  // namespace kafkasim::protocol
