// What the partitions of this broker ask of its disk: appends that wait for a flush before they
// count, copies that are written and flushed before the next fetch says so, segments that are
// flushed in the background, and the end when the disk fails.
#include <algorithm>
#include <utility>

#include "broker/replica_manager.hpp"
#include "protocol/events.hpp"

namespace kafkasim::broker {

using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::TopicPartition;

void ReplicaManager::went_offline() {
  for (auto& [id, here] : hosted_) here->wake_all();
}

bool ReplicaManager::leads(const TopicPartition& partition) const {
  const Hosted* here = hosted(partition);
  return here != nullptr && here->partition.is_leader();
}

// ---- as leader ----

std::optional<ReplicaManager::Unsettled> ReplicaManager::settle(Hosted& here,
                                                                const Effects& effects) {
  flush_rolled(here);
  const std::optional<Offset> flush_to = here.partition.log().flush_due();
  if (flush_to && !log_dir_.is_instant())
    return Unsettled{here.partition.id(), here.partition.leader_epoch(), *flush_to};
  here.at_end.notify_all();
  act_on(here, flush_to ? here.partition.settle_append(flush_to, context_.now()) : effects);
  return std::nullopt;
}

sim::Task<> ReplicaManager::flush_append(Unsettled append) {
  const bool flushed = co_await log_dir_.flush();
  Hosted* here = hosted(append.partition);
  // In another epoch the log may have been cut and written anew since.
  if (!flushed || here == nullptr || here->partition.leader_epoch() != append.leader_epoch) {
    co_return;
  }
  here->at_end.notify_all();
  act_on(*here, here->partition.settle_append(append.flush_to, context_.now()));
}

sim::Task<> ReplicaManager::settle_internal(TopicPartition partition, LeaderEpoch epoch) {
  const bool written = co_await log_dir_.write();
  Hosted* here = hosted(partition);
  if (!written || here == nullptr || here->partition.leader_epoch() != epoch) co_return;
  const Effects effects = here->partition.settle_append(std::nullopt, context_.now());
  const std::optional<Unsettled> unsettled = settle(*here, effects);
  if (!unsettled) co_return;
  const Unsettled append = *unsettled;
  co_await flush_append(append);
}

// ---- as follower ----

sim::Task<bool> ReplicaManager::write(std::size_t partitions) {
  for (std::size_t i = 0; i < partitions && !log_dir_.is_instant(); ++i) {
    const bool written = co_await log_dir_.write();
    if (!written) co_return false;
  }
  co_return !log_dir_.is_offline();
}

sim::Task<> ReplicaManager::flush_if_due(TopicPartition partition) {
  const Partition* copied = following(partition);
  if (copied == nullptr) co_return;
  const std::optional<Offset> to = copied->log().flush_due();
  const LeaderEpoch epoch = copied->leader_epoch();
  if (!to) co_return;
  if (!log_dir_.is_instant()) co_await log_dir_.flush();
  Partition* still = following(partition);
  if (still != nullptr && still->leader_epoch() == epoch) still->log().flushed(*to, now_ms());
}

// ---- either ----

void ReplicaManager::flush_rolled(Hosted& here) {
  Log& log = here.partition.log();
  for (const Offset to : log.take_rolled()) {
    if (log_dir_.is_instant()) {
      log.flushed(to, now_ms());
    } else {
      sim::spawn(context_.process, flush(here.partition.id(), to));
    }
  }
}

sim::Task<> ReplicaManager::flush(TopicPartition partition, Offset to) {
  if (hosted(partition) == nullptr) co_return;
  const LeaderEpoch epoch = hosted(partition)->partition.leader_epoch();
  const bool flushed = co_await log_dir_.flush();
  Hosted* here = hosted(partition);
  // In another epoch the log may have been cut and written anew since.
  if (!flushed || here == nullptr || here->partition.leader_epoch() != epoch) co_return;
  Log& log = here->partition.log();
  log.flushed(std::min(to, log.end_offset()), now_ms());
}

void ReplicaManager::report_deletion(const TopicPartition& partition, Deleted deleted) const {
  if (deleted.batches.empty()) return;
  context_.report(protocol::events::RecordsDeleted{partition, deleted.new_start, deleted.reason,
                                                   std::move(deleted.batches)});
}

sim::Task<> ReplicaManager::close() {
  for (auto& [id, here] : hosted_) {
    const bool is_dirty =
        here->partition.log().unflushed_from() < here->partition.log().end_offset();
    if (!is_dirty || log_dir_.is_instant()) continue;
    const bool flushed = co_await log_dir_.flush();
    if (!flushed) co_return;
  }
  for (auto& [id, here] : hosted_) here->partition.log().close();
}

}  // namespace kafkasim::broker
