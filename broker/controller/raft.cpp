// Roles: how a voter passes from one to the next, and what time does to it.
#include "broker/controller/raft.hpp"

#include <algorithm>
#include <utility>

#include "broker/metadata_records.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::LeaderEpoch;
using protocol::Offset;
using sim::Duration;
using sim::Time;

std::string_view name(RaftRole role) {
  switch (role) {
    case RaftRole::unattached:
      return "unattached";
    case RaftRole::prospective:
      return "prospective";
    case RaftRole::candidate:
      return "candidate";
    case RaftRole::follower:
      return "follower";
    case RaftRole::leader:
      return "leader";
    case RaftRole::resigned:
      return "resigned";
  }
  return "";
}

Raft::Raft(VoterId self, std::vector<VoterId> voters, RaftSettings settings,
           ControllerStorage& storage, sim::Rng rng)
    : self_(self),
      voters_(std::move(voters)),
      settings_(std::move(settings)),
      storage_(storage),
      log_(storage),
      rng_(rng) {
  std::sort(voters_.begin(), voters_.end());
  CHECKED(is_voter(self_), "controller {} is no voter of its quorum", self_.value());
}

bool Raft::is_voter(VoterId id) const {
  return std::binary_search(voters_.begin(), voters_.end(), id);
}

void Raft::start(Time now) {
  const Time end = now + election_time();
  if (storage_.epoch < log_.last_epoch()) write_election(log_.last_epoch(), VoterId(), VoterId());
  if (storage_.leader == self_) {
    // It may not vote again in this epoch, nor write to it.
    set_role(RaftRole::resigned);
    deadline_ = end;
  } else if (storage_.voted_for == self_) {
    set_role(RaftRole::candidate);
    elections_ = 1;
    votes_ = {{self_, true}};
    deadline_ = election_end_ = end;
  } else if (storage_.leader.is_set()) {
    set_role(RaftRole::follower);
    deadline_ = now + settings_.fetch_timeout;
  } else {
    set_role(RaftRole::unattached);
    deadline_ = election_end_ = end;
  }
  if (voters_.size() == 1) become_prospective(now);
}

void Raft::resign(Time now) {
  CHECKED(leads(), "controller {} resigns as a {}", self_.value(), name(role_));
  set_role(RaftRole::resigned);
  told_of_end_.clear();
  deadline_ = now + election_time();
}

void Raft::tick(Time now) {
  if (now < deadline_) return;
  switch (role_) {
    case RaftRole::unattached:
    case RaftRole::follower:
      return become_prospective(now);
    case RaftRole::prospective:
      return pre_election_lost(now);
    case RaftRole::candidate:
      return become_prospective(now);
    case RaftRole::leader:
      return resign(now);
    case RaftRole::resigned:
      return become_unattached(storage_.epoch.next(), now);
  }
}

Duration Raft::election_time() {
  return settings_.election_timeout +
         rng_.between(Duration(0), settings_.election_timeout - Duration(1));
}

void Raft::set_role(RaftRole role) {
  role_ = role;
  votes_.clear();
  backing_off_ = false;
  knows_high_watermark_ = false;
  ++version_;
}

void Raft::write_election(LeaderEpoch epoch, VoterId voted_for, VoterId leader) {
  CHECKED(epoch >= storage_.epoch, "controller {} goes from epoch {} back to {}", self_.value(),
          storage_.epoch.value(), epoch.value());
  storage_.epoch = epoch;
  storage_.voted_for = voted_for;
  storage_.leader = leader;
}

void Raft::become_unattached(LeaderEpoch epoch, Time now) {
  const bool keeps_time = role_ == RaftRole::unattached || role_ == RaftRole::prospective ||
                          role_ == RaftRole::candidate;
  if (!keeps_time || election_end_ <= now) election_end_ = now + election_time();
  if (epoch > storage_.epoch) write_election(epoch, VoterId(), VoterId());
  set_role(RaftRole::unattached);
  deadline_ = election_end_;
}

void Raft::become_prospective(Time now) {
  elections_ = role_ == RaftRole::candidate ? elections_ + 1 : 1;
  set_role(RaftRole::prospective);
  deadline_ = election_end_ = now + election_time();
  votes_[self_] = true;
  count_votes(now);
}

void Raft::become_candidate(Time now) {
  write_election(storage_.epoch.next(), self_, VoterId());
  set_role(RaftRole::candidate);
  deadline_ = election_end_ = now + election_time();
  votes_[self_] = true;
  count_votes(now);
}

void Raft::become_leader(Time now) {
  write_election(storage_.epoch, self_, self_);
  set_role(RaftRole::leader);
  progress_.clear();
  heard_.clear();
  for (const VoterId voter : voters_) {
    if (voter != self_) progress_[voter].begin_at = now;
  }
  const bool alone = voters_.size() == 1;
  deadline_ = alone ? sim::never : now + majority_timeout();
  epoch_start_ = log_.end_offset();
  append(make_leader_change_batch(self_, voters_, sim::to_epoch_ms(now)), now);
}

void Raft::become_follower(LeaderEpoch epoch, VoterId leader, Time now) {
  CHECKED(leader != self_, "controller {} is told that it leads epoch {}", self_.value(),
          epoch.value());
  CHECKED(epoch > storage_.epoch || !storage_.leader.is_set() || storage_.leader == leader,
          "epoch {} has two leaders, {} and {}", epoch.value(), storage_.leader.value(),
          leader.value());
  const VoterId vote = epoch > storage_.epoch ? VoterId() : storage_.voted_for;
  write_election(epoch, vote, leader);
  set_role(RaftRole::follower);
  has_fetched_ = false;
  deadline_ = now + settings_.fetch_timeout;
}

void Raft::hear_of(LeaderEpoch epoch, VoterId leader, Time now) {
  const bool names_another = leader.is_set() && leader != self_;
  CHECKED(epoch != storage_.epoch || !names_another || !storage_.leader.is_set() ||
              storage_.leader == leader,
          "epoch {} has two leaders, {} and {}", epoch.value(), storage_.leader.value(),
          leader.value());
  if (epoch > storage_.epoch) {
    names_another ? become_follower(epoch, leader, now) : become_unattached(epoch, now);
  } else if (epoch == storage_.epoch && names_another && !storage_.leader.is_set()) {
    become_follower(epoch, leader, now);
  }
}

// Others still hear the leader, or nobody answered: back to where it was before.
void Raft::pre_election_lost(Time now) {
  if (storage_.leader.is_set()) {
    become_follower(storage_.epoch, storage_.leader, now);
  } else {
    become_unattached(storage_.epoch, now);
  }
}

void Raft::count_votes(Time now) {
  const auto granted = static_cast<std::size_t>(
      std::count_if(votes_.begin(), votes_.end(), [](const auto& vote) { return vote.second; }));
  const std::size_t refused = votes_.size() - granted;
  if (granted >= majority()) {
    return role_ == RaftRole::prospective ? become_candidate(now) : become_leader(now);
  }
  if (refused <= voters_.size() - majority()) return;
  if (role_ == RaftRole::prospective) return pre_election_lost(now);
  if (backing_off_) return;
  backing_off_ = true;
  const std::uint64_t steps = std::uint64_t{1} << std::min(elections_, 11);
  const Duration pause = std::chrono::milliseconds(100 * rng_.below(steps));
  deadline_ = now + std::min(pause, settings_.election_backoff_max);
  ++version_;
}

Offset Raft::append(protocol::BatchRef batch, Time now) {
  CHECKED(leads(), "a {} writes to the metadata log", name(role_));
  protocol::StoredBatch stored;
  stored.base_offset = log_.end_offset();
  stored.leader_epoch = storage_.epoch;
  stored.append_time_ms = sim::to_epoch_ms(now);
  stored.batch = std::move(batch);
  log_.append(std::move(stored));
  ++version_;
  update_high_watermark();
  return log_.end_offset();
}

// What a majority has is committed, once it holds a record of this epoch: one of an earlier epoch
// can be replaced even when a majority has it.
void Raft::update_high_watermark() {
  std::vector<Offset> ends{log_.end_offset()};
  for (const auto& [voter, progress] : progress_) ends.push_back(progress.end_offset);
  std::sort(ends.begin(), ends.end(), std::greater<>());
  const Offset reached = ends[majority() - 1];
  if (reached <= epoch_start_) return;
  if (knows_high_watermark_ && reached <= high_watermark_) return;
  CHECKED(reached >= high_watermark_, "the high watermark of epoch {} falls from {} to {}",
          storage_.epoch.value(), high_watermark_.value(), reached.value());
  knows_high_watermark_ = true;
  high_watermark_ = reached;
  ++version_;
}

}  // namespace kafkasim::broker
