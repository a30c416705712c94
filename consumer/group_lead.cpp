// The leader of a group: it alone is told who the members are, divides the partitions that it knows
// of among them with the assignor that the group agreed on, and later watches whether those
// partitions change.
#include <fmt/format.h>

#include "consumer/group_member.hpp"
#include "protocol/consumer_protocol.hpp"
#include "protocol/java_hash.hpp"

namespace kafkasim::consumer {

using protocol::ErrorCode;

sim::Task<std::optional<Failure>> GroupMember::lead(protocol::JoinGroupResponse response,
                                                    protocol::SyncGroupRequest* sync) {
  std::map<std::string, AssignorMember> by_id;
  std::vector<std::string> ids;
  std::set<std::string> topics;
  for (const protocol::JoinGroupMember& member : response.members) {
    std::optional<protocol::ConsumerSubscription> subscription =
        protocol::decode_subscription(member.metadata);
    if (!subscription) {
      Failure failure = failure_of(ErrorCode::unknown_server_error);
      failure.exception = "SchemaException";
      failure.message =
          fmt::format("The subscription of member {} cannot be read", member.member_id);
      co_return failure;
    }
    topics.insert(subscription->topics.begin(), subscription->topics.end());
    by_id[member.member_id] = {member.member_id, member.group_instance_id,
                               std::move(*subscription)};
    ids.push_back(member.member_id);
  }
  std::vector<AssignorMember> members;
  for (const std::string& id : protocol::in_java_map_order(ids)) {
    members.push_back(std::move(by_id.at(id)));
  }
  // Topics that only others read must be known too.
  client::Metadata& metadata = context_.metadata();
  subscriptions_.set_group_topics(std::move(topics));
  metadata.set_topics(subscriptions_.metadata_topics());
  if (metadata.update_requested() || metadata.time_to_next_update(context_.now()).count() == 0) {
    const int version = metadata.request_update(false);
    const sim::Time deadline = sim::later(context_.now(), context_.settings.rebalance_timeout());
    co_await context_.caller.metadata_newer_than(version, deadline);
  }
  refresh_snapshot();
  is_leader_ = true;
  assignment_snapshot_ = snapshot_;
  if (response.skip_assignment) co_return std::nullopt;
  co_return assign(response, members, *sync);
}

std::optional<Failure> GroupMember::assign(const protocol::JoinGroupResponse& response,
                                           const std::vector<AssignorMember>& members,
                                           protocol::SyncGroupRequest& sync) {
  const Assignor* const assignor = find_assignor(response.protocol_name);
  if (assignor == nullptr) {
    Failure failure = failure_of(ErrorCode::inconsistent_group_protocol);
    failure.exception = "IllegalStateException";
    failure.message =
        fmt::format("Coordinator selected invalid assignment protocol: {}", response.protocol_name);
    return failure;
  }
  AssignorTopics topics;
  for (const std::string& topic : subscriptions_.metadata_topics()) {
    const client::TopicInfo* const info = context_.metadata().topic(topic);
    if (info == nullptr) continue;
    TopicRacks& partitions = topics[topic];
    for (const client::PartitionInfo& partition : info->partitions) {
      std::vector<std::string>& racks = partitions.emplace_back();
      for (const protocol::BrokerId replica : partition.replicas) {
        const client::Node* const node = context_.metadata().node(client::node_of(replica));
        if (node != nullptr && !node->rack.empty()) racks.push_back(node->rack);
      }
    }
  }
  for (const auto& [member, partitions] : assignor->assign(topics, members)) {
    protocol::ConsumerAssignment assignment;
    assignment.partitions = partitions;
    sync.assignments.push_back({member, protocol::encode(assignment)});
  }
  return std::nullopt;
}

void GroupMember::refresh_snapshot() {
  const int version = context_.metadata().update_version();
  if (version <= snapshot_version_) return;
  snapshot_version_ = version;
  snapshot_ = topics_now();
}

// How many partitions each topic has and, for a member with a rack, in which racks their replicas
// are.
GroupMember::TopicsSnapshot GroupMember::topics_now() const {
  TopicsSnapshot topics;
  for (const std::string& topic : subscriptions_.metadata_topics()) {
    const client::TopicInfo* const info = context_.metadata().topic(topic);
    if (info == nullptr) continue;
    TopicSnapshot& snapshot = topics[topic];
    snapshot.partitions = info->partitions.size();
    if (context_.settings.client_rack.empty()) continue;
    for (const client::PartitionInfo& partition : info->partitions) {
      std::set<std::string> racks;
      for (const protocol::BrokerId replica : partition.replicas) {
        const client::Node* const node = context_.metadata().node(client::node_of(replica));
        if (node != nullptr) racks.insert(node->rack);
      }
      snapshot.racks.emplace_back(racks.begin(), racks.end());
    }
  }
  return topics;
}

}  // namespace kafkasim::consumer
