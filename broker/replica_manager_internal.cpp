// What the coordinators of this broker need of its partitions: storing records, waiting for their
// replication, reading everything back.
#include "broker/replica_manager.hpp"
#include "protocol/events.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::StoredBatch;
using protocol::TopicPartition;

InternalAppend ReplicaManager::append_internal(const TopicPartition& partition,
                                               const protocol::BatchRef& batch) {
  InternalAppend appended;
  Hosted* here = hosted(partition);
  if (here == nullptr) {
    appended.error = absence(partition);
    return appended;
  }
  if (!log_dir_.accepts_write()) {
    appended.error = ErrorCode::kafka_storage_error;
    return appended;
  }
  const bool awaits_disk = !log_dir_.is_instant();
  const LeaderAppend append =
      here->partition.append_as_leader(batch, protocol::Acks::leader, AppendOrigin::coordinator,
                                       context_.now(), now_ms(), awaits_disk);
  appended.error = append.result.error;
  if (appended.error != ErrorCode::none) return appended;
  appended.base_offset = append.result.first_offset;
  appended.next_offset = append.result.last_offset.next();
  appended.leader_epoch = here->partition.leader_epoch();
  context_.report(protocol::events::Appended{
      partition,
      {appended.base_offset, appended.leader_epoch, append.result.append_time_ms, batch}});
  if (awaits_disk) {
    sim::spawn(context_.process, settle_internal(partition, appended.leader_epoch));
  } else {
    CHECKED(!settle(*here, append.effects), "a disk that does all at once is waited for");
  }
  return appended;
}

sim::Task<ErrorCode> ReplicaManager::wait_replicated(TopicPartition partition, Offset next_offset,
                                                     LeaderEpoch leader_epoch, sim::Time deadline) {
  Watch watch;
  if (Hosted* here = hosted(partition)) watch.add(here->at_replicated, next_offset);
  for (bool in_time = true;;) {
    const Hosted* here = hosted(partition);
    if (here == nullptr) co_return absence(partition);
    if (here->partition.leader_epoch() != leader_epoch) co_return ErrorCode::not_leader_or_follower;
    if (const auto outcome = here->partition.replication_outcome(next_offset)) co_return *outcome;
    if (!in_time) co_return ErrorCode::request_timed_out;
    in_time = co_await watch.wait(deadline);
  }
}

std::vector<StoredBatch> ReplicaManager::read_all(const TopicPartition& partition) const {
  const Hosted* here = hosted(partition);
  if (here == nullptr) return {};
  const Log& log = here->partition.log();
  return log.batches_between(log.start_offset(), log.end_offset());
}

}  // namespace kafkasim::broker
