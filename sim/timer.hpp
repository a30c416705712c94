// A timer calls a function at its time, from outside of every process, once each time it is set.
// For what happens to a world; a process waits with wait.hpp.
#pragma once

#include <functional>
#include <utility>

#include "sim/loop.hpp"

namespace kafkasim::sim {

class Timer final : private Event {
 public:
  explicit Timer(Loop& loop) : Event(run), loop_(loop) {}
  ~Timer() { loop_.disarm(*this); }

  using Event::is_armed;
  // Sets it, or sets it anew.
  void at(Time time, std::function<void()> action) {
    action_ = std::move(action);
    loop_.schedule(*this, time);
  }

 private:
  static void run(Event& event, bool) {
    const std::function<void()> action = std::move(static_cast<Timer&>(event).action_);
    action();
  }

  Loop& loop_;
  std::function<void()> action_;
};

}  // namespace kafkasim::sim
