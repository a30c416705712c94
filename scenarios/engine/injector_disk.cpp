// What befalls disks, and how it ends. A disk that failed is replaced by an empty one when its
// broker restarts, but not while the fault lasts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/engine/injector.hpp"
#include "scenarios/engine/injector_armed.hpp"

namespace kafkasim::scenarios {

namespace {

std::string begins(const Action& action, const std::string& disks) {
  switch (action.disk_fault) {
    case DiskFault::fail:
      return fmt::format("the disk of {} fails", disks);
    case DiskFault::full:
      return fmt::format("the disk of {} is full", disks);
    case DiskFault::slow:
      return fmt::format("the disk of {} slows down: {} more for each operation", disks,
                         sim::to_string(action.disk_slowness));
    case DiskFault::corrupt_tail:
      return fmt::format("what {} had not flushed to its disk is torn", disks);
  }
  return {};
}

std::string ends(DiskFault fault, const std::string& disks) {
  switch (fault) {
    case DiskFault::fail:
      return fmt::format("there is a new, empty disk for {}", disks);
    case DiskFault::full:
      return fmt::format("there is room again on the disk of {}", disks);
    case DiskFault::slow:
    case DiskFault::corrupt_tail:
      break;
  }
  return fmt::format("the disk of {} is fast again", disks);
}

void befall(sim::Disk& disk, const Action& action, bool ends_later) {
  switch (action.disk_fault) {
    case DiskFault::fail:
      return disk.fail(!ends_later);
    case DiskFault::full:
      return disk.set_full(true);
    case DiskFault::slow:
      return disk.set_slowness(action.disk_slowness);
    case DiskFault::corrupt_tail:
      return;
  }
}

void heal(sim::Disk& disk, DiskFault fault) {
  switch (fault) {
    case DiskFault::fail:
      return disk.make_replaceable();
    case DiskFault::full:
      return disk.set_full(false);
    case DiskFault::slow:
      return disk.set_slowness(sim::Duration::zero());
    case DiskFault::corrupt_tail:
      return;
  }
}

}  // namespace

void Injector::disk(Armed& a) {
  const Action& action = a.event.action;
  const std::vector<std::string> names = resolve(action.targets);
  if (names.empty())
    return report(a, fmt::format("{} on no disk: no such role now", to_string(action.disk_fault)));
  const std::string disks = fmt::format("{}", fmt::join(names, ", "));
  report(a, begins(action, disks) + lasting(a.event));
  for (const std::string& name : names) {
    if (action.disk_fault == DiskFault::corrupt_tail) stage_.corrupt_tail(name);
    befall(stage_.world().host(name)->disk(), action, a.event.lasts.has_value());
  }
  end_later(
      a,
      [this, names, fault = action.disk_fault] {
        for (const std::string& name : names) heal(stage_.world().host(name)->disk(), fault);
      },
      ends(action.disk_fault, disks));
}

}  // namespace kafkasim::scenarios
