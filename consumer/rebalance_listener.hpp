// What an application is told of a rebalance, inside its own calls: which partitions it gives up,
// gets, or has lost already. Whoever runs the rebalance waits for these calls, and the group with
// it.
#pragma once

#include <optional>

#include "consumer/context.hpp"
#include "consumer/failure.hpp"
#include "consumer/subscription_state.hpp"
#include "sim/executor.hpp"

namespace kafkasim::consumer {

// Called inside poll(), close() and unsubscribe(), on the application's own coroutine. It may use
// the consumer, other than to poll, close, subscribe or unsubscribe. What a call returns is what it
// throws in Kafka: the rebalance goes on all the same, then poll() fails with it.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  // About to give these up. They are still the consumer's: positions can be read and committed.
  virtual sim::Task<std::optional<Failure>> on_partitions_revoked(Partitions partitions);
  // After each completed rebalance: what is new, which may be nothing. Nothing of it was fetched.
  virtual sim::Task<std::optional<Failure>> on_partitions_assigned(Partitions partitions);
  // The member was out of the group before it could give these up: others may have them, and
  // commits are refused. As revoked, unless said otherwise.
  virtual sim::Task<std::optional<Failure>> on_partitions_lost(Partitions partitions);
};

// Tells the trace (of partitions, never of none) and then the listener, if there is one.
class RebalanceCalls {
 public:
  explicit RebalanceCalls(Context& context) : context_(context) {}
  // Null: none. It must outlive the consumer, or be taken away.
  void set_listener(RebalanceListener* listener) { listener_ = listener; }
  bool has_listener() const { return listener_ != nullptr; }

  sim::Task<std::optional<Failure>> revoked(Partitions partitions);
  sim::Task<std::optional<Failure>> assigned(Partitions partitions);
  sim::Task<std::optional<Failure>> lost(Partitions partitions);

 private:
  void report_given_up(const Partitions& partitions, bool lost) const;

  Context& context_;
  RebalanceListener* listener_ = nullptr;
};

// What poll() fails with when a call before a join failed.
Failure callback_failure(const Failure& thrown);

}  // namespace kafkasim::consumer
