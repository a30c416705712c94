// What other voters, and brokers that read the log, ask of this voter.
#include <algorithm>

#include "broker/controller/raft.hpp"
#include "protocol/cluster_messages.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using sim::Duration;
using sim::Time;

namespace {

// Batches of one fetch; who is further behind fetches again.
constexpr std::size_t fetch_limit = 1000;

template <class Response>
Response with_leader(ErrorCode error, const Raft& raft) {
  Response response;
  response.error = error;
  response.leader_id = raft.leader();
  response.leader_epoch = raft.epoch();
  return response;
}

}  // namespace

template <class Request>
ErrorCode Raft::check(const Request& request, VoterId sender, LeaderEpoch epoch) const {
  if (request.cluster_id != settings_.cluster_id) return ErrorCode::inconsistent_cluster_id;
  if (epoch < storage_.epoch) return ErrorCode::fenced_leader_epoch;
  return is_voter(sender) ? ErrorCode::none : ErrorCode::inconsistent_voter_set;
}

protocol::VoteResponse Raft::handle(const protocol::VoteRequest& request, Time now) {
  const bool epoch_is_free = request.pre_vote ? request.last_offset_epoch <= request.replica_epoch
                                              : request.last_offset_epoch < request.replica_epoch;
  if (!epoch_is_free || !request.last_offset.is_set())
    return with_leader<protocol::VoteResponse>(ErrorCode::invalid_request, *this);
  const ErrorCode error = check(request, request.replica_id, request.replica_epoch);
  if (error != ErrorCode::none) return with_leader<protocol::VoteResponse>(error, *this);
  if (request.replica_epoch > storage_.epoch) become_unattached(request.replica_epoch, now);
  const bool granted = would_vote(request);
  if (granted && !request.pre_vote && !storage_.voted_for.is_set()) {
    write_election(storage_.epoch, request.replica_id, storage_.leader);
    // Whom it votes for has as good a chance as itself.
    deadline_ = election_end_ = now + election_time();
    ++version_;
  }
  auto response = with_leader<protocol::VoteResponse>(ErrorCode::none, *this);
  response.vote_granted = granted;
  return response;
}

// The log of the one who asks must be at least as long as this one, in epochs first. A vote binds
// for the epoch, a pre-vote only says that this voter misses a leader, too.
bool Raft::would_vote(const protocol::VoteRequest& request) const {
  const bool is_up_to_date = std::pair(request.last_offset_epoch, request.last_offset) >=
                             std::pair(log_.last_epoch(), log_.end_offset());
  switch (role_) {
    case RaftRole::unattached:
    case RaftRole::prospective:
      if (request.pre_vote) return is_up_to_date;
      if (storage_.voted_for.is_set()) return storage_.voted_for == request.replica_id;
      return !storage_.leader.is_set() && is_up_to_date;
    case RaftRole::candidate:
    case RaftRole::resigned:
      return request.pre_vote && is_up_to_date;
    case RaftRole::follower:
      return request.pre_vote && is_up_to_date && !has_fetched_;
    case RaftRole::leader:
      return request.pre_vote && is_up_to_date && !knows_high_watermark_;
  }
  return false;
}

protocol::BeginQuorumEpochResponse Raft::handle(const protocol::BeginQuorumEpochRequest& request,
                                                Time now) {
  using Response = protocol::BeginQuorumEpochResponse;
  const ErrorCode error = check(request, request.leader_id, request.leader_epoch);
  if (error != ErrorCode::none) return with_leader<Response>(error, *this);
  hear_of(request.leader_epoch, request.leader_id, now);
  // The leader that it had given up is there after all.
  if (role_ == RaftRole::prospective && storage_.leader == request.leader_id)
    become_follower(storage_.epoch, storage_.leader, now);
  return with_leader<Response>(ErrorCode::none, *this);
}

protocol::EndQuorumEpochResponse Raft::handle(const protocol::EndQuorumEpochRequest& request,
                                              Time now) {
  using Response = protocol::EndQuorumEpochResponse;
  const ErrorCode error = check(request, request.leader_id, request.leader_epoch);
  if (error != ErrorCode::none) return with_leader<Response>(error, *this);
  hear_of(request.leader_epoch, request.leader_id, now);
  if (role_ == RaftRole::follower && storage_.leader == request.leader_id) {
    // No more waiting for fetches to fail.
    deadline_ = now + wait_for_my_turn(request.preferred_successors);
    ++version_;
  }
  return with_leader<Response>(ErrorCode::none, *this);
}

// The successor with the longest log stands at once, each of the others a while after the one
// before it.
Duration Raft::wait_for_my_turn(const std::vector<VoterId>& successors) const {
  const auto place = std::find(successors.begin(), successors.end(), self_) - successors.begin();
  if (place == 0 && !successors.empty()) return Duration(0);
  const auto last = static_cast<std::ptrdiff_t>(successors.size()) - 1;
  const Duration first =
      settings_.election_backoff_max / (std::int64_t{1} << std::max<std::ptrdiff_t>(last, 0));
  const std::int64_t doublings = std::int64_t{1} << std::max<std::ptrdiff_t>(place - 1, 0);
  return std::min(settings_.election_backoff_max, first * doublings);
}

void Raft::note_fetch(protocol::BrokerId replica, const protocol::FetchPartition& fetch, Time now) {
  if (!leads() || fetch.current_leader_epoch != storage_.epoch) return;
  const auto progress = progress_.find(replica);
  if (progress == progress_.end()) return;
  progress->second.begin_at = now + settings_.fetch_timeout / 2;
  heard_.insert(replica);
  if (heard_.size() >= majority() - 1) {
    heard_.clear();
    deadline_ = now + majority_timeout();
  }
  if (!log_.holds(fetch.fetch_offset, fetch.last_fetched_epoch)) return;
  if (fetch.fetch_offset == progress->second.end_offset) return;
  progress->second.end_offset = fetch.fetch_offset;
  update_high_watermark();
}

protocol::FetchPartitionResponse Raft::answer_fetch(protocol::BrokerId replica,
                                                    const protocol::FetchPartition& fetch) const {
  protocol::FetchPartitionResponse answer;
  answer.partition = {protocol::metadata_topic, 0};
  answer.current_leader = {storage_.leader, storage_.epoch};
  if (fetch.current_leader_epoch < storage_.epoch) {
    answer.error = ErrorCode::fenced_leader_epoch;
  } else if (fetch.current_leader_epoch > storage_.epoch) {
    answer.error = ErrorCode::unknown_leader_epoch;
  } else if (!leads()) {
    answer.error = ErrorCode::not_leader_or_follower;
  }
  if (answer.error != ErrorCode::none) return answer;
  answer.log_start_offset = Offset(0);
  if (knows_high_watermark_) answer.high_watermark = answer.last_stable_offset = high_watermark_;
  if (!log_.holds(fetch.fetch_offset, fetch.last_fetched_epoch)) {
    answer.diverging_epoch = log_.end_of(fetch.last_fetched_epoch);
    return answer;
  }
  const Offset end = is_voter(replica) ? log_.end_offset() : high_watermark_;
  answer.records = log_.read(fetch.fetch_offset, end, fetch_limit);
  return answer;
}

}  // namespace kafkasim::broker
