// What a consumer is subscribed to, what it owns, and where it stands in each partition. Plain
// state: who looks up positions and who fetches is elsewhere. Left out: subscriptions by pattern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/positions.hpp"
#include "protocol/data_messages.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::consumer {

using Partitions = std::set<protocol::TopicPartition>;

// What the comparison of a position with the leader's epochs came to.
struct Validation {
  enum class Kind {
    ignored,  // no longer assigned, no longer waiting, or the position moved meanwhile
    passed,
    moved,      // the log was truncated below it: goes on at `to`
    reset,      // the leader does not know the epoch: the reset policy decides
    truncated,  // as the two above, but there is no reset policy: an error for the application
  };
  Kind kind = Kind::ignored;
  protocol::Offset from;
  protocol::Offset to;  // where the logs diverge; not set = unknown
};

class SubscriptionState {
 public:
  explicit SubscriptionState(OffsetReset default_reset) : default_reset_(default_reset) {}

  // ---- what is read ----
  // Subscribes; true if that changes anything. Requires: no partitions were assigned by hand.
  bool subscribe(std::set<std::string> topics);
  // Assigns by hand; true if that changes the topics. Requires: not subscribed.
  bool assign_from_user(const Partitions& partitions);
  // The assignment that the group came to. Positions of partitions that stay are kept.
  void assign_from_group(const Partitions& partitions);
  void unsubscribe();
  bool is_subscribed() const { return kind_ == Kind::topics; }
  bool has_no_subscription() const { return kind_ == Kind::none; }
  const std::set<std::string>& topics() const { return topics_; }
  // All topics that members of the group read: the leader needs to know their partitions.
  void set_group_topics(std::set<std::string> topics) { group_topics_ = std::move(topics); }
  // What the metadata must cover.
  std::set<std::string> metadata_topics() const;
  // Are all of these of subscribed topics?
  bool matches_subscription(const Partitions& partitions) const;

  // ---- what is owned ----
  bool is_assigned(const protocol::TopicPartition& partition) const {
    return states_.contains(partition);
  }
  Partitions assigned() const;
  std::size_t assigned_count() const { return states_.size(); }
  // Null when it is not assigned.
  PartitionState* find(const protocol::TopicPartition& partition);
  const PartitionState* find(const protocol::TopicPartition& partition) const;
  void mark_all_pending_revocation();
  // The application still has to hear of them (awaiting true: they get no position and are not
  // fetched), or has heard.
  void await_callback(const Partitions& partitions, bool awaiting);
  // About to be given up: nothing of them is handed out (pending true), or not after all.
  void mark_pending_revocation(const Partitions& partitions, bool pending);

  // ---- positions ----
  bool has_all_positions() const;
  Partitions initializing() const;
  Partitions needing_reset(sim::Time now) const;
  Partitions needing_validation(sim::Time now) const;
  bool has_reset_policy() const { return default_reset_.kind != OffsetReset::Kind::none; }
  const OffsetReset& default_reset() const { return default_reset_; }
  // Those of `among` that still have no position get one by the reset policy. Returns those that
  // cannot, as there is no policy. Who came in meanwhile must ask for its committed offset first.
  Partitions reset_initializing(const Partitions& among);
  void retry_at(const Partitions& partitions, sim::Time time);
  // An answer to a look-up. True if the position was taken: the partition still waits for that very
  // look-up.
  bool complete_reset(const protocol::TopicPartition& partition, FetchPosition position,
                      OffsetReset asked);
  // An answer to a comparison of `asked`: the end offset of its epoch, or that of the largest epoch
  // below it.
  Validation complete_validation(const protocol::TopicPartition& partition,
                                 const FetchPosition& asked, protocol::EpochEndOffset answer);
  // Positions of all partitions that have a valid one: what a commit without offsets commits.
  Offsets all_consumed() const;
  // librdkafka: what was stored and goes beyond what is committed.
  Offsets all_stored() const;

  // ---- fetching ----
  // Those that may be fetched, least recently served first.
  std::vector<protocol::TopicPartition> fetchable() const;
  void move_to_end(const protocol::TopicPartition& partition);
  // The end for a reader of that isolation level as of the last fetch; not set = unknown.
  protocol::Offset end_offset(const protocol::TopicPartition& partition,
                              protocol::IsolationLevel isolation) const;

 private:
  enum class Kind { none, topics, by_hand };

  void set_partitions(const Partitions& partitions);
  Partitions collect(const std::function<bool(const PartitionState&)>& filter) const;

  OffsetReset default_reset_;
  Kind kind_ = Kind::none;
  std::set<std::string> topics_;
  std::set<std::string> group_topics_;
  std::map<protocol::TopicPartition, PartitionState> states_;
  std::vector<protocol::TopicPartition> order_;  // of fetching
};

}  // namespace kafkasim::consumer
