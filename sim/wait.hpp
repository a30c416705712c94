// Everything a coroutine can wait for. Each wait has a deadline (sim::never where there really is
// none) and says whether it was reached. Waiters are served in the order in which they came.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "sim/check.hpp"
#include "sim/executor.hpp"

namespace kafkasim::sim {

// co_await sleep_until(process.now() + 5ms): resumes at that time; in the past means now, after
// what is already due.
inline auto sleep_until(Time at) {
  return asio::async_initiate<decltype((completion)), void()>(
      [](auto handler, Time when) {
        Process& process = asio::get_associated_executor(handler).process();
        Op& op = make_op(process, std::move(handler));
        if (process.alive()) process.loop().schedule(op, when);
      },
      completion, at);
}

// Lets what is already due at this time, and actions caused by what just happened, go first.
inline auto yield_now() { return sleep_until(zero - 1000h); }

// A condition to wait for: co_await signal.wait(deadline) is true when notified, false at the
// deadline. A notification reaches those who wait now; nobody waiting, nothing is remembered, so
// check the condition before and after.
class Signal {
 public:
  // Wakes all who wait, in order, at the current time (not inside this call).
  void notify_all() {
    while (Waiter* waiter = waiters_.take_first()) wake(*waiter);
  }
  bool has_waiters() const { return !waiters_.empty(); }

  auto wait(Time deadline) {
    return asio::async_initiate<decltype((completion)), void(bool)>(
        [](auto handler, Signal* signal, Time at) {
          Process& process = asio::get_associated_executor(handler).process();
          Waiter& waiter = make_waiter(
              process,
              [h = std::move(handler)](bool signaled, void*) mutable { std::move(h)(signaled); });
          if (!process.alive()) return;
          signal->waiters_.add(waiter);
          process.loop().schedule(waiter, at);
        },
        completion, this, deadline);
  }

 private:
  friend class Slots;
  static void wake(Waiter& waiter) {
    waiter.signaled = true;
    Process& process = *waiter.process();
    process.loop().schedule(waiter, process.now());
  }

  WaiterList waiters_;
};

// A number of slots: co_await slots.acquire(deadline) is true with a slot taken, false at the
// deadline.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_(count) {}

  std::size_t free() const { return free_; }
  // Gives a slot back; the first waiter gets it.
  void release() {
    if (Waiter* waiter = freed_.waiters_.take_first()) {
      Signal::wake(*waiter);
    } else {
      ++free_;
    }
  }
  Task<bool> acquire(Time deadline) {
    if (free_ > 0) {
      --free_;
      co_return true;
    }
    const bool got = co_await freed_.wait(deadline);
    co_return got;
  }

 private:
  std::size_t free_;
  Signal freed_;
};

// A queue with a limit. co_await mailbox.receive(deadline) -> std::optional<M>, empty at the
// deadline.
template <class M>
class Mailbox {
 public:
  explicit Mailbox(std::size_t limit = 1'000'000) : limit_(limit) {}

  std::size_t size() const { return queue_.size(); }

  // From a coroutine or a plain function: the receiver resumes at the current time, not inside this
  // call.
  void push(M message) {
    enqueue(std::move(message));
    if (Waiter* waiter = waiters_.take_first())
      waiter->process()->loop().schedule(*waiter, waiter->process()->now());
  }
  // From an event of the receiver's process that runs on no coroutine's stack: the receiver resumes
  // inside this call.
  void deliver(M message) {
    Waiter* const waiter = queue_.empty() ? waiters_.take_first() : nullptr;
    if (waiter == nullptr) {
      enqueue(std::move(message));
      return;
    }
    waiter->handed_over = &message;
    waiter->finish(true);
  }

  auto receive(Time deadline) {
    return asio::async_initiate<decltype((completion)), void(std::optional<M>)>(
        [](auto handler, Mailbox* box, Time at) {
          Process& process = asio::get_associated_executor(handler).process();
          Waiter& waiter =
              make_waiter(process, [box, h = std::move(handler)](bool, void* handed_over) mutable {
                if (handed_over != nullptr) {
                  std::move(h)(std::optional<M>(std::move(*static_cast<M*>(handed_over))));
                } else {
                  std::move(h)(box->try_receive());
                }
              });
          if (!process.alive()) return;
          if (box->queue_.empty()) {
            box->waiters_.add(waiter);
            process.loop().schedule(waiter, at);
          } else {
            process.loop().schedule(waiter, process.now());
          }
        },
        completion, this, deadline);
  }

  // What is there, without waiting.
  std::optional<M> try_receive() {
    if (queue_.empty()) return std::nullopt;
    std::optional<M> message(std::move(queue_.front()));
    queue_.pop_front();
    return message;
  }

 private:
  void enqueue(M message) {
    CHECKED(queue_.size() < limit_, "a mailbox holds {} messages", queue_.size());
    queue_.push_back(std::move(message));
  }

  std::deque<M> queue_;
  std::size_t limit_;
  WaiterList waiters_;
};

// After reporting something to the trace: if a fault was triggered by it, let that fault act before
// going on. Costs nothing when none was. Use as `if (sim::must_yield(process)) co_await
// sim::yield_now();`
inline bool must_yield(const Process& process) { return process.loop().has_urgent_actions(); }

}  // namespace kafkasim::sim
