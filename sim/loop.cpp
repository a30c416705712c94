// The heap and the steps of the loop.
#include "sim/loop.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"
#include "sim/process.hpp"

namespace kafkasim::sim {

Loop::Loop() : hole_event_([](Event&, bool) {}) {}

Loop::~Loop() {
  // Observers may be gone already: whoever watches deaths needs none at the end of the world.
  death_observers_.clear();
  for (auto& process : processes_) process->crash();
  executor_context_.reset();
}

void Loop::place(std::size_t i, const Slot& slot) {
  heap_[i] = slot;
  slot.event->position_ = i;
}

void Loop::sift_up(std::size_t i, const Slot& slot) {
  while (i != 0) {
    const std::size_t parent = (i - 1) / 4;
    if (!(slot < heap_[parent])) break;
    place(i, heap_[parent]);
    i = parent;
  }
  place(i, slot);
}

void Loop::sift_down(std::size_t i, const Slot& slot) {
  const std::size_t size = heap_.size();
  for (;;) {
    std::size_t child = 4 * i + 1;
    if (child >= size) break;
    const std::size_t end = std::min(child + 4, size);
    for (std::size_t k = child + 1; k < end; ++k) {
      if (heap_[k] < heap_[child]) child = k;
    }
    if (!(heap_[child] < slot)) break;
    place(i, heap_[child]);
    i = child;
  }
  place(i, slot);
}

void Loop::remove(std::size_t i) {
  const Slot last = heap_.back();
  heap_.pop_back();
  if (i >= heap_.size()) return;
  if (i != 0 && last < heap_[(i - 1) / 4]) {
    sift_up(i, last);
  } else {
    sift_down(i, last);
  }
}

void Loop::close_hole() {
  if (!std::exchange(hole_, false)) return;
  hole_event_.position_ = Event::idle;
  remove(0);
}

void Loop::schedule(Event& event, Time at) {
  if (event.is_armed()) disarm(event);
  if (at == never) return;
  const Slot slot{std::max(at, now_), sequence_++, &event};
  if (hole_) {
    hole_ = false;
    hole_event_.position_ = Event::idle;
    sift_down(0, slot);
    return;
  }
  heap_.emplace_back();
  sift_up(heap_.size() - 1, slot);
}

void Loop::disarm(Event& event) {
  if (event.position_ == Event::idle) return;
  const std::size_t position = std::exchange(event.position_, Event::idle);
  if (position == Event::deferred) {
    std::erase(event.process_->deferred_, &event);
    return;
  }
  remove(position);
}

void Loop::after_this_event(std::function<void()> action) { urgent_.push_back(std::move(action)); }

void Loop::run_urgent_actions() {
  constexpr std::size_t most = 100'000;  // actions may cause actions; a circle of them must end
  for (std::size_t i = 0; i < urgent_.size(); ++i) {
    CHECKED(i < most, "actions keep causing actions at {}", to_string(now_));
    const std::function<void()> action = std::move(urgent_[i]);
    action();
  }
  urgent_.clear();
}

bool Loop::step() {
  if (!urgent_.empty()) run_urgent_actions();
  if (heap_.empty()) return false;
  Event& event = *heap_[0].event;
  now_ = heap_[0].at;
  event.position_ = Event::idle;
  hole_ = true;
  heap_[0].event = &hole_event_;
  hole_event_.position_ = 0;
  Process* const process = event.process_;
  if (process != nullptr && process->paused_) {
    event.position_ = Event::deferred;
    process->deferred_.push_back(&event);
    close_hole();
    return true;
  }
  ++events_run_;
  // Restores the loop also when the event throws.
  struct Scope {
    Loop& loop;
    Process* process;
    ~Scope() {
      loop.close_hole();
      loop.running_ = nullptr;
      if (process != nullptr && !process->alive_) process->reap();
    }
  } scope{*this, process};
  running_ = process;
  event.fire_(event, true);
  look();
  if (!urgent_.empty()) {
    close_hole();
    running_ = nullptr;
    if (process != nullptr && !process->alive_) process->reap();
    run_urgent_actions();
    look();
  }
  return true;
}

void Loop::run_until(Time until) {
  stopped_ = false;
  while (!stopped_ && (!urgent_.empty() || (!heap_.empty() && heap_[0].at <= until))) step();
  if (!stopped_ && until != never && until > now_) now_ = until;
}

Time Loop::next_event_time() const { return heap_.empty() ? never : heap_[0].at; }

Process& Loop::make_process(std::string name) {
  processes_.push_back(std::make_unique<Process>(*this, std::move(name)));
  return *processes_.back();
}

void Loop::died(Process& process) {
  for (const auto& observer : death_observers_) observer(process);
}

}  // namespace kafkasim::sim
