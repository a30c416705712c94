// Who holds what is replicated, and what the controller may decide.
#include <fmt/format.h>

#include <algorithm>

#include "broker/invariants/invariant_checker.hpp"
#include "broker/invariants/partition_check.hpp"
#include "broker/partition.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;

namespace {

bool contains(const std::vector<BrokerId>& brokers, BrokerId id) {
  return std::find(brokers.begin(), brokers.end(), id) != brokers.end();
}

}  // namespace

void PartitionCheck::check_decision() {
  const PartitionRegistration& decided = *partition_.registration;
  for (const auto* set : {&decided.isr, &decided.elr}) {
    for (const BrokerId member : *set) {
      if (contains(decided.replicas, member)) continue;
      broken(Invariant::well_formed_sets, fmt::format("broker-{} is no replica", member.value()));
    }
  }
  for (const BrokerId member : decided.elr) {
    if (!contains(decided.isr, member)) continue;
    broken(Invariant::well_formed_sets,
           fmt::format("broker-{} is in the ISR and an eligible leader replica", member.value()));
  }
  if (!decided.elr.empty() && decided.isr.size() >= static_cast<std::size_t>(partition_.min_isr)) {
    broken(Invariant::well_formed_sets, "enough are in sync, and others are still eligible");
  }
  if (decided.isr.empty() && decided.elr.empty() && decided.last_known_elr.empty())
    broken(Invariant::remembered_leader, "nobody is in sync, eligible or remembered");
  // Without eligible leader replicas the last one in sync stays in the ISR, being the only one that
  // may lead.
  for (const BrokerId fenced : partition_.fenced) {
    if (decided.isr.size() <= 1 || !contains(decided.isr, fenced)) continue;
    broken(Invariant::fenced_out_of_isr,
           fmt::format("broker-{} is fenced and in the ISR", fenced.value()));
  }
}

// Lifted while an unclean election is under way.
void PartitionCheck::check_members() {
  if (!partition_.registration || partition_.unclean_epoch.is_set()) return;
  const PartitionRegistration& decided = *partition_.registration;
  for (auto& [id, replica] : partition_.replicas) {
    const bool in_isr = contains(decided.isr, id);
    if (!in_isr && !contains(decided.elr, id)) continue;
    if (holds_all(replica)) {
      replica.lossy = false;
      continue;
    }
    if (replica.lossy) {
      // The last one in sync is the only one that may lead, whatever it lost.
      if (!in_isr || decided.isr.size() > 1 || partition_.eligible_leader_replicas) {
        broken(Invariant::unclean_restart,
               fmt::format("broker-{} came back with less than it had", id.value()));
      }
      continue;
    }
    broken(in_isr ? Invariant::strong_isr : Invariant::candidate_completeness,
           fmt::format("broker-{} lacks what is replicated from {} on", id.value(),
                       replica.matched.value()));
  }
}

// Lifted while an unclean election is under way, and for the last one in sync when it lost data.
void PartitionCheck::check_leader_holds_all() {
  if (!partition_.registration || partition_.unclean_epoch.is_set()) return;
  const PartitionRegistration& decided = *partition_.registration;
  const auto leader = partition_.replicas.find(decided.leader);
  if (leader == partition_.replicas.end() || !runs(leader->second)) return;
  WatchedReplica& replica = leader->second;
  const bool changed = replica.dirty || partition_.decided || partition_.members_dirty;
  if (!changed || !replica.partition->is_leader() ||
      replica.partition->leader_epoch() != decided.leader_epoch) {
    return;
  }
  count_weak_isr(replica);
  if (holds_all(replica) || (replica.lossy && loss_is_legal(decided.leader))) return;
  broken(Invariant::leader_completeness,
         fmt::format("broker-{} leads and lacks what is replicated from {} on",
                     decided.leader.value(), replica.matched.value()));
}

void PartitionCheck::count_weak_isr(const WatchedReplica& leader) {
  for (const BrokerId member : leader.partition->isr()) {
    const auto found = partition_.replicas.find(member);
    if (found == partition_.replicas.end() || holds_all(found->second)) continue;
    ++checker_.weak_isr_broken_;
  }
}

// A record is acked when min.insync.replicas have it, and a process crash takes nothing away.
void PartitionCheck::check_not_lost() {
  if (!partition_.registration || partition_.unclean_epoch.is_set()) return;
  if (lossy_replicas() >= partition_.min_isr) return;
  for (auto& [id, replica] : partition_.replicas) {
    if (!replica.astray && holds_all(replica)) return;
  }
  broken(Invariant::nothing_lost,
         fmt::format("no replica holds everything, and {} lost data", lossy_replicas()));
}

}  // namespace kafkasim::broker
