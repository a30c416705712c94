// Events of the trace in a student's words: one happening each, or none where an event is noise
// (copies, heartbeats, internal topics). Folding many of them into few lines is timeline.hpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "scenarios/engine/outcome.hpp"
#include "sim/trace.hpp"

namespace kafkasim::scenarios {

// The first seven speak of records and can be told together; `other` has a text of its own.
enum class Kind : std::uint8_t {
  sent,
  appended,
  replicated,
  acked,
  polled,
  handled,
  committed,
  other
};

struct Happening {
  Kind kind = Kind::other;
  Weight weight = Weight::routine;
  std::string_view event;  // the event's name in the trace
  bool turn = false;       // the story takes a turn: what was folded before is told first
  std::string who;
  std::string place;               // the topic or partition; "billing: orders-0" of a commit
  std::vector<std::string> names;  // of the first records
  std::uint64_t count = 0;         // records
  protocol::Offset first;          // of the first name; the committed offset; not set = unknown
  protocol::Offset last;
  std::string text;  // of `other`
};

// Nothing when the event is noise.
std::optional<Happening> of_application(const sim::TraceEvent& event);
std::optional<Happening> happening(std::string_view who, const sim::TraceEvent& event);

// "appended A B to orders-0 at offsets 0-1".
std::string sentence(const Happening& happening);
// "A B C", at most eight, then "and 7 more" when `count` says that there are more.
std::string some_names(const std::vector<std::string>& names, std::uint64_t count);
// The verb of a kind: "appended".
std::string_view verb(Kind kind);

}  // namespace kafkasim::scenarios
