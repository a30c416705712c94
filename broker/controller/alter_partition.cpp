// AlterPartition: a leader proposes a new in-sync set. The checks stand in Kafka's order, because a
// proposal often fails more than one of them and the leader acts on the error it gets.
#include <algorithm>
#include <utility>

#include "broker/controller/replication_control.hpp"

namespace kafkasim::broker {
namespace {

using protocol::AlterPartitionItem;
using protocol::AlterPartitionItemResponse;
using protocol::BrokerId;
using protocol::BrokerState;
using protocol::ErrorCode;
using protocol::LeaderRecoveryState;

BrokerIds ids_of(const std::vector<BrokerState>& states) {
  BrokerIds ids;
  for (const BrokerState& state : states) ids.push_back(state.broker_id);
  return ids;
}

// Each member is a replica, and none stands in it twice.
bool is_set_of_replicas(const BrokerIds& replicas, BrokerIds isr) {
  std::sort(isr.begin(), isr.end());
  const bool twice = std::adjacent_find(isr.begin(), isr.end()) != isr.end();
  return !twice &&
         std::all_of(isr.begin(), isr.end(), [&](BrokerId id) { return contains(replicas, id); });
}

}  // namespace

Decision<protocol::AlterPartitionResponse> ReplicationControl::alter_partition(
    const protocol::AlterPartitionRequest& request) const {
  Decision<protocol::AlterPartitionResponse> decision;
  const BrokerRegistration* sender = image_.broker(request.broker_id);
  if (sender == nullptr || sender->epoch != request.broker_epoch) {
    decision.response.error = ErrorCode::stale_broker_epoch;
    return decision;
  }
  for (const AlterPartitionItem& item : request.partitions) {
    decision.response.partitions.push_back(alter_one(request.broker_id, item, decision.records));
  }
  return decision;
}

AlterPartitionItemResponse ReplicationControl::alter_one(BrokerId sender,
                                                         const AlterPartitionItem& item,
                                                         MetadataRecords& records) const {
  AlterPartitionItemResponse response;
  response.partition = item.partition;
  response.topic_id = item.topic_id;
  const TopicImage* topic = image_.topic(item.topic_id);
  if (topic == nullptr) {
    response.error = ErrorCode::unknown_topic_id;
    return response;
  }
  const auto found = topic->partitions.find(item.partition.partition);
  if (found == topic->partitions.end()) {
    response.error = ErrorCode::unknown_topic_or_partition;
    return response;
  }
  response.error = validate(sender, found->second, item);
  if (response.error != ErrorCode::none) return response;

  WantedChange wanted;
  wanted.election = allows_unclean_election(*topic) ? Election::unclean : Election::online;
  wanted.isr = ids_of(item.new_isr);
  wanted.leader_recovery_state = item.leader_recovery_state;
  PartitionRegistration after = found->second;
  if (auto change = decide(*topic, item.partition.partition, wanted)) {
    after = merged(after, *change);
    records.push_back(std::move(*change));
    if (after.leader != sender) {
      response.error = ErrorCode::new_leader_elected;
      return response;
    }
  }
  response.leader_id = after.leader;
  response.leader_epoch = after.leader_epoch;
  response.isr = after.isr;
  response.leader_recovery_state = after.leader_recovery_state;
  response.partition_epoch = after.partition_epoch;
  return response;
}

ErrorCode ReplicationControl::validate(BrokerId sender, const PartitionRegistration& partition,
                                       const AlterPartitionItem& item) const {
  // A leader that knows more than this controller talks to one that is no longer in office.
  if (item.leader_epoch > partition.leader_epoch) return ErrorCode::not_controller;
  if (item.partition_epoch > partition.partition_epoch) return ErrorCode::not_controller;
  if (item.leader_epoch < partition.leader_epoch) return ErrorCode::fenced_leader_epoch;
  if (sender != partition.leader) return ErrorCode::invalid_request;
  if (item.partition_epoch < partition.partition_epoch && !mutations_->accept_old_partition_epochs)
    return ErrorCode::invalid_update_version;

  const BrokerIds isr = ids_of(item.new_isr);
  if (!is_set_of_replicas(partition.replicas, isr)) return ErrorCode::invalid_request;
  if (!contains(isr, partition.leader)) return ErrorCode::invalid_request;
  if (item.leader_recovery_state == LeaderRecoveryState::recovering) {
    if (isr.size() > 1) return ErrorCode::invalid_request;
    if (partition.leader_recovery_state == LeaderRecoveryState::recovered)
      return ErrorCode::invalid_request;
  }
  const bool all_eligible =
      std::all_of(item.new_isr.begin(), item.new_isr.end(),
                  [&](const BrokerState& state) { return is_eligible_for_isr(state); });
  return all_eligible ? ErrorCode::none : ErrorCode::ineligible_replica;
}

bool ReplicationControl::is_eligible_for_isr(const BrokerState& state) const {
  const BrokerRegistration* registration = image_.broker(state.broker_id);
  if (registration == nullptr || !registration->is_active()) return false;
  return !state.broker_epoch.is_set() || state.broker_epoch == registration->epoch;
}

}  // namespace kafkasim::broker
