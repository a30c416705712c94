// The sentences.
#include "broker/invariants/invariant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/check.hpp"

namespace kafkasim::broker {

namespace {

struct Sentence {
  Invariant invariant;
  std::string_view words;
};

constexpr std::array of_quorum_and_groups{
    Sentence{Invariant::one_quorum_leader,
             "the controller quorum has at most one leader of an epoch"},
    Sentence{Invariant::monotonic_quorum, "a voter's epoch and high watermark never go back"},
    Sentence{Invariant::majority_commit,
             "what a voter takes for committed is in the logs of a majority"},
    Sentence{Invariant::quorum_log_matching,
             "what is committed in the metadata log is the same at all voters"},
    Sentence{Invariant::broker_log_prefix,
             "what a broker has read of the metadata log is a part of what is committed, in order"},
    Sentence{Invariant::whole_quorum_log,
             "the metadata log of a voter begins at its start or with a snapshot"},
    Sentence{Invariant::committed_survives,
             "what was committed in the metadata log stays in the logs of a majority"},
    Sentence{Invariant::target_covers,
             "an assignment gives each partition of a group's topics to one member that reads it"},
    Sentence{Invariant::one_owner, "no two current members of a group own one partition"},
    Sentence{Invariant::nothing_held_at_target,
             "a member that has reached the target epoch holds nothing that is meant for others"},
    Sentence{Invariant::stable_is_settled,
             "in a stable group every member is at the group's epoch, with nothing to give up"},
    Sentence{Invariant::monotonic_member_epoch,
             "the epoch of a member goes back only to join anew or to leave"},
    Sentence{Invariant::current_commits_only,
             "a commit is taken only from a member of the current generation or epoch"},
    Sentence{Invariant::committed_exists, "a committed offset lies within what is replicated"},
    Sentence{Invariant::commits_stay,
             "a committed offset stays until a later commit takes its place"},
};

std::string_view words_of_quorum_and_groups(Invariant invariant) {
  const auto found =
      std::find_if(of_quorum_and_groups.begin(), of_quorum_and_groups.end(),
                   [&](const Sentence& each) { return each.invariant == invariant; });
  return found == of_quorum_and_groups.end() ? "" : found->words;
}

}  // namespace

std::string_view words(Invariant invariant) {
  switch (invariant) {
    case Invariant::one_leader:
      return "a partition has at most one leader of an epoch, the one that the controller named";
    case Invariant::dense_offsets:
      return "the offsets of a log follow one another, and its epochs never fall";
    case Invariant::log_matching:
      return "any two replicas hold the same below their high watermarks";
    case Invariant::strong_isr:
      return "every replica of the controller's ISR holds everything that is replicated";
    case Invariant::weak_isr:
      return "every replica of the leader's ISR holds everything that is replicated";
    case Invariant::leader_completeness:
      return "the current leader holds everything that is replicated";
    case Invariant::acked_is_replicated:
      return "what is acked with acks=all is replicated";
    case Invariant::candidate_completeness:
      return "every eligible leader replica that runs holds everything that is replicated";
    case Invariant::quorum_superset:
      return "a leader that moves the high watermark waits for the controller's ISR and its "
             "eligible leader replicas";
    case Invariant::acknowledged_advance:
      return "the high watermark moves only with min.insync.replicas in sync, to where all of "
             "them have fetched";
    case Invariant::monotonic_high_watermark:
      return "the high watermark of a partition never goes back without an unclean election";
    case Invariant::consistent_read:
      return "consumers read only what is replicated";
    case Invariant::nothing_lost:
      return "a replicated record is held by a replica while fewer than min.insync.replicas lost "
             "their data";
    case Invariant::unclean_restart:
      return "a replica that lost data is neither in the ISR nor an eligible leader before it has "
             "caught up";
    case Invariant::admission_after_epoch_start:
      return "a leader lets a follower into the ISR only past the start of its epoch and the high "
             "watermark";
    case Invariant::safe_truncation:
      return "truncation removes nothing that is replicated";
    case Invariant::valid_high_watermark:
      return "no replica takes more for replicated than all in-sync replicas have";
    case Invariant::well_formed_sets:
      return "ISR and eligible leader replicas are replicas, share none, and with "
             "min.insync.replicas in sync nobody is merely eligible";
    case Invariant::remembered_leader:
      return "with nobody in sync or eligible the last known leader is remembered";
    case Invariant::fenced_out_of_isr:
      return "a fenced broker is in no ISR, unless it is the last of it";
    case Invariant::one_quorum_leader:
    case Invariant::monotonic_quorum:
    case Invariant::majority_commit:
    case Invariant::quorum_log_matching:
    case Invariant::broker_log_prefix:
    case Invariant::whole_quorum_log:
    case Invariant::committed_survives:
    case Invariant::target_covers:
    case Invariant::one_owner:
    case Invariant::nothing_held_at_target:
    case Invariant::stable_is_settled:
    case Invariant::monotonic_member_epoch:
    case Invariant::current_commits_only:
    case Invariant::committed_exists:
    case Invariant::commits_stay:
      return words_of_quorum_and_groups(invariant);
  }
  return "";
}

void report_broken(Invariant invariant, const std::string& what, const std::string& state) {
  throw sim::InvariantBroken(fmt::format("invariant broken: {}\n{}{}{}", words(invariant), what,
                                         state.empty() ? "" : "\n", state));
}

}  // namespace kafkasim::broker
