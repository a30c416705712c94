// What a coroutine costs: to spawn and end, to call as a sub-task, and to be destroyed by a crash.
#include <fmt/format.h>

#include "bench/bench.hpp"
#include "sim/loop.hpp"
#include "sim/wait.hpp"

namespace kafkasim::bench {

namespace {

using namespace std::chrono_literals;

sim::Task<> nothing() { co_return; }

sim::Task<int> sub_task(int n) { co_return n + 1; }

sim::Task<> caller(std::uint64_t calls, std::uint64_t* sum) {
  for (std::uint64_t i = 0; i < calls; ++i) {
    const int n = co_await sub_task(1);
    *sum += static_cast<std::uint64_t>(n);
  }
}

sim::Task<> parked(sim::Process* process) { co_await sim::sleep_until(process->now() + 1h); }

double spawn_and_end(std::uint64_t count) {
  sim::Loop loop;
  sim::Process& process = loop.make_process("p");
  return measure([&] {
    for (std::uint64_t i = 0; i < count; ++i) {
      sim::spawn(process, nothing());
      while (loop.step()) {
      }
    }
  });
}

double call_sub_tasks(std::uint64_t count) {
  sim::Loop loop;
  sim::Process& process = loop.make_process("p");
  std::uint64_t sum = 0;
  sim::spawn(process, caller(count, &sum));
  return measure([&] {
    while (loop.step()) {
    }
  });
}

double crash_each(std::uint64_t count) {
  sim::Loop loop;
  sim::Process& process = loop.make_process("p");
  for (std::uint64_t i = 0; i < count; ++i) sim::spawn(process, parked(&process));
  loop.run_until(sim::zero + 1ms);
  return measure([&] { process.crash(); }) / static_cast<double>(count);
}

}  // namespace

void coroutine_benchmarks() {
  constexpr std::uint64_t count = 200'000;
  const std::vector<Alternative> alternatives{
      {"spawn and end", [] { return spawn_and_end(count); }},
      {"sub-task awaited", [] { return call_sub_tasks(count); }}};
  print_comparison("Coroutines, each", alternatives,
                   compare(alternatives, static_cast<double>(count)));
  fmt::print("  {:<44} {:>8.1f} ns\n", "destroyed by a crash (of 200,000)", crash_each(count));
}

}  // namespace kafkasim::bench
