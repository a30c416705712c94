// The loop of an application. After each record that is reported as handled, what that triggers
// acts first.
#include "consumer/application.hpp"

#include "protocol/events.hpp"

namespace kafkasim::consumer {

Application::Application(sim::World& world, sim::Process& process, std::string name,
                         Consumer& consumer, ApplicationOptions options)
    : world_(world),
      process_(process),
      name_(std::move(name)),
      consumer_(consumer),
      options_(std::move(options)),
      stalled_until_(process.now()) {}

sim::Task<> Application::run() {
  while (!stopping_) {
    co_await stand_still();
    if (stopping_) break;
    PollResult polled = co_await consumer_.poll(options_.poll_timeout);
    if (polled.failure) {
      failure_ = std::move(polled.failure);
      world_.trace().add(name_, PollThrew{failure_->exception, failure_->message});
      break;
    }
    if (polled.records.empty()) continue;
    handling_ = true;
    if (options_.commits == CommitOrder::before_handling) co_await commit_positions();
    const bool goes_on = co_await handle_all(std::move(polled.records));
    if (goes_on && options_.commits == CommitOrder::after_handling) co_await commit_positions();
    handling_ = false;
    if (!goes_on) break;
  }
  co_await consumer_.close();
  handling_ = false;
  ended_ = true;
}

void Application::stop() {
  stopping_ = true;
  consumer_.wakeup();
}

void Application::stall(sim::Time until) { stalled_until_ = std::max(stalled_until_, until); }

sim::Task<> Application::stand_still() {
  while (process_.now() < stalled_until_) co_await sim::sleep_until(stalled_until_);
}

// False: the application ends.
sim::Task<bool> Application::handle_all(std::vector<ConsumedRecord> records) {
  for (const ConsumedRecord& record : records) {
    const bool goes_on = co_await handle_one(record);
    if (!goes_on) co_return false;
    if (options_.commits == CommitOrder::after_each) co_await commit_after(record);
  }
  co_return true;
}

sim::Task<bool> Application::handle_one(ConsumedRecord record) {
  Handling handling = Handling::retry;
  while (handling == Handling::retry) {
    if (options_.takes.count() > 0) {
      const sim::Time done = sim::later(process_.now(), options_.takes);
      co_await sim::sleep_until(done);
    }
    handling = options_.handle ? options_.handle(record) : Handling::done;
    if (handling == Handling::done) {
      protocol::events::Handled event;
      event.group = consumer_.settings().group_id;
      event.partition = record.partition;
      event.offset = record.offset;
      event.record = record.record;
      world_.trace().add(name_, event);
    }
    if (sim::must_yield(process_)) co_await sim::yield_now();
    co_await stand_still();
    if (handling == Handling::retry && options_.takes.count() == 0) {
      // A retry without any time between would never let the rest of the world go on.
      const sim::Time next = sim::later(process_.now(), std::chrono::milliseconds(1));
      co_await sim::sleep_until(next);
    }
  }
  co_return handling != Handling::stop;
}

// A refusal is in the trace already; the application goes on and learns from poll() what became of
// its partitions.
sim::Task<> Application::commit_positions() {
  co_await stand_still();
  co_await consumer_.commit_sync();
}

sim::Task<> Application::commit_after(ConsumedRecord record) {
  co_await stand_still();
  Offsets offsets;
  offsets[record.partition].offset = record.offset.next();
  co_await consumer_.commit_sync(std::move(offsets));
}

bool Application::is_settled() const {
  if (ended_) return true;
  if (stopping_ || handling_ || process_.now() < stalled_until_ || !consumer_.is_settled())
    return false;
  const bool commits = options_.commits != CommitOrder::never && consumer_.settings().has_group();
  return !commits || !consumer_.has_uncommitted();
}

}  // namespace kafkasim::consumer
