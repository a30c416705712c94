// What deleting records means for one partition: the leader's log begins later, and the low
// watermark follows once every live replica's does.
#include <algorithm>

#include "broker/partition.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::Offset;

ErrorCode Partition::delete_records(Offset before, Offset& target) {
  if (!is_leader()) return ErrorCode::not_leader_or_follower;
  if (!log_.config().deletes) return ErrorCode::policy_violation;
  target = before == Offset() ? log_.high_watermark() : before;
  if (!target.is_set() || target > log_.high_watermark()) return ErrorCode::offset_out_of_range;
  log_.raise_start_offset(target);
  return ErrorCode::none;
}

Offset Partition::low_watermark() const {
  Offset lowest = log_.start_offset();
  for (const auto& [replica, state] : remote_) {
    if (image_.is_alive(replica)) lowest = std::min(lowest, state.log_start_offset());
  }
  return lowest;
}

}  // namespace kafkasim::broker
