// The names by which a scenario file speaks of errors and of messages: Kafka's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error_code.hpp"

namespace kafkasim::scenarios {

// NOT_ENOUGH_REPLICAS; also TIMED_OUT, what an application calls the failure of a record whose time
// ran out.
std::optional<protocol::ErrorCode> error_by_name(std::string_view name);

// Every name of an error, and of every request and response that is exchanged here; for suggestions
// and the schema.
std::vector<std::string> error_names();
std::vector<std::string> message_kinds();

}  // namespace kafkasim::scenarios
