// Disks: order, time, and what becomes of operations when the disk or the process dies.
#include "sim/disk.hpp"

#include <string>
#include <vector>

#include "sim/wait.hpp"
#include "sim/world.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

namespace {

std::string text(DiskResult result) {
  switch (result) {
    case DiskResult::done:
      return "done";
    case DiskResult::full:
      return "full";
    case DiskResult::failed:
      return "failed";
  }
  return "?";
}

enum class What { write, flush };

struct Machine {
  World world{1, LatencyRange{Duration(1ms), Duration(1ms)}};
  Host& host = world.add_host("broker-1");
  Process* process = &host.boot();
  std::vector<std::string> log;

  ~Machine() { host.crash(); }
  static Task<> use(Machine* self, What what, std::string name) {
    DiskResult result = DiskResult::done;
    if (what == What::write) {
      result = co_await self->host.disk().write();
    } else {
      result = co_await self->host.disk().flush();
    }
    self->log.push_back(name + " " + text(result) + " at " + to_string(self->world.now()));
  }
  void start(What what, std::string name) { spawn(*process, use(this, what, std::move(name))); }
  void run(Duration duration) { world.loop().run_until(world.now() + duration); }
};

Task<> idle() { co_return; }

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a disk without delays does everything at once and asks for no event", "[disk]") {
  Machine machine;
  const auto events_of_two = [&](bool use_disk) {
    const std::uint64_t before = machine.world.loop().events_run();
    for (const What what : {What::write, What::flush}) {
      if (use_disk) {
        machine.start(what, "a");
      } else {
        spawn(*machine.process, idle());
      }
    }
    machine.run(1ms);
    return machine.world.loop().events_run() - before;
  };
  CHECK(machine.host.disk().is_instant());
  const std::uint64_t with_disk = events_of_two(true);
  CHECK(with_disk == events_of_two(false));
  CHECK(machine.log == Lines{"a done at 0.000000", "a done at 0.000000"});
}

TEST_CASE("operations take their time one after the other, in the order asked for", "[disk]") {
  Machine machine;
  machine.host.disk().set_speed(5ms, 40ms);
  machine.start(What::write, "a");
  machine.start(What::flush, "b");
  machine.start(What::write, "c");
  machine.run(1ms);
  CHECK(machine.host.disk().waiting() == 3);
  CHECK_FALSE(machine.host.disk().is_instant());
  machine.run(1s);
  CHECK(machine.log == Lines{"a done at 0.005000", "b done at 0.045000", "c done at 0.050000"});
  CHECK(machine.host.disk().waiting() == 0);
}

TEST_CASE("a write that takes no time waits for the flush before it", "[disk]") {
  Machine machine;
  machine.host.disk().set_speed(0ms, 40ms);
  machine.start(What::flush, "a");
  machine.start(What::write, "b");
  machine.start(What::write, "c");
  machine.run(1s);
  CHECK(machine.log == Lines{"a done at 0.040000", "b done at 0.040000", "c done at 0.040000"});
}

TEST_CASE("a slow disk adds to each operation as long as it is slow", "[disk]") {
  Machine machine;
  machine.host.disk().set_speed(1ms, 2ms);
  machine.host.disk().set_slowness(200ms);
  machine.start(What::write, "a");
  machine.start(What::flush, "b");
  machine.run(1s);
  machine.host.disk().set_slowness(0ms);
  machine.start(What::write, "c");
  machine.run(1s);
  CHECK(machine.log == Lines{"a done at 0.201000", "b done at 0.403000", "c done at 1.001000"});
}

TEST_CASE("a full disk refuses writes, also those under way, but flushes", "[disk]") {
  Machine machine;
  machine.host.disk().set_speed(10ms, 10ms);
  machine.start(What::write, "a");
  machine.run(5ms);
  machine.host.disk().set_full(true);
  CHECK(machine.host.disk().write_result() == DiskResult::full);
  machine.start(What::flush, "b");
  machine.start(What::write, "c");
  machine.run(1s);
  machine.host.disk().set_full(false);
  machine.start(What::write, "d");
  machine.run(1s);
  CHECK(machine.log == Lines{"a full at 0.010000", "b done at 0.020000", "c full at 0.030000",
                             "d done at 1.015000"});
}

TEST_CASE("a failed disk fails everything until it is replaced", "[disk]") {
  Machine machine;
  machine.host.disk().set_speed(10ms, 10ms);
  machine.start(What::write, "a");
  machine.run(5ms);
  machine.host.disk().fail(false);
  machine.start(What::flush, "b");
  machine.run(100ms);
  CHECK(machine.log == Lines{"b failed at 0.005000", "a failed at 0.010000"});
  CHECK(machine.host.disk().has_failed());
  CHECK_FALSE(machine.host.disk().may_be_replaced());
  machine.host.disk().make_replaceable();
  CHECK(machine.host.disk().may_be_replaced());
  machine.host.disk().replace();
  machine.log.clear();
  machine.start(What::write, "c");
  machine.run(1s);
  CHECK(machine.log == Lines{"c done at 0.115000"});
}

TEST_CASE("a process that dies leaves no operation behind", "[disk]") {
  Machine machine;
  machine.host.disk().set_speed(10ms, 10ms);
  machine.start(What::write, "a");
  machine.start(What::write, "b");
  machine.run(5ms);
  machine.host.crash();
  CHECK(machine.host.disk().waiting() == 0);
  machine.process = &machine.host.boot();
  machine.start(What::write, "c");
  machine.run(1s);
  CHECK(machine.log == Lines{"c done at 0.015000"});
}

TEST_CASE("a clock that is off changes what time a host says, not when its timers ring", "[disk]") {
  Machine machine;
  machine.host.set_clock_offset(-2s);
  CHECK(machine.host.wall_clock_ms(zero) == to_epoch_ms(zero) - 2000);
  machine.host.disk().set_speed(10ms, 0ms);
  machine.start(What::write, "a");
  machine.run(1s);
  CHECK(machine.log == Lines{"a done at 0.010000"});
}
