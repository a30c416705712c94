// A coordinator of the consumer protocol in a few lines, put before the fake cluster as its script:
// one topic, whose partitions it divides among the members in the order in which they joined. No
// sessions, nobody is waited for; what it shall answer differently a test says.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/consumer/fake_cluster.hpp"

namespace kafkasim::consumer_test {

struct FakeEpochGroup {
  using Heartbeat = protocol::ConsumerGroupHeartbeatRequest;
  struct Member {
    std::int32_t epoch = 0;
    std::set<std::int32_t> owned;
    std::set<std::int32_t> told;
    std::string instance;
  };

  FakeEpochGroup(FakeCluster& fake, std::string name, int count)
      : cluster(fake), topic(std::move(name)), partitions(count) {
    cluster.script = [this](int broker, const protocol::Request& request) {
      return answer(broker, request);
    };
  }

  std::optional<protocol::ResponseBody> answer(int broker, const protocol::Request& request) {
    const auto* heartbeat = std::get_if<Heartbeat>(&request.body);
    const auto* commit = std::get_if<protocol::OffsetCommitRequest>(&request.body);
    if (heartbeat == nullptr && commit == nullptr) return std::nullopt;
    if (broker != cluster.coordinator)
      return protocol::error_response(request.body, protocol::ErrorCode::not_coordinator);
    if (commit != nullptr) return answer(*commit);
    seen.push_back(*heartbeat);
    if (!refusals.empty()) {
      protocol::ConsumerGroupHeartbeatResponse refused;
      refused.error = refusals.front().first;
      refused.error_message = refusals.front().second;
      refusals.pop_front();
      return refused;
    }
    return answer(*heartbeat);
  }

  protocol::ConsumerGroupHeartbeatResponse answer(const Heartbeat& request) {
    protocol::ConsumerGroupHeartbeatResponse response;
    response.member_id = request.member_id;
    response.heartbeat_interval_ms = 5000;
    if (request.member_epoch < 0) {
      forget(request.member_id);
      response.member_epoch = request.member_epoch;
      return response;
    }
    if (request.member_epoch == 0) admit(request);
    const auto found = members.find(request.member_id);
    if (found == members.end()) {
      response.error = protocol::ErrorCode::unknown_member_id;
      return response;
    }
    Member& member = found->second;
    if (request.owned) {
      member.owned.clear();
      for (const auto& one : *request.owned)
        member.owned.insert(one.partitions.begin(), one.partitions.end());
    }
    const std::set<std::int32_t> assigned = next_step(request.member_id, member);
    response.member_epoch = member.epoch;
    if (request.member_epoch == 0 || assigned != member.told) {
      member.told = assigned;
      response.assignment.emplace();
      if (!assigned.empty()) {
        response.assignment->push_back(
            {topic_id(), std::vector<std::int32_t>(assigned.begin(), assigned.end())});
      }
    }
    return response;
  }

  void admit(const Heartbeat& request) {
    if (!members.contains(request.member_id)) {
      order.push_back(request.member_id);
      ++epoch;
    }
    members[request.member_id] = Member();
    members[request.member_id].instance = request.group_instance_id.value_or("");
  }
  // As when its session ended, or it left.
  void forget(const std::string& id) {
    if (members.erase(id) == 0) return;
    std::erase(order, id);
    ++epoch;
  }

  // Gives up first what it owns too much; then reaches the epoch of the group and gets what is
  // free.
  std::set<std::int32_t> next_step(const std::string& id, Member& member) {
    const std::set<std::int32_t> target = target_of(id);
    std::set<std::int32_t> kept;
    std::set_intersection(member.owned.begin(), member.owned.end(), target.begin(), target.end(),
                          std::inserter(kept, kept.end()));
    if (kept != member.owned) return kept;
    member.epoch = epoch;
    std::set<std::int32_t> assigned;
    for (const std::int32_t partition : target) {
      const bool is_free = std::none_of(members.begin(), members.end(), [&](const auto& other) {
        return other.first != id &&
               (other.second.owned.contains(partition) || other.second.told.contains(partition));
      });
      if (is_free) assigned.insert(partition);
    }
    return assigned;
  }

  std::set<std::int32_t> target_of(const std::string& id) const {
    const auto place = std::find(order.begin(), order.end(), id) - order.begin();
    const int count = static_cast<int>(order.size());
    std::set<std::int32_t> target;
    for (int p = 0; p < partitions; ++p) {
      if (p * count / partitions == place) target.insert(p);
    }
    return target;
  }

  protocol::OffsetCommitResponse answer(const protocol::OffsetCommitRequest& request) {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    const auto found = members.find(request.member_id);
    const bool nobody = members.empty() && request.generation_id_or_member_epoch < 0;
    if (!nobody && found == members.end()) {
      error = protocol::ErrorCode::unknown_member_id;
    } else if (!nobody && found->second.epoch != request.generation_id_or_member_epoch) {
      error = protocol::ErrorCode::stale_member_epoch;
    }
    if (!commit_refusals.empty()) {
      error = commit_refusals.front();
      commit_refusals.pop_front();
    }
    protocol::OffsetCommitResponse response;
    for (const protocol::OffsetCommitPartition& part : request.partitions) {
      if (error == protocol::ErrorCode::none) cluster.group().offsets[part.partition] = part;
      response.partitions.push_back({part.partition, error});
    }
    return response;
  }

  protocol::Uuid topic_id() const { return {1, topic.size()}; }
  std::int64_t committed(int partition) const {
    const auto found = cluster.group().offsets.find({topic, partition});
    return found == cluster.group().offsets.end() ? -1 : found->second.committed_offset.value();
  }

  FakeCluster& cluster;
  std::string topic;
  int partitions;
  std::int32_t epoch = 0;
  std::map<std::string, Member> members;
  std::vector<std::string> order;
  std::vector<Heartbeat> seen;
  std::deque<std::pair<protocol::ErrorCode, std::string>> refusals;  // of the next heartbeats
  std::deque<protocol::ErrorCode> commit_refusals;
};

}  // namespace kafkasim::consumer_test
