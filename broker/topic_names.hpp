// Which names a topic may have.
#pragma once

#include <optional>
#include <string>

namespace kafkasim::broker {

// Kafka's words why that is no name for a topic; none when it is one.
std::optional<std::string> why_illegal_topic_name(const std::string& name);
// Do the names differ only in '.' and '_'? Topics like that would share the names of their metrics.
bool topic_names_collide(const std::string& a, const std::string& b);

}  // namespace kafkasim::broker
