// The texts are Kafka's.
#include "consumer/consumer_member_commits.hpp"

#include <fmt/format.h>

#include "protocol/error_text.hpp"

namespace kafkasim::consumer {

using protocol::error_text;
using protocol::ErrorCode;

std::optional<Failure> epoch_commit_failure(ErrorCode error, const std::string& group_instance_id) {
  switch (error) {
    case ErrorCode::fenced_instance_id:
      return failure_with(
          error, "CommitFailedException",
          fmt::format("OffsetCommit failed due to group instance id fenced: Optional[{}]",
                      group_instance_id));
    case ErrorCode::unknown_member_id:
      return failure_with(
          error, "CommitFailedException",
          fmt::format("OffsetCommit failed with unknown member ID. {}", error_text(error)));
    case ErrorCode::stale_member_epoch:
      return failure_of(error);
    case ErrorCode::illegal_generation:
    case ErrorCode::rebalance_in_progress:
      // Errors of the classic protocol: unexpected here.
      return unexpected_failure("Unexpected error in commit: ", error);
    default:
      return std::nullopt;
  }
}

Failure stale_epoch_commit_failure() {
  return failure_with(ErrorCode::stale_member_epoch, "CommitFailedException",
                      fmt::format("OffsetCommit failed with stale member epoch.{}",
                                  error_text(ErrorCode::stale_member_epoch)));
}

std::optional<Failure> epoch_fetch_failure(ErrorCode error, bool in_group) {
  if (error == ErrorCode::unknown_member_id) {
    return failure_of(error);
  }
  if (error == ErrorCode::stale_member_epoch) {
    Failure failure = failure_of(error);
    failure.retriable = in_group;
    return failure;
  }
  return std::nullopt;
}

}  // namespace kafkasim::consumer
