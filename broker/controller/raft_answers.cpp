// What this voter asks of the others, and what it makes of their answers.
#include <algorithm>

#include "broker/controller/raft.hpp"
#include "protocol/cluster_messages.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using sim::Time;

namespace {

constexpr std::int32_t max_wait_ms = 500;  // of a fetch, as raft has it

// How far the others have come, longest log first.
template <class Progress>
std::vector<protocol::BrokerId> successors(const Progress& progress) {
  std::vector<std::pair<Offset, protocol::BrokerId>> others;
  for (const auto& [voter, one] : progress) others.emplace_back(one.end_offset, voter);
  std::sort(others.begin(), others.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<protocol::BrokerId> ids;
  for (const auto& [end, voter] : others) ids.push_back(voter);
  return ids;
}

}  // namespace

std::optional<protocol::RequestBody> Raft::next_request(VoterId voter, Time now) {
  const auto pause = not_before_.find(voter);
  if (pause != not_before_.end() && now < pause->second) return std::nullopt;
  switch (role_) {
    case RaftRole::unattached:
      if (is_next_to_discover(voter)) return fetch_request();
      break;
    case RaftRole::prospective:
    case RaftRole::candidate:
      if (!votes_.contains(voter) && !backing_off_) return vote_request(voter);
      break;
    case RaftRole::follower:
      if (storage_.leader == voter) return fetch_request();
      break;
    case RaftRole::leader: {
      Progress& progress = progress_.at(voter);
      if (now < progress.begin_at) break;
      progress.begin_at = now + settings_.fetch_timeout / 2;
      protocol::BeginQuorumEpochRequest request;
      request.cluster_id = settings_.cluster_id;
      request.voter_id = voter;
      request.leader_id = self_;
      request.leader_epoch = storage_.epoch;
      return request;
    }
    case RaftRole::resigned: {
      if (told_of_end_.contains(voter)) break;
      protocol::EndQuorumEpochRequest request;
      request.cluster_id = settings_.cluster_id;
      request.leader_id = self_;
      request.leader_epoch = storage_.epoch;
      request.preferred_successors = successors(progress_);
      return request;
    }
  }
  return std::nullopt;
}

Time Raft::next_request_time(VoterId voter) const {
  const auto pause = not_before_.find(voter);
  const Time paused =
      pause == not_before_.end() ? sim::zero - std::chrono::hours(1000) : pause->second;
  switch (role_) {
    case RaftRole::unattached:
      return is_next_to_discover(voter) ? paused : sim::never;
    case RaftRole::prospective:
    case RaftRole::candidate:
      return votes_.contains(voter) || backing_off_ ? sim::never : paused;
    case RaftRole::follower:
      return storage_.leader == voter ? paused : sim::never;
    case RaftRole::leader:
      return std::max(paused, progress_.at(voter).begin_at);
    case RaftRole::resigned:
      return told_of_end_.contains(voter) ? sim::never : paused;
  }
  return sim::never;
}

// Without a leader it asks the others in turn whether they know one.
bool Raft::is_next_to_discover(VoterId voter) const {
  std::size_t place = 0;
  for (const VoterId other : voters_) {
    if (other == self_) continue;
    if (place++ == discovery_ % (voters_.size() - 1)) return other == voter;
  }
  return false;
}

protocol::RequestBody Raft::vote_request(VoterId voter) const {
  protocol::VoteRequest request;
  request.cluster_id = settings_.cluster_id;
  request.voter_id = voter;
  request.replica_id = self_;
  request.replica_epoch = storage_.epoch;
  request.last_offset_epoch = log_.last_epoch();
  request.last_offset = log_.end_offset();
  request.pre_vote = role_ == RaftRole::prospective;
  return request;
}

protocol::RequestBody Raft::fetch_request() const {
  protocol::FetchRequest request;
  request.replica_id = self_;
  request.max_wait_ms = max_wait_ms;
  protocol::FetchPartition& partition = request.partitions.emplace_back();
  partition.partition = {protocol::metadata_topic, 0};
  partition.current_leader_epoch = storage_.epoch;
  partition.fetch_offset = log_.end_offset();
  partition.last_fetched_epoch = log_.last_epoch();
  return request;
}

void Raft::unanswered(VoterId voter, Time now) {
  not_before_[voter] = now + settings_.retry_backoff;
  if (role_ == RaftRole::unattached && is_next_to_discover(voter)) ++discovery_;
  ++version_;
}

bool Raft::learn(ErrorCode error, LeaderEpoch epoch, VoterId leader, Time now) {
  if (epoch < storage_.epoch) return false;
  const bool is_newer = epoch > storage_.epoch;
  if (epoch.is_set()) hear_of(epoch, leader, now);
  return !is_newer && error == ErrorCode::none;
}

template <class Response>
bool Raft::is_about_now(const Response& response, Time now) {
  return learn(response.error, response.leader_epoch, response.leader_id, now);
}

void Raft::answered(VoterId voter, const protocol::RequestBody& request,
                    const protocol::ResponseBody& response, Time now) {
  const std::uint64_t before = version_;
  bool useful = true;
  if (const auto* vote = std::get_if<protocol::VoteResponse>(&response)) {
    useful = is_about_now(*vote, now);
    if (useful) on_vote(voter, std::get<protocol::VoteRequest>(request), *vote, now);
  } else if (const auto* begun = std::get_if<protocol::BeginQuorumEpochResponse>(&response)) {
    useful = is_about_now(*begun, now);
  } else if (const auto* ended = std::get_if<protocol::EndQuorumEpochResponse>(&response)) {
    useful = is_about_now(*ended, now);
    const bool still = role_ == RaftRole::resigned &&
                       std::get<protocol::EndQuorumEpochRequest>(request).leader_epoch == epoch();
    if (still) told_of_end_.insert(voter);
    ++version_;
  } else if (const auto* fetched = std::get_if<protocol::FetchResponse>(&response)) {
    const bool is_one = fetched->error == ErrorCode::none && fetched->partitions.size() == 1;
    if (is_one) {
      const protocol::FetchPartitionResponse& partition = fetched->partitions[0];
      useful = learn(partition.error, partition.current_leader.leader_epoch,
                     partition.current_leader.leader_id, now);
    }
    useful = useful && is_one;
    if (useful) on_fetched(voter, *fetched, now);
  }
  // An answer that changes nothing would come again and again.
  if (!useful && version_ == before) unanswered(voter, now);
}

void Raft::on_vote(VoterId voter, const protocol::VoteRequest& request,
                   const protocol::VoteResponse& response, Time now) {
  const bool same_election =
      request.replica_epoch == storage_.epoch &&
      role_ == (request.pre_vote ? RaftRole::prospective : RaftRole::candidate);
  if (!same_election) return;
  votes_[voter] = response.vote_granted;
  ++version_;
  count_votes(now);
}

void Raft::on_fetched(VoterId voter, const protocol::FetchResponse& response, Time now) {
  const protocol::FetchPartitionResponse& partition = response.partitions[0];
  if (role_ != RaftRole::follower || storage_.leader != voter) return;
  if (partition.diverging_epoch) {
    const Offset end = log_.truncate_to(*partition.diverging_epoch);
    CHECKED(end >= high_watermark_, "controller {} cuts its log at {}, below what is committed, {}",
            self_.value(), end.value(), high_watermark_.value());
  } else {
    for (const protocol::StoredBatch& batch : partition.records) {
      if (batch.base_offset >= log_.end_offset()) log_.append(batch);
    }
    high_watermark_ =
        std::max(high_watermark_, std::min(partition.high_watermark, log_.end_offset()));
  }
  has_fetched_ = true;
  deadline_ = now + settings_.fetch_timeout;
  ++version_;
}

}  // namespace kafkasim::broker
