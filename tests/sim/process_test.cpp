// Processes and coroutines: a crash frees every frame, parked or in flight, and nothing of the dead
// happens any more.
#include "sim/process.hpp"

#include <stdexcept>
#include <string>

#include "sim/wait.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

namespace {

// Counts the frames that are alive.
struct Frame {
  explicit Frame(int* count) : alive(count) { ++*alive; }
  ~Frame() { --*alive; }
  Frame(const Frame&) = delete;
  int* alive;
  std::string heap = "long enough to live on the heap, so that a double free is seen";
};

Task<> nested(Process* process, int* frames, int depth) {
  Frame frame(frames);
  if (depth > 1) {
    co_await nested(process, frames, depth - 1);
  } else {
    co_await sleep_until(process->now() + 1s);
  }
}

Task<> ticker(Process* process, int* ticks) {
  for (;;) {
    co_await sleep_until(process->now() + 1ms);
    ++*ticks;
  }
}

Task<> waiter(Mailbox<std::string>* box, int* frames, int* got, Time deadline) {
  Frame frame(frames);
  for (;;) {
    std::optional<std::string> message = co_await box->receive(deadline);
    if (!message) break;
    ++*got;
  }
}

Task<> kills_itself(Process* process, int* frames, int* after) {
  Frame frame(frames);
  co_await sleep_until(process->now() + 1ms);
  process->crash();
  ++*after;
  co_await sleep_until(process->now() + 1ms);
  *after += 100;
}

Task<> throws(Process* process) {
  co_await sleep_until(process->now() + 1ms);
  throw std::runtime_error("boom");
}

}  // namespace

TEST_CASE("a crash frees nested frames at once and spares other processes", "[process]") {
  Loop loop;
  Process& p = loop.make_process("p");
  Process& q = loop.make_process("q");
  int frames = 0;
  int ticks = 0;
  spawn(p, nested(&p, &frames, 3));
  spawn(p, nested(&p, &frames, 2));
  spawn(q, ticker(&q, &ticks));
  loop.run_until(zero + 5ms);
  CHECK(frames == 5);
  p.crash();
  CHECK(frames == 0);
  loop.run_until(zero + 10ms);
  CHECK(ticks == 10);
}

TEST_CASE("a coroutine that has not started dies with its process, and a dead process starts none",
          "[process]") {
  Loop loop;
  Process& p = loop.make_process("p");
  int frames = 0;
  spawn(p, nested(&p, &frames, 1));
  p.crash();
  loop.run_until(never);
  spawn(p, nested(&p, &frames, 1));
  loop.run_until(never);
  CHECK(frames == 0);
}

TEST_CASE("a process that kills itself runs on to its next wait and no further", "[process]") {
  Loop loop;
  Process& p = loop.make_process("p");
  int frames = 0;
  int after = 0;
  spawn(p, kills_itself(&p, &frames, &after));
  spawn(p, nested(&p, &frames, 2));
  loop.run_until(never);
  CHECK(after == 1);
  CHECK(frames == 0);
}

TEST_CASE("those who wait at a mailbox die with their process, with and without a deadline",
          "[process]") {
  Loop loop;
  Process& p = loop.make_process("p");
  Mailbox<std::string> one;
  Mailbox<std::string> two;
  int frames = 0;
  int got = 0;
  spawn(p, waiter(&one, &frames, &got, never));
  spawn(p, waiter(&two, &frames, &got, zero + 1h));
  loop.run_until(zero + 1ms);
  one.push("m");
  loop.run_until(zero + 2ms);
  CHECK(got == 1);
  p.crash();
  CHECK(frames == 0);
  one.push("to nobody");
  loop.run_until(never);
  CHECK(got == 1);
  CHECK(one.size() == 1);
}

TEST_CASE("an exception that leaves a coroutine ends the run", "[process]") {
  Loop loop;
  Process& p = loop.make_process("p");
  spawn(p, throws(&p));
  CHECK_THROWS_AS(loop.run_until(never), std::runtime_error);
  CHECK(loop.running() == nullptr);
}

TEST_CASE("a world with thousands of parked coroutines ends without a leak", "[process]") {
  int frames = 0;
  {
    Loop loop;
    for (int i = 0; i < 20; ++i) {
      Process& p = loop.make_process("p");
      for (int k = 0; k < 100; ++k) spawn(p, nested(&p, &frames, 3));
    }
    loop.run_until(zero + 1ms);
    CHECK(frames == 6000);
  }
  CHECK(frames == 0);
}
