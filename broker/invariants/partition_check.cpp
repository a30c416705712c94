// The order of the checks, and what a report says of the replicas.
#include "broker/invariants/partition_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "broker/invariants/invariant_checker.hpp"
#include "broker/partition.hpp"
#include "sim/process.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;
using protocol::Offset;

void PartitionCheck::run() {
  if (partition_.decided) check_decision();
  for (auto& [id, replica] : partition_.replicas) {
    if (!replica.dirty || !runs(replica)) continue;
    if (replica.opened) check_opening(id, replica);
    if (replica.truncated_to.is_set()) check_truncation(id, replica);
    check_new_records(id, replica);
    if (replica.partition->is_leader()) {
      check_office(id, replica);
      check_advance(id, replica);
      check_proposal(id, replica);
    }
  }
  check_leader_holds_all();
  if (partition_.members_dirty || partition_.decided) check_members();
  for (auto& [id, replica] : partition_.replicas) {
    if (!replica.dirty || !runs(replica)) continue;
    check_high_watermark(id, replica);
    if (replica.partition->is_leader()) check_isr_knowledge(id, replica);
    check_answers(id, replica);
    const Partition& now = *replica.partition;
    replica.led = now.is_leader();
    replica.leader_epoch = now.leader_epoch();
    replica.end = now.log().end_offset();
    replica.high_watermark = now.log().high_watermark();
    replica.proposals = now.proposals_made();
    replica.dirty = false;
  }
  partition_.decided = false;
  partition_.members_dirty = false;
}

bool PartitionCheck::runs(const WatchedReplica& replica) const {
  return replica.partition != nullptr && replica.process->alive();
}

bool PartitionCheck::match(WatchedReplica& replica) {
  const Log& log = replica.partition->log();
  const Offset to = std::min(log.end_offset(), partition_.replicated.end());
  if (replica.matched >= to) return true;
  const auto agreement = partition_.replicated.compare(log.batches_between(replica.matched, to),
                                                       replica.matched, to, log.config().compacted);
  replica.matched = agreement.until;
  return !agreement.differs;
}

bool PartitionCheck::holds_all(WatchedReplica& replica) {
  const Offset end = partition_.replicated.end();
  // The broker is down or has not opened the log yet: what it had is what it has, or it is found to
  // be less later.
  if (!runs(replica)) return replica.end >= end;
  match(replica);
  return replica.matched >= end;
}

bool PartitionCheck::may_lack(const WatchedReplica& replica) const {
  return replica.lossy || replica.astray || partition_.unclean_epoch.is_set();
}

// What such a replica does concerns only those who have not heard of the unclean election.
bool PartitionCheck::is_of_old_history(const WatchedReplica& replica) const {
  if (replica.partition == nullptr) return false;
  const protocol::LeaderEpoch epoch = replica.partition->leader_epoch();
  return epoch < partition_.new_history || epoch < partition_.unclean_epoch;
}

std::int32_t PartitionCheck::lossy_replicas() const {
  return static_cast<std::int32_t>(std::count_if(partition_.replicas.begin(),
                                                 partition_.replicas.end(),
                                                 [](const auto& r) { return r.second.lossy; }));
}

// Records are acked when min.insync.replicas have them: when as many lost their data, a record may
// be gone. Without eligible leader replicas the last one in sync stays the only one that may lead,
// whatever it lost.
bool PartitionCheck::loss_is_legal(BrokerId id) const {
  if (lossy_replicas() >= partition_.min_isr) return true;
  return partition_.registration && !partition_.eligible_leader_replicas &&
         partition_.registration->isr.size() == 1 && partition_.registration->isr.front() == id;
}

namespace {

std::string list(const std::vector<BrokerId>& brokers) {
  std::vector<int> numbers;
  for (const BrokerId id : brokers) numbers.push_back(id.value());
  return numbers.empty() ? "none" : fmt::format("{}", fmt::join(numbers, ","));
}

// The last records of a log, by name and with their epochs.
std::string tail(const Log& log) {
  constexpr std::int64_t shown = 8;
  std::string text;
  const Offset from = std::max(log.start_offset(), log.end_offset() - shown);
  for (const protocol::StoredBatch& stored : log.batches_between(from, log.end_offset())) {
    text += fmt::format(" {}:{}@{}", stored.base_offset.value(), labels(*stored.batch, 3),
                        stored.leader_epoch.value());
  }
  return text;
}

std::string describe(BrokerId id, const WatchedReplica& replica, bool runs) {
  if (!runs) return fmt::format("\n  broker-{}: down, log end {}", id.value(), replica.end.value());
  const Partition& now = *replica.partition;
  const Log& log = now.log();
  std::string role = now.is_leader() ? "leader" : "replica";
  std::string text =
      fmt::format("\n  broker-{}: {} in epoch {}, log {} to {}, high watermark {}", id.value(),
                  role, now.leader_epoch().value(), log.start_offset().value(),
                  log.end_offset().value(), log.high_watermark().value());
  if (now.is_leader()) {
    text += fmt::format(", its ISR {}", list(now.isr()));
    if (now.joining().is_set()) text += fmt::format(" and {} joining", now.joining().value());
  }
  if (replica.matched < log.end_offset())
    text += fmt::format(", agrees with what is replicated up to {}", replica.matched.value());
  if (replica.lossy) text += ", lost data";
  return text + "; offsets, records @ epochs:" + tail(log);
}

}  // namespace

void PartitionCheck::broken(Invariant invariant, const std::string& what) const {
  std::string state = fmt::format("  {}: replicated is everything below {}, min.insync.replicas {}",
                                  to_string(partition_.id), partition_.replicated.end().value(),
                                  partition_.min_isr);
  if (const auto& decided = partition_.registration) {
    const std::string leader =
        decided->leader.is_set() ? fmt::format("broker-{}", decided->leader.value()) : "none";
    state += fmt::format("\n  the controller: leader {} in epoch {}, ISR {}, ELR {}, replicas {}",
                         leader, decided->leader_epoch.value(), list(decided->isr),
                         list(decided->elr), list(decided->replicas));
  }
  for (const auto& [id, replica] : partition_.replicas)
    state += describe(id, replica, runs(replica));
  report_broken(invariant, fmt::format("{}: {}", to_string(partition_.id), what), state);
}

}  // namespace kafkasim::broker
