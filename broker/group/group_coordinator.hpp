// The coordinator of the groups of one partition of the offsets topic, as plain functions:
// requests, time, and news about writes go in; responses, records to write, and deadlines come out.
// It neither waits nor sends. How to drive it:
//
//   coordinator.join(token, request, context, now);        // or any other request, or advance(now)
//   while (const GroupWrite* write = coordinator.next_write()) {
//     append write->records to the log, then coordinator.appended(base, now) or
//     coordinator.append_failed(error, now)
//   }
//   when the high watermark moves: coordinator.replicated_up_to(high_watermark, now)
//   hand out coordinator.take_replies()
//
// Groups of both protocols live side by side; a name belongs to one of them at a time. Left out:
// offsets of transactions.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/group/classic_groups.hpp"
#include "broker/group/consumer_groups.hpp"
#include "broker/group/group_effects.hpp"
#include "broker/group/offset_store.hpp"

namespace kafkasim::broker {

class GroupCoordinator {
 public:
  // Without `topics` there are none, for groups of the consumer protocol.
  GroupCoordinator(GroupSettings settings, MemberIdSource new_member_id, LeaderChoice choose_leader,
                   TopicSource topics = no_topics);
  // A leader leaves: the member that joined earliest follows.
  GroupCoordinator(GroupSettings settings, MemberIdSource new_member_id,
                   TopicSource topics = no_topics);
  static std::optional<GroupTopic> no_topics(const std::string&) { return std::nullopt; }

  // ---- requests: each token gets one reply, or is abandoned ----
  void join(GroupToken token, const protocol::JoinGroupRequest& request, const JoinContext& context,
            sim::Time now);
  void sync(GroupToken token, const protocol::SyncGroupRequest& request, sim::Time now);
  void heartbeat(GroupToken token, const protocol::HeartbeatRequest& request, sim::Time now);
  void leave(GroupToken token, const protocol::LeaveGroupRequest& request, sim::Time now);
  void consumer_heartbeat(GroupToken token, const protocol::ConsumerGroupHeartbeatRequest& request,
                          const JoinContext& context, sim::Time now);
  void offset_commit(GroupToken token, const protocol::OffsetCommitRequest& request, sim::Time now);
  void offset_fetch(GroupToken token, const protocol::OffsetFetchRequest& request, sim::Time now);
  // Each group by itself, with its offsets; only empty ones.
  void delete_groups(GroupToken token, const std::vector<std::string>& groups, sim::Time now);
  // Only of topics that nobody in the group subscribes to.
  void offset_delete(GroupToken token, const protocol::OffsetDeleteRequest& request, sim::Time now);

  // ---- time ----
  // When advance() has something to do; sim::never when nothing is pending.
  sim::Time next_deadline() const;
  // Fires what is due at `now`, one after the other in the order of deadlines.
  void advance(sim::Time now);
  // Of timers that are due at the same time, the one that was set first fires first. Now it is this
  // one, if there is such a timer: Kafka promises no order.
  void put_first(GroupTimerKind kind, const std::string& group_id, const std::string& member_id);

  // Those partitions are no more: nobody's offsets of them are of use.
  void forget_offsets(const std::set<protocol::TopicPartition>& partitions, sim::Time now);

  // What the source of topics says of these is new: created, grown or gone.
  void topics_changed(const std::set<std::string>& names) { consumers_.topics_changed(names); }

  // ---- writes ----
  // The next records to append, in order; null when there is nothing.
  const GroupWrite* next_write() const;
  // All of them, to append several at once. Those without records go with the one before them, by
  // themselves.
  const std::deque<GroupWrite>& wanted_writes() const;
  // They are in the log from `base` on, each record one offset.
  void appended(protocol::Offset base, sim::Time now);
  // No wanted write can be appended: all of them have failed.
  void append_failed(protocol::ErrorCode error, sim::Time now);
  // High watermark of the partition; never goes back.
  void replicated_up_to(protocol::Offset high_watermark, sim::Time now);

  // ---- taking over and handing over ----
  void replay(const GroupRecord& record, protocol::Offset at, sim::Time now);
  // After the last record: sessions start anew, offsets expire from time to time.
  void loaded(sim::Time now);
  // Everything that waits is answered NOT_COORDINATOR and all state forgotten.
  void resign(sim::Time now);

  // ---- what came of it ----
  std::vector<GroupReply> take_replies();
  // Tokens that get no reply: Kafka leaves such requests unanswered.
  std::vector<GroupToken> take_abandoned();
  std::vector<protocol::events::GroupStateChanged> take_state_changes();
  std::vector<protocol::events::OffsetCommitted> take_commits();

  const ClassicGroups& groups() const { return groups_; }
  const ConsumerGroups& consumer_groups() const { return consumers_; }
  const OffsetStore& offsets() const { return offsets_; }

 private:
  void begin(GroupToken token, sim::Time now);
  void finish(GroupWrite write, protocol::ErrorCode error, bool in_log);
  void apply(const GroupRecord& record, protocol::Offset at);
  // Writes that append nothing go with the one before them.
  void follow(protocol::Offset next);
  protocol::OffsetFetchResponse fetched(const protocol::OffsetFetchRequest& request,
                                        const OffsetStore::Partitions& offsets) const;
  void expire_offsets();
  // Wants these records of offsets and tombstones of classic groups, and applies them at once; they
  // are taken back when they cannot be appended. Nothing when there are none.
  void store(std::vector<GroupRecord> records, FollowUp follow_up, const std::string& reason);
  void undo_unwritten();
  protocol::ErrorCode may_delete(const std::string& group_id) const;
  // Tombstones of all its offsets.
  std::vector<GroupRecord> offset_tombstones(const std::string& group_id) const;
  protocol::ErrorCode accept_commit(const protocol::OffsetCommitRequest& request);
  // From when on the retention of an offset counts; none while it must not expire.
  std::optional<std::int64_t> idle_since_ms(const std::string& group_id,
                                            const protocol::TopicPartition& partition,
                                            const StoredOffset& offset) const;
  bool is_expired(const std::string& group_id, const protocol::TopicPartition& partition,
                  const StoredOffset& offset) const;

  GroupEffects effects_;
  ClassicGroups groups_;
  ConsumerGroups consumers_;
  OffsetStore offsets_;
  struct Unwritten {
    GroupWriteId id = 0;
    std::string group_id;
    std::optional<ClassicGroup> before;  // none = the write created the group
  };
  std::deque<Unwritten> unwritten_;
  sim::Time next_expiry_check_ = sim::never;
};

}  // namespace kafkasim::broker
