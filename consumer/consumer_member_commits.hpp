// What becomes of commits, and of questions for committed offsets, that the coordinator of a group
// of the consumer protocol refuses. The texts are those that applications see.
#pragma once

#include <optional>
#include <string>

#include "consumer/failure.hpp"

namespace kafkasim::consumer {

// None: an error that the classic protocol meets in the same way.
std::optional<Failure> epoch_commit_failure(protocol::ErrorCode error,
                                            const std::string& group_instance_id);
// What commit_sync() makes of a stale epoch.
Failure stale_epoch_commit_failure();
// `in_group`: a newer epoch is known, so that another try may do.
std::optional<Failure> epoch_fetch_failure(protocol::ErrorCode error, bool in_group);

}  // namespace kafkasim::consumer
