// The texts are Kafka's.
#include "consumer/consumer_member_commits.hpp"

namespace kafkasim::consumer {

using protocol::ErrorCode;

namespace {

constexpr const char* stale =
    "The member epoch is stale. The member must retry after receiving its updated member epoch via "
    "the ConsumerGroupHeartbeat API.";
constexpr const char* unknown = "The coordinator is not aware of this member.";

Failure refused(ErrorCode error, std::string exception, std::string message) {
  Failure failure;
  failure.error = error;
  failure.exception = std::move(exception);
  failure.message = std::move(message);
  return failure;
}

}  // namespace

std::optional<Failure> epoch_commit_failure(ErrorCode error, const std::string& group_instance_id) {
  switch (error) {
    case ErrorCode::fenced_instance_id:
      return refused(error, "CommitFailedException",
                     "OffsetCommit failed due to group instance id fenced: " + group_instance_id);
    case ErrorCode::unknown_member_id:
      return refused(error, "CommitFailedException",
                     std::string("OffsetCommit failed with unknown member ID. ") + unknown);
    case ErrorCode::stale_member_epoch:
      return refused(error, "StaleMemberEpochException", stale);
    case ErrorCode::illegal_generation:
    case ErrorCode::rebalance_in_progress: {
      // Errors of the classic protocol: unexpected here.
      return refused(error, "KafkaException",
                     "Unexpected error in commit: " + std::string(protocol::name(error)));
    }
    default:
      return std::nullopt;
  }
}

Failure stale_epoch_commit_failure() {
  return refused(ErrorCode::stale_member_epoch, "CommitFailedException",
                 std::string("OffsetCommit failed with stale member epoch.") + stale);
}

std::optional<Failure> epoch_fetch_failure(ErrorCode error, bool in_group) {
  if (error == ErrorCode::unknown_member_id) {
    return refused(error, "UnknownMemberIdException", unknown);
  }
  if (error == ErrorCode::stale_member_epoch) {
    Failure failure = refused(error, "StaleMemberEpochException", stale);
    failure.retriable = in_group;
    return failure;
  }
  return std::nullopt;
}

}  // namespace kafkasim::consumer
