// Does a line of the trace, or a message about to be delivered, pull an event's trigger?
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scenarios/engine/scenario.hpp"
#include "scenarios/engine/stage.hpp"
#include "sim/network.hpp"
#include "sim/trace.hpp"

namespace kafkasim::scenarios {

// Remembers what single events of the trace do not say: where each record was appended first.
class TriggerMatcher {
 public:
  explicit TriggerMatcher(Stage& stage) : stage_(stage) {}

  // Takes note of an event; call it for each, before matches().
  void note(const sim::TraceEvent& event);
  // Requires: trigger.kind is `after`, and not after another event.
  bool matches(const Trigger& trigger, std::string_view who, const sim::TraceEvent& event);
  // Counting `nth` is the caller's.
  bool matches(const MessageFilter& filter, const sim::Delivery& delivery);

 private:
  struct Place {
    TopicPartition partition;
    protocol::Offset offset;
  };
  bool means(const Selector& selector, std::string_view host);
  bool committed(const Trigger& trigger, const sim::TraceEvent& event) const;

  Stage& stage_;
  std::map<std::string, Place> appended_;
};

}  // namespace kafkasim::scenarios
