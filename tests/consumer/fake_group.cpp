// The fake coordinator: members, generations, offsets. Everybody is waited for; there are no
// session timeouts.
#include <algorithm>

#include "tests/consumer/fake_cluster.hpp"

namespace kafkasim::consumer_test {

using protocol::ErrorCode;

void FakeCluster::begin_rebalance() {
  if (group_.state == "Preparing") return;
  group_.state = "Preparing";
  group_.join_ends = sim::later(world_.now(), join_delay);
  group_changed_.notify_all();
}

sim::Task<protocol::JoinGroupResponse> FakeCluster::join(protocol::JoinGroupRequest request,
                                                         std::string client_id) {
  protocol::JoinGroupResponse refused;
  const std::string id = request.member_id;
  if (id.empty() && request.group_instance_id.empty()) {
    refused.error = ErrorCode::member_id_required;
    refused.member_id = client_id + "-" + std::to_string(++group_.ids);
    group_.pending.insert(refused.member_id);
    co_return refused;
  }
  const std::string member = id.empty() ? request.group_instance_id + "-static" : id;
  const bool known =
      group_.members.contains(member) || group_.pending.contains(member) || id.empty();
  if (!known) {
    refused.error = ErrorCode::unknown_member_id;
    co_return refused;
  }
  group_.pending.erase(member);
  begin_rebalance();
  group_.members[member].request = request;
  group_.members[member].has_joined = true;
  group_changed_.notify_all();
  while (group_.state == "Preparing") {
    const bool all = std::all_of(group_.members.begin(), group_.members.end(),
                                 [](const auto& entry) { return entry.second.has_joined; });
    if (all && world_.now() >= group_.join_ends) {
      complete_join();
    } else {
      const sim::Time until = all ? group_.join_ends : sim::never;
      co_await group_changed_.wait(until);
    }
  }
  co_return joined(member);
}

void FakeCluster::complete_join() {
  group_.state = "Completing";
  ++group_.generation;
  if (!group_.members.contains(group_.leader)) group_.leader = group_.members.begin()->first;
  for (auto& [id, member] : group_.members) {
    member.has_joined = false;
    member.assignment = protocol::Bytes();
  }
  group_changed_.notify_all();
}

protocol::JoinGroupResponse FakeCluster::joined(const std::string& member) const {
  protocol::JoinGroupResponse response;
  response.generation_id = group_.generation;
  response.protocol_type = "consumer";
  response.protocol_name = group_.members.at(member).request.protocols.front().name;
  response.leader = group_.leader;
  response.member_id = member;
  if (member != group_.leader) return response;
  for (const auto& [id, other] : group_.members) {
    response.members.push_back(
        {id, other.request.group_instance_id, other.request.protocols.front().metadata});
  }
  return response;
}

sim::Task<protocol::SyncGroupResponse> FakeCluster::sync(protocol::SyncGroupRequest request) {
  protocol::SyncGroupResponse response;
  response.error = check(request.member_id, request.generation_id);
  if (response.error != ErrorCode::none) co_return response;
  if (request.member_id == group_.leader && group_.state == "Completing") {
    for (const protocol::SyncGroupAssignment& one : request.assignments) {
      group_.members.at(one.member_id).assignment = one.assignment;
    }
    group_.state = "Stable";
    group_changed_.notify_all();
  }
  while (group_.state == "Completing") co_await group_changed_.wait(sim::never);
  if (group_.state == "Preparing") {
    response.error = ErrorCode::rebalance_in_progress;
    co_return response;
  }
  response.protocol_type = "consumer";
  response.protocol_name = request.protocol_name;
  response.assignment = group_.members.at(request.member_id).assignment;
  co_return response;
}

ErrorCode FakeCluster::check(const std::string& member, std::int32_t generation) const {
  if (!group_.members.contains(member)) return ErrorCode::unknown_member_id;
  return generation == group_.generation ? ErrorCode::none : ErrorCode::illegal_generation;
}

protocol::HeartbeatResponse FakeCluster::heartbeat(
    const protocol::HeartbeatRequest& request) const {
  protocol::HeartbeatResponse response;
  response.error = check(request.member_id, request.generation_id);
  const bool fine = response.error == ErrorCode::none;
  if (fine && group_.state == "Preparing") response.error = ErrorCode::rebalance_in_progress;
  return response;
}

protocol::LeaveGroupResponse FakeCluster::leave(const protocol::LeaveGroupRequest& request) {
  protocol::LeaveGroupResponse response;
  for (const protocol::LeavingMember& member : request.members) {
    const bool was_member = group_.members.erase(member.member_id) > 0;
    response.members.push_back({member.member_id, member.group_instance_id,
                                was_member ? ErrorCode::none : ErrorCode::unknown_member_id});
  }
  if (group_.members.empty()) {
    group_.state = "Empty";
  } else {
    begin_rebalance();
  }
  return response;
}

protocol::OffsetCommitResponse FakeCluster::commit(const protocol::OffsetCommitRequest& request) {
  ErrorCode error = ErrorCode::none;
  const bool by_hand = request.generation_id_or_member_epoch < 0 && group_.members.empty();
  if (!by_hand) error = check(request.member_id, request.generation_id_or_member_epoch);
  if (error == ErrorCode::none && group_.state == "Completing")
    error = ErrorCode::rebalance_in_progress;
  protocol::OffsetCommitResponse response;
  for (const protocol::OffsetCommitPartition& part : request.partitions) {
    if (error == ErrorCode::none) group_.offsets[part.partition] = part;
    response.partitions.push_back({part.partition, error});
  }
  return response;
}

protocol::OffsetFetchResponse FakeCluster::committed(
    const protocol::OffsetFetchRequest& request) const {
  protocol::OffsetFetchResponse response;
  response.group_id = request.group_id;
  for (const protocol::TopicPartition& partition : request.partitions) {
    protocol::OffsetFetchPartitionResponse part;
    part.partition = partition;
    const auto found = group_.offsets.find(partition);
    if (found != group_.offsets.end()) {
      part.committed_offset = found->second.committed_offset;
      part.committed_leader_epoch = found->second.committed_leader_epoch;
    }
    response.partitions.push_back(std::move(part));
  }
  return response;
}

}  // namespace kafkasim::consumer_test
