// The failures that more than one part of the consumer meets.
#include "consumer/failure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "protocol/error_text.hpp"

namespace kafkasim::consumer {

Failure failure_of(protocol::ErrorCode error) {
  Failure failure;
  failure.error = error;
  failure.retriable = protocol::is_retriable(error);
  failure.exception = protocol::exception_name(error);
  failure.message = std::string(protocol::error_text(error));
  return failure;
}

Failure unexpected_failure(std::string what, protocol::ErrorCode error) {
  what += protocol::error_text(error);
  return failure_with(error, "KafkaException", std::move(what));
}

Failure not_authorized_failure(const std::string& group) {
  Failure failure = failure_of(protocol::ErrorCode::group_authorization_failed);
  failure.message = "Not authorized to access group: " + group;
  return failure;
}

Failure not_authorized_failure(const std::set<std::string>& topics) {
  Failure failure = failure_of(protocol::ErrorCode::topic_authorization_failed);
  failure.message = fmt::format("Not authorized to access topics: [{}]", fmt::join(topics, ", "));
  return failure;
}

Failure invalid_topics_failure(const std::set<std::string>& topics) {
  Failure failure = failure_of(protocol::ErrorCode::invalid_topic_exception);
  failure.message = fmt::format("Invalid topics: [{}]", fmt::join(topics, ", "));
  return failure;
}

Failure failure_with(protocol::ErrorCode error, std::string exception, std::string message) {
  Failure failure;
  failure.error = error;
  failure.exception = std::move(exception);
  failure.message = std::move(message);
  return failure;
}

Failure connection_failure() {
  Failure failure;
  failure.error = protocol::ErrorCode::network_exception;
  failure.retriable = true;
  failure.exception = "DisconnectException";
  failure.message = "The connection broke before the answer came";
  return failure;
}

Failure no_coordinator_failure() {
  return failure_of(protocol::ErrorCode::coordinator_not_available);
}

}  // namespace kafkasim::consumer
