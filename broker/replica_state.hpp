// What a leader knows of one other replica, learned from its fetches.
#pragma once

#include <optional>

#include "protocol/ids.hpp"
#include "sim/time.hpp"

namespace kafkasim::broker {

class ReplicaState {
 public:
  // Not set until the replica fetched in this leadership.
  protocol::Offset log_end_offset() const { return log_end_offset_; }
  protocol::Offset log_start_offset() const { return log_start_offset_; }
  // As its latest fetch said; none before the first, an unset epoch when the fetch carried none.
  std::optional<protocol::BrokerEpoch> broker_epoch() const { return broker_epoch_; }

  // None = long ago.
  std::optional<sim::Time> last_caught_up() const { return last_caught_up_; }

  // A leadership begins. `is_new_leader`: the broker did not lead before, so it knows nothing of
  // the replica.
  void reset(sim::Time now, protocol::Offset leader_end_offset, bool is_new_leader, bool in_isr);
  // A fetch arrived. A replica counts as caught up at this fetch when it asks for the leader's end,
  // and as caught up at its previous fetch when it asks for what was the leader's end then:
  // trailing a busy leader by one round is in sync.
  void fetched(protocol::Offset fetch_offset, protocol::Offset log_start_offset,
               protocol::Offset leader_end_offset, protocol::BrokerEpoch broker_epoch,
               sim::Time now);
  // At the leader's end, or there not longer than `max_lag` ago.
  bool is_caught_up(protocol::Offset leader_end_offset, sim::Time now, sim::Duration max_lag) const;

 private:
  protocol::Offset log_start_offset_;
  protocol::Offset log_end_offset_;
  protocol::Offset leader_end_at_last_fetch_;
  std::optional<sim::Time> last_fetch_;      // none = long ago
  std::optional<sim::Time> last_caught_up_;  // none = long ago
  std::optional<protocol::BrokerEpoch> broker_epoch_;
};

}  // namespace kafkasim::broker
