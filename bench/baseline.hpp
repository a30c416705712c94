// What the loop is measured against: a bare 4-ary heap of fixed 24-byte events, and a
// std::priority_queue of std::function. Both do the same work as the loop and nothing else: no
// cancelling, no owners, no crashes.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace kafkasim::bench {

struct BareEvent {
  std::int64_t at;
  std::uint64_t sequence;
  std::uint64_t who;
  bool operator<(const BareEvent& other) const {
    return at != other.at ? at < other.at : sequence < other.sequence;
  }
};

class BareHeap {
 public:
  void push(std::int64_t at, std::uint64_t who) {
    const BareEvent event{at, sequence_++, who};
    heap_.emplace_back();
    std::size_t i = heap_.size() - 1;
    for (; i != 0 && event < heap_[(i - 1) / 4]; i = (i - 1) / 4) heap_[i] = heap_[(i - 1) / 4];
    heap_[i] = event;
  }
  BareEvent pop() {
    const BareEvent top = heap_[0];
    const BareEvent last = heap_.back();
    heap_.pop_back();
    const std::size_t size = heap_.size();
    if (size == 0) return top;
    std::size_t i = 0;
    for (std::size_t child = 1; child < size; child = 4 * i + 1) {
      const std::size_t end = child + 4 < size ? child + 4 : size;
      for (std::size_t k = child + 1; k < end; ++k) {
        if (heap_[k] < heap_[child]) child = k;
      }
      if (!(heap_[child] < last)) break;
      heap_[i] = heap_[child];
      i = child;
    }
    heap_[i] = last;
    return top;
  }

 private:
  std::vector<BareEvent> heap_;
  std::uint64_t sequence_ = 0;
};

class FunctionQueue {
 public:
  void push(std::int64_t at, std::function<void()> action) {
    queue_.push({at, sequence_++, std::move(action)});
  }
  std::int64_t run_next() {
    const std::int64_t at = queue_.top().at;
    const std::function<void()> action = std::move(const_cast<Entry&>(queue_.top()).action);
    queue_.pop();
    action();
    return at;
  }

 private:
  struct Entry {
    std::int64_t at;
    std::uint64_t sequence;
    std::function<void()> action;
    bool operator<(const Entry& other) const {
      return at != other.at ? at > other.at : sequence > other.sequence;
    }
  };
  std::priority_queue<Entry> queue_;
  std::uint64_t sequence_ = 0;
};

}  // namespace kafkasim::bench
