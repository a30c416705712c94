// ListOffsets: the offset at the start, at the end, of the newest record, or at a time. Clients see
// up to the high watermark or the last stable offset, replicas up to the end of the log.
#include <set>

#include "broker/replica_manager.hpp"

namespace kafkasim::broker {

using protocol::ListOffsetsPartition;
using protocol::ListOffsetsPartitionResponse;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::TopicPartition;

ListOffsetsResponse ReplicaManager::list_offsets(const ListOffsetsRequest& request) const {
  std::set<TopicPartition> once;
  std::set<TopicPartition> twice;
  for (const ListOffsetsPartition& item : request.partitions) {
    if (!once.insert(item.partition).second) twice.insert(item.partition);
  }
  std::optional<protocol::IsolationLevel> isolation;
  if (!request.replica_id.is_set()) isolation = request.isolation_level;

  ListOffsetsResponse response;
  for (const ListOffsetsPartition& item : request.partitions) {
    ListOffsetsPartitionResponse& out = response.partitions.emplace_back();
    out.partition = item.partition;
    const Hosted* here = hosted(item.partition);
    if (twice.contains(item.partition)) {
      out.error = protocol::ErrorCode::invalid_request;
    } else if (here == nullptr) {
      out.error = absence(item.partition);
    } else {
      const OffsetLookup lookup =
          here->partition.find_offset(item.timestamp, isolation, item.current_leader_epoch);
      out.error = lookup.error;
      if (!lookup.found) continue;
      out.timestamp = lookup.found->timestamp_ms;
      out.offset = lookup.found->offset;
      out.leader_epoch = lookup.found->leader_epoch;
    }
  }
  return response;
}

}  // namespace kafkasim::broker
