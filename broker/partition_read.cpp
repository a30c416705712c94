// What a partition answers to fetches, to questions for offsets, and to questions for the end of an
// epoch.
#include <algorithm>

#include "broker/partition.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::FetchPartition;
using protocol::IsolationLevel;
using protocol::LeaderEpoch;
using protocol::Offset;

Offset Partition::visible_bound(const ReadParams& params) const {
  if (params.is_follower() || mutations_->serve_unreplicated) return log_.end_offset();
  return params.isolation == IsolationLevel::read_committed ? log_.last_stable_offset()
                                                            : log_.high_watermark();
}

PartitionRead Partition::read(const FetchPartition& fetch, const ReadParams& params,
                              protocol::BrokerEpoch local_epoch, sim::Time now) {
  PartitionRead read;
  // Replicas copy from the leader only; consumers may read from followers, up to what these know to
  // be replicated.
  read.error = check_access(fetch.current_leader_epoch, params.is_follower());
  if (read.error != ErrorCode::none) return read;
  if (params.is_follower() && !remote_.contains(params.replica_id)) {
    // The assignment may be newer than what this leader knows; with an epoch in hand the follower
    // just tries again.
    read.error = fetch.current_leader_epoch.is_set() ? ErrorCode::unknown_leader_epoch
                                                     : ErrorCode::not_leader_or_follower;
    return read;
  }
  read.high_watermark = log_.high_watermark();
  read.last_stable_offset = log_.last_stable_offset();
  read.log_start_offset = log_.start_offset();
  const Offset leader_end = log_.end_offset();

  check_divergence(fetch, read);
  if (read.error != ErrorCode::none || read.diverging_epoch) return read;
  if (fetch.fetch_offset < log_.start_offset() || fetch.fetch_offset > leader_end) {
    read.error = ErrorCode::offset_out_of_range;
    return read;
  }
  LogRead data =
      log_.read(fetch.fetch_offset, params.max_bytes, visible_bound(params), params.min_one);
  read.records = std::move(data.records);
  read.bytes = data.bytes;
  if (!params.is_follower() && params.isolation == IsolationLevel::read_committed &&
      !read.records.empty()) {
    read.aborted_transactions =
        log_.aborted_between(fetch.fetch_offset, read.records.back().next_offset());
  }
  if (params.is_follower() && params.note_position) {
    read.error = note_fetch(fetch, params, leader_end, local_epoch, now, read.effects);
    if (read.error != ErrorCode::none) read.records.clear();
  }
  return read;
}

PartitionRead Partition::marks(LeaderEpoch current_leader_epoch) const {
  PartitionRead marks;
  marks.error = check_access(current_leader_epoch, false);
  if (marks.error != ErrorCode::none) return marks;
  marks.high_watermark = log_.high_watermark();
  marks.last_stable_offset = log_.last_stable_offset();
  marks.log_start_offset = log_.start_offset();
  return marks;
}

std::vector<ReadableReplica> Partition::readable_followers(Offset offset) const {
  std::vector<ReadableReplica> readable;
  for (const auto& [replica, state] : remote_) {
    const BrokerRegistration* broker = image_.broker(replica);
    if (broker == nullptr || broker->fenced || !is_in_isr(replica)) continue;
    // A replica that has not fetched in this leadership has no known end, and is behind any offset.
    if (state.log_end_offset() < offset || state.log_start_offset() > offset) continue;
    readable.push_back({replica, broker->rack, state.log_end_offset(), state.last_caught_up()});
  }
  return readable;
}

void Partition::check_divergence(const FetchPartition& fetch, PartitionRead& read) const {
  if (!fetch.last_fetched_epoch.is_set() || mutations_->skip_divergence_check) return;
  const auto end = log_.leader_epochs().end_offset_for(fetch.last_fetched_epoch, log_.end_offset());
  if (!end.epoch.is_set() || !end.end_offset.is_set() || fetch.fetch_offset < log_.start_offset()) {
    read.error = ErrorCode::offset_out_of_range;
    return;
  }
  if (end.epoch < fetch.last_fetched_epoch || end.end_offset < fetch.fetch_offset)
    read.diverging_epoch = end;
}

Partition::Available Partition::available(const FetchPartition& fetch, const ReadParams& params,
                                          std::int64_t enough) const {
  if (check_access(fetch.current_leader_epoch, params.is_follower()) != ErrorCode::none)
    return {true, 0};
  if (params.is_follower() && !remote_.contains(params.replica_id)) return {true, 0};
  PartitionRead outcome;
  check_divergence(fetch, outcome);
  if (outcome.error != ErrorCode::none || outcome.diverging_epoch) return {true, 0};
  // The log was cut below the reader's position, its start moved past it, or (after an election)
  // the high watermark is still behind it. Kafka answers at once in all three cases.
  const Offset bound = visible_bound(params);
  if (fetch.fetch_offset > bound || fetch.fetch_offset < log_.start_offset()) return {true, 0};
  const std::int64_t limit = std::min<std::int64_t>(enough, fetch.max_bytes);
  return {false, std::min<std::int64_t>(log_.bytes_between(fetch.fetch_offset, bound, limit),
                                        fetch.max_bytes)};
}

OffsetLookup Partition::find_offset(std::int64_t timestamp, std::optional<IsolationLevel> isolation,
                                    LeaderEpoch current_leader_epoch) const {
  OffsetLookup lookup;
  lookup.error = check_access(current_leader_epoch, true);
  if (lookup.error != ErrorCode::none) return lookup;

  Offset bound = log_.end_offset();
  if (isolation) {
    bound = *isolation == IsolationLevel::read_committed ? log_.last_stable_offset()
                                                         : log_.high_watermark();
  }
  // A new leader whose high watermark has not reached its own epoch cannot tell a client where the
  // end is.
  const bool lags = isolation && epoch_start_offset_ > log_.high_watermark();
  if (timestamp == protocol::latest_timestamp) {
    if (lags) {
      lookup.error = ErrorCode::offset_not_available;
    } else {
      lookup.found = TimestampedOffset{-1, bound, leader_epoch_};
    }
    return lookup;
  }
  if (timestamp == protocol::earliest_timestamp) {
    const auto& epochs = log_.leader_epochs().entries();
    const bool known = !epochs.empty() && epochs.front().start_offset <= log_.start_offset();
    lookup.found =
        TimestampedOffset{-1, log_.start_offset(), known ? epochs.front().epoch : LeaderEpoch()};
    return lookup;
  }
  auto found = timestamp == protocol::max_timestamp ? log_.find_max_timestamp()
                                                    : log_.find_timestamp(timestamp);
  if (found && found->offset < bound) {
    lookup.found = found;
  } else if (lags) {
    lookup.error = ErrorCode::offset_not_available;
  }
  return lookup;
}

protocol::OffsetForLeaderPartitionResponse Partition::end_offset_for_epoch(
    const protocol::OffsetForLeaderPartition& request) const {
  protocol::OffsetForLeaderPartitionResponse response;
  response.partition = id_;
  response.error = check_access(request.current_leader_epoch, true);
  if (response.error != ErrorCode::none) return response;
  const auto end = log_.leader_epochs().end_offset_for(request.leader_epoch, log_.end_offset());
  response.leader_epoch = end.epoch;
  response.end_offset = end.end_offset;
  return response;
}

}  // namespace kafkasim::broker
