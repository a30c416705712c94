// The memory that batches may hold together. Who finds too little waits in line, and collects what
// comes free until it is enough. Only the accounts: no bytes are allocated here.
#pragma once

#include <cstdint>
#include <list>
#include <string>

#include "producer/metrics.hpp"

namespace kafkasim::producer {

class BufferPool {
 public:
  // Buffers of exactly `poolable` bytes are kept for reuse. `metrics` may be null.
  BufferPool(std::int64_t total, std::int64_t poolable, Metrics* metrics = nullptr)
      : total_(total), poolable_(poolable), unpooled_(total), metrics_(metrics) {}

  struct Waiter {
    std::int64_t wanted = 0;
    std::int64_t collected = 0;
    bool served() const { return collected == wanted; }
  };
  using Ticket = std::list<Waiter>::iterator;

  // Takes the bytes if they are there and nobody waits.
  bool try_allocate(std::int64_t bytes);
  // Would try_allocate() succeed?
  bool has(std::int64_t bytes) const { return queued() == 0 && available() >= bytes; }
  // Joins the line. The waiter must leave it: with the memory once served(), without it otherwise.
  Ticket wait_for(std::int64_t bytes);
  // Leaves the line; what was collected and not served goes back. True if served: the bytes are the
  // caller's.
  bool leave(Ticket waiter);
  void release(std::int64_t bytes);

  std::int64_t total() const { return total_; }
  std::int64_t available() const { return unpooled_ + pooled_ * poolable_; }
  std::int64_t poolable() const { return poolable_; }
  // Those in line who are not served yet.
  int queued() const;
  // Kafka's words for a wait that took too long.
  std::string exhausted_message(std::int64_t bytes, std::int64_t waited_ms) const;

 private:
  std::int64_t take_up_to(std::int64_t bytes);
  void serve();
  void note_use();

  std::int64_t total_;
  std::int64_t poolable_;
  std::int64_t unpooled_;    // never used, or given back to the common share
  std::int64_t pooled_ = 0;  // free buffers of the poolable size
  std::list<Waiter> line_;
  Metrics* metrics_;
};

}  // namespace kafkasim::producer
