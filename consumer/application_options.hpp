// What an application does with the records that its consumer hands it: how long handling takes,
// what becomes of one that fails, when offsets are committed, and how many work at it. Plain
// values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "consumer/completed_fetch.hpp"
#include "sim/executor.hpp"
#include "sim/time.hpp"

namespace kafkasim::consumer {

enum class CommitOrder : std::uint8_t {
  after_handling,        // the batch of a poll, synchronously
  after_handling_async,  // the same without waiting; synchronously when it gives partitions back
  after_each,            // each record, synchronously; of workers each for itself, without waiting
  after_contiguous,      // of workers: below the first unfinished record, before the next poll
  before_handling,       // the batch of a poll, before anything of it is handled
  automatic,             // left to auto-commit
  never,
};

// What handling a record came to.
enum class Handling : std::uint8_t {
  done,
  skip,   // given up: goes on with the next one, and commits past it
  retry,  // once more, after the handling time
  stop,   // the application ends, closing the consumer as a finally block does
  park,   // written to a dead-letter topic, then as done; when that fails the application ends
};

struct HandlingResult {
  HandlingResult(Handling h) : handling(h) {}  // NOLINT: a plain outcome is one
  Handling handling = Handling::done;
  int attempt = 1;         // not done: the how-many-th failure this is
  bool has_effect = true;  // done: something changed outside Kafka
};

// Where records go that cannot be handled.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  virtual const std::string& topic() const = 0;
  // Returns when the record is safely there (true) or cannot be brought there.
  virtual sim::Task<bool> park(ConsumedRecord record) = 0;
};

// Which records wait for one another when several workers handle them.
enum class WorkOrder : std::uint8_t {
  none,          // whoever is free takes the next one
  by_partition,  // one at a time of each partition
  by_key,        // one at a time of each key; those without a key wait for nobody
};

enum class WhenFull : std::uint8_t {
  block,  // the polling thread waits for room, and does not poll
  pause,  // partitions are paused, polling goes on; what was polled already still goes in
};

struct WorkerOptions {
  int count = 1;
  WorkOrder order = WorkOrder::none;
  std::size_t queue = 100;  // records that may wait for a worker
  WhenFull when_full = WhenFull::block;
};

struct ApplicationOptions {
  sim::Duration takes{};  // handling time of a record
  CommitOrder commits = CommitOrder::after_handling;
  sim::Duration poll_timeout = std::chrono::milliseconds(100);
  // Asked when the handling time is over; none: always done. Called from the application's
  // coroutines.
  std::function<HandlingResult(const ConsumedRecord&)> handle;
  // Must outlive the application. Null: nothing is parked.
  DeadLetters* dead_letters = nullptr;
  // Records are handed to workers, and polling goes on; none: the polling thread handles them.
  std::optional<WorkerOptions> workers;
  // Commits what was handled of partitions that are being given back.
  bool commits_when_revoked = false;
};

}  // namespace kafkasim::consumer
