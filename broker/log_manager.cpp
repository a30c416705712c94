// The tasks: each sleeps, looks at all logs in order of their names, and reports what it removed.
#include "broker/log_manager.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "protocol/events.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;
using protocol::TopicPartition;

namespace {

// However short the settings make it: time has to pass between two rounds of a task.
sim::Duration interval(const Context& context, std::string_view setting) {
  return std::max<sim::Duration>(context.config.duration_ms(setting), std::chrono::milliseconds(1));
}

// The records that went, in batches of only these.
std::vector<StoredBatch> records_gone(const Cleaned& cleaned) {
  std::set<Offset> kept;
  for (const StoredBatch& stored : cleaned.kept) {
    for (const protocol::Record& record : stored.batch->records)
      kept.insert(stored.base_offset + record.offset_delta);
  }
  std::vector<StoredBatch> gone;
  for (const StoredBatch& stored : cleaned.removed) {
    if (stored.batch->is_control()) continue;
    protocol::RecordBatch batch = *stored.batch;
    std::erase_if(batch.records, [&](const protocol::Record& record) {
      return kept.contains(stored.base_offset + record.offset_delta);
    });
    if (batch.records.empty()) continue;
    gone.push_back(stored);
    gone.back().batch = protocol::make_ref<protocol::RecordBatch>(std::move(batch));
  }
  return gone;
}

}  // namespace

std::int64_t bytes_to_recover(const LogStorage& log) {
  if (log.clean_shutdown) return 0;
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < log.segments.size(); ++i) {
    const bool is_checked = i + 1 < log.segments.size() &&
                            log.segments[i + 1].base_offset <= log.recovery_point_checkpoint;
    if (!is_checked) bytes += log.segments[i].size_in_bytes;
  }
  return bytes;
}

LogManager::LogManager(const Context& context, const Storage& storage, ReplicaManager& replicas)
    : context_(context),
      storage_(storage),
      replicas_(replicas),
      initial_delay_(context.config.duration_ms("log.initial.task.delay.ms")) {}

sim::Task<> LogManager::recover() {
  std::int64_t bytes = 0;
  for (const auto& [partition, log] : storage_.logs) bytes += bytes_to_recover(log);
  if (bytes == 0) co_return;
  constexpr std::int64_t nanoseconds = 1'000'000'000;
  const sim::Duration takes(bytes / recovery_rate * nanoseconds +
                            bytes % recovery_rate * nanoseconds / recovery_rate);
  co_await replicas_.log_dir().scan(takes);
}

void LogManager::start() {
  sim::spawn(context_.process, retain());
  sim::spawn(context_.process, flush_by_time());
  sim::spawn(context_.process, checkpoint_recovery_points());
  sim::spawn(context_.process, checkpoint_log_starts());
  if (!context_.config.flag("log.cleaner.enable")) return;
  const std::int32_t threads = context_.config.int_value("log.cleaner.threads");
  for (std::int32_t i = 0; i < threads; ++i) sim::spawn(context_.process, clean_for_ever());
}

// ---- retention ----

sim::Task<> LogManager::retain() {
  const sim::Duration every = interval(context_, "log.retention.check.interval.ms");
  co_await sim::sleep_until(sim::later(context_.now(), initial_delay_));
  for (;;) {
    const std::vector<TopicPartition> partitions = replicas_.hosted_partitions();
    for (const TopicPartition& partition : partitions) {
      const Log* log = replicas_.log(partition);
      // Of compacted ones the cleaner takes care.
      if (log != nullptr && !log->config().compacted) delete_old_segments(partition);
      if (sim::must_yield(context_.process)) co_await sim::yield_now();
    }
    co_await sim::sleep_until(sim::later(context_.now(), every));
  }
}

void LogManager::delete_old_segments(const TopicPartition& partition) {
  Log* log = replicas_.log(partition);
  if (log == nullptr) return;
  for (Deleted& deleted : log->delete_old_segments(context_.wall_clock_ms()))
    replicas_.report_deletion(partition, std::move(deleted));
}

// ---- flushing ----

// A topic's flush.ms acts through this only, and by default this never runs.
sim::Task<> LogManager::flush_by_time() {
  const sim::Duration every = interval(context_, "log.flush.scheduler.interval.ms");
  co_await sim::sleep_until(sim::later(context_.now(), initial_delay_));
  for (;;) {
    const std::vector<TopicPartition> partitions = replicas_.hosted_partitions();
    for (const TopicPartition& partition : partitions) {
      const Log* log = replicas_.log(partition);
      if (log == nullptr) continue;
      const std::optional<Offset> to = log->flush_due_by_time(context_.wall_clock_ms());
      if (!to) continue;
      const Offset end = *to;
      co_await replicas_.flush(partition, end);
    }
    co_await sim::sleep_until(sim::later(context_.now(), every));
  }
}

// ---- compaction ----

// One of the cleaner's threads: as long as there is something to clean it goes on, the dirtiest log
// first, then it pauses.
sim::Task<> LogManager::clean_for_ever() {
  const sim::Duration backoff = interval(context_, "log.cleaner.backoff.ms");
  for (;;) {
    const std::optional<TopicPartition> next = dirtiest();
    bool progressed = false;
    if (next) {
      if (!replicas_.log_dir().accepts_write()) co_return;
      progressed = clean(*next);
      if (sim::must_yield(context_.process)) co_await sim::yield_now();
    }
    for (const TopicPartition& partition : replicas_.hosted_partitions()) {
      const Log* log = replicas_.log(partition);
      if (log != nullptr && log->config().compacted) delete_old_segments(partition);
    }
    if (!progressed) co_await sim::sleep_until(sim::later(context_.now(), backoff));
  }
}

// Of those that are due: an overdue one goes first, then the one of which most is dirty.
std::optional<TopicPartition> LogManager::dirtiest() {
  std::optional<TopicPartition> best;
  std::pair<bool, std::int64_t> most{false, -1};
  for (const TopicPartition& partition : replicas_.hosted_partitions()) {
    const Log* log = replicas_.log(partition);
    if (log == nullptr || !log->config().compacted) continue;
    const Cleanable cleanable = log->cleanable(context_.wall_clock_ms());
    const std::pair<bool, std::int64_t> dirty{cleanable.overdue_ms > 0, cleanable.dirty_ppm()};
    if (!cleanable.is_due || dirty <= most) continue;
    best = partition;
    most = dirty;
  }
  return best;
}

bool LogManager::clean(const TopicPartition& partition) {
  Log* log = replicas_.log(partition);
  if (log == nullptr || !log->cleanable(context_.wall_clock_ms()).is_due) return false;
  const Cleaned cleaned = log->clean(context_.wall_clock_ms());
  if (context_.world.trace().enabled()) {
    context_.report(protocol::events::Compacted{partition, cleaned.clean_until,
                                                cleaned.bytes_before, cleaned.bytes_after,
                                                records_gone(cleaned)});
  }
  return cleaned.clean_until > cleaned.from;
}

// ---- checkpoints ----

sim::Task<> LogManager::checkpoint_recovery_points() {
  const sim::Duration every = interval(context_, "log.flush.offset.checkpoint.interval.ms");
  co_await sim::sleep_until(sim::later(context_.now(), initial_delay_));
  for (;;) {
    if (!replicas_.log_dir().accepts_write()) co_return;
    for (const TopicPartition& partition : replicas_.hosted_partitions()) {
      if (Log* log = replicas_.log(partition)) log->checkpoint_recovery_point();
    }
    co_await sim::sleep_until(sim::later(context_.now(), every));
  }
}

sim::Task<> LogManager::checkpoint_log_starts() {
  const sim::Duration every = interval(context_, "log.flush.start.offset.checkpoint.interval.ms");
  co_await sim::sleep_until(sim::later(context_.now(), initial_delay_));
  for (;;) {
    if (!replicas_.log_dir().accepts_write()) co_return;
    for (const TopicPartition& partition : replicas_.hosted_partitions()) {
      if (Log* log = replicas_.log(partition)) log->checkpoint_start_offset();
    }
    co_await sim::sleep_until(sim::later(context_.now(), every));
  }
}

}  // namespace kafkasim::broker
