// Signals, slots and mailboxes: deadlines, order, limits.
#include "sim/wait.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

namespace {

Task<> wait_for(Signal* signal, Process* process, Time deadline, std::string name,
                std::vector<std::string>* log) {
  const bool notified = co_await signal->wait(deadline);
  log->push_back(name + (notified ? " notified at " : " timed out at ") +
                 to_string(process->now()));
}

Task<> hold_a_slot(Slots* slots, Process* process, Time deadline, std::string name,
                   std::vector<std::string>* log) {
  const bool got = co_await slots->acquire(deadline);
  log->push_back(name + (got ? " in" : " gave up"));
  if (!got) co_return;
  co_await sleep_until(process->now() + 10ms);
  slots->release();
}

Task<> receive_all(Mailbox<int>* box, std::vector<int>* log) {
  for (;;) {
    std::optional<int> message = co_await box->receive(zero + 1s);
    if (!message) break;
    log->push_back(*message);
  }
  log->push_back(-1);
}

}  // namespace

TEST_CASE("a signal wakes all who wait, in order; the others meet their deadline", "[wait]") {
  Loop loop;
  Process& p = loop.make_process("p");
  Signal signal;
  std::vector<std::string> log;
  spawn(p, wait_for(&signal, &p, zero + 5ms, "a", &log));
  spawn(p, wait_for(&signal, &p, zero + 50ms, "b", &log));
  spawn(p, wait_for(&signal, &p, never, "c", &log));
  loop.run_until(zero + 10ms);
  signal.notify_all();
  loop.run_until(never);
  CHECK(log == std::vector<std::string>{"a timed out at 0.005000", "b notified at 0.010000",
                                        "c notified at 0.010000"});
  signal.notify_all();  // nobody waits: nothing is remembered
  CHECK_FALSE(signal.has_waiters());
}

TEST_CASE("slots are given out first come, first served", "[wait]") {
  Loop loop;
  Process& p = loop.make_process("p");
  Slots slots(1);
  std::vector<std::string> log;
  spawn(p, hold_a_slot(&slots, &p, never, "a", &log));
  spawn(p, hold_a_slot(&slots, &p, zero + 5ms, "b", &log));
  spawn(p, hold_a_slot(&slots, &p, never, "c", &log));
  loop.run_until(never);
  CHECK(log == std::vector<std::string>{"a in", "b gave up", "c in"});
  CHECK(slots.free() == 1);
}

TEST_CASE("a mailbox keeps the order of its messages and ends at the deadline", "[wait]") {
  Loop loop;
  Process& p = loop.make_process("p");
  Mailbox<int> box;
  std::vector<int> log;
  box.push(1);
  spawn(p, receive_all(&box, &log));
  loop.run_until(zero + 1ms);
  box.push(2);
  box.push(3);
  loop.run_until(zero + 2ms);
  CHECK(log == std::vector<int>{1, 2, 3});
  loop.run_until(never);
  CHECK(log.back() == -1);
  CHECK(loop.now() == zero + 1s);
}

TEST_CASE("a full mailbox is a broken invariant, not a silent loss", "[wait]") {
  Mailbox<int> box(2);
  box.push(1);
  box.push(2);
  CHECK_THROWS_AS(box.push(3), InvariantBroken);
}
