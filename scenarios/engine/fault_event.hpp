// What the runner reports to the trace when a fault of the scenario begins and ends. The ledger and
// the timeline read them like any other event; "who" is the runner ("scenario").
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

struct FaultHappened {
  static constexpr std::string_view name = "fault";
  std::string text;      // in words, with roles resolved: "crash broker-1", "cut shop and broker-2"
  int event_number = 0;  // 1-based place in the scenario's list of events; 0 = drawn by chaos
  bool is_fault = true;  // false: an action that disturbs nothing, such as the start of a client
  std::optional<ActionKind> action{};  // what was done; not set = the text alone says it
  std::vector<std::string> targets{};  // to which hosts, or to which group
  void describe(std::string& out) const {
    out += event_number > 0 ? fmt::format("event {}: {}", event_number, text) : text;
  }
};

struct FaultEnded {
  static constexpr std::string_view name = "fault-ended";
  std::string text;  // "broker-1 runs on", "partition over"
  int event_number = 0;
  void describe(std::string& out) const {
    out += event_number > 0 ? fmt::format("event {}: {}", event_number, text) : text;
  }
};

}  // namespace kafkasim::scenarios
