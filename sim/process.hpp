// One incarnation of a program on a host. It owns every operation that waits on its behalf, and so
// every suspended coroutine: crash() destroys them all at once. A restart makes a new process; the
// dead one stays as an empty shell.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/loop.hpp"

namespace kafkasim::sim {

// A pending operation: an event that a process owns. When the process dies it is dropped instead of
// run. Its function frees the op first, then runs or drops what it holds. Made by wait.hpp.
class Op : public Event {
 public:
  Op(Process& process, Function end);

  // Takes the op out of the heap and ends it.
  void finish(bool run);

 protected:
  ~Op();  // the process forgets it

 private:
  friend class Process;
  std::size_t index_;  // among the operations of the process
};

// An operation that waits for a condition with others, first come first served.
class Waiter : public Op {
 public:
  using Op::Op;

  // Set by whoever wakes it before its deadline.
  bool signaled = false;
  // The message handed over directly, for mailboxes; null when it is to be taken from the queue.
  void* handed_over = nullptr;

 protected:
  ~Waiter() { unlink(); }

 private:
  friend class WaiterList;
  void unlink();

  Waiter* previous_ = nullptr;
  Waiter* next_ = nullptr;
  class WaiterList* list_ = nullptr;
};

class WaiterList {
 public:
  WaiterList() = default;
  WaiterList(const WaiterList&) = delete;
  WaiterList& operator=(const WaiterList&) = delete;
  ~WaiterList();

  bool empty() const { return first_ == nullptr; }
  void add(Waiter& waiter);
  // The first one, taken off the list; null when nobody waits.
  Waiter* take_first();

 private:
  friend class Waiter;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

class Process {
 public:
  Process(Loop& loop, std::string name);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Loop& loop() const { return loop_; }
  Time now() const { return loop_.now(); }
  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  bool paused() const { return paused_; }

  // Kills the process: connections are reset (see network), every coroutine suspended in it is
  // destroyed now; one that is running goes on to its next wait and is destroyed then. Destructors
  // release; they cannot send or spawn any more.
  void crash();

  // While paused, what is due waits; on resume it happens at once, in the order in which it came
  // due.
  void pause();
  void resume();

 private:
  friend class Loop;
  friend class Op;
  void reap();

  Loop& loop_;
  std::string name_;
  bool alive_ = true;
  bool paused_ = false;
  std::vector<Op*> ops_;          // everything pending; each knows its index
  std::vector<Event*> deferred_;  // came due during a pause
};

// ---- inline: every wait of every coroutine passes here ----

inline Op::Op(Process& process, Function end) : Event(end, &process), index_(process.ops_.size()) {
  process.ops_.push_back(this);
}

inline Op::~Op() {
  std::vector<Op*>& ops = process()->ops_;
  Op* const last = ops.back();
  last->index_ = index_;
  ops[index_] = last;
  ops.pop_back();
}

inline void Op::finish(bool run) {
  if (is_armed()) process()->loop().disarm(*this);
  fire_(*this, run);
}

inline void Waiter::unlink() {
  if (list_ == nullptr) return;
  (previous_ == nullptr ? list_->first_ : previous_->next_) = next_;
  (next_ == nullptr ? list_->last_ : next_->previous_) = previous_;
  previous_ = next_ = nullptr;
  list_ = nullptr;
}

inline WaiterList::~WaiterList() {
  while (take_first() != nullptr) {
  }
}

inline void WaiterList::add(Waiter& waiter) {
  waiter.list_ = this;
  waiter.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &waiter;
  last_ = &waiter;
}

inline Waiter* WaiterList::take_first() {
  Waiter* const waiter = first_;
  if (waiter != nullptr) waiter->unlink();
  return waiter;
}

}  // namespace kafkasim::sim
