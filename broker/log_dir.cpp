// Going offline, and the end of the broker.
#include "broker/log_dir.hpp"

#include <utility>

#include "protocol/events.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

using sim::DiskResult;

namespace {

// Another thread of Kafka's ends the process: answers that tell of the error can still leave.
constexpr sim::Duration time_to_halt = std::chrono::milliseconds(5);

}  // namespace

LogDir::LogDir(const Context& context, std::function<void()> went_offline)
    : context_(context), disk_(context.host.disk()), went_offline_(std::move(went_offline)) {}

bool LogDir::open() {
  const DiskResult result = disk_.write_result();
  if (result == DiskResult::done) return true;
  offline_ = true;
  report(result);
  context_.host.crash();
  return false;
}

bool LogDir::accepts_write() {
  if (is_instant()) return true;
  return succeeded(disk_.write_result());
}

sim::Task<bool> LogDir::write() {
  if (offline_) co_return false;
  const DiskResult result = co_await disk_.write();
  co_return succeeded(result);
}

sim::Task<bool> LogDir::flush() {
  if (offline_) co_return false;
  const DiskResult result = co_await disk_.flush();
  co_return succeeded(result);
}

sim::Task<bool> LogDir::scan(sim::Duration takes) {
  if (offline_) co_return false;
  const DiskResult result = co_await disk_.scan(takes);
  co_return succeeded(result);
}

bool LogDir::succeeded(DiskResult result) {
  if (offline_) return false;
  if (result == DiskResult::done) return true;
  offline_ = true;
  report(result);
  sim::spawn(context_.process, halt_soon());
  went_offline_();
  return false;
}

void LogDir::report(DiskResult result) const {
  context_.report(protocol::events::LogDirFailed{
      result == DiskResult::full ? "No space left on device" : "Input/output error"});
}

sim::Task<> LogDir::halt_soon() {
  co_await sim::sleep_until(context_.now() + time_to_halt);
  context_.host.crash();
}

}  // namespace kafkasim::broker
