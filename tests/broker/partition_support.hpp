// A partition with its storage and a view of the cluster, and short ways to drive it.
#pragma once

#include <optional>
#include <string>

#include "tests/broker/log_support.hpp"

namespace kafkasim::broker::testing {

using namespace std::chrono_literals;

// Brokers 1..count, registered and active; the epoch of broker n is n - 1.
inline void register_brokers(MetadataImage& image, int count) {
  MetadataDelta delta;
  for (int id = 1; id <= count; ++id) {
    RegisterBrokerRecord record;
    record.broker_id = protocol::BrokerId(id);
    record.host = "broker-" + std::to_string(id);
    record.fenced = false;
    image.apply(record, image.next_offset(), delta);
  }
}

inline void change_broker(MetadataImage& image, int id, std::optional<bool> fenced,
                          std::optional<bool> shutdown) {
  MetadataDelta delta;
  BrokerRegistrationChangeRecord change;
  change.broker_id = protocol::BrokerId(id);
  change.broker_epoch = image.broker(change.broker_id)->epoch;
  change.fenced = fenced;
  change.in_controlled_shutdown = shutdown;
  image.apply(change, image.next_offset(), delta);
}

inline PartitionRegistration registration(int leader, int leader_epoch, int partition_epoch,
                                          std::initializer_list<int> isr,
                                          std::initializer_list<int> replicas = {1, 2, 3}) {
  PartitionRegistration made;
  made.replicas = ids(replicas);
  made.isr = ids(isr);
  made.leader = protocol::BrokerId(leader);
  made.leader_epoch = protocol::LeaderEpoch(leader_epoch);
  made.partition_epoch = protocol::PartitionEpoch(partition_epoch);
  return made;
}

// orders-0 on broker 1, with replicas 1, 2, 3.
struct PartitionFixture {
  explicit PartitionFixture(LogConfig config = {}, int local = 1)
      : partition({"orders", 0}, protocol::BrokerId(local), storage, config, image, 30s, now_ms) {
    register_brokers(image, 3);
  }

  Effects lead(int leader_epoch, int partition_epoch, std::initializer_list<int> isr) {
    return partition.make_leader(registration(1, leader_epoch, partition_epoch, isr), {}, now)
        .effects;
  }
  bool follow(int leader, int leader_epoch, int partition_epoch) {
    return partition.make_follower(registration(leader, leader_epoch, partition_epoch, {leader}));
  }
  LeaderAppend append(std::initializer_list<const char*> values,
                      protocol::Acks acks = protocol::Acks::leader) {
    return partition.append_as_leader(batch(values), acks, AppendOrigin::client, now, now_ms);
  }
  // A fetch of replica `replica` at `offset`.
  PartitionRead fetch(int replica, std::int64_t offset, int last_epoch = -1) {
    protocol::FetchPartition request;
    request.partition = {"orders", 0};
    request.current_leader_epoch = partition.leader_epoch();
    request.fetch_offset = protocol::Offset(offset);
    request.last_fetched_epoch = protocol::LeaderEpoch(last_epoch);
    request.log_start_offset = protocol::Offset(0);
    ReadParams params;
    params.replica_id = protocol::BrokerId(replica);
    const BrokerRegistration* known = image.broker(params.replica_id);
    params.replica_epoch = known == nullptr ? protocol::BrokerEpoch() : known->epoch;
    params.max_bytes = 1'000'000;
    params.note_position = true;
    return partition.read(request, params, protocol::BrokerEpoch(0), now);
  }
  // The controller's yes to a proposal.
  Effects accept(const IsrProposal& proposal) {
    protocol::AlterPartitionItemResponse response;
    response.leader_id = partition.leader();
    response.leader_epoch = proposal.item.leader_epoch;
    response.partition_epoch = proposal.item.partition_epoch.next();
    for (const auto& member : proposal.item.new_isr) response.isr.push_back(member.broker_id);
    return partition.on_alter_partition(proposal, response, now);
  }
  Effects refuse(const IsrProposal& proposal, protocol::ErrorCode error) {
    protocol::AlterPartitionItemResponse response;
    response.error = error;
    return partition.on_alter_partition(proposal, response, now);
  }
  Effects shrink() { return partition.maybe_shrink_isr(protocol::BrokerEpoch(0), now); }

  MetadataImage image;
  LogStorage storage;
  sim::Time now = sim::zero;
  Partition partition;
};

inline std::string isr_of(const IsrProposal& proposal) {
  std::string out;
  for (const auto& member : proposal.item.new_isr) {
    if (!out.empty()) out += ',';
    out += std::to_string(member.broker_id.value());
  }
  return out;
}

}  // namespace kafkasim::broker::testing
