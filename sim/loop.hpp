// The event queue and the virtual clock of a world. Order is (time, order of scheduling), in one
// indexed 4-ary heap; an event is intrusive: arming, moving and cancelling it allocate nothing.
// Knows nothing of coroutines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/op_pool.hpp"
#include "sim/time.hpp"

namespace kafkasim::sim {

class Process;

// Something that happens at a time. Derive from it or hold it as a member; disarm it before it
// dies.
class Event {
 public:
  // `run` is false when an operation of a process is dropped (see Op); the loop always passes true.
  using Function = void (*)(Event& event, bool run);

  // `process`: whose event it is (it waits while that process is paused), or null.
  explicit Event(Function fire, Process* process = nullptr) : fire_(fire), process_(process) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_armed() const { return position_ != idle; }
  Process* process() const { return process_; }
  void set_process(Process* process) { process_ = process; }

 private:
  friend class Loop;
  friend class Process;
  friend class Op;
  static constexpr std::size_t idle = ~std::size_t{0};
  static constexpr std::size_t deferred = idle - 1;  // came due while its process was paused

  Function fire_;
  Process* process_;
  std::size_t position_ = idle;  // index in the heap
};

// Looks at the world after an event, when something that it looks at has changed: whoever changes
// it says so.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void after_event() = 0;

  bool is_due() const { return due_; }
  void set_due(bool due) { due_ = due; }

 private:
  bool due_ = false;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Time now() const { return now_; }
  // Starts the clock somewhere else. Requires: nothing has run yet.
  void set_now(Time start) { now_ = start; }

  // Arms or moves an event; a time in the past means now. `never` disarms it.
  void schedule(Event& event, Time at);
  void disarm(Event& event);

  // Runs `action` right after the event that is under way, before anything else, at the same time.
  // Outside of an event it runs at the start of the next step.
  void after_this_event(std::function<void()> action);
  bool has_urgent_actions() const { return !urgent_.empty(); }

  // Runs the next event; false when there is none.
  bool step();
  // Runs everything up to and including `until`, then moves the clock there (unless it is `never`).
  void run_until(Time until);
  // The time of the next event; `never` when there is none.
  Time next_event_time() const;
  // Ends run_until before its time, after the event under way.
  void stop() { stopped_ = true; }

  std::uint64_t events_run() const { return events_run_; }
  std::size_t pending() const { return heap_.size() - (hole_ ? 1 : 0); }

  Process& make_process(std::string name);
  // The process whose event runs now, or null.
  Process* running() const { return running_; }

  // Called for each process that dies, before its coroutines are destroyed.
  void on_death(std::function<void(Process&)> observer) {
    death_observers_.push_back(std::move(observer));
  }

  // Called after each event that makes it due, and once more after what happens right after the
  // event. At most one; null = none.
  void watch(Watcher* watcher) { watcher_ = watcher; }

  // Memory for what waits; see wait.hpp.
  OpPool& pool() { return pool_; }
  // A place where the executor keeps what it needs once a loop.
  std::shared_ptr<void>& executor_context() { return executor_context_; }

 private:
  friend class Process;
  struct Slot {
    Time at;
    std::uint64_t sequence;
    Event* event;
    bool operator<(const Slot& other) const {
      return at != other.at ? at < other.at : sequence < other.sequence;
    }
  };

  void place(std::size_t i, const Slot& slot);
  void sift_up(std::size_t i, const Slot& slot);
  void sift_down(std::size_t i, const Slot& slot);
  void remove(std::size_t i);
  void close_hole();
  void run_urgent_actions();
  void look() {
    if (watcher_ != nullptr && watcher_->is_due()) watcher_->after_event();
  }
  void died(Process& process);

  std::vector<Slot> heap_;
  // While an event runs its slot stays at the root as a hole: what it schedules first takes that
  // place, which makes "fire and re-arm" one sift instead of two.
  bool hole_ = false;
  Event hole_event_;
  Time now_ = zero;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_run_ = 0;
  bool stopped_ = false;
  Process* running_ = nullptr;
  std::vector<std::function<void()>> urgent_;
  std::vector<std::function<void(Process&)>> death_observers_;
  Watcher* watcher_ = nullptr;
  OpPool pool_;
  std::shared_ptr<void> executor_context_;
  std::vector<std::unique_ptr<Process>>
      processes_;  // dead ones stay, so that stale references stay valid
};

}  // namespace kafkasim::sim
