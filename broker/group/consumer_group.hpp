// One consumer group of the newer protocol (KIP-848) as its coordinator knows it: its epochs, its
// members and what each of them holds and shall hold. Moves by the stored records only (see
// consumer_groups.hpp); everything else here follows from them. Left out: members that speak the
// classic protocol, and subscriptions by pattern.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "broker/group/consumer_member.hpp"

namespace kafkasim::broker {

enum class ConsumerGroupState {
  empty,
  assigning,    // the group has a newer epoch than its target assignment
  reconciling,  // some member has not reached its target
  stable,
};

// As Kafka writes it: "Reconciling".
std::string_view to_string(ConsumerGroupState state);

// What a group knows of a topic; a change of it makes a new target.
struct GroupTopic {
  protocol::Uuid id;
  int partitions = 0;
  friend bool operator==(const GroupTopic&, const GroupTopic&) = default;
};
using GroupTopics = std::map<std::string, GroupTopic>;

class ConsumerGroup {
 public:
  explicit ConsumerGroup(std::string group_id) : group_id_(std::move(group_id)) {}

  const std::string& id() const { return group_id_; }
  ConsumerGroupState state() const;
  bool is_empty() const { return members_.empty(); }
  // Rises when a target is out of date: somebody joined or left, a subscription or a topic changed.
  std::int32_t epoch() const { return epoch_; }
  // The group epoch that the target was made for; -1 or 0 before the first.
  std::int32_t target_epoch() const { return target_epoch_; }
  // Another number after every change of anything here, and never the same again, not even for a
  // later group of this name.
  std::uint64_t version() const { return version_; }

  // ---- members ----
  const std::map<std::string, ConsumerMember>& members() const { return members_; }
  const ConsumerMember* find(const std::string& member_id) const;
  // The member with this instance id; null when nobody has it.
  const ConsumerMember* static_member(const std::string& group_instance_id) const;
  // Empty when it has none.
  const TargetPartitions& target(const std::string& member_id) const;
  // Null when it has none.
  SharedTarget shared_target(const std::string& member_id) const;
  // By member.
  const std::map<std::string, SharedTarget>& targets() const { return targets_; }
  // The epoch of the member that holds it; none when it is free.
  std::optional<std::int32_t> holder_epoch(const protocol::Uuid& topic, int partition) const;
  bool is_held(const protocol::Uuid& topic, int partition) const {
    return holder_epoch(topic, partition).has_value();
  }

  // ---- what the members want ----
  // The assignor that most members name; empty = none is named.
  std::string assignor() const;
  // The same, as if `before` had become `after`; null = is not there.
  std::string assignor_after(const ConsumerMemberInfo* before,
                             const ConsumerMemberInfo* after) const;
  // Topics with the number of their subscribers.
  const std::map<std::string, int>& subscribers() const { return subscribers_; }
  std::map<std::string, int> subscribers_after(const ConsumerMemberInfo* before,
                                               const ConsumerMemberInfo* after) const;
  // As of the latest epoch.
  const GroupTopics& topics() const { return topics_; }

  // Topics may have changed: the next heartbeat looks.
  void expect_new_topics() { topics_seen_in_epoch_ = -1; }
  void saw_topics(std::int32_t in_epoch) { topics_seen_in_epoch_ = in_epoch; }
  // False also when the epoch in which they were seen was undone.
  bool has_seen_topics() const {
    return topics_seen_in_epoch_ >= 0 && epoch_ >= topics_seen_in_epoch_;
  }

  // ---- changes, one for each kind of record ----
  void set_version(std::uint64_t version) { version_ = version; }
  void set_epoch(std::int32_t epoch);
  void set_target_epoch(std::int32_t epoch);
  void set_topics(GroupTopics topics);
  // A member that is not there is added.
  void set_info(const std::string& member_id, ConsumerMemberInfo info);
  void set_place(const std::string& member_id, ConsumerMemberPlace place);
  void set_target(const std::string& member_id, SharedTarget target);
  // What it holds is free.
  void release(const std::string& member_id);
  void remove_target(const std::string& member_id);
  void remove_member(const std::string& member_id);

 private:
  ConsumerMember& member(const std::string& member_id);
  void count(const ConsumerMemberInfo& info, int by);
  void hold(const ConsumerMemberPlace& place);
  void let_go(const ConsumerMemberPlace& place);
  void count_arrived(const ConsumerMemberPlace& place, int by);

  std::string group_id_;
  std::int32_t epoch_ = 0;
  std::int32_t target_epoch_ = 0;
  std::int32_t topics_seen_in_epoch_ = -1;
  std::uint64_t version_ = 0;
  GroupTopics topics_;
  std::map<std::string, ConsumerMember> members_;
  std::map<std::string, std::string> static_members_;  // instance id -> member id
  std::map<std::string, SharedTarget> targets_;
  std::map<std::string, int> subscribers_;
  std::map<std::string, int> assignors_;  // votes
  std::map<protocol::Uuid, std::map<int, std::int32_t>> holder_epochs_;
  std::map<std::int32_t, int> arrived_;  // members that are stable, by their epoch
};

}  // namespace kafkasim::broker
