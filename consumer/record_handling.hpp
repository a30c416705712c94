// How an application handles one record: it takes its time, comes to an end of some kind, is tried
// again, given up or parked, and says so to the trace. The polling thread or several workers do so
// side by side.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "consumer/application_options.hpp"
#include "sim/world.hpp"

namespace kafkasim::consumer {

// What the trace says of a failure that is the end of the application.
inline constexpr std::string_view application_ends = "the application ends";

class RecordHandling {
 public:
  // All must outlive it, or die with the process. `group` may be empty.
  RecordHandling(sim::World& world, sim::Process& process, const std::string& name,
                 std::string group, const ApplicationOptions& options);

  // Returns when the application is done with the record: true, or false when that is the end of
  // the application. After what is reported on the way, what that triggers acts first.
  sim::Task<bool> handle(ConsumedRecord record);

  // How long handling takes from the next attempt on.
  void set_takes(sim::Duration takes) { takes_ = takes; }
  // All threads of the application stand still until then, each at the end of what it does.
  void stall(sim::Time until) { stalled_until_ = std::max(stalled_until_, until); }
  bool is_stalled() const { return process_.now() < stalled_until_; }
  sim::Task<> stand_still();

 private:
  sim::Task<> work_on();
  void report_handled(const ConsumedRecord& record, bool has_effect);
  void report_failed(const ConsumedRecord& record, const HandlingResult& result);
  void report_parked(const ConsumedRecord& record);

  sim::World& world_;
  sim::Process& process_;
  const std::string& name_;
  const std::string group_;
  const ApplicationOptions& options_;
  sim::Duration takes_;
  sim::Time stalled_until_;
};

}  // namespace kafkasim::consumer
