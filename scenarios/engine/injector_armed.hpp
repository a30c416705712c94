// The inside of the injector: one armed event. For injector*.cpp only.
#pragma once

#include <string_view>
#include <utility>

#include "scenarios/engine/injector.hpp"
#include "sim/timer.hpp"

namespace kafkasim::scenarios {

// Who reports faults to the trace.
inline constexpr std::string_view injector_name = "scenario";

inline bool has_message_trigger(const Trigger& trigger) {
  return trigger.kind == TriggerKind::before || trigger.kind == TriggerKind::on;
}

inline std::string lasting(const Event& event) {
  return event.lasts ? " for " + sim::to_string(*event.lasts) : "";
}

struct Injector::Armed {
  Armed(sim::Loop& loop, scenarios::Event e) : event(std::move(e)), timer(loop), ending(loop) {}

  // The messages that pull the trigger, or that the action is about.
  const MessageFilter& filter() const {
    const bool own = event.action.message.kind.empty() ||
                     event.action.message.kind == event.trigger.message.kind;
    return has_message_trigger(event.trigger) && (own || !listening) ? event.trigger.message
                                                                     : event.action.message;
  }

  scenarios::Event event;
  sim::Timer timer;   // until its time
  sim::Timer ending;  // of what lasts
  bool happened = false;
  bool listening = false;  // reject, hold: waits for messages
  sim::Time listens_until = sim::never;
  std::int64_t matched = 0;  // messages, for `nth`
};

}  // namespace kafkasim::scenarios
