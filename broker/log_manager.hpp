// What a broker does for its logs in the background, as Kafka's LogManager: retention, compaction,
// flushing by time, checkpoints; and the time that recovery takes at the start. Flushing of rolled
// segments and checkpoints of high watermarks are the ReplicaManager's. Checkpoints and the
// cleaner's files take no time of the disk, but notice when it fails. Left out: throttling of the
// cleaner, several log directories.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/context.hpp"
#include "broker/log.hpp"
#include "broker/replica_manager.hpp"
#include "broker/storage.hpp"
#include "sim/executor.hpp"

namespace kafkasim::broker {

class LogManager {
 public:
  // Bytes a second that recovery reads and checks.
  static constexpr std::int64_t recovery_rate = 200'000'000;

  // Requires: all three outlive the process; so does the LogManager.
  LogManager(const Context& context, const Storage& storage, ReplicaManager& replicas);

  // To be awaited before any log is opened: reads what an unclean stop left to be checked.
  sim::Task<> recover();
  // Starts the tasks.
  void start();

 private:
  sim::Task<> retain();
  sim::Task<> flush_by_time();
  sim::Task<> checkpoint_recovery_points();
  sim::Task<> checkpoint_log_starts();
  sim::Task<> clean_for_ever();

  void delete_old_segments(const protocol::TopicPartition& partition);
  // The next log to compact; none when there is nothing to do.
  std::optional<protocol::TopicPartition> dirtiest();
  // False when nothing came of it.
  bool clean(const protocol::TopicPartition& partition);

  const Context& context_;
  const Storage& storage_;
  ReplicaManager& replicas_;
  sim::Duration initial_delay_;
};

// What opening this log will have to read: nothing after a clean stop, otherwise every segment from
// the recovery point on.
std::int64_t bytes_to_recover(const LogStorage& log);

}  // namespace kafkasim::broker
