// The group's part of a consumer, whichever protocol its group speaks: the classic one
// (group_member.hpp) or the consumer protocol (consumer_member.hpp). group.protocol chooses.
#pragma once

#include <optional>

#include "consumer/failure.hpp"
#include "sim/executor.hpp"
#include "sim/time.hpp"

namespace kafkasim::consumer {

class GroupPart {
 public:
  virtual ~GroupPart() = default;

  // The group's part of poll(): done when reading may go on. Waits for a coordinator at most until
  // the deadline, never for a rebalance.
  virtual sim::Task<Step> poll(sim::Time deadline) = 0;
  // Commits where auto-commit is on, gives everything back and leaves. Waits for the listener, and
  // for what the coordinator was asked at most until the deadline. The failure is the listener's.
  virtual sim::Task<std::optional<Failure>> close(sim::Time deadline) = 0;
  // Gives everything back and leaves without waiting for an answer: the application unsubscribes.
  // The failure is the listener's.
  virtual sim::Task<std::optional<Failure>> unsubscribe() = 0;
  // Member of the group with everything taken over that it was assigned, as far as it knows.
  virtual bool is_settled() const = 0;
};

}  // namespace kafkasim::consumer
