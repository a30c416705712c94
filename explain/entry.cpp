// Names of kinds; fields by name.
#include "explain/entry.hpp"

#include <algorithm>
#include <array>

namespace kafkasim::explain {
namespace {

struct Words {
  std::string_view one;
  std::string_view many;
};

// In the order of the enumeration.
constexpr std::array<Words, kinds> words = {{
    {"a setting of the producer", "Settings of the producer"},
    {"a setting of the consumer", "Settings of the consumer"},
    {"a setting of librdkafka", "Settings of librdkafka"},
    {"a setting of the topic", "Settings of a topic"},
    {"a setting of the broker", "Settings of a broker"},
    {"a setting of groups", "Settings of groups (of the broker, or of one group)"},
    {"a setting of metrics or security", "Settings of metrics and security"},
    {"an error of Kafka's protocol", "Errors"},
    {"an anomaly", "Anomalies"},
    {"a trigger of an event", "Triggers of events (below `after`, and beside the action)"},
    {"an action of an event", "Actions of events"},
    {"a key of an event", "Keys that belong to an action or a trigger"},
    {"a role in events", "Roles in events"},
    {"a request and its response", "Requests and their responses"},
    {"an expectation", "Expectations"},
    {"a metric of a client", "Metrics of clients"},
    {"a key of sweep or chaos", "Sweeps and chaos"},
    {"a line of the trace", "Lines of the trace"},
    {"an invariant that is always checked", "Invariants"},
}};

}  // namespace

bool is_setting(Kind kind) { return kind <= Kind::security_setting; }

std::string_view in_words(Kind kind) { return words.at(static_cast<std::size_t>(kind)).one; }

std::string_view heading(Kind kind) { return words.at(static_cast<std::size_t>(kind)).many; }

std::string_view field(const Entry& entry, std::string_view name) {
  for (const Field& each : entry.fields) {
    if (each.name == name) return each.value;
  }
  return {};
}

std::vector<std::string> list_field(const Entry& entry, std::string_view name) {
  std::vector<std::string> parts;
  std::string_view rest = field(entry, name);
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    std::string_view part = rest.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parts;
}

}  // namespace kafkasim::explain
