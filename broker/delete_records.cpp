// DeleteRecords: the log of a partition begins later. The leader raises its log start at once and
// answers when every live replica has followed, or when the request's time is over. Segments go
// later. Left out: authorization.
#include <vector>

#include "broker/replica_manager.hpp"
#include "protocol/admin_messages.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/events.hpp"

namespace kafkasim::broker {

using protocol::DeleteRecordsPartition;
using protocol::DeleteRecordsPartitionResult;
using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using protocol::ErrorCode;
using protocol::Offset;

DeleteRecordsPartitionResult ReplicaManager::delete_records_of(const DeleteRecordsPartition& item,
                                                               Offset& target) {
  DeleteRecordsPartitionResult result;
  result.partition = item.partition;
  if (item.partition.topic == protocol::offsets_topic) {
    result.error = ErrorCode::invalid_topic_exception;
    return result;
  }
  Hosted* here = hosted(item.partition);
  if (here == nullptr) {
    result.error = absence(item.partition);
    return result;
  }
  const Offset from = here->partition.log().start_offset();
  result.error = here->partition.delete_records(item.offset, target);
  if (result.error != ErrorCode::none) return result;
  const Offset to = here->partition.log().start_offset();
  if (from < to) context_.report(protocol::events::LogStartRaised{item.partition, from, to});
  result.low_watermark = here->partition.low_watermark();
  return result;
}

sim::Task<DeleteRecordsResponse> ReplicaManager::delete_records(DeleteRecordsRequest request) {
  const sim::Time deadline = context_.now() + std::chrono::milliseconds(request.timeout_ms);
  DeleteRecordsResponse response;
  std::vector<Offset> targets(request.partitions.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    response.partitions.push_back(delete_records_of(request.partitions[i], targets[i]));
  }
  if (sim::must_yield(context_.process)) co_await sim::yield_now();

  Watch watch;
  for (const DeleteRecordsPartition& item : request.partitions) {
    if (Hosted* here = hosted(item.partition)) watch.add(here->at_log_start, Offset(0));
  }
  for (bool in_time = true;;) {
    bool waits = false;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      DeleteRecordsPartitionResult& item = response.partitions[i];
      if (item.error != ErrorCode::none || item.low_watermark >= targets[i]) continue;
      const Hosted* here = hosted(item.partition);
      if (here == nullptr || !here->partition.is_leader()) {
        item.error = here == nullptr ? absence(item.partition) : ErrorCode::not_leader_or_follower;
        continue;
      }
      item.low_watermark = here->partition.low_watermark();
      if (item.low_watermark >= targets[i]) continue;
      waits = true;
      if (!in_time) item.error = ErrorCode::request_timed_out;
    }
    if (!waits || !in_time) break;
    in_time = co_await watch.wait(deadline);
  }
  co_return response;
}

}  // namespace kafkasim::broker
