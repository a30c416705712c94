// The invariants of replication, metadata, the controller quorum and groups that are checked in
// every run, each in words.
#pragma once

#include <string>
#include <string_view>

namespace kafkasim::broker {

enum class Invariant {
  // ---- the data of a partition ----
  one_leader,
  dense_offsets,
  log_matching,
  strong_isr,
  weak_isr,  // only counted: it does not always hold
  leader_completeness,
  acked_is_replicated,
  candidate_completeness,
  quorum_superset,
  acknowledged_advance,
  monotonic_high_watermark,
  consistent_read,
  nothing_lost,
  unclean_restart,
  admission_after_epoch_start,
  safe_truncation,
  valid_high_watermark,
  // ---- what the controller decides ----
  well_formed_sets,
  remembered_leader,
  fenced_out_of_isr,
  // ---- the controller quorum ----
  one_quorum_leader,
  monotonic_quorum,
  majority_commit,
  quorum_log_matching,
  broker_log_prefix,
  whole_quorum_log,
  committed_survives,
  // ---- groups ----
  target_covers,
  one_owner,
  nothing_held_at_target,
  stable_is_settled,
  monotonic_member_epoch,
  current_commits_only,
  committed_exists,
  commits_stay,
};

// One sentence.
std::string_view words(Invariant invariant);

// Ends the run with sim::InvariantBroken: the invariant in words, what is wrong, and the state of
// those concerned, one a line.
[[noreturn]] void report_broken(Invariant invariant, const std::string& what,
                                const std::string& state);

}  // namespace kafkasim::broker
