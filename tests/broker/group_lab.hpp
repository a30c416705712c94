// Drives a GroupCoordinator in tests without a simulator: a log that is only an offset, time that
// moves by hand, and requests of members of one group. Writes are replicated at once unless a test
// holds them.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/group/group_coordinator.hpp"
#include "protocol/consumer_protocol.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::tests {

using broker::GroupToken;
using protocol::ErrorCode;

inline constexpr const char* lab_group = "g";

// A subscription as a consumer sends it, under one or more protocol names.
inline std::vector<protocol::JoinGroupProtocol> subscribe(const std::vector<std::string>& topics,
                                                          const std::vector<std::string>& names = {
                                                              "range"}) {
  protocol::ConsumerSubscription subscription;
  subscription.topics = topics;
  std::vector<protocol::JoinGroupProtocol> out;
  for (const std::string& name : names) out.push_back({name, protocol::encode(subscription)});
  return out;
}

class GroupLab {
 public:
  explicit GroupLab(broker::GroupSettings settings = without_initial_delay())
      : coordinator(settings, ids()) {
    coordinator.loaded(now);
  }

  static broker::GroupSettings without_initial_delay() {
    broker::GroupSettings settings;
    settings.initial_rebalance_delay = sim::Duration(0);
    return settings;
  }
  static broker::MemberIdSource ids() {
    return [next = 0](const std::string& prefix) mutable {
      return prefix + "-" + std::to_string(++next);
    };
  }

  // ---- requests ----
  GroupToken join(const std::string& member_id, const std::string& instance = "",
                  std::vector<protocol::JoinGroupProtocol> protocols = subscribe({"t"})) {
    protocol::JoinGroupRequest request;
    request.group_id = lab_group;
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 60'000;
    request.member_id = member_id;
    request.group_instance_id = instance;
    request.protocol_type = "consumer";
    request.protocols = std::move(protocols);
    return join(request);
  }
  GroupToken join(const protocol::JoinGroupRequest& request) {
    broker::JoinContext context;
    context.client_id = "c";
    coordinator.join(++token, request, context, now);
    settle();
    return token;
  }
  GroupToken sync(const std::string& member_id,
                  std::vector<protocol::SyncGroupAssignment> assignments = {}) {
    protocol::SyncGroupRequest request;
    request.group_id = lab_group;
    request.generation_id = group()->generation();
    request.member_id = member_id;
    request.assignments = std::move(assignments);
    return sync(request);
  }
  GroupToken sync(const protocol::SyncGroupRequest& request) {
    coordinator.sync(++token, request, now);
    settle();
    return token;
  }
  GroupToken heartbeat(const std::string& member_id) {
    return heartbeat({lab_group, group()->generation(), member_id, ""});
  }
  GroupToken heartbeat(const protocol::HeartbeatRequest& request) {
    coordinator.heartbeat(++token, request, now);
    settle();
    return token;
  }
  GroupToken leave(const std::string& member_id, const std::string& instance = "") {
    const protocol::LeaveGroupRequest request{lab_group, {{member_id, instance, ""}}};
    coordinator.leave(++token, request, now);
    settle();
    return token;
  }
  GroupToken commit(const std::string& member_id, std::int32_t generation, std::int64_t offset,
                    const std::string& metadata = "") {
    const protocol::OffsetCommitRequest request{
        lab_group, generation, member_id, "", {{{"t", 0}, protocol::Offset(offset), {}, metadata}}};
    return commit(request);
  }
  GroupToken commit(const protocol::OffsetCommitRequest& request) {
    coordinator.offset_commit(++token, request, now);
    settle();
    return token;
  }
  GroupToken delete_groups(const std::vector<std::string>& groups) {
    coordinator.delete_groups(++token, groups, now);
    settle();
    return token;
  }
  GroupToken delete_offsets(const std::vector<protocol::TopicPartition>& partitions) {
    coordinator.offset_delete(++token, {lab_group, partitions}, now);
    settle();
    return token;
  }
  // The committed offset of t-0; -1 = none.
  std::int64_t committed() {
    const GroupToken asked = fetch(false);
    return reply<protocol::OffsetFetchResponse>(asked).partitions.at(0).committed_offset.value();
  }
  GroupToken fetch(bool require_stable) {
    protocol::OffsetFetchRequest request;
    request.group_id = lab_group;
    request.partitions = {{"t", 0}};
    request.require_stable = require_stable;
    coordinator.offset_fetch(++token, request, now);
    settle();
    return token;
  }

  // ---- a group to start from ----
  // A dynamic member joins in its two steps; its id.
  std::string join_new(GroupToken* parked = nullptr) {
    const std::string id = reply<protocol::JoinGroupResponse>(join("")).member_id;
    const GroupToken asked = join(id);
    if (parked != nullptr) *parked = asked;
    return id;
  }
  // Stable in generation 1 with that many dynamic members "c-1", "c-2"...; c-1 leads.
  void make_stable(int members) {
    std::vector<std::string> all;
    for (int i = 0; i < members; ++i) all.push_back(join_new());
    pass(sim::Duration(0));
    for (const std::string& id : all) sync(id);
    REQUIRE(state() == "Stable");
  }

  // Knows what is in the other's log, and nothing else.
  void take_over(const GroupLab& other) {
    now = other.now;
    for (const broker::GroupRecord& record : other.log) {
      coordinator.replay(record, log_end(), now);
      log.push_back(record);
    }
    coordinator.loaded(now);
    settle();
  }
  // The dynamic members live for that long, with heartbeats.
  void live(sim::Duration duration, const std::vector<std::string>& members) {
    const sim::Duration step = std::chrono::seconds(4);
    for (sim::Duration passed{0}; passed < duration; passed += step) {
      for (const std::string& id : members) heartbeat(id);
      pass(std::min(step, duration - passed));
    }
  }

  // ---- time and writes ----
  void pass(sim::Duration duration) {
    const sim::Time end = now + duration;
    while (coordinator.next_deadline() <= end) {
      now = std::max(now, coordinator.next_deadline());
      coordinator.advance(now);
      settle();
    }
    now = end;
  }
  void settle() {
    while (const broker::GroupWrite* write = coordinator.next_write()) {
      if (append_error != ErrorCode::none) {
        coordinator.append_failed(append_error, now);
        continue;
      }
      const protocol::Offset base = log_end();
      for (const auto& record : write->records) log.push_back(record);
      coordinator.appended(base, now);
    }
    if (replicating) coordinator.replicated_up_to(log_end(), now);
    for (broker::GroupReply& reply : coordinator.take_replies())
      replies_[reply.token] = std::move(reply.response);
    for (const GroupToken each : coordinator.take_abandoned()) abandoned.push_back(each);
    for (auto& change : coordinator.take_state_changes()) changes.push_back(change.state);
    for (auto& commit : coordinator.take_commits()) commits.push_back(commit.offset.value());
  }
  protocol::Offset log_end() const {
    return protocol::Offset(static_cast<std::int64_t>(log.size()));
  }

  // ---- what came of it ----
  bool answered(GroupToken asked) const { return replies_.contains(asked); }
  template <class Response>
  Response reply(GroupToken asked) const {
    REQUIRE(answered(asked));
    return std::get<Response>(replies_.at(asked));
  }
  ErrorCode join_error(GroupToken asked) const {
    return reply<protocol::JoinGroupResponse>(asked).error;
  }
  ErrorCode sync_error(GroupToken asked) const {
    return reply<protocol::SyncGroupResponse>(asked).error;
  }
  ErrorCode heartbeat_error(GroupToken asked) const {
    return reply<protocol::HeartbeatResponse>(asked).error;
  }
  ErrorCode commit_error(GroupToken asked) const {
    return reply<protocol::OffsetCommitResponse>(asked).partitions.at(0).error;
  }
  ErrorCode delete_error(GroupToken asked) const {
    return reply<protocol::DeleteGroupsResponse>(asked).results.at(0).error;
  }
  const broker::ClassicGroup* group() const { return coordinator.groups().find(lab_group); }
  std::string state() const {
    return group() == nullptr ? "none" : std::string(to_string(group()->state()));
  }

  sim::Time now = sim::zero;
  broker::GroupCoordinator coordinator;
  bool replicating = true;
  ErrorCode append_error = ErrorCode::none;
  std::vector<broker::GroupRecord> log;
  std::vector<GroupToken> abandoned;
  std::vector<std::string> changes;
  std::vector<std::int64_t> commits;
  GroupToken token = 0;

 private:
  std::map<GroupToken, broker::GroupResponse> replies_;
};

}  // namespace kafkasim::tests
