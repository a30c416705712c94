// When offsets are committed: the other half of OffsetCommits, with all that is waited for.
#include <fmt/format.h>

#include <algorithm>

#include "consumer/consumer_member_commits.hpp"
#include "consumer/offset_commits.hpp"

namespace kafkasim::consumer {

using protocol::ErrorCode;

namespace {

constexpr const char* timeout_exception = "TimeoutException";
constexpr sim::Duration shortest_interval = std::chrono::milliseconds(1);

// What the application hears when an asynchronous commit failed in a way that a retry may cure.
Failure as_async_failure(Failure failure) {
  if (!failure.retriable) return failure;
  failure.exception = "RetriableCommitFailedException";
  failure.message =
      "Offset commit failed with a retriable exception. You should retry committing the latest "
      "consumed offsets.";
  return failure;
}

}  // namespace

// ---- synchronous ----

sim::Task<std::optional<Failure>> OffsetCommits::commit_sync(Offsets offsets,
                                                             sim::Duration timeout) {
  const sim::Time deadline = sim::later(context_.now(), timeout);
  Failure timed_out;
  timed_out.error = ErrorCode::request_timed_out;
  timed_out.exception = timeout_exception;
  timed_out.message = fmt::format(
      "Timeout of {}ms expired before successfully committing offsets {}",
      std::chrono::floor<std::chrono::milliseconds>(timeout).count(), to_string(offsets));
  if (std::optional<Failure> failure = report_completed()) co_return failure;
  if (offsets.empty()) co_return co_await wait_for_async(deadline, std::move(timed_out));
  const client::Backoff backoff = context_.retry_backoff();
  for (int attempts = 0;; ++attempts) {
    if (coordinator_.is_unknown()) {
      const Step found = co_await coordinator_.ensure_ready(deadline);
      if (found.failure()) co_return found.failure();
      if (!found.is_done()) break;
    }
    Start start = prepare(offsets);
    const std::optional<Failure> failure = co_await exchange(std::move(start));
    // Callbacks of earlier commits come before this one returns.
    if (std::optional<Failure> earlier = report_completed()) co_return earlier;
    if (failure && failure->error == ErrorCode::stale_member_epoch)
      co_return stale_epoch_commit_failure();
    if (!failure || !failure->retriable) co_return failure;
    const sim::Time next = sim::later(context_.now(), backoff.after(attempts));
    co_await sim::sleep_until(std::min(deadline, next));
    if (context_.now() >= deadline) break;
  }
  co_return timed_out;
}

sim::Task<std::optional<Failure>> OffsetCommits::wait_for_async(sim::Time deadline,
                                                                Failure timeout) {
  while (async_under_way_ > 0 && context_.now() < deadline) {
    const std::uint64_t seen = context_.progress.count();
    co_await context_.progress.past(seen, deadline);
    if (std::optional<Failure> failure = report_completed()) co_return failure;
  }
  if (async_under_way_ > 0) co_return timeout;
  co_return report_completed();
}

// ---- asynchronous ----

PendingCommitPtr OffsetCommits::commit_async(Offsets offsets, CommitCallback callback) {
  return start(std::move(offsets), Kind::by_application, std::move(callback));
}

PendingCommitPtr OffsetCommits::start(Offsets offsets, Kind kind, CommitCallback callback) {
  Async async;
  async.kind = kind;
  async.offsets = std::move(offsets);
  async.callback = std::move(callback);
  async.pending = std::make_shared<PendingCommit>();
  PendingCommitPtr pending = async.pending;
  ++async_under_way_;
  const bool others_wait = turn_to_send_ != next_turn_;
  if ((coordinator_.is_unknown() || others_wait) && !async.offsets.empty()) {
    async.turn = next_turn_++;
    sim::spawn(context_.process, run_commit_once_known(std::move(async)));
  } else {
    // What is committed, and as whose member, is settled now.
    Start what = prepare(async.offsets);
    sim::spawn(context_.process, run_commit(std::move(what), std::move(async)));
  }
  return pending;
}

// One look-up; when that fails the commit has failed.
sim::Task<> OffsetCommits::run_commit_once_known(Async async) {
  if (coordinator_.is_unknown()) coordinator_.look_up();
  const sim::Time deadline = context_.call_deadline(context_.settings.request_timeout);
  while ((coordinator_.is_looking_up() || turn_to_send_ < async.turn) &&
         context_.now() < deadline) {
    const std::uint64_t seen = context_.progress.count();
    co_await context_.progress.past(seen, deadline);
  }
  turn_to_send_ = std::max(turn_to_send_, async.turn + 1);
  Start what = prepare(async.offsets);
  context_.progress.made();
  co_await run_commit(std::move(what), std::move(async));
}

sim::Task<> OffsetCommits::run_commit(Start what, Async async) {
  std::optional<Failure> failure = co_await exchange(std::move(what));
  --async_under_way_;
  if (failure && failure->error == ErrorCode::fenced_instance_id &&
      failure->exception == "FencedInstanceIdException") {
    fenced_ = true;
  }
  async.pending->failure = std::move(failure);
  async.pending->done = true;
  completed_.push_back(std::move(async));
  context_.progress.made();
}

std::optional<Failure> OffsetCommits::report_completed() {
  if (fenced_) {
    return failure_with(
        ErrorCode::fenced_instance_id, "FencedInstanceIdException",
        fmt::format("Get fenced exception for group.instance.id {}, current member.id is {}",
                    context_.settings.is_static() ? context_.settings.group_instance_id
                                                  : "unset_instance_id",
                    membership_.generation().member_id));
  }
  // A callback may commit again: that one has not come to anything yet.
  std::deque<Async> completed;
  completed.swap(completed_);
  for (const Async& async : completed) report(async, async.pending->failure);
  return std::nullopt;
}

void OffsetCommits::report(const Async& async, std::optional<Failure> failure) {
  if (async.kind == Kind::automatic && failure && failure->retriable) {
    if (!context_.settings.commits_stored)
      next_auto_commit_ = sim::later(context_.now(), context_.settings.retry_backoff);
    return;
  }
  if (failure) {
    failure = as_async_failure(std::move(*failure));
    context_.report(protocol::events::CommitFailed{context_.settings.group_id, failure->error,
                                                   failure->message, plain(async.offsets)});
  }
  if (async.callback) async.callback(async.offsets, failure);
}

// ---- auto-commit ----

Offsets OffsetCommits::to_auto_commit() const {
  return context_.settings.commits_stored ? subscriptions_.all_stored()
                                          : subscriptions_.all_consumed();
}

void OffsetCommits::maybe_auto_commit(sim::Time now) {
  const Settings& settings = context_.settings;
  if (!settings.auto_commit || settings.commits_stored || now < next_auto_commit_) return;
  restart_auto_commit_timer(now);
  auto_commit_now();
}

void OffsetCommits::auto_commit_by_timer(sim::Time now) {
  if (now < next_auto_commit_) return;
  next_auto_commit_ = sim::later(now, context_.settings.auto_commit_interval);
  if (!subscriptions_.all_stored().empty()) auto_commit_now();
}

PendingCommitPtr OffsetCommits::auto_commit_now() {
  if (!context_.settings.auto_commit) return nullptr;
  return start(to_auto_commit(), Kind::automatic, {});
}

sim::Task<> OffsetCommits::auto_commit_and_wait(sim::Time deadline) {
  if (context_.settings.auto_commit) {
    Offsets offsets = to_auto_commit();
    const Offsets tried = offsets;
    const sim::Duration left = std::max(deadline - context_.now(), sim::Duration(0));
    const std::optional<Failure> failure = co_await commit_sync(std::move(offsets), left);
    if (failure) {
      context_.report(protocol::events::CommitFailed{context_.settings.group_id, failure->error,
                                                     failure->message, plain(tried)});
    }
  }
  co_await wait_for_async(deadline, Failure());
}

void OffsetCommits::restart_auto_commit_timer(sim::Time now) {
  if (context_.settings.commits_stored) return;
  // An interval of 0 would have each answer to a commit bring about the next one.
  next_auto_commit_ =
      sim::later(now, std::max(context_.settings.auto_commit_interval, shortest_interval));
}

}  // namespace kafkasim::consumer
