// Who is in sync: shrinking and expanding the ISR through the controller, one proposal at a time.
#include <algorithm>

#include "broker/partition.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BrokerEpoch;
using protocol::BrokerId;
using protocol::BrokerState;
using protocol::ErrorCode;
using protocol::Offset;
using sim::Time;

namespace {

bool contains(const std::vector<BrokerId>& brokers, BrokerId id) {
  return std::find(brokers.begin(), brokers.end(), id) != brokers.end();
}

// What becomes of a proposal that the controller refused.
enum class AfterRefusal {
  revert,  // it was surely not applied: back to the committed ISR
  wait,    // the metadata log will say what holds
  retry,
};

AfterRefusal after(ErrorCode error) {
  if (error == ErrorCode::ineligible_replica || error == ErrorCode::operation_not_attempted) {
    return AfterRefusal::revert;
  }
  const bool waits =
      error == ErrorCode::fenced_leader_epoch || error == ErrorCode::invalid_update_version ||
      error == ErrorCode::invalid_request || error == ErrorCode::unknown_topic_or_partition ||
      error == ErrorCode::unknown_topic_id || error == ErrorCode::new_leader_elected;
  return waits ? AfterRefusal::wait : AfterRefusal::retry;
}

}  // namespace

std::vector<BrokerId> Partition::maximal_isr() const {
  std::vector<BrokerId> all = isr_;
  if (pending_ && pending_->joining.is_set()) all.push_back(pending_->joining);
  return all;
}

bool Partition::is_in_isr(BrokerId replica) const { return contains(isr_, replica); }

bool Partition::is_in_maximal_isr(BrokerId replica) const {
  return is_in_isr(replica) || (pending_ && pending_->joining == replica);
}

bool Partition::is_isr_eligible(BrokerId replica) const {
  const BrokerRegistration* broker = image_.broker(replica);
  const auto state = remote_.find(replica);
  if (broker == nullptr || broker->fenced || broker->in_controlled_shutdown) return false;
  if (state == remote_.end() || !state->second.broker_epoch()) return false;
  const BrokerEpoch fetched_with = *state->second.broker_epoch();
  return !fetched_with.is_set() || fetched_with == broker->epoch;
}

ErrorCode Partition::note_fetch(const protocol::FetchPartition& fetch, const ReadParams& params,
                                Offset leader_end, BrokerEpoch local_epoch, Time now,
                                Effects& effects) {
  ReplicaState& state = remote_.at(params.replica_id);
  const BrokerRegistration* broker = image_.broker(params.replica_id);
  if (broker != nullptr && !broker->fenced && params.replica_epoch.is_set() &&
      broker->epoch > params.replica_epoch) {
    return ErrorCode::not_leader_or_follower;  // an earlier life of that broker speaks
  }
  const Offset previous_end = state.log_end_offset();
  state.fetched(fetch.fetch_offset, fetch.log_start_offset, leader_end, params.replica_epoch, now);
  effects.proposal = maybe_expand_isr(params.replica_id, local_epoch);
  if (state.log_end_offset() == previous_end) return ErrorCode::none;
  tell_of_change();
  effects.high_watermark = maybe_raise_high_watermark(now);
  return ErrorCode::none;
}

std::optional<IsrProposal> Partition::maybe_expand_isr(BrokerId replica, BrokerEpoch local_epoch) {
  if (pending_ || contains(isr_, replica) || !is_isr_eligible(replica)) return std::nullopt;
  const Offset end = remote_.at(replica).log_end_offset();
  if (end < log_.high_watermark() && !mutations_->expand_below_high_watermark) return std::nullopt;
  if (end < epoch_start_offset_ && !mutations_->expand_before_epoch_start) return std::nullopt;
  std::vector<BrokerId> new_isr = isr_;
  new_isr.push_back(replica);
  return propose(new_isr, replica, local_epoch);
}

Effects Partition::maybe_shrink_isr(BrokerEpoch local_epoch, Time now) {
  if (!is_leader() || pending_) return {};
  std::vector<BrokerId> kept;
  for (BrokerId replica : isr_) {
    const auto state = remote_.find(replica);
    const bool in_sync = replica == local_ || (state != remote_.end() &&
                                               state->second.is_caught_up(log_.end_offset(), now,
                                                                          replica_lag_time_max_));
    if (in_sync) kept.push_back(replica);
  }
  if (kept.size() == isr_.size()) return {};
  Effects effects;
  effects.proposal = propose(kept, BrokerId(), local_epoch);
  return effects;
}

IsrProposal Partition::propose(const std::vector<BrokerId>& new_isr, BrokerId joining,
                               BrokerEpoch local_epoch) {
  CHECKED(!pending_, "{}: a second proposal while one is pending", to_string(id_));
  CHECKED(contains(new_isr, local_), "{}: the leader proposes an ISR without itself",
          to_string(id_));
  IsrProposal proposal;
  proposal.number = ++proposals_made_;
  tell_of_change();
  proposal.item.partition = id_;
  proposal.item.topic_id = topic_id_;
  proposal.item.leader_epoch = leader_epoch_;
  proposal.item.partition_epoch = partition_epoch_;
  for (BrokerId replica : new_isr) {
    BrokerEpoch epoch = local_epoch;
    // Unknown where the replica has not fetched from this leader: the controller then does not
    // check it.
    if (replica != local_) epoch = remote_.at(replica).broker_epoch().value_or(BrokerEpoch());
    proposal.item.new_isr.push_back({replica, epoch});
  }
  pending_ = Pending{proposal, joining};
  return proposal;
}

Effects Partition::on_alter_partition(const IsrProposal& proposal,
                                      const protocol::AlterPartitionItemResponse& response,
                                      Time now) {
  if (!pending_ || pending_->proposal.number != proposal.number) return {};
  Effects effects;
  tell_of_change();
  if (response.error == ErrorCode::none) {
    if (response.leader_epoch != leader_epoch_ || response.partition_epoch < partition_epoch_)
      return {};
    isr_ = response.isr;
    partition_epoch_ = response.partition_epoch;
    pending_.reset();
    effects.high_watermark = maybe_raise_high_watermark(now);
    return effects;
  }
  switch (after(response.error)) {
    case AfterRefusal::revert:
      pending_.reset();
      break;
    case AfterRefusal::wait:
      break;
    case AfterRefusal::retry:
      effects.proposal = proposal;
      break;
  }
  return effects;
}

}  // namespace kafkasim::broker
