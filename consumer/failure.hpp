// How an operation of the consumer fails: what Kafka's client would throw, as a value. And the
// outcome of one step of poll(), which is often neither done nor failed.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/error_code.hpp"

namespace kafkasim::consumer {

struct Failure {
  protocol::ErrorCode error = protocol::ErrorCode::none;  // none when no broker said so
  bool retriable = false;
  std::string exception;  // Kafka's class, "CommitFailedException"
  std::string message;    // its text
};

// For the trace: poll() threw, which ends the application. "who" is the consumer instance.
struct PollThrew {
  static constexpr std::string_view name = "poll-threw";
  std::string exception;
  std::string message;
  void describe(std::string& out) const { out += exception + ": " + message; }
};

class Step {
 public:
  static Step done() { return Step(true, std::nullopt); }
  static Step not_yet() { return Step(false, std::nullopt); }
  static Step failed(Failure failure) { return Step(false, std::move(failure)); }

  bool is_done() const { return done_; }
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  Step(bool done, std::optional<Failure> failure) : done_(done), failure_(std::move(failure)) {}

  bool done_;
  std::optional<Failure> failure_;
};

// The failure that an error code in an answer stands for, with the class and the text that Kafka
// has for it.
Failure failure_of(protocol::ErrorCode error);
// One that Kafka's client does not expect in that answer: no retry, whatever the code says.
Failure unexpected_failure(std::string what, protocol::ErrorCode error);
Failure not_authorized_failure(const std::string& group);
Failure not_authorized_failure(const std::set<std::string>& topics);
Failure invalid_topics_failure(const std::set<std::string>& topics);
// One that no retry cures, in words of its own.
Failure failure_with(protocol::ErrorCode error, std::string exception, std::string message);
// What a request ends with when its connection broke or its coordinator is not known.
Failure connection_failure();
Failure no_coordinator_failure();

}  // namespace kafkasim::consumer
