// Asks partition leaders where to read: ListOffsets for partitions whose position the reset policy
// decides, OffsetForLeaderEpoch for positions that a new leader may have truncated. Both run beside
// poll(), which only starts them and hears of errors.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "consumer/context.hpp"
#include "consumer/failure.hpp"
#include "consumer/subscription_state.hpp"

namespace kafkasim::consumer {

class PositionLookup {
 public:
  PositionLookup(Context& context, SubscriptionState& subscriptions)
      : context_(context), subscriptions_(subscriptions) {}
  PositionLookup(const PositionLookup&) = delete;
  PositionLookup& operator=(const PositionLookup&) = delete;

  // Starts look-ups for the partitions that need one now. Returns the error that an earlier one
  // ended with.
  std::optional<Failure> reset_if_needed();
  // Likewise for comparisons with the leader's epochs.
  std::optional<Failure> validate_if_needed();
  // After new metadata: positions whose leader or epoch changed must be compared.
  void notice_new_leaders();
  // The same for one partition whose new leader an answer named.
  void notice_new_leader(const protocol::TopicPartition& partition);

 private:
  using Resets = std::map<protocol::TopicPartition, OffsetReset>;
  using Asked = std::map<protocol::TopicPartition, FetchPosition>;

  LeaderAndEpoch leader_of(const protocol::TopicPartition& partition) const;
  std::int64_t timestamp_for(const OffsetReset& reset) const;
  protocol::ListOffsetsRequest list_request(const Resets& resets) const;
  sim::Task<> run_reset(client::Node node, Resets resets);
  void take(const protocol::ListOffsetsResponse& response, const Resets& resets);
  void take_offset(const protocol::ListOffsetsPartitionResponse& part, const OffsetReset& asked);
  sim::Task<> run_validation(client::Node node, Asked asked);
  void take(const protocol::OffsetForLeaderEpochResponse& response, const Asked& asked);
  // Adds to `truncated` what diverged and cannot be reset.
  void take_end_offset(const protocol::OffsetForLeaderPartitionResponse& part,
                       const FetchPosition& asked, std::optional<Offsets>& truncated);
  void try_again_later(const Partitions& partitions);

  Context& context_;
  SubscriptionState& subscriptions_;
  int metadata_version_ = -1;
  std::optional<Failure> reset_failure_;
  std::optional<Failure> validation_failure_;
};

}  // namespace kafkasim::consumer
