// Reading the state off the brokers, the controller and the clients.
#include "scenarios/engine/snapshot.hpp"

#include <algorithm>
#include <set>

#include "scenarios/engine/group_describe.hpp"

namespace kafkasim::scenarios {

namespace {

ReplicaState replica_state(const Staging& staging, protocol::BrokerId broker,
                           const TopicPartition& partition) {
  ReplicaState state;
  state.broker = staging.cluster().name_of(broker);
  state.alive = staging.cluster().is_up(state.broker);
  const std::optional<broker::ReplicaView> view = staging.cluster().replica(broker, partition);
  if (!view) return state;
  state.leader_epoch = view->leader_epoch;
  state.log_start = view->log_start_offset;
  state.log_end = view->log_end_offset;
  state.high_watermark = view->high_watermark;
  state.log.assign(view->storage->batches.begin(), view->storage->batches.end());
  return state;
}

PartitionState partition_state(const Staging& staging, const TopicPartition& id,
                               const broker::PartitionRegistration& registration) {
  PartitionState state;
  state.partition = id;
  if (registration.leader.is_set()) state.leader = staging.cluster().name_of(registration.leader);
  state.leader_epoch = registration.leader_epoch;
  for (const protocol::BrokerId broker : registration.isr) state.isr.push_back(broker.value());
  std::sort(state.isr.begin(), state.isr.end());
  for (const protocol::BrokerId broker : registration.elr) state.elr.push_back(broker.value());
  std::sort(state.elr.begin(), state.elr.end());
  for (const protocol::BrokerId broker : registration.replicas) {
    state.replicas.push_back(replica_state(staging, broker, id));
  }
  return state;
}

ConsumerState consumer_state(const ConsumerClient& client) {
  ConsumerState state;
  state.name = client.name();
  state.group = client.spec().group.value_or("");
  state.alive = client.is_running();
  state.metrics = client.metrics();
  if (!state.alive || client.consumer() == nullptr) return state;
  for (const TopicPartition& partition : client.consumer()->assignment()) {
    state.owned.push_back(partition);
    const protocol::Offset position = client.consumer()->position(partition);
    if (position.is_set()) state.positions[partition] = position;
  }
  return state;
}

std::vector<ControllerState> controller_states(const Staging& staging) {
  std::vector<ControllerState> states;
  for (const broker::VoterView& voter : staging.cluster().voters()) {
    states.push_back({voter.name, voter.is_up, voter.is_active, voter.epoch, voter.log_end_offset,
                      voter.high_watermark});
  }
  return states;
}

// What its coordinator says. Where nobody coordinates it: the last commits that were replicated,
// which may have expired or gone with their log since.
void note_committed(const Ledger& ledger, const GroupTable* table, GroupState& state) {
  state.committed_is_whole = table != nullptr && !table->coordinator.empty();
  if (state.committed_is_whole) {
    for (const GroupTableRow& row : table->rows) {
      if (row.current.is_set()) state.committed[row.partition] = row.current;
    }
    return;
  }
  const auto group = ledger.groups().find(state.name);
  if (group == ledger.groups().end()) return;
  for (const auto& [partition, commits] : group->second.commits) {
    if (!commits.empty()) state.committed[partition] = commits.back().offset;
  }
}

}  // namespace

FinalState snapshot(Staging& staging, const Ledger& ledger) {
  FinalState state;
  state.at = staging.world().now();
  if (const broker::MetadataImage* image = staging.metadata()) {
    for (const auto& [name, topic] : image->topics()) {
      if (is_internal(name)) continue;
      for (const auto& [number, registration] : topic.partitions) {
        state.partitions.push_back(partition_state(staging, {name, number}, registration));
      }
    }
  }
  state.controllers = controller_states(staging);
  for (const auto& client : staging.producers()) {
    state.producers.push_back({client->name(), client->is_running(), client->metrics()});
  }
  state.tables = describe_groups(staging);
  std::map<std::string, GroupState> groups;
  for (const auto& client : staging.consumers()) {
    state.consumers.push_back(consumer_state(*client));
    if (!client->spec().group) continue;
    GroupState& group = groups[*client->spec().group];
    group.name = *client->spec().group;
    if (client->is_running()) ++group.members_alive;
    std::set<std::string> topics(group.topics.begin(), group.topics.end());
    topics.insert(client->spec().reads.begin(), client->spec().reads.end());
    for (const TopicPartition& partition : client->spec().assign) topics.insert(partition.topic);
    group.topics.assign(topics.begin(), topics.end());
  }
  for (auto& [name, group] : groups) {
    note_committed(ledger, state.tables.find(name), group);
    state.groups.push_back(std::move(group));
  }
  return state;
}

}  // namespace kafkasim::scenarios
