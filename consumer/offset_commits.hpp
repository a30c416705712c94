// Committed offsets: OffsetCommit for the application and for auto-commit, OffsetFetch for new
// partitions. Auto-commit looks at its timer only inside poll(); what it commits are positions
// after records of earlier polls. librdkafka's has a timer of its own, and commits what was stored.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "consumer/context.hpp"
#include "consumer/coordinator.hpp"
#include "consumer/failure.hpp"
#include "consumer/membership.hpp"
#include "consumer/subscription_state.hpp"
#include "protocol/group_messages.hpp"

namespace kafkasim::consumer {

// A commit under way; done may come with a failure.
struct PendingCommit {
  bool done = false;
  std::optional<Failure> failure;
};
using PendingCommitPtr = std::shared_ptr<PendingCommit>;

// Hears what came of an asynchronous commit, in a later poll, commit or close.
using CommitCallback = std::function<void(const Offsets&, const std::optional<Failure>&)>;

class OffsetCommits {
 public:
  OffsetCommits(Context& context, Membership& membership, Coordinator& coordinator,
                SubscriptionState& subscriptions);
  OffsetCommits(const OffsetCommits&) = delete;
  OffsetCommits& operator=(const OffsetCommits&) = delete;

  // ---- commits ----
  // Tries until it is committed, refused for good, or the time is up. The failure is what the
  // application gets. Without offsets: waits for the asynchronous commits under way.
  sim::Task<std::optional<Failure>> commit_sync(Offsets offsets, sim::Duration timeout);
  // Sends and returns; what came of it is reported in a later poll or commit, in the order in which
  // commits were answered. It is never tried again.
  PendingCommitPtr commit_async(Offsets offsets, CommitCallback callback);
  // Reports what asynchronous commits have come to. A fenced static member fails here.
  std::optional<Failure> report_completed();

  // ---- auto-commit ----
  // When its interval has passed, commits all positions. For poll(). librdkafka: nothing.
  void maybe_auto_commit(sim::Time now);
  // librdkafka: the same for its timer, with what was stored and is not committed.
  void auto_commit_by_timer(sim::Time now);
  // Before a rebalance: null when auto-commit is off.
  PendingCommitPtr auto_commit_now();
  // Before closing: waits for it, at most until the deadline.
  sim::Task<> auto_commit_and_wait(sim::Time deadline);
  // After an assignment. librdkafka's timer does not care.
  void restart_auto_commit_timer(sim::Time now);
  sim::Time next_auto_commit() const { return next_auto_commit_; }

  // ---- committed positions ----
  // Gives partitions without a position the committed one, where there is one. Goes on over several
  // calls.
  sim::Task<Step> initialize_positions(sim::Time deadline);

  bool is_committing() const { return in_flight_ > 0 || async_under_way_ > 0; }

 private:
  struct Prepared {
    protocol::OffsetCommitRequest request;
    Generation sent;
  };
  enum class Kind { by_application, automatic };
  struct Async {
    Kind kind = Kind::by_application;
    Offsets offsets;
    CommitCallback callback;  // may be none
    PendingCommitPtr pending;
    std::uint64_t turn = 0;  // among those that waited for a coordinator
  };
  struct PendingFetch {
    Partitions partitions;
    Generation generation;
    bool done = false;
    std::optional<Failure> failure;
    std::vector<protocol::OffsetFetchPartitionResponse> found;
  };

  // What is to be sent, or why not.
  using Start = std::variant<Prepared, Failure>;
  Start prepare(const Offsets& offsets);
  PendingCommitPtr start(Offsets offsets, Kind kind, CommitCallback callback);
  sim::Task<> run_commit(Start start, Async async);
  sim::Task<> run_commit_once_known(Async async);
  sim::Task<std::optional<Failure>> wait_for_async(sim::Time deadline, Failure timeout);
  void report(const Async& async, std::optional<Failure> failure);
  Offsets to_auto_commit() const;
  sim::Task<std::optional<Failure>> exchange(Start start);
  std::optional<Failure> take(const protocol::OffsetCommitResponse& response, const Prepared& sent);
  Failure failure_for(protocol::ErrorCode error, const Generation& sent);
  Failure refused(protocol::ErrorCode error, const Generation& sent);
  Failure fenced(const Generation& sent);

  sim::Task<> run_fetch(std::shared_ptr<PendingFetch> fetch);
  std::optional<Failure> take(const protocol::OffsetFetchResponse& response);
  void use_committed(const PendingFetch& fetch);

  Context& context_;
  Membership& membership_;
  Coordinator& coordinator_;
  SubscriptionState& subscriptions_;
  sim::Time next_auto_commit_;
  int in_flight_ = 0;
  int async_under_way_ = 0;  // waiting for a coordinator, or in flight
  // Commits that wait for a coordinator are sent in order; what comes later waits behind them.
  std::uint64_t next_turn_ = 0;
  std::uint64_t turn_to_send_ = 0;
  bool fenced_ = false;
  std::deque<Async> completed_;
  std::shared_ptr<PendingFetch> fetch_;
};

}  // namespace kafkasim::consumer
