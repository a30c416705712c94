// What the application is told of a rebalance. Without a listener nobody has to be waited for;
// with one, what the background has to tell waits for the application's next poll.
#include "consumer/consumer_member.hpp"

namespace kafkasim::consumer {

// From the background. Returns when the application has heard; false: its listener failed.
sim::Task<bool> ConsumerMember::tell(Heard what, Partitions partitions) {
  const bool is_heard = calls_.has_listener() && (what == Heard::assigned || !partitions.empty());
  if (!is_heard) {
    co_await call(what, std::move(partitions));
    co_return true;
  }
  auto waiting = std::make_shared<Call>();
  waiting->what = what;
  waiting->partitions = std::move(partitions);
  waiting_calls_.push_back(waiting);
  context_.progress.made();
  while (!waiting->done) co_await called_.wait(sim::never);
  co_return !waiting->failed;
}

// From within a call of the application.
sim::Task<std::optional<Failure>> ConsumerMember::call(Heard what, Partitions partitions) {
  std::optional<Failure> failure;
  switch (what) {
    case Heard::revoked:
      if (!partitions.empty()) failure = co_await calls_.revoked(std::move(partitions));
      break;
    case Heard::assigned:
      failure = co_await calls_.assigned(std::move(partitions));
      break;
    case Heard::lost:
      if (!partitions.empty()) failure = co_await calls_.lost(std::move(partitions));
      break;
  }
  co_return failure;
}

// Inside poll(): what has waited for it. The background goes on before the poll does.
sim::Task<std::optional<Failure>> ConsumerMember::run_calls() {
  while (!waiting_calls_.empty()) {
    const std::shared_ptr<Call> next = waiting_calls_.front();
    waiting_calls_.pop_front();
    const std::optional<Failure> failure = co_await call(next->what, next->partitions);
    next->failed = failure.has_value();
    next->done = true;
    called_.notify_all();
    if (failure) co_return failure;
    co_await sim::yield_now();
  }
  co_return std::nullopt;
}

// The application closes or unsubscribes: it hears of everything at once instead.
void ConsumerMember::drop_calls() {
  for (const std::shared_ptr<Call>& one : waiting_calls_) one->done = true;
  waiting_calls_.clear();
  called_.notify_all();
}

}  // namespace kafkasim::consumer
