// The disk of a host: how long its operations take, one after the other in the order in which they
// were asked for, and whether they succeed. What is on it belongs to the host's storage. Left out:
// reads (the page cache serves them), bandwidth, and the operating system's own writing back.
#pragma once

#include <cstddef>

#include "sim/executor.hpp"
#include "sim/loop.hpp"
#include "sim/time.hpp"

namespace kafkasim::sim {

enum class DiskResult { done, full, failed };

class Disk {
 public:
  explicit Disk(Loop& loop) : loop_(loop) {}
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // ---- how it is ----

  // How long a write (into the page cache) and a flush take; both 0 at first.
  void set_speed(Duration write, Duration flush);
  // Every operation takes that much longer.
  void set_slowness(Duration extra);
  // Writes fail, flushes do not.
  void set_full(bool full);
  // Everything fails, until a new disk takes its place; that is possible once `replaceable`.
  void fail(bool replaceable);
  void make_replaceable() { replaceable_ = true; }
  // A new, empty disk of the same speed. Requires: may_be_replaced().
  void replace();

  bool is_full() const { return full_; }
  bool has_failed() const { return failed_; }
  bool may_be_replaced() const { return failed_ && replaceable_; }
  // Operations under way or in the queue.
  std::size_t waiting() const { return waiting_; }
  // Everything would succeed at once: there is no need to ask.
  bool is_instant() const { return !has_troubles_ && waiting_ == 0; }

  // ---- what a process does with it ----

  // Each waits for those before it and takes its time. A result holds for the moment at which the
  // operation ends; on a failed disk that is at once. The process may die meanwhile.
  Task<DiskResult> write() { return operate(write_ + extra_, true); }
  Task<DiskResult> flush() { return operate(flush_ + extra_, false); }
  // Reads for that long.
  Task<DiskResult> scan(Duration takes) { return operate(takes + extra_, false); }
  // What a write that takes no time would come to now.
  DiskResult write_result() const;
  // The machine starts again: nothing is in the queue.
  void forget_queue() { busy_until_ = zero - std::chrono::hours(1000); }

 private:
  Task<DiskResult> operate(Duration takes, bool writes);
  void look_for_troubles();

  Loop& loop_;
  Duration write_{};
  Duration flush_{};
  Duration extra_{};
  bool full_ = false;
  bool failed_ = false;
  bool replaceable_ = false;
  bool has_troubles_ = false;
  Time busy_until_ = zero - std::chrono::hours(1000);
  std::size_t waiting_ = 0;
};

}  // namespace kafkasim::sim
