// The application around a consumer: polls, handles each record for a while, commits in one of the
// usual orders. It can be stalled (its thread stops while the consumer's heartbeats go on) and
// stopped (it closes the consumer).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "consumer/consumer.hpp"
#include "sim/executor.hpp"
#include "sim/world.hpp"

namespace kafkasim::consumer {

enum class CommitOrder {
  after_handling,   // the batch of a poll, synchronously
  after_each,       // each record, synchronously
  before_handling,  // the batch of a poll, before anything of it is handled
  automatic,        // left to auto-commit
  never,
};

// What handling a record came to.
enum class Handling {
  done,
  skip,   // given up: goes on with the next one, and commits past it
  retry,  // once more, after the handling time
  stop,   // the application ends, closing the consumer as a finally block does
};

struct ApplicationOptions {
  sim::Duration takes{};  // handling time of a record
  CommitOrder commits = CommitOrder::after_handling;
  sim::Duration poll_timeout = std::chrono::milliseconds(100);
  // Asked when the handling time is over; none: always done. Called from the application's
  // coroutine.
  std::function<Handling(const ConsumedRecord&)> handle;
};

class Application {
 public:
  // World, process and consumer must outlive it, or die with the process.
  Application(sim::World& world, sim::Process& process, std::string name, Consumer& consumer,
              ApplicationOptions options);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // The loop. Ends, with the consumer closed, after stop(), after an error that the consumer cannot
  // go on from, or when handling says so. Spawn it once; the consumer is subscribed or assigned.
  sim::Task<> run();
  // Ends it after the batch in hand.
  void stop();
  // The application's thread stands still until then: before its next poll or commit, or after the
  // record in hand.
  void stall(sim::Time until);

  bool has_ended() const { return ended_; }
  // Why it ended, if not by stop().
  const std::optional<Failure>& failure() const { return failure_; }
  // Nothing left to do: not handling, not stalled, the consumer settled and, unless it never
  // commits, everything that was handed out is committed.
  bool is_settled() const;

 private:
  sim::Task<bool> handle_all(std::vector<ConsumedRecord> records);
  sim::Task<bool> handle_one(ConsumedRecord record);
  sim::Task<> stand_still();
  sim::Task<> commit_positions();
  sim::Task<> commit_after(ConsumedRecord record);

  sim::World& world_;
  sim::Process& process_;
  const std::string name_;
  Consumer& consumer_;
  const ApplicationOptions options_;
  sim::Time stalled_until_;
  bool stopping_ = false;
  bool handling_ = false;
  bool ended_ = false;
  std::optional<Failure> failure_;
};

}  // namespace kafkasim::consumer
