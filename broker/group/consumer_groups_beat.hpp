// One heartbeat of a member of a consumer group while it is handled. Only for the files
// consumer_groups*.cpp.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/group/consumer_groups.hpp"

namespace kafkasim::broker {

// Who that member id is, for people: "4Jw... (worker-a)", with its instance id if it has one.
std::string named(const std::string& member_id, const ConsumerMemberInfo& info);

struct ConsumerGroups::Beat {
  Beat(const protocol::ConsumerGroupHeartbeatRequest& of, std::string from)
      : request(of), member_id(std::move(from)) {}

  const protocol::ConsumerGroupHeartbeatRequest& request;
  std::string member_id;  // also when the request has none

  // The group and the member before this; "new" where there was none, or under another id.
  const ConsumerGroup* group = nullptr;
  std::optional<ConsumerGroup> new_group;
  const ConsumerMember* before = nullptr;
  std::optional<ConsumerMember> new_member;
  const ConsumerMember* replaced = nullptr;  // the static member that this one takes the place of

  ConsumerMemberInfo info;  // from now on
  bool bumps = false;       // the group's epoch
  std::int32_t epoch = 0;   // of the group, from now on
  std::optional<GroupTopics> new_topics;
  std::optional<std::int32_t> saw_topics_in;  // epoch
  std::int32_t target_epoch = 0;
  const TargetPartitions* target = nullptr;  // of the member
  SharedTarget new_target;
  std::optional<ConsumerMemberPlace> place;  // when it has changed

  std::vector<GroupRecord> records;
  // Of a change of the group's state. Until the member is known it is what the member does.
  std::string reason;

  bool joins() const {
    return request.member_epoch == protocol::ConsumerGroupHeartbeatRequest::join_epoch;
  }
  void add(ConsumerRecordKind kind, const std::string& about, ConsumerGroupValue::What what) {
    records.push_back(consumer_record(kind, request.group_id, about, std::move(what)));
  }
};

}  // namespace kafkasim::broker
