// The loop: total order, moving and cancelling, actions after an event, pauses.
#include "sim/loop.hpp"

#include <deque>
#include <queue>

#include "sim/process.hpp"
#include "sim/rng.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

namespace {

struct Note : Event {
  Note(std::vector<int>& l, int n, Process* process = nullptr)
      : Event(fire, process), log(l), number(n) {}
  static void fire(Event& event, bool) {
    auto& self = static_cast<Note&>(event);
    self.log.push_back(self.number);
    if (self.then) self.then();
  }
  std::vector<int>& log;
  int number;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("events happen in the order of their times, ties in the order of scheduling", "[loop]") {
  Loop loop;
  std::vector<int> log;
  Note a(log, 1), b(log, 2), c(log, 3);
  loop.schedule(a, zero + 2ms);
  loop.schedule(b, zero + 1ms);
  loop.schedule(c, zero + 2ms);
  loop.run_until(never);
  CHECK(log == std::vector<int>{2, 1, 3});
  CHECK(loop.now() == zero + 2ms);
}

TEST_CASE("an event can be moved and cancelled, and a time in the past means now", "[loop]") {
  Loop loop;
  std::vector<int> log;
  Note a(log, 1), b(log, 2), c(log, 3);
  loop.schedule(a, zero + 1ms);
  loop.schedule(b, zero + 2ms);
  loop.schedule(c, zero + 3ms);
  loop.schedule(a, zero + 5ms);
  loop.disarm(c);
  b.then = [&] { loop.schedule(c, zero); };
  loop.run_until(zero + 4ms);
  CHECK(log == std::vector<int>{2, 3});
  CHECK(loop.now() == zero + 4ms);
  CHECK(a.is_armed());
  loop.run_until(never);
  CHECK(log == std::vector<int>{2, 3, 1});
}

TEST_CASE("random arming, moving and cancelling agrees with a plain queue", "[loop]") {
  Rng rng(5);
  Loop loop;
  std::vector<int> log;
  std::deque<Note> events;
  for (int i = 0; i < 50; ++i) events.emplace_back(log, i);
  // The model: for each event its time and the order in which it was scheduled last.
  std::vector<std::pair<Time, int>> model(50, {never, 0});
  std::vector<int> expected;
  int order = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::size_t which = rng.below(50);
    switch (rng.below(4)) {
      case 0:
        loop.disarm(events[which]);
        model[which].first = never;
        break;
      case 1: {
        std::size_t next = 50;
        for (std::size_t i = 0; i < 50; ++i) {
          if (model[i].first != never && (next == 50 || model[i] < model[next])) next = i;
        }
        if (next != 50) {
          expected.push_back(static_cast<int>(next));
          model[next].first = never;
        }
        loop.step();
        break;
      }
      default: {
        const Time at = loop.now() + rng.between(Duration(0), Duration(20));
        loop.schedule(events[which], at);
        model[which] = {at, order++};
      }
    }
    REQUIRE(log == expected);
  }
  CHECK(expected.size() > 500);
  for (Note& event : events) loop.disarm(event);
}

TEST_CASE("an action asked for by an event runs before anything else that is due", "[loop]") {
  Loop loop;
  std::vector<int> log;
  Note a(log, 1), b(log, 2);
  loop.schedule(a, zero + 1ms);
  loop.schedule(b, zero + 1ms);
  a.then = [&] {
    loop.after_this_event([&] { log.push_back(10); });
    log.push_back(11);
  };
  loop.run_until(never);
  CHECK(log == std::vector<int>{1, 11, 10, 2});
}

TEST_CASE("what comes due during a pause happens at the end of it, in order", "[loop]") {
  Loop loop;
  std::vector<int> log;
  Process& process = loop.make_process("p");
  Note a(log, 1, &process), b(log, 2, &process), c(log, 3);
  loop.schedule(a, zero + 1ms);
  loop.schedule(b, zero + 2ms);
  loop.schedule(c, zero + 3ms);
  process.pause();
  loop.run_until(zero + 5ms);
  CHECK(log == std::vector<int>{3});
  process.resume();
  loop.run_until(never);
  CHECK(log == std::vector<int>{3, 1, 2});
  CHECK(loop.now() == zero + 5ms);
}

TEST_CASE("an event that came due during a pause can still be cancelled", "[loop]") {
  Loop loop;
  std::vector<int> log;
  Process& process = loop.make_process("p");
  Note a(log, 1, &process);
  loop.schedule(a, zero + 1ms);
  process.pause();
  loop.run_until(zero + 2ms);
  loop.disarm(a);
  process.resume();
  loop.run_until(never);
  CHECK(log.empty());
}
