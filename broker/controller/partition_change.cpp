// The steps of a partition change, in Kafka's order: complete a reassignment, find the eligible
// leader replicas, elect, then note what differs from before.
#include "broker/controller/partition_change.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::LeaderRecoveryState;

constexpr BrokerId nobody;

struct Elected {
  BrokerId leader;  // not set = nobody can
  bool unclean = false;
};

class Change {
 public:
  Change(const PartitionRegistration& partition, const WantedChange& wanted,
         const ChangeRules& rules)
      : before_(partition),
        wanted_(wanted),
        rules_(rules),
        isr_(wanted.isr.value_or(partition.isr)),
        replicas_(wanted.replicas.value_or(partition.replicas)),
        removing_(wanted.removing.value_or(partition.removing_replicas)),
        adding_(wanted.adding.value_or(partition.adding_replicas)),
        elr_(partition.elr) {}

  std::optional<PartitionChangeRecord> decide() {
    if (auto done = complete({replicas_, removing_, adding_}, isr_)) {
      replicas_ = std::move(done->replicas);
      isr_ = std::move(done->isr);
      removing_.clear();
      adding_.clear();
    }
    find_eligible_leader_replicas();
    hold_election();
    bump_leader_epoch_if_a_replica_leaves();
    note_eligible_leader_replicas();
    note_isr();
    note_last_known_leader();
    note_assignment();
    const LeaderRecoveryState recovery =
        wanted_.leader_recovery_state.value_or(before_.leader_recovery_state);
    if (recovery != before_.leader_recovery_state) record_.leader_recovery_state = recovery;
    if (!changes_something()) return std::nullopt;
    return record_;
  }

 private:
  // Below the minimum in-sync size, who leaves the ISR stays an eligible leader: it has all that
  // was replicated.
  void find_eligible_leader_replicas() {
    if (!rules_.eligible_leader_replicas) return;
    if (std::cmp_greater_equal(isr_.size(), rules_.min_insync_replicas)) {
      elr_.clear();
      return;
    }
    std::set<BrokerId> candidates(elr_.begin(), elr_.end());
    candidates.insert(before_.isr.begin(), before_.isr.end());
    elr_.clear();
    for (const BrokerId candidate : candidates) {
      if (!contains(isr_, candidate) && candidate != wanted_.shut_down_uncleanly)
        elr_.push_back(candidate);
    }
  }

  // In the ISR, or eligible while the ISR is empty, and active.
  bool is_valid_leader(BrokerId replica) const {
    const bool has_everything =
        contains(isr_, replica) || (isr_.empty() && contains(elr_, replica));
    return has_everything && rules_.may_lead(replica);
  }

  // The last leader is remembered alone when nobody else can know more. As in Kafka it is taken
  // even while it is down.
  bool can_take_last_known_leader() const {
    return rules_.eligible_leader_replicas && elr_.empty() && isr_.empty() &&
           before_.last_known_elr.size() == 1;
  }

  Elected elect() const {
    if (wanted_.election == Election::preferred && is_valid_leader(replicas_.front()))
      return {replicas_.front()};
    if (is_valid_leader(before_.leader)) return {before_.leader};
    for (const BrokerId replica : replicas_) {
      if (is_valid_leader(replica)) return {replica};
    }
    if (can_take_last_known_leader()) return {before_.last_known_elr.front(), true};
    if (wanted_.election == Election::unclean) {
      const auto active = std::find_if(replicas_.begin(), replicas_.end(), rules_.may_lead);
      if (active != replicas_.end()) return {*active, true};
    }
    return {nobody};
  }

  void hold_election() {
    const Elected elected = elect();
    if (elected.leader == before_.leader) return;
    if (contains(elr_, elected.leader)) {
      isr_ = {elected.leader};
      elr_ = without(elr_, isr_);
    }
    record_.leader = elected.leader;
    if (elected.unclean) {
      record_.isr = BrokerIds{elected.leader};
      if (before_.leader_recovery_state != LeaderRecoveryState::recovering) {
        record_.leader_recovery_state = LeaderRecoveryState::recovering;
      }
    }
  }

  // A replica that leaves must not be able to fetch on as if it belonged: the epoch that it knows
  // ends.
  void bump_leader_epoch_if_a_replica_leaves() {
    if (record_.leader) return;
    if (!without(before_.replicas, replicas_).empty()) record_.leader = before_.leader;
  }

  void note_eligible_leader_replicas() {
    const bool unclean = record_.isr.has_value();
    if (unclean || !rules_.eligible_leader_replicas) elr_.clear();
    if (elr_ != before_.elr) record_.elr = elr_;
  }

  // Without eligible leader replicas an ISR never becomes empty: its last members stay, as the only
  // ones that may lead.
  void note_isr() {
    if (record_.isr || isr_ == before_.isr) return;
    if (!isr_.empty() || rules_.eligible_leader_replicas) record_.isr = isr_;
  }

  void note_last_known_leader() {
    if (!rules_.eligible_leader_replicas) return;
    const bool remembered =
        before_.last_known_elr.size() == 1 && before_.last_known_elr.front() == before_.leader;
    if (record_.isr && record_.isr->empty() && !remembered) {
      record_.last_known_elr = BrokerIds{before_.leader};
      return;
    }
    const bool gets_leader = record_.leader && record_.leader->is_set();
    const bool keeps_leader = !record_.leader && before_.leader.is_set();
    if ((gets_leader || keeps_leader) && !before_.last_known_elr.empty())
      record_.last_known_elr = BrokerIds{};
  }

  void note_assignment() {
    if (!replicas_.empty() && replicas_ != before_.replicas) record_.replicas = replicas_;
    if (removing_ != before_.removing_replicas) record_.removing_replicas = removing_;
    if (adding_ != before_.adding_replicas) record_.adding_replicas = adding_;
  }

  bool changes_something() const {
    return record_.isr || record_.leader || record_.replicas || record_.removing_replicas ||
           record_.adding_replicas || record_.leader_recovery_state || record_.elr ||
           record_.last_known_elr;
  }

  const PartitionRegistration& before_;
  const WantedChange& wanted_;
  const ChangeRules& rules_;
  BrokerIds isr_;
  BrokerIds replicas_;
  BrokerIds removing_;
  BrokerIds adding_;
  BrokerIds elr_;
  PartitionChangeRecord record_;
};

}  // namespace

std::optional<PartitionChangeRecord> decide_change(const PartitionRegistration& partition,
                                                   const WantedChange& wanted,
                                                   const ChangeRules& rules) {
  return Change(partition, wanted, rules).decide();
}

}  // namespace kafkasim::broker
