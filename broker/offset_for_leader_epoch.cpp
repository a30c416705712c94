// OffsetForLeaderEpoch: where an epoch ends in the leader's log. Consumers ask it to find out
// whether what they read was cut away.
#include "broker/replica_manager.hpp"

namespace kafkasim::broker {

using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;
using protocol::OffsetForLeaderPartition;

OffsetForLeaderEpochResponse ReplicaManager::offset_for_leader_epoch(
    const OffsetForLeaderEpochRequest& request) const {
  OffsetForLeaderEpochResponse response;
  for (const OffsetForLeaderPartition& item : request.partitions) {
    if (const Hosted* here = hosted(item.partition)) {
      response.partitions.push_back(here->partition.end_offset_for_epoch(item));
    } else {
      protocol::OffsetForLeaderPartitionResponse& out = response.partitions.emplace_back();
      out.partition = item.partition;
      out.error = absence(item.partition);
    }
  }
  return response;
}

}  // namespace kafkasim::broker
