// Where a consumer stands in one partition: the next offset to read, whether that position can be
// trusted, and what the broker said of the partition's ends. The transitions are Kafka's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consumer/settings.hpp"
#include "protocol/ids.hpp"
#include "sim/time.hpp"

namespace kafkasim::consumer {

struct LeaderAndEpoch {
  protocol::BrokerId leader;  // not set = unknown
  protocol::LeaderEpoch epoch;

  friend bool operator==(const LeaderAndEpoch&, const LeaderAndEpoch&) = default;
};

struct FetchPosition {
  protocol::Offset offset;             // of the next record to return
  protocol::LeaderEpoch offset_epoch;  // of the record before it; not set = unknown
  LeaderAndEpoch current_leader;       // whom to fetch from

  friend bool operator==(const FetchPosition&, const FetchPosition&) = default;
};

// What is committed, and what a commit names.
struct OffsetAndEpoch {
  protocol::Offset offset;
  protocol::LeaderEpoch leader_epoch;
  std::string metadata;  // any text of the application

  friend bool operator==(const OffsetAndEpoch&, const OffsetAndEpoch&) = default;
};
using Offsets = std::map<protocol::TopicPartition, OffsetAndEpoch>;
// As Kafka's exceptions name them: "{orders-0=OffsetAndMetadata{offset=3, leaderEpoch=0,
// metadata=''}}".
std::string to_string(const Offsets& offsets);
// Without epochs and metadata, as the trace names them.
std::vector<std::pair<protocol::TopicPartition, protocol::Offset>> plain(const Offsets& offsets);

enum class FetchState {
  initializing,      // no position yet
  fetching,          // has a position to fetch from
  await_reset,       // its position is being looked up by the reset policy
  await_validation,  // its position is being compared with a new leader's epochs
};

class PartitionState {
 public:
  FetchState fetch_state() const { return fetch_state_; }
  const std::optional<FetchPosition>& position() const { return position_; }
  bool has_valid_position() const { return fetch_state_ == FetchState::fetching; }
  bool is_fetchable() const {
    return !paused && !pending_revocation && !awaits_callback && has_valid_position();
  }
  const OffsetReset& reset_strategy() const { return reset_strategy_; }
  // Where it stood before the reset that is under way (not set = nowhere), and why that was asked
  // for.
  protocol::Offset reset_from() const { return reset_from_; }
  std::string_view reset_reason() const { return reset_reason_; }
  bool awaits_retry(sim::Time now) const { return now < next_retry_; }

  // `reason` is for the trace, and lives as long as the program.
  void reset(OffsetReset strategy, std::string_view reason);
  // A position that needs no comparison, or has passed it.
  void seek_validated(FetchPosition position);
  // Compares it with the leader's epochs first if the position has an epoch.
  void seek_unvalidated(FetchPosition position);
  // The leader (or its epoch) may have changed. True: the position must be compared now.
  bool maybe_validate(LeaderAndEpoch leader);
  void complete_validation();
  // The position after records were returned. Requires: has_valid_position().
  void advance(FetchPosition position);
  // No further look-up or comparison before that time.
  void retry_at(sim::Time time) { next_retry_ = time; }

  void prefer_replica(protocol::BrokerId replica, sim::Time until);
  // The follower to fetch from; not set = the leader.
  protocol::BrokerId preferred_replica(sim::Time now);
  protocol::BrokerId clear_preferred_replica();

  bool paused = false;
  bool pending_revocation = false;
  bool awaits_callback = false;         // onPartitionsAssigned of it is not over
  protocol::Offset high_watermark;      // as of the last fetch
  protocol::Offset last_stable_offset;  // likewise
  protocol::Offset log_start_offset;    // likewise
  // For the question whether anything is left to commit.
  protocol::Offset returned_to;  // after the last record handed to the application
  protocol::Offset committed;    // known to be committed
  // librdkafka: what auto-commit is to commit. Not set: nothing was stored yet.
  OffsetAndEpoch stored;
  // librdkafka: after a fetch that failed, not fetched again before that time.
  sim::Time next_fetch = sim::zero - std::chrono::hours(1000);

 private:
  bool may_become(FetchState next) const;
  void validate(FetchPosition position);

  FetchState fetch_state_ = FetchState::initializing;
  std::optional<FetchPosition> position_;
  OffsetReset reset_strategy_;
  protocol::Offset reset_from_;
  std::string_view reset_reason_;
  sim::Time next_retry_ = sim::zero - std::chrono::hours(1000);
  protocol::BrokerId preferred_replica_;
  sim::Time preferred_until_ = sim::never;
};

}  // namespace kafkasim::consumer
