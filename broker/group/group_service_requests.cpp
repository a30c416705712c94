// The nine APIs of the group coordinator: find the coordinator of the group here, ask it, wait for
// its answer.
#include <algorithm>
#include <iterator>
#include <utility>

#include "broker/group/group_service.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/java_hash.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

protocol::TopicPartition GroupService::partition_of(const std::string& group_id) const {
  return {protocol::offsets_topic, protocol::group_partition(group_id, partition_count_)};
}

GroupService::Route GroupService::route(const std::string& group_id) {
  settle();
  const auto at = shards_.find(partition_of(group_id));
  if (at == shards_.end()) return {ErrorCode::not_coordinator, nullptr};
  if (!at->second.loaded) return {ErrorCode::coordinator_load_in_progress, nullptr};
  return {ErrorCode::none, at->second.coordinator.get()};
}

// Parks a request and hands it to its coordinator; or parks the refusal. `response` has what the
// refusal shall keep.
template <class Submit>
GroupToken GroupService::ask(const std::string& group_id, bool needs_group_id,
                             GroupResponse response, Submit submit) {
  const GroupToken token = next_token_++;
  Parked& parked = *parked_.emplace(token, std::make_unique<Parked>()).first->second;
  const Route to = route(group_id);
  if (needs_group_id && group_id.empty()) {
    parked.response = failed(std::move(response), ErrorCode::invalid_group_id);
  } else if (to.error == ErrorCode::coordinator_load_in_progress &&
             std::holds_alternative<protocol::HeartbeatResponse>(response)) {
    parked.response = std::move(response);  // nothing can be said against a member yet
  } else if (to.error != ErrorCode::none) {
    parked.response = failed(std::move(response), to.error);
  } else {
    // Where Kafka never answers, another request of the same member has taken its place; who still
    // listens rejoins.
    parked.unanswered = failed(std::move(response), ErrorCode::rebalance_in_progress);
    submit(*to.coordinator, token);
    settle();
    if (next_deadline() < sleeping_until_) wake();
  }
  return token;
}

sim::Task<GroupResponse> GroupService::answer(GroupToken token) {
  if (sim::must_yield(context_.process)) co_await sim::yield_now();
  Parked* const parked = parked_.at(token).get();
  // The coordinator's own timers bound this: joins, syncs and writes all have theirs.
  if (!parked->response) co_await parked->answered.wait(sim::never);
  CHECKED(parked->response.has_value(), "group request {} woke up without a response", token);
  GroupResponse response = std::move(*parked->response);
  parked_.erase(token);
  co_return response;
}

sim::Task<protocol::JoinGroupResponse> GroupService::join_group(protocol::JoinGroupRequest request,
                                                                std::string client_id,
                                                                std::string client_host) {
  protocol::JoinGroupResponse refusal;
  refusal.member_id = request.member_id;
  const JoinContext context{std::move(client_id), std::move(client_host), true, true};
  const GroupToken token = ask(request.group_id, true, std::move(refusal),
                               [&](GroupCoordinator& coordinator, GroupToken asked) {
                                 coordinator.join(asked, request, context, context_.now());
                               });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::JoinGroupResponse>(std::move(answered));
}

sim::Task<protocol::SyncGroupResponse> GroupService::sync_group(
    protocol::SyncGroupRequest request) {
  const GroupToken token = ask(request.group_id, true, protocol::SyncGroupResponse(),
                               [&](GroupCoordinator& coordinator, GroupToken asked) {
                                 coordinator.sync(asked, request, context_.now());
                               });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::SyncGroupResponse>(std::move(answered));
}

sim::Task<protocol::HeartbeatResponse> GroupService::heartbeat(protocol::HeartbeatRequest request) {
  const GroupToken token = ask(request.group_id, true, protocol::HeartbeatResponse(),
                               [&](GroupCoordinator& coordinator, GroupToken asked) {
                                 coordinator.heartbeat(asked, request, context_.now());
                               });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::HeartbeatResponse>(std::move(answered));
}

sim::Task<protocol::LeaveGroupResponse> GroupService::leave_group(
    protocol::LeaveGroupRequest request) {
  const GroupToken token = ask(request.group_id, true, protocol::LeaveGroupResponse(),
                               [&](GroupCoordinator& coordinator, GroupToken asked) {
                                 coordinator.leave(asked, request, context_.now());
                               });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::LeaveGroupResponse>(std::move(answered));
}

sim::Task<protocol::ConsumerGroupHeartbeatResponse> GroupService::consumer_heartbeat(
    protocol::ConsumerGroupHeartbeatRequest request, std::string client_id,
    std::string client_host) {
  const JoinContext context{std::move(client_id), std::move(client_host), true, true};
  // An empty group id is the coordinator's to refuse, in its words.
  const GroupToken token = ask(
      request.group_id, false, protocol::ConsumerGroupHeartbeatResponse(),
      [&](GroupCoordinator& coordinator, GroupToken asked) {
        watch_.beats(partition_of(request.group_id).partition, request.group_id, request.member_id);
        coordinator.consumer_heartbeat(asked, request, context, context_.now());
      });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::ConsumerGroupHeartbeatResponse>(std::move(answered));
}

sim::Task<protocol::OffsetCommitResponse> GroupService::offset_commit(
    protocol::OffsetCommitRequest request) {
  protocol::OffsetCommitResponse refusal;
  for (const auto& each : request.partitions)
    refusal.partitions.push_back({each.partition, ErrorCode::none});
  const GroupToken token =
      ask(request.group_id, false, std::move(refusal),
          [&](GroupCoordinator& coordinator, GroupToken asked) {
            const std::size_t wanted = coordinator.wanted_writes().size();
            coordinator.offset_commit(asked, request, context_.now());
            if (coordinator.wanted_writes().size() == wanted) return;
            watch_.commit_taken(partition_of(request.group_id).partition, request,
                                coordinator.groups().find(request.group_id));
          });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::OffsetCommitResponse>(std::move(answered));
}

sim::Task<protocol::OffsetFetchResponse> GroupService::offset_fetch(
    protocol::OffsetFetchRequest request) {
  protocol::OffsetFetchResponse refusal;
  refusal.group_id = request.group_id;
  const GroupToken token = ask(request.group_id, false, std::move(refusal),
                               [&](GroupCoordinator& coordinator, GroupToken asked) {
                                 coordinator.offset_fetch(asked, request, context_.now());
                               });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::OffsetFetchResponse>(std::move(answered));
}

sim::Task<protocol::DeleteGroupsResponse> GroupService::delete_groups(
    protocol::DeleteGroupsRequest request) {
  // The groups of one coordinator go together; none is asked twice.
  std::map<protocol::TopicPartition, std::vector<std::string>> by_partition;
  for (const std::string& group : request.groups) {
    std::vector<std::string>& groups = by_partition[partition_of(group)];
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  std::vector<GroupToken> tokens;
  for (const auto& [partition, groups] : by_partition) {
    protocol::DeleteGroupsResponse refusal;
    for (const std::string& group : groups) refusal.results.push_back({group, ErrorCode::none});
    tokens.push_back(ask(groups.front(), false, std::move(refusal),
                         [&](GroupCoordinator& coordinator, GroupToken asked) {
                           coordinator.delete_groups(asked, groups, context_.now());
                         }));
  }
  protocol::DeleteGroupsResponse response;
  for (const GroupToken token : tokens) {
    GroupResponse answered = co_await answer(token);
    auto& results = std::get<protocol::DeleteGroupsResponse>(answered).results;
    std::move(results.begin(), results.end(), std::back_inserter(response.results));
  }
  co_return response;
}

sim::Task<protocol::OffsetDeleteResponse> GroupService::offset_delete(
    protocol::OffsetDeleteRequest request) {
  const GroupToken token = ask(request.group_id, true, protocol::OffsetDeleteResponse(),
                               [&](GroupCoordinator& coordinator, GroupToken asked) {
                                 coordinator.offset_delete(asked, request, context_.now());
                               });
  GroupResponse answered = co_await answer(token);
  co_return std::get<protocol::OffsetDeleteResponse>(std::move(answered));
}

}  // namespace kafkasim::broker
