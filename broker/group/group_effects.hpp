// What handling a request or a timer of the group coordinator brings about: responses, records to
// write together with what follows once they are replicated, changes worth reporting. And the
// settings and the time that all its parts share.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "broker/group/classic_group.hpp"
#include "broker/group/group_records.hpp"
#include "broker/group/group_timers.hpp"
#include "protocol/config_def.hpp"
#include "protocol/events.hpp"
#include "protocol/group_messages.hpp"

namespace kafkasim::broker {

// Kafka's defaults; the names in comments are its settings.
struct GroupSettings {
  sim::Duration initial_rebalance_delay =
      std::chrono::seconds(3);                                   // group.initial.rebalance.delay.ms
  std::int32_t max_size = 2147483647;                            // group.max.size
  sim::Duration min_session_timeout = std::chrono::seconds(6);   // group.min.session.timeout.ms
  sim::Duration max_session_timeout = std::chrono::minutes(30);  // group.max.session.timeout.ms
  sim::Duration new_member_join_timeout = std::chrono::minutes(5);  // not configurable
  sim::Duration write_timeout = std::chrono::seconds(5);            // offsets.commit.timeout.ms
  std::int32_t offset_metadata_max_bytes = 4096;                    // offset.metadata.max.bytes
  sim::Duration offsets_retention = std::chrono::hours(24 * 7);     // offsets.retention.minutes
  sim::Duration retention_check_interval =
      std::chrono::minutes(10);  // offsets.retention.check.interval.ms
  // ---- groups of the consumer protocol; the first assignor is the default ----
  bool consumer_protocol = true;  // group.coordinator.rebalance.protocols
  sim::Duration consumer_session_timeout =
      std::chrono::seconds(45);  // group.consumer.session.timeout.ms
  sim::Duration consumer_heartbeat_interval =
      std::chrono::seconds(5);                             // group.consumer.heartbeat.interval.ms
  std::int32_t consumer_max_size = 2147483647;             // group.consumer.max.size
  std::vector<std::string> assignors{"uniform", "range"};  // group.consumer.assignors
  bool accept_old_commits = false;                         // planted, see mutations.hpp
};
GroupSettings group_settings(const protocol::ConfigValues& broker);

using GroupResponse = std::variant<protocol::JoinGroupResponse, protocol::SyncGroupResponse,
                                   protocol::HeartbeatResponse, protocol::LeaveGroupResponse,
                                   protocol::OffsetCommitResponse, protocol::OffsetFetchResponse,
                                   protocol::ConsumerGroupHeartbeatResponse,
                                   protocol::DeleteGroupsResponse, protocol::OffsetDeleteResponse>;

struct GroupReply {
  GroupToken token = 0;
  GroupResponse response;
};

// ---- what follows when a write is replicated, or has failed ----
struct NothingFollows {};
// A group without records was created by this join.
struct GroupCreated {
  std::string group_id;
  GroupToken token = 0;
};
// The leader's assignment: hand it out.
struct AssignmentStored {
  std::string group_id;
  std::int32_t generation = 0;
  std::string member_id;
  std::map<std::string, protocol::Bytes> assignments;
};
// A static member came back under a new id: answer its join, or undo.
struct StaticMemberStored {
  std::string group_id;
  std::string group_instance_id;
  std::string old_member_id;
  std::string new_member_id;
  GroupToken token = 0;
  std::string leader_before;
  std::vector<protocol::JoinGroupProtocol> old_protocols;
  sim::Duration old_rebalance_timeout{0};
  sim::Duration old_session_timeout{0};
  bool may_skip_assignment = true;
};
struct AnswerFollows {
  GroupReply reply;
};
// A fetch of offsets that wants to see every commit before it.
struct FetchFollows {
  GroupToken token = 0;
  protocol::OffsetFetchRequest request;
};
// A member of a consumer group was fenced by this timer; when that cannot be stored the timer runs
// again.
struct FenceStored {
  GroupTimer timer;
};
using FollowUp = std::variant<NothingFollows, GroupCreated, AssignmentStored, StaticMemberStored,
                              AnswerFollows, FetchFollows, FenceStored>;

// The error that the coordinator answers when a write to its partition met `error`.
protocol::ErrorCode coordinator_error(protocol::ErrorCode error);
// `response` with that error instead of what it says, everywhere Kafka would put it.
GroupResponse failed(GroupResponse response, protocol::ErrorCode error);

using GroupWriteId = std::uint64_t;

struct GroupWrite {
  GroupWriteId id = 0;
  std::vector<GroupRecord> records;  // empty: only waits for the writes before it
  FollowUp follow_up;
};

// Writes in order: first wanted, then in the log and waiting for replication.
class GroupWrites {
 public:
  GroupWriteId add(std::vector<GroupRecord> records, FollowUp follow_up) {
    wanted_.push_back({next_id_, std::move(records), std::move(follow_up)});
    return next_id_++;
  }
  // Nothing that a response might have to wait for.
  bool idle() const { return wanted_.empty() && in_log_.empty(); }

  const std::deque<GroupWrite>& wanted() const { return wanted_; }
  GroupWrite take_wanted();
  // In the log, up to `next` (exclusive); given up on at `deadline`.
  void put_in_log(GroupWrite write, protocol::Offset next, sim::Time deadline);
  // The end of the newest write that is not replicated. Requires: there is one.
  protocol::Offset last_next() const { return in_log_.back().next; }
  bool has_in_log() const { return !in_log_.empty(); }

  sim::Time next_deadline() const {
    return in_log_.empty() ? sim::never : in_log_.front().deadline;
  }
  // The oldest write, if all of it is below the high watermark; or if it is overdue.
  std::optional<GroupWrite> take_replicated(protocol::Offset high_watermark);
  std::optional<GroupWrite> take_overdue(sim::Time now);
  // All of them, oldest first.
  std::vector<GroupWrite> take_all();

 private:
  struct InLog {
    GroupWrite write;
    protocol::Offset next;
    sim::Time deadline;
  };
  GroupWrite take_front();

  std::deque<GroupWrite> wanted_;
  std::deque<InLog> in_log_;
  GroupWriteId next_id_ = 1;
};

struct GroupEffects {
  GroupSettings settings;
  sim::Time now{};
  GroupTimers timers;
  GroupWrites writes;
  std::set<GroupToken> open;  // requests that have no response yet
  std::vector<GroupReply> replies;
  std::vector<GroupToken> abandoned;  // requests that Kafka never answers: their member asked again
                                      // elsewhere, or is gone
  std::vector<protocol::events::GroupStateChanged> state_changes;
  std::vector<protocol::events::OffsetCommitted> commits;

  // Answers, unless it was answered before.
  void reply(GroupToken token, GroupResponse response) {
    if (open.erase(token) > 0) replies.push_back({token, std::move(response)});
  }
  void abandon(std::optional<GroupToken> token) {
    if (token && open.erase(*token) > 0) abandoned.push_back(*token);
  }
  // Answers once everything written so far is replicated.
  void reply_after_writes(GroupToken token, GroupResponse response);
  // Goes on once everything written so far is replicated. Requires: something was written and is
  // not replicated.
  void follow_writes(FollowUp follow_up);
};

}  // namespace kafkasim::broker
