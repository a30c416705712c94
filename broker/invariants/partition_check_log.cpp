// What each log of a partition must hold by itself, and below its high watermark.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/invariants/partition_check.hpp"
#include "broker/partition.hpp"

namespace kafkasim::broker {

using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::StoredBatch;

// A process crash keeps the page cache, so the log is as it was; what is missing was lost with the
// machine.
void PartitionCheck::check_opening(Id, WatchedReplica& replica) {
  replica.opened = false;
  const Log& log = replica.partition->log();
  const bool lost = log.end_offset() < replica.end;
  if (lost) {
    if (log.end_offset() < partition_.replicated.end()) replica.lossy = true;
    replica.truncated_to = log.end_offset();
    replica.matched = std::min(replica.matched, log.end_offset());
  }
  if (!std::exchange(replica.known, true)) take_as_given(replica);
  // As its checkpoint says: no advance.
  replica.high_watermark = log.high_watermark();
  replica.led = false;
  replica.leader_epoch = LeaderEpoch();
  replica.proposals = 0;
  partition_.members_dirty = true;
  if (lost) check_not_lost();
}

// A log that was there before anybody looked: what it took for replicated is.
void PartitionCheck::take_as_given(WatchedReplica& replica) {
  const Log& log = replica.partition->log();
  const Offset watermark = log.high_watermark();
  if (watermark <= partition_.replicated.end()) return;
  if (replica.partition->is_leader()) partition_.replicated.forget_before(log.start_offset());
  if (!match(replica)) return;
  const Offset end = partition_.replicated.end();
  partition_.replicated.extend(log.batches_between(end, watermark), watermark);
  replica.matched = watermark;
}

// Lifted for a log that may be another's history, one that lost data before, and below the start of
// the leader's log, where records are deleted.
void PartitionCheck::check_truncation(Id id, WatchedReplica& replica) {
  const Offset to = replica.truncated_to;
  const Log& log = replica.partition->log();
  const Offset gone_from = std::max(to, partition_.replicated.start());
  const bool removed = replica.matched > gone_from && log.start_offset() < replica.matched;
  if (removed && !may_lack(replica) && !is_of_old_history(replica)) {
    broken(Invariant::safe_truncation,
           fmt::format("broker-{} cut its log at {}, below what is replicated", id.value(),
                       to.value()));
  }
  replica.matched = std::min(replica.matched, to);
  replica.end = std::min(replica.end, to);
  replica.last_epoch = LeaderEpoch();
  const Offset last = std::min(to, log.end_offset()) - 1;
  if (last >= log.start_offset()) {
    const auto batches = log.batches_between(last, last.next());
    if (!batches.empty()) replica.last_epoch = batches.back().leader_epoch;
  }
  replica.truncated_to = Offset();
  partition_.members_dirty = true;
  if (removed) check_not_lost();
}

void PartitionCheck::check_new_records(Id id, WatchedReplica& replica) {
  const Partition& partition = *replica.partition;
  const Log& log = partition.log();
  if (log.end_offset() == replica.end) return;
  if (log.end_offset() < replica.end) {
    broken(Invariant::dense_offsets,
           fmt::format("the log of broker-{} ended at {} and now ends at {}, without truncation",
                       id.value(), replica.end.value(), log.end_offset().value()));
  }
  const bool gaps = log.config().compacted;
  Offset next = std::max(replica.end, log.start_offset());
  for (const StoredBatch& stored : log.batches_between(next, log.end_offset())) {
    const bool follows = stored.base_offset == next || (gaps && stored.base_offset > next);
    if (!follows || stored.leader_epoch < replica.last_epoch ||
        stored.leader_epoch > partition.leader_epoch()) {
      broken(
          Invariant::dense_offsets,
          fmt::format("broker-{} put a batch of epoch {} at {} after one of epoch {} that ends "
                      "before {}, in epoch {}",
                      id.value(), stored.leader_epoch.value(), stored.base_offset.value(),
                      replica.last_epoch.value(), next.value(), partition.leader_epoch().value()));
    }
    next = stored.next_offset();
    replica.last_epoch = stored.leader_epoch;
  }
  // It copies from a leader of the new history, who has compared the epochs of both logs.
  if (!partition.is_leader() && !is_of_old_history(replica)) replica.astray = false;
  if (replica.lossy && holds_all(replica)) replica.lossy = false;
}

// Below its own high watermark a replica agrees with all others. Lifted for a log that may be
// another's history, until it has copied from the new leader.
void PartitionCheck::check_high_watermark(Id id, WatchedReplica& replica) {
  const Offset end = partition_.replicated.end();
  const Log& log = replica.partition->log();
  const Offset watermark = log.high_watermark();
  if (watermark == replica.high_watermark && replica.matched >= std::min(watermark, end)) return;
  if (replica.astray || is_of_old_history(replica) || partition_.unclean_epoch.is_set()) return;
  if (watermark > end) {
    broken(Invariant::valid_high_watermark,
           fmt::format("broker-{} takes everything below {} for replicated", id.value(),
                       watermark.value()));
  }
  if (match(replica) || replica.matched >= watermark) return;
  broken(Invariant::log_matching,
         fmt::format("broker-{} holds something else at {}, below its high watermark {}",
                     id.value(), replica.matched.value(), watermark.value()));
}

// What was told to clients. Lifted as above.
void PartitionCheck::check_answers(Id id, WatchedReplica& replica) {
  const Offset end = partition_.replicated.end();
  if (replica.astray || is_of_old_history(replica) || partition_.unclean_epoch.is_set()) {
    replica.acked = replica.consumed = Offset();
    return;
  }
  if (replica.acked > end) {
    broken(Invariant::acked_is_replicated,
           fmt::format("broker-{} acked everything below {} with acks=all", id.value(),
                       replica.acked.value()));
  }
  if (replica.consumed > end) {
    broken(Invariant::consistent_read, fmt::format("broker-{} gave a consumer records up to {}",
                                                   id.value(), (replica.consumed - 1).value()));
  }
}

}  // namespace kafkasim::broker
