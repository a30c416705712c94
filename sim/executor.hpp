// Coroutines on the loop: the only header that includes Asio. Task<T> is an awaitable whose
// executor is a process; spawn() starts one. What a coroutine may wait for is in wait.hpp; nothing
// else may be awaited.
//
// Rules that make crashes safe: a coroutine's parameters are values (or pointers to what outlives
// the process); a spawned coroutine is a named function; nothing that belongs to another process is
// ever awaited.
#pragma once

#include <utility>  // first: Boost 1.74's awaitable.hpp uses std::exchange without including it

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/version.hpp>
#if BOOST_ASIO_VERSION >= 102600
#include <boost/asio/deferred.hpp>
#endif

#include <type_traits>

#include "sim/process.hpp"

namespace kafkasim::sim {

namespace asio = boost::asio;

// An operation that holds a function object, in the loop's pool. Base is Op or Waiter.
template <class Base, class F>
class Held final : public Base {
 public:
  static Base& make(Process& process, F function) {
    void* memory = process.loop().pool().allocate(sizeof(Held));
    return *::new (memory) Held(process, std::move(function));
  }

 private:
  Held(Process& process, F&& function) : Base(process, &end), function_(std::move(function)) {}
  ~Held() = default;

  static void end(Event& event, bool run) {
    auto& self = static_cast<Held&>(event);
    Loop& loop = self.process()->loop();
    F function(std::move(self.function_));
    if constexpr (std::is_same_v<Base, Waiter>) {
      const bool signaled = self.signaled;
      void* const handed_over = self.handed_over;
      self.~Held();
      loop.pool().release(&self, sizeof(Held));
      if (run) std::move(function)(signaled, handed_over);
    } else {
      self.~Held();
      loop.pool().release(&self, sizeof(Held));
      if (run) std::move(function)();
    }
  }

  F function_;
};

// An operation that calls function().
template <class F>
Op& make_op(Process& process, F function) {
  return Held<Op, F>::make(process, std::move(function));
}
// A waiter that calls function(signaled, handed_over).
template <class F>
Waiter& make_waiter(Process& process, F function) {
  return Held<Waiter, F>::make(process, std::move(function));
}

// One pointer; an Asio executor that runs things later, at the same virtual time, as operations of
// its process.
class Executor {
 public:
  explicit Executor(Process& process) noexcept : process_(&process) {}

  Process& process() const noexcept { return *process_; }
  asio::execution_context& query(asio::execution::context_t) const;
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
    return asio::execution::blocking_t::never_t();
  }
  Executor require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
  friend bool operator==(Executor a, Executor b) noexcept { return a.process_ == b.process_; }
  friend bool operator!=(Executor a, Executor b) noexcept { return a.process_ != b.process_; }

  template <class F>
  void execute(F&& f) const {
    std::decay_t<F> function(std::forward<F>(f));
    // Asio posts the destruction of frames through here. On a dead process that is not on the stack
    // the function, and the frames in it, end now.
    if (!process_->alive() && process_->loop().running() != process_) return;
    Op& op = make_op(*process_, std::move(function));
    if (process_->alive()) process_->loop().schedule(op, process_->now());
  }

 private:
  Process* process_;
};

template <class T = void>
using Task = asio::awaitable<T, Executor>;

#if BOOST_ASIO_VERSION >= 102600
inline constexpr asio::deferred_t completion{};  // no coroutine frame per awaited operation
#else
inline constexpr asio::use_awaitable_t<Executor> completion{nullptr, 0, nullptr};
#endif

// Starts `task` as a coroutine of `process`, at the current time, after what is already due. An
// exception that leaves it ends the run. On a dead process nothing happens.
void spawn(Process& process, Task<> task);

}  // namespace kafkasim::sim
