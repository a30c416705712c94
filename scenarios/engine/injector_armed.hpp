// The inside of the injector: one armed event. For injector*.cpp only.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "scenarios/engine/injector.hpp"

namespace kafkasim::scenarios {

// Who reports faults to the trace.
inline constexpr std::string_view injector_name = "scenario";

// An event of the loop that calls a function.
struct Timer : sim::Event {
  explicit Timer(sim::Loop& l) : Event(run), loop(l) {}
  ~Timer() { loop.disarm(*this); }
  static void run(sim::Event& event, bool) {
    const std::function<void()> what = std::move(static_cast<Timer&>(event).action);
    what();
  }
  void at(sim::Time time, std::function<void()> what) {
    action = std::move(what);
    loop.schedule(*this, time);
  }
  sim::Loop& loop;
  std::function<void()> action;
};

inline bool has_message_trigger(const Trigger& trigger) {
  return trigger.kind == TriggerKind::before || trigger.kind == TriggerKind::on;
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
  Timer timer;   // until its time
  Timer ending;  // of what lasts
  bool happened = false;
  bool listening = false;  // reject, hold: waits for messages
  sim::Time listens_until = sim::never;
  std::int64_t matched = 0;  // messages, for `nth`
};

}  // namespace kafkasim::scenarios
