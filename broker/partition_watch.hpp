// Waiting for what happens to partitions: one coroutine can watch many partitions and is woken by
// any of them. Kafka's purgatory is a coroutine with a Watch, its conditions, and a deadline.
#pragma once

#include <deque>
#include <list>

#include "protocol/ids.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

class Watch;
class WatchList;

struct WatchEntry {
  Watch* watch = nullptr;
  WatchList* list = nullptr;  // null when the list is gone
  protocol::Offset wanted;
  std::list<WatchEntry*>::iterator place{};
};

// Those who watch one thing that moves along offsets.
class WatchList {
 public:
  WatchList() = default;
  ~WatchList();
  WatchList(const WatchList&) = delete;
  WatchList& operator=(const WatchList&) = delete;

  // Wakes those who want this offset or a lower one.
  void notify(protocol::Offset reached);
  void notify_all();

 private:
  friend class Watch;
  std::list<WatchEntry*> entries_;  // first come, first served
};

// Lives in the frame of the coroutine that waits. After waking, check the conditions: wake-ups may
// be for nothing.
class Watch {
 public:
  Watch() = default;
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void add(WatchList& list, protocol::Offset wanted);
  // co_await watch.wait(deadline): true when woken, false at the deadline.
  auto wait(sim::Time deadline) { return signal_.wait(deadline); }

 private:
  friend class WatchList;
  sim::Signal signal_;
  std::deque<WatchEntry> entries_;  // which keeps its elements where they are
};

}  // namespace kafkasim::broker
