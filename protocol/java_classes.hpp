// The Java classes that settings may name: what each of them is, and what Kafka's clients say of
// one that does not exist or is something else. Left out: code of users; there is none here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/config_rules.hpp"

namespace kafkasim::protocol {

enum class JavaRole {
  other,
  serializer,
  deserializer,
  partitioner,
  producer_interceptor,
  consumer_interceptor,
  metrics_reporter,
  assignor
};

// Whether a class of that name can be loaded.
bool is_java_class(std::string_view name);

// The conflict, if any, of a setting of type class: it was loaded when it was read, and must be
// what the role says.
ConfigConflict check_class(const ConfigValues& values, std::string_view setting, JavaRole role);

// The same for a list of names, which Kafka loads only when it builds the client.
ConfigConflict check_class_list(const ConfigValues& values, std::string_view setting,
                                JavaRole role);

// The same for partition.assignment.strategy, which has its own words, and takes each assignor
// once.
ConfigConflict check_assignor_classes(const ConfigValues& values);

}  // namespace kafkasim::protocol
