// One voter of the controller quorum as a plain state machine: what it is told (a request, an
// answer, that time has passed) changes its role, its epoch and its log, and next_request() says
// what it wants to ask the others. Roles, timers and answers are those of Kafka's raft, pre-votes
// included. It waits for nothing and sends nothing; see MetadataLog. Left out: snapshots, voters
// that come and go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/controller/raft_log.hpp"
#include "protocol/data_messages.hpp"
#include "protocol/message.hpp"
#include "protocol/quorum_messages.hpp"
#include "sim/rng.hpp"
#include "sim/time.hpp"

namespace kafkasim::broker {

enum class RaftRole {
  unattached,   // knows no leader of its epoch; may have voted in it
  prospective,  // asks whether it would be elected, without disturbing anyone
  candidate,    // voted for itself in a new epoch and asks for votes
  follower,     // fetches from the leader
  leader,
  resigned,  // led this epoch and does not any more
};
std::string_view name(RaftRole role);

struct RaftSettings {
  std::string cluster_id;
  sim::Duration election_timeout{1'000'000'000};  // at least this, at most twice as long
  sim::Duration fetch_timeout{2'000'000'000};
  sim::Duration election_backoff_max{1'000'000'000};
  sim::Duration retry_backoff{20'000'000};
};

class Raft {
 public:
  using VoterId = protocol::BrokerId;

  // Requires: `voters` holds `self`; the storage outlives it.
  Raft(VoterId self, std::vector<VoterId> voters, RaftSettings settings, ControllerStorage& storage,
       sim::Rng rng);

  // Goes on where the storage says that it stopped. The only voter leads at once.
  void start(sim::Time now);
  // Leads no longer, of its own will; a leader only. The others hear of it.
  void resign(sim::Time now);

  // ---- time ----
  // When tick() must be called at the latest.
  sim::Time deadline() const { return deadline_; }
  void tick(sim::Time now);

  // ---- others ask ----
  // Errors: FENCED_LEADER_EPOCH for an old epoch, INVALID_REQUEST, INCONSISTENT_CLUSTER_ID,
  // INCONSISTENT_VOTER_SET.
  protocol::VoteResponse handle(const protocol::VoteRequest& request, sim::Time now);
  protocol::BeginQuorumEpochResponse handle(const protocol::BeginQuorumEpochRequest& request,
                                            sim::Time now);
  protocol::EndQuorumEpochResponse handle(const protocol::EndQuorumEpochRequest& request,
                                          sim::Time now);
  // A fetch of the log has come, of a voter or of an observer: a voter's says how far it has got.
  void note_fetch(protocol::BrokerId replica, const protocol::FetchPartition& fetch, sim::Time now);
  // The answer as of now. Voters get the log, all others only what is committed. Errors:
  // FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, each with the leader that is
  // known here.
  protocol::FetchPartitionResponse answer_fetch(protocol::BrokerId replica,
                                                const protocol::FetchPartition& fetch) const;

  // ---- it asks others, each of them one thing at a time ----
  // What to ask that voter now, if anything. Requires: what was asked before is over.
  std::optional<protocol::RequestBody> next_request(VoterId voter, sim::Time now);
  // When, without anything else happening, next_request() may have something.
  sim::Time next_request_time(VoterId voter) const;
  void answered(VoterId voter, const protocol::RequestBody& request,
                const protocol::ResponseBody& response, sim::Time now);
  void unanswered(VoterId voter, sim::Time now);

  // ---- the log ----
  // Writes a batch of the leader; returns the offset after it. Requires: it leads.
  protocol::Offset append(protocol::BatchRef batch, sim::Time now);
  const RaftLog& log() const { return log_; }
  // The first offset not known to be committed. Never falls, whatever the role.
  protocol::Offset high_watermark() const { return high_watermark_; }

  // ---- to look at ----
  VoterId self() const { return self_; }
  RaftRole role() const { return role_; }
  protocol::LeaderEpoch epoch() const { return storage_.epoch; }
  VoterId leader() const { return storage_.leader; }  // of this epoch; not set = unknown
  bool leads() const { return role_ == RaftRole::leader; }
  // It leads, and the first record of its epoch is committed: nothing is left of earlier ones.
  bool leads_and_committed() const { return leads() && knows_high_watermark_; }
  // Moves with each change that somebody may wait for: role, epoch, log, high watermark.
  std::uint64_t version() const { return version_; }

 private:
  // What a leader knows of another voter.
  struct Progress {
    protocol::Offset end_offset;  // not set = it has not fetched in this epoch
    sim::Time begin_at;           // when to tell it (again) who leads
  };

  bool is_voter(VoterId id) const;
  std::size_t majority() const { return voters_.size() / 2 + 1; }
  // At least once, at most twice the election timeout.
  sim::Duration election_time();
  // How long a leader goes on without a majority: longer than its followers would wait for it.
  sim::Duration majority_timeout() const { return settings_.fetch_timeout * 3 / 2; }

  // -- roles --
  void set_role(RaftRole role);
  void write_election(protocol::LeaderEpoch epoch, VoterId voted_for, VoterId leader);
  void become_unattached(protocol::LeaderEpoch epoch, sim::Time now);
  void become_prospective(sim::Time now);
  void become_candidate(sim::Time now);
  void become_leader(sim::Time now);
  void become_follower(protocol::LeaderEpoch epoch, VoterId leader, sim::Time now);
  // Word of an epoch and perhaps its leader has come. Requires: the epoch is not an old one.
  void hear_of(protocol::LeaderEpoch epoch, VoterId leader, sim::Time now);
  void pre_election_lost(sim::Time now);
  void count_votes(sim::Time now);

  // -- requests of others --
  template <class Request>
  protocol::ErrorCode check(const Request& request, VoterId sender,
                            protocol::LeaderEpoch epoch) const;
  bool would_vote(const protocol::VoteRequest& request) const;
  sim::Duration wait_for_my_turn(const std::vector<VoterId>& successors) const;
  void update_high_watermark();

  // -- answers of others --
  // Takes in what an answer says of the leader. False when there is no more to it than that.
  template <class Response>
  bool is_about_now(const Response& response, sim::Time now);
  bool learn(protocol::ErrorCode error, protocol::LeaderEpoch epoch, VoterId leader, sim::Time now);
  void on_vote(VoterId voter, const protocol::VoteRequest& request,
               const protocol::VoteResponse& response, sim::Time now);
  void on_fetched(VoterId voter, const protocol::FetchResponse& response, sim::Time now);
  protocol::RequestBody vote_request(VoterId voter) const;
  protocol::RequestBody fetch_request() const;
  bool is_next_to_discover(VoterId voter) const;

  VoterId self_;
  std::vector<VoterId> voters_;  // ascending
  RaftSettings settings_;
  ControllerStorage& storage_;
  RaftLog log_;
  sim::Rng rng_;

  RaftRole role_ = RaftRole::unattached;
  sim::Time deadline_ = sim::never;  // of the role: election, fetch or majority timeout, or backoff
  protocol::Offset high_watermark_{0};
  std::uint64_t version_ = 0;
  std::map<VoterId, sim::Time> not_before_;  // pause after a request without a useful answer

  std::map<VoterId, bool> votes_;  // in the election under way, own one included
  std::int32_t elections_ = 0;     // in a row that this voter stood in
  sim::Time election_end_ = sim::never;
  bool backing_off_ = false;

  bool has_fetched_ = false;       // follower: at least once from this leader
  std::size_t discovery_ = 0;      // whom an unattached voter asks next
  std::set<VoterId> told_of_end_;  // resigned: who has answered

  protocol::Offset epoch_start_;  // leader: where its epoch begins in the log
  bool knows_high_watermark_ = false;
  std::map<VoterId, Progress> progress_;
  std::set<VoterId> heard_;  // leader: who has fetched since a majority last had
};

}  // namespace kafkasim::broker
