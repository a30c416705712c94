// The course of handling one record.
#include "consumer/record_handling.hpp"

#include <fmt/format.h>

#include <utility>

#include "protocol/events.hpp"
#include "sim/check.hpp"
#include "sim/wait.hpp"

namespace kafkasim::consumer {

namespace events = protocol::events;

namespace {

// A retry without any time between would never let the rest of the world go on.
constexpr sim::Duration shortest_retry = std::chrono::milliseconds(1);

template <class Event>
Event event_of(const std::string& group, const ConsumedRecord& record) {
  Event event;
  event.group = group;
  event.partition = record.partition;
  event.offset = record.offset;
  event.record = record.record;
  return event;
}

}  // namespace

RecordHandling::RecordHandling(sim::World& world, sim::Process& process, const std::string& name,
                               std::string group, const ApplicationOptions& options)
    : world_(world),
      process_(process),
      name_(name),
      group_(std::move(group)),
      options_(options),
      takes_(options.takes),
      stalled_until_(process.now()) {}

sim::Task<bool> RecordHandling::handle(ConsumedRecord record) {
  while (true) {
    co_await work_on();
    HandlingResult result(Handling::done);
    if (options_.handle) result = options_.handle(record);
    if (result.handling == Handling::done) {
      report_handled(record, result.has_effect);
    } else {
      report_failed(record, result);
    }
    if (sim::must_yield(process_)) co_await sim::yield_now();
    co_await stand_still();
    if (result.handling == Handling::park) {
      CHECKED(options_.dead_letters != nullptr, "{} parks a record, but has nowhere to", name_);
      const bool parked = co_await options_.dead_letters->park(record);
      if (!parked) co_return false;
      report_parked(record);
      if (sim::must_yield(process_)) co_await sim::yield_now();
      co_await stand_still();
    }
    if (result.handling != Handling::retry) co_return result.handling != Handling::stop;
    if (takes_ < shortest_retry) {
      const sim::Time next = sim::later(process_.now(), shortest_retry);
      co_await sim::sleep_until(next);
    }
  }
}

sim::Task<> RecordHandling::work_on() {
  if (takes_.count() <= 0) co_return;
  const sim::Time done = sim::later(process_.now(), takes_);
  co_await sim::sleep_until(done);
}

sim::Task<> RecordHandling::stand_still() {
  while (process_.now() < stalled_until_) co_await sim::sleep_until(stalled_until_);
}

void RecordHandling::report_handled(const ConsumedRecord& record, bool has_effect) {
  auto event = event_of<events::Handled>(group_, record);
  event.has_effect = has_effect;
  world_.trace().add(name_, event);
}

void RecordHandling::report_failed(const ConsumedRecord& record, const HandlingResult& result) {
  auto event = event_of<events::HandlingFailed>(group_, record);
  event.attempt = result.attempt;
  switch (result.handling) {
    case Handling::done:
      break;
    case Handling::skip:
      event.then = "skips it";
      break;
    case Handling::retry:
      event.then = "tries again";
      break;
    case Handling::stop:
      event.then = application_ends;
      break;
    case Handling::park:
      event.then = "parks it in " + options_.dead_letters->topic();
      break;
  }
  world_.trace().add(name_, event);
}

void RecordHandling::report_parked(const ConsumedRecord& record) {
  auto event = event_of<events::Parked>(group_, record);
  event.topic = options_.dead_letters->topic();
  world_.trace().add(name_, event);
}

}  // namespace kafkasim::consumer
