// Planted bugs: switches that each take one guard out of the brokers or the controller, to show
// that the checks see what the guard is for. All off unless a test says otherwise.
#pragma once

#include <array>
#include <string_view>

namespace kafkasim::broker {

struct Mutations {
  // ---- the controller ----
  bool register_any_incarnation = false;     // who starts again counts as who runs on
  bool accept_old_partition_epochs = false;  // in a leader's proposal
  // ---- a replica's role ----
  bool keep_followers_ends = false;         // of an earlier leadership
  bool truncate_to_high_watermark = false;  // a new follower cuts its log there
  // ---- the in-sync replicas ----
  bool expand_below_high_watermark = false;  // a follower that lacks what is replicated
  bool expand_before_epoch_start = false;    // one that lacks what earlier leaders left
  // ---- the high watermark ----
  bool wait_for_committed_isr_only = false;  // not for who is being added
  bool wait_for_majority_only = false;       // of the in-sync replicas
  bool ignore_min_isr = false;               // when appending and when moving the high watermark
  bool answer_before_replication = false;    // acks=all is answered once the leader has it
  // ---- copying ----
  bool take_any_fetch_answer = false;  // whatever was asked since
  bool skip_divergence_check = false;  // the leader looks at no epochs
  // ---- groups ----
  bool accept_old_commits = false;   // of any generation of a member
  bool forget_last_commits = false;  // a new coordinator leaves out the last batch of its partition
  // ---- reading ----
  bool serve_unreplicated = false;  // consumers read to the end of the log
};

struct NamedMutation {
  std::string_view name;
  bool Mutations::*on;
};

inline constexpr std::array mutation_names{
    NamedMutation{"register-any-incarnation", &Mutations::register_any_incarnation},
    NamedMutation{"accept-old-partition-epochs", &Mutations::accept_old_partition_epochs},
    NamedMutation{"keep-followers-ends", &Mutations::keep_followers_ends},
    NamedMutation{"truncate-to-high-watermark", &Mutations::truncate_to_high_watermark},
    NamedMutation{"expand-below-high-watermark", &Mutations::expand_below_high_watermark},
    NamedMutation{"expand-before-epoch-start", &Mutations::expand_before_epoch_start},
    NamedMutation{"wait-for-committed-isr-only", &Mutations::wait_for_committed_isr_only},
    NamedMutation{"wait-for-majority-only", &Mutations::wait_for_majority_only},
    NamedMutation{"ignore-min-isr", &Mutations::ignore_min_isr},
    NamedMutation{"answer-before-replication", &Mutations::answer_before_replication},
    NamedMutation{"take-any-fetch-answer", &Mutations::take_any_fetch_answer},
    NamedMutation{"skip-divergence-check", &Mutations::skip_divergence_check},
    NamedMutation{"accept-old-commits", &Mutations::accept_old_commits},
    NamedMutation{"forget-last-commits", &Mutations::forget_last_commits},
    NamedMutation{"serve-unreplicated", &Mutations::serve_unreplicated},
};

inline constexpr Mutations no_mutations{};

}  // namespace kafkasim::broker
