// When a replica counts as caught up.
#include "broker/replica_state.hpp"

#include <algorithm>

namespace kafkasim::broker {

using protocol::Offset;
using sim::Time;

void ReplicaState::reset(Time now, Offset leader_end_offset, bool is_new_leader, bool in_isr) {
  last_caught_up_ = in_isr ? std::optional(now) : std::nullopt;
  if (is_new_leader) {
    log_start_offset_ = Offset();
    log_end_offset_ = Offset();
    leader_end_at_last_fetch_ = Offset();
    last_fetch_.reset();
    broker_epoch_.reset();
    return;
  }
  leader_end_at_last_fetch_ = leader_end_offset;
  last_fetch_ = last_caught_up_;
}

void ReplicaState::fetched(Offset fetch_offset, Offset log_start_offset, Offset leader_end_offset,
                           protocol::BrokerEpoch broker_epoch, Time now) {
  if (fetch_offset >= leader_end_offset) {
    last_caught_up_ = std::max(last_caught_up_, std::optional(now));
  } else if (fetch_offset >= leader_end_at_last_fetch_) {
    last_caught_up_ = std::max(last_caught_up_, last_fetch_);
  }
  log_start_offset_ = log_start_offset;
  log_end_offset_ = fetch_offset;
  leader_end_at_last_fetch_ = std::max(leader_end_offset, leader_end_at_last_fetch_);
  last_fetch_ = now;
  broker_epoch_ = broker_epoch;
}

bool ReplicaState::is_caught_up(Offset leader_end_offset, Time now, sim::Duration max_lag) const {
  if (log_end_offset_ == leader_end_offset) return true;
  return last_caught_up_ && now - *last_caught_up_ <= max_lag;
}

}  // namespace kafkasim::broker
