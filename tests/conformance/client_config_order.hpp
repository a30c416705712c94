// The order in which Kafka's clients read their settings, as of October 2024.
#pragma once

#include <string_view>
#include <vector>

namespace kafkasim::conformance {

// The names of all settings of a producer, or else of a consumer.
std::vector<std::string_view> definition_order(bool of_a_producer);

}  // namespace kafkasim::conformance
