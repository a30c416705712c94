// The failures that more than one part of the consumer meets.
#include "consumer/failure.hpp"

#include "protocol/error_text.hpp"

namespace kafkasim::consumer {

Failure failure_of(protocol::ErrorCode error, std::string exception) {
  Failure failure;
  failure.error = error;
  failure.retriable = protocol::is_retriable(error);
  failure.exception = std::move(exception);
  failure.message = std::string(protocol::error_text(error));
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
  return failure_of(protocol::ErrorCode::coordinator_not_available,
                    "GroupCoordinatorNotAvailableException");
}

}  // namespace kafkasim::consumer
