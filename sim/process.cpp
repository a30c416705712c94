// Life and death of a process, and the end of its pending operations.
#include "sim/process.hpp"

#include <utility>

namespace kafkasim::sim {

Process::Process(Loop& loop, std::string name) : loop_(loop), name_(std::move(name)) {}

Process::~Process() = default;

void Process::crash() {
  if (!alive_) return;
  alive_ = false;
  loop_.died(*this);
  for (Event* event : deferred_) event->position_ = Event::idle;
  deferred_.clear();
  if (loop_.running_ != this) reap();
}

void Process::reap() {
  // Ending an op may free a frame whose destructor ends further ops of this process: always take
  // the last.
  while (!ops_.empty()) ops_.back()->finish(false);
}

void Process::pause() { paused_ = true; }

void Process::resume() {
  if (!std::exchange(paused_, false)) return;
  const std::vector<Event*> due = std::exchange(deferred_, {});
  for (Event* event : due) {
    event->position_ = Event::idle;
    loop_.schedule(*event, loop_.now());
  }
}

}  // namespace kafkasim::sim
