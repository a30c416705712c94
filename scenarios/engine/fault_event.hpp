// What the runner reports to the trace when a fault of the scenario begins and ends. The ledger and
// the timeline read them like any other event; "who" is the runner ("scenario").
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace kafkasim::scenarios {

struct FaultHappened {
  static constexpr std::string_view name = "fault";
  std::string text;      // in words, with roles resolved: "crash broker-1", "cut shop and broker-2"
  int event_number = 0;  // 1-based place in the scenario's list of events; 0 = drawn by chaos
  bool is_fault = true;  // false: an action that disturbs nothing, such as the start of a client
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
