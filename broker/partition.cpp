// Becoming leader or follower, appending as leader, and the leader's high watermark.
#include "broker/partition.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "broker/invariants/replica_watch.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Acks;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;
using sim::Time;

namespace {

bool contains(const std::vector<BrokerId>& brokers, BrokerId id) {
  return std::find(brokers.begin(), brokers.end(), id) != brokers.end();
}

std::vector<int> sorted_numbers(const std::vector<BrokerId>& brokers) {
  std::vector<int> numbers;
  for (BrokerId id : brokers) numbers.push_back(id.value());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

Partition::Partition(protocol::TopicPartition id, BrokerId local, LogStorage& storage,
                     LogConfig config, const MetadataImage& image,
                     sim::Duration replica_lag_time_max, std::int64_t now_ms)
    : id_(std::move(id)),
      local_(local),
      log_(id_, storage, config, now_ms),
      image_(image),
      replica_lag_time_max_(replica_lag_time_max) {}

void Partition::inspect(ReplicaWatch* watch, const Mutations& mutations) {
  watch_ = watch;
  mutations_ = &mutations;
}

void Partition::tell_of_change() const {
  if (watch_ != nullptr) watch_->changed();
}

Offset Partition::end_of(BrokerId replica) const {
  const auto found = remote_.find(replica);
  return found == remote_.end() ? Offset() : found->second.log_end_offset();
}

std::int32_t Partition::effective_min_isr() const {
  return std::min(log_.config().min_insync_replicas, static_cast<std::int32_t>(replicas_.size()));
}

std::string Partition::describe() const {
  std::vector<std::string> names;
  for (const auto& stored : log_.batches_between(log_.start_offset(), log_.end_offset())) {
    if (stored.batch->is_control()) continue;
    for (const protocol::Record& record : stored.batch->records)
      names.push_back(protocol::label(record));
  }
  const std::string leader = leader_.is_set() ? std::to_string(leader_.value()) : "none";
  std::string out = fmt::format("leader={} epoch={}", leader, leader_epoch_.value());
  if (is_leader()) out += fmt::format(" isr={}", fmt::join(sorted_numbers(isr_), ","));
  return out + fmt::format(" log={} hw={}", fmt::join(names, ","), log_.high_watermark().value());
}

Partition::LeaderChange Partition::make_leader(const PartitionRegistration& registration,
                                               protocol::Uuid topic_id, Time now) {
  CHECKED(registration.leader == local_, "{} is led by {}, not {}", to_string(id_),
          registration.leader.value(), local_.value());
  // The same epoch may come twice: a leader acts on the controller's answer before the metadata log
  // brings it.
  if (registration.partition_epoch < partition_epoch_) return {};
  tell_of_change();
  const bool is_new_leader = !is_leader();
  const bool is_known = !is_new_leader && registration.leader_epoch == leader_epoch_ &&
                        registration.partition_epoch == partition_epoch_;
  LeaderChange change;
  change.is_new_epoch = registration.leader_epoch > leader_epoch_;

  role_ = Role::leader;
  topic_id_ = topic_id;
  leader_ = local_;
  replicas_ = registration.replicas;
  isr_ = registration.isr;
  // What was proposed since the answer holds: the controller may have accepted it by now.
  if (!is_known) pending_.reset();
  const bool forget = is_new_leader && !mutations_->keep_followers_ends;
  std::erase_if(remote_, [&](const auto& r) { return forget || !contains(replicas_, r.first); });
  for (BrokerId replica : replicas_) {
    if (replica != local_) remote_.try_emplace(replica);
  }
  partition_epoch_ = registration.partition_epoch;
  if (change.is_new_epoch) {
    // The log is not cut: a tail that the old leader had not replicated may still become replicated
    // under this epoch.
    leader_epoch_ = registration.leader_epoch;
    epoch_start_offset_ = log_.end_offset();
    log_.assign_epoch_at_end(leader_epoch_);
    for (auto& [replica, state] : remote_) {
      state.reset(now, epoch_start_offset_, forget, contains(isr_, replica));
    }
  }
  change.effects.high_watermark = maybe_raise_high_watermark(now);
  return change;
}

bool Partition::make_follower(const PartitionRegistration& registration) {
  CHECKED(registration.leader != local_, "{} is led by this broker", to_string(id_));
  if (registration.partition_epoch < partition_epoch_) return false;
  tell_of_change();
  const bool is_new_epoch = registration.leader_epoch > leader_epoch_;
  role_ = Role::follower;
  leader_ = registration.leader;
  leader_epoch_ = registration.leader_epoch;
  partition_epoch_ = registration.partition_epoch;
  epoch_start_offset_ = Offset();
  replicas_ = registration.replicas;
  isr_.clear();
  pending_.reset();
  if (!mutations_->keep_followers_ends) remote_.clear();
  return is_new_epoch;
}

LeaderAppend Partition::append_as_leader(const protocol::BatchRef& batch, Acks acks,
                                         AppendOrigin origin, Time now, std::int64_t now_ms,
                                         bool awaits_disk) {
  LeaderAppend append;
  if (!is_leader()) {
    append.result.error = ErrorCode::not_leader_or_follower;
    append.result.message = fmt::format("Leader not local for partition {} on broker {}",
                                        to_string(id_), local_.value());
    return append;
  }
  const std::int32_t min_isr = effective_min_isr();
  if (acks == Acks::all && static_cast<std::int32_t>(isr_.size()) < min_isr &&
      !mutations_->ignore_min_isr) {
    append.result.error = ErrorCode::not_enough_replicas;
    append.result.message = fmt::format(
        "The size of the current ISR Set({}) is insufficient to satisfy the min.isr requirement of "
        "{} for partition {}",
        fmt::join(sorted_numbers(isr_), ", "), min_isr, to_string(id_));
    return append;
  }
  append.result = log_.append_as_leader(batch, leader_epoch_, origin, now_ms);
  if (!append.result.appended()) return append;
  tell_of_change();
  if (!awaits_disk && !log_.flush_due())
    append.effects.high_watermark = maybe_raise_high_watermark(now);
  return append;
}

Effects Partition::settle_append(std::optional<Offset> flushed_to, Time now) {
  if (flushed_to) log_.flushed(*flushed_to);
  Effects effects;
  if (is_leader()) effects.high_watermark = maybe_raise_high_watermark(now);
  return effects;
}

std::optional<ErrorCode> Partition::replication_outcome(Offset next_offset) const {
  if (!is_leader()) return ErrorCode::not_leader_or_follower;
  if (log_.high_watermark() < next_offset && !mutations_->answer_before_replication)
    return std::nullopt;
  // The record reached every in-sync replica, but by then there were too few of them.
  const auto in_sync = static_cast<std::int32_t>(maximal_isr().size());
  return in_sync < effective_min_isr() && !mutations_->ignore_min_isr
             ? ErrorCode::not_enough_replicas_after_append
             : ErrorCode::none;
}

std::optional<HighWatermarkMove> Partition::maybe_raise_high_watermark(Time now) {
  if (static_cast<std::int32_t>(isr_.size()) < effective_min_isr() && !mutations_->ignore_min_isr)
    return std::nullopt;
  const Offset leader_end = log_.end_offset();
  Offset lowest = leader_end;
  for (const auto& [replica, state] : remote_) {
    if (state.log_end_offset() >= lowest) continue;
    // A replica that may join the ISR and keeps up is waited for already: its way in would never
    // end otherwise.
    const bool waits_for = mutations_->wait_for_committed_isr_only ? contains(isr_, replica)
                                                                   : is_in_maximal_isr(replica);
    const bool counts = waits_for || (!mutations_->wait_for_committed_isr_only &&
                                      state.is_caught_up(leader_end, now, replica_lag_time_max_) &&
                                      is_isr_eligible(replica));
    if (counts) lowest = state.log_end_offset();
  }
  if (mutations_->wait_for_majority_only) lowest = end_of_majority();
  const Offset before = log_.high_watermark();
  if (!log_.raise_high_watermark(lowest)) return std::nullopt;
  return HighWatermarkMove{before, lowest};
}

// Of the planted bug: as if a majority of the in-sync replicas were enough.
Offset Partition::end_of_majority() const {
  std::vector<Offset> ends;
  for (const BrokerId member : isr_)
    ends.push_back(member == local_ ? log_.end_offset() : std::max(end_of(member), Offset(0)));
  std::sort(ends.begin(), ends.end());
  return ends.empty() ? Offset(0) : ends[(ends.size() - 1) / 2];
}

ErrorCode Partition::check_epoch(protocol::LeaderEpoch current_leader_epoch) const {
  if (!current_leader_epoch.is_set() || current_leader_epoch == leader_epoch_)
    return ErrorCode::none;
  return current_leader_epoch < leader_epoch_ ? ErrorCode::fenced_leader_epoch
                                              : ErrorCode::unknown_leader_epoch;
}

ErrorCode Partition::check_access(protocol::LeaderEpoch current_leader_epoch,
                                  bool require_leader) const {
  // The epoch first: it says more than "not the leader".
  if (const ErrorCode error = check_epoch(current_leader_epoch); error != ErrorCode::none)
    return error;
  if (role_ == Role::none || (require_leader && !is_leader()))
    return ErrorCode::not_leader_or_follower;
  return ErrorCode::none;
}

}  // namespace kafkasim::broker
