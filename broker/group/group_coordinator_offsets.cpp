// OffsetCommit and OffsetFetch.
#include "broker/group/group_coordinator.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

ErrorCode GroupCoordinator::accept_commit(const protocol::OffsetCommitRequest& request) {
  return consumers_.find(request.group_id) != nullptr ? consumers_.accept_commit(request)
                                                      : groups_.accept_commit(request);
}

void GroupCoordinator::offset_commit(GroupToken token, const protocol::OffsetCommitRequest& request,
                                     sim::Time now) {
  begin(token, now);
  protocol::OffsetCommitResponse response;
  for (const auto& each : request.partitions)
    response.partitions.push_back({each.partition, ErrorCode::none});
  const ErrorCode error = accept_commit(request);
  if (error != ErrorCode::none) {
    effects_.reply(token, failed(std::move(response), error));
    return;
  }
  std::vector<GroupRecord> records;
  for (std::size_t i = 0; i < request.partitions.size(); ++i) {
    const protocol::OffsetCommitPartition& each = request.partitions[i];
    if (each.committed_metadata.size() >
        static_cast<std::size_t>(effects_.settings.offset_metadata_max_bytes)) {
      response.partitions[i].error = ErrorCode::offset_metadata_too_large;
      continue;
    }
    OffsetCommitValue value;
    value.group_id = request.group_id;
    value.partition = each.partition;
    value.offset = each.committed_offset;
    value.leader_epoch = each.committed_leader_epoch;
    value.metadata = each.committed_metadata;
    value.commit_timestamp_ms = sim::to_epoch_ms(now);
    if (request.retention_time_ms != -1) {
      value.expire_timestamp_ms = value.commit_timestamp_ms + request.retention_time_ms;
    }
    value.member_id = request.member_id;
    records.push_back(
        {OffsetCommitKey{request.group_id, each.partition},
         protocol::Ref<protocol::InternalValue>(new OffsetCommitValue(std::move(value)))});
  }
  if (records.empty()) {
    effects_.reply_after_writes(token, std::move(response));
  } else {
    AnswerFollows answer{{token, std::move(response)}};
    store(std::move(records), std::move(answer), "");
  }
}

void GroupCoordinator::offset_fetch(GroupToken token, const protocol::OffsetFetchRequest& request,
                                    sim::Time now) {
  begin(token, now);
  if (consumers_.find(request.group_id) != nullptr) {
    const ErrorCode error = consumers_.accept_fetch(request);
    if (error != ErrorCode::none) {
      effects_.reply(token, failed(fetched(request, {}), error));
      return;
    }
  }
  if (request.require_stable && !effects_.writes.idle()) {
    effects_.follow_writes(FetchFollows{token, request});
  } else {
    effects_.reply(token, fetched(request, offsets_.committed(request.group_id)));
  }
}

protocol::OffsetFetchResponse GroupCoordinator::fetched(
    const protocol::OffsetFetchRequest& request, const OffsetStore::Partitions& offsets) const {
  protocol::OffsetFetchResponse response;
  response.group_id = request.group_id;
  const auto add = [&](const protocol::TopicPartition& partition, const StoredOffset& stored) {
    response.partitions.push_back(
        {partition, stored.offset, stored.leader_epoch, stored.metadata, ErrorCode::none});
  };
  if (request.all_partitions) {
    for (const auto& [partition, stored] : offsets) add(partition, stored);
    return response;
  }
  for (const protocol::TopicPartition& partition : request.partitions) {
    const auto at = offsets.find(partition);
    add(partition, at == offsets.end() ? StoredOffset() : at->second);
  }
  return response;
}

}  // namespace kafkasim::broker
