// The directory on the host's disk that holds all logs of a broker, and what Kafka makes of errors
// there: the directory goes offline, and as it is the only one, the broker halts. Left out: several
// directories, and reading from a failed disk (the page cache serves reads).
#pragma once

#include <functional>

#include "broker/context.hpp"
#include "sim/disk.hpp"
#include "sim/executor.hpp"

namespace kafkasim::broker {

class LogDir {
 public:
  // `went_offline` is called once, from inside of the operation that failed. Requires: the context
  // outlives the process.
  LogDir(const Context& context, std::function<void()> went_offline);

  // A broker that starts reads and writes there first: on a bad disk it ends here, and the answer
  // is false.
  [[nodiscard]] bool open();
  bool is_offline() const { return offline_; }
  // Every operation succeeds at once: there is no need to await it.
  bool is_instant() const { return disk_.is_instant(); }
  // For who does not wait: would a write fail now? Then it has, with all that follows.
  [[nodiscard]] bool accepts_write();

  // Each takes as long as the disk does. False: the directory is offline.
  sim::Task<bool> write();
  sim::Task<bool> flush();
  sim::Task<bool> scan(sim::Duration takes);

 private:
  bool succeeded(sim::DiskResult result);
  void report(sim::DiskResult result) const;
  sim::Task<> halt_soon();

  const Context& context_;
  sim::Disk& disk_;
  std::function<void()> went_offline_;
  bool offline_ = false;
};

}  // namespace kafkasim::broker
