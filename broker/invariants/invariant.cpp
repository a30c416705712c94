// The sentences.
#include "broker/invariants/invariant.hpp"

#include <fmt/format.h>

#include "sim/check.hpp"

namespace kafkasim::broker {

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
      return "the controller quorum has at most one leader of an epoch";
    case Invariant::monotonic_quorum:
      return "a voter's epoch and high watermark never go back";
    case Invariant::majority_commit:
      return "what a voter takes for committed is in the logs of a majority";
    case Invariant::quorum_log_matching:
      return "what is committed in the metadata log is the same at all voters";
    case Invariant::broker_log_prefix:
      return "what a broker has read of the metadata log is a part of what is committed, in order";
    case Invariant::whole_quorum_log:
      return "the metadata log of a voter begins at its start or with a snapshot";
    case Invariant::committed_survives:
      return "what was committed in the metadata log stays in the logs of a majority";
  }
  return "";
}

void report_broken(Invariant invariant, const std::string& what, const std::string& state) {
  throw sim::InvariantBroken(fmt::format("invariant broken: {}\n{}{}{}", words(invariant), what,
                                         state.empty() ? "" : "\n", state));
}

}  // namespace kafkasim::broker
