// What a leader may be and do.
#include <fmt/format.h>

#include <algorithm>

#include "broker/invariants/partition_check.hpp"
#include "broker/partition.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;
using protocol::LeaderEpoch;
using protocol::Offset;

namespace {

bool contains(const std::vector<BrokerId>& brokers, BrokerId id) {
  return std::find(brokers.begin(), brokers.end(), id) != brokers.end();
}

}  // namespace

void PartitionCheck::check_office(Id id, WatchedReplica& replica) {
  const LeaderEpoch epoch = replica.partition->leader_epoch();
  if (replica.led && replica.leader_epoch == epoch) return;
  const auto& decided = partition_.registration;
  if (decided && (epoch > decided->leader_epoch ||
                  (epoch == decided->leader_epoch && decided->leader != id))) {
    broken(Invariant::one_leader,
           fmt::format("broker-{} leads epoch {}, but the controller has named another leader",
                       id.value(), epoch.value()));
  }
  if (epoch == partition_.newest_epoch && partition_.newest_leader != id) {
    broken(Invariant::one_leader,
           fmt::format("broker-{} leads epoch {}, which broker-{} leads", id.value(), epoch.value(),
                       partition_.newest_leader.value()));
  }
  if (epoch > partition_.newest_epoch) {
    partition_.newest_epoch = epoch;
    partition_.newest_leader = id;
  }
  const bool unclean = partition_.unclean_epoch.is_set() && epoch >= partition_.unclean_epoch;
  if (unclean || (replica.lossy && !holds_all(replica) && loss_is_legal(id)))
    begin_new_history(id, replica);
}

// From here on what this leader has is what there is.
void PartitionCheck::begin_new_history(Id, WatchedReplica& leader) {
  match(leader);
  partition_.replicated.cut(leader.matched);
  for (auto& [id, replica] : partition_.replicas) {
    replica.matched = std::min(replica.matched, leader.matched);
    replica.acked = replica.consumed = Offset();
    replica.lossy = false;
    replica.astray = &replica != &leader;
  }
  partition_.new_history = leader.partition->leader_epoch();
  partition_.unclean_epoch = LeaderEpoch();
  leader.high_watermark = std::min(leader.high_watermark, leader.matched);
}

void PartitionCheck::check_advance(Id id, WatchedReplica& replica) {
  if (is_of_old_history(replica)) return;
  const Partition& leader = *replica.partition;
  const Offset watermark = leader.log().high_watermark();
  const bool same_office = replica.led && replica.leader_epoch == leader.leader_epoch();
  if (same_office && watermark < replica.high_watermark) {
    broken(Invariant::monotonic_high_watermark,
           fmt::format("broker-{} took its high watermark back from {} to {}", id.value(),
                       replica.high_watermark.value(), watermark.value()));
  }
  if (watermark <= replica.high_watermark) return;
  const Offset log_start = leader.log().start_offset();
  if (leader.isr().size() < static_cast<std::size_t>(leader.effective_min_isr()) &&
      watermark > log_start) {
    broken(Invariant::acknowledged_advance,
           fmt::format("broker-{} moved the high watermark to {} with too few in sync", id.value(),
                       watermark.value()));
  }
  const auto& decided = partition_.registration;
  if (decided && leader.leader_epoch() == decided->leader_epoch) {
    for (const auto* set : {&decided->isr, &decided->elr}) {
      for (const BrokerId member : *set) {
        if (contains(leader.isr(), member) || member == leader.joining()) continue;
        broken(Invariant::quorum_superset,
               fmt::format("broker-{} moved the high watermark to {} without asking broker-{}",
                           id.value(), watermark.value(), member.value()));
      }
    }
  }
  for (const BrokerId member : leader.isr()) {
    if (member == id || leader.end_of(member) >= watermark) continue;
    broken(
        Invariant::acknowledged_advance,
        fmt::format("broker-{} moved the high watermark to {}, but broker-{} has fetched only "
                    "up to {}",
                    id.value(), watermark.value(), member.value(), leader.end_of(member).value()));
  }
  if (leader.joining().is_set() && leader.end_of(leader.joining()) < watermark) {
    broken(Invariant::acknowledged_advance,
           fmt::format("broker-{} moved the high watermark to {}, but broker-{}, which it lets "
                       "into the ISR, has fetched only up to {}",
                       id.value(), watermark.value(), leader.joining().value(),
                       leader.end_of(leader.joining()).value()));
  }
  extend(id, replica);
}

void PartitionCheck::extend(Id id, WatchedReplica& replica) {
  const Log& log = replica.partition->log();
  const Offset watermark = log.high_watermark();
  partition_.replicated.forget_before(log.start_offset());
  const Offset before = partition_.replicated.end();
  if (watermark <= before) return;
  if (!match(replica) || replica.matched < before) {
    broken(Invariant::leader_completeness,
           fmt::format("broker-{} moved the high watermark to {}, but its log differs at {}",
                       id.value(), watermark.value(), replica.matched.value()));
  }
  partition_.replicated.extend(log.batches_between(before, watermark), watermark);
  replica.matched = partition_.replicated.end();
  partition_.members_dirty = true;
}

// Lifted for members that lost data: they fetch below the high watermark until they have caught up.
void PartitionCheck::check_isr_knowledge(Id id, const WatchedReplica& replica) {
  if (is_of_old_history(replica)) return;
  const Partition& leader = *replica.partition;
  const Offset watermark = leader.log().high_watermark();
  for (const BrokerId member : leader.isr()) {
    const Offset end = leader.end_of(member);
    if (member == id || !end.is_set() || end >= watermark) continue;
    const auto other = partition_.replicas.find(member);
    if (other != partition_.replicas.end() && may_lack(other->second)) continue;
    broken(Invariant::valid_high_watermark,
           fmt::format("the high watermark of broker-{} is {}, but broker-{}, in its ISR, fetches "
                       "at {}",
                       id.value(), watermark.value(), member.value(), end.value()));
  }
}

void PartitionCheck::check_proposal(Id id, const WatchedReplica& replica) {
  const Partition& leader = *replica.partition;
  if (leader.proposals_made() == replica.proposals || !leader.joining().is_set()) return;
  const Offset end = leader.end_of(leader.joining());
  if (end.is_set() && end >= leader.epoch_start_offset() && end >= leader.log().high_watermark())
    return;
  broken(
      Invariant::admission_after_epoch_start,
      fmt::format("broker-{} lets broker-{}, which has fetched up to {}, into the ISR; its epoch "
                  "began at {}",
                  id.value(), leader.joining().value(), end.value(),
                  leader.epoch_start_offset().value()));
}

}  // namespace kafkasim::broker
