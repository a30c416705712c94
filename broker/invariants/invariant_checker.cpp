// What is to be looked at, and when.
#include "broker/invariants/invariant_checker.hpp"

#include <algorithm>

#include "broker/controller/replication_control.hpp"
#include "broker/invariants/partition_check.hpp"
#include "broker/invariants/replica_watch.hpp"
#include "broker/partition.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::LeaderEpoch;
using protocol::TopicPartition;

// ---- what a replica tells ----

ReplicaWatch::ReplicaWatch(InvariantChecker* checker, const sim::Process& process,
                           protocol::BrokerId broker, const protocol::Uuid& topic_id,
                           const Partition& partition)
    : checker_(checker) {
  if (checker_ == nullptr) return;
  partition_ = &checker_->watched(topic_id, partition.id());
  replica_ = &partition_->replicas[broker];
  CHECKED(replica_->partition == nullptr, "broker {} opens {} twice", broker.value(),
          to_string(partition.id()));
  replica_->partition = &partition;
  replica_->process = &process;
  replica_->opened = true;
  mark();
}

ReplicaWatch::~ReplicaWatch() {
  if (checker_ == nullptr || replica_ == nullptr) return;
  replica_->partition = nullptr;
  replica_->process = nullptr;
}

void ReplicaWatch::deleted() {
  if (checker_ == nullptr) return;
  std::erase_if(partition_->replicas, [&](const auto& r) { return &r.second == replica_; });
  replica_ = nullptr;
  checker_ = nullptr;
}

void ReplicaWatch::mark() {
  replica_->dirty = true;
  checker_->enqueue(*partition_);
}

// ---- the checker ----

InvariantChecker::InvariantChecker(sim::Loop& loop) : loop_(loop) { loop_.watch(this); }

InvariantChecker::~InvariantChecker() { loop_.watch(nullptr); }

WatchedPartition& InvariantChecker::watched(const protocol::Uuid& topic, const TopicPartition& id) {
  std::unique_ptr<WatchedPartition>& found = partitions_[{topic, id.partition}];
  if (!found) {
    found = std::make_unique<WatchedPartition>();
    found->id = id;
  }
  return *found;
}

void InvariantChecker::enqueue(WatchedPartition& partition) {
  if (std::exchange(partition.queued, true)) return;
  queue_.push_back(&partition);
  set_due(true);
}

void InvariantChecker::quorum_changed() {
  quorum_dirty_ = true;
  set_due(true);
}

std::optional<protocol::Offset> InvariantChecker::replicated_end(const TopicPartition& id) const {
  const protocol::Uuid* const topic = groups_.topic_id(id.topic);
  const auto found =
      topic == nullptr ? partitions_.end() : partitions_.find({*topic, id.partition});
  if (found == partitions_.end()) return std::nullopt;
  const WatchedPartition& known = *found->second;
  if (known.new_history.is_set() || known.unclean_epoch.is_set()) return std::nullopt;
  return known.replicated.end();
}

void InvariantChecker::after_event() {
  set_due(false);
  if (std::exchange(quorum_dirty_, false)) quorum_.run();
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    queue_[i]->queued = false;
    PartitionCheck(*this, *queue_[i]).run();
  }
  queue_.clear();
}

// ---- what the controller tells ----

namespace {

// Was the leader elected though it need not hold everything? A reassignment may make one of a
// replica that joins the ISR with the same decision.
bool is_unclean(const PartitionRegistration& before, const PartitionRegistration& now) {
  const auto contains = [&](const std::vector<protocol::BrokerId>& brokers) {
    return std::find(brokers.begin(), brokers.end(), now.leader) != brokers.end();
  };
  return !contains(before.isr) && !contains(before.elr) && now.isr.size() == 1 &&
         now.replicas == before.replicas;
}

}  // namespace

void InvariantChecker::note_decision(const MetadataImage& image, const TopicImage& topic,
                                     std::int32_t partition, std::int32_t min_isr) {
  WatchedPartition& known = watched(topic.id, {topic.name, partition});
  const PartitionRegistration& now = topic.partitions.at(partition);
  const bool elected = known.registration && now.leader.is_set() &&
                       now.leader_epoch != known.registration->leader_epoch;
  if (elected && is_unclean(*known.registration, now)) {
    known.unclean_epoch = now.leader_epoch;
  } else if (elected && now.leader_epoch <= known.unclean_epoch) {
    // The decision for an unclean election was never committed.
    known.unclean_epoch = LeaderEpoch();
  }
  groups_.note_partition(topic.name, topic.id, partition, loop_.now() < sim::zero);
  known.registration = now;
  known.min_isr = min_isr;
  known.eligible_leader_replicas = eligible_leader_replicas_;
  known.fenced.clear();
  for (const protocol::BrokerId replica : now.replicas) {
    if (!image.is_alive(replica)) known.fenced.push_back(replica);
  }
  known.decided = true;
  enqueue(known);
}

template <class MinIsr>
void InvariantChecker::note_decisions(const MetadataImage& image, const MetadataDelta& delta,
                                      MinIsr min_isr) {
  for (const TopicPartition& id : delta.changed_partitions) {
    const TopicImage& topic = *image.topic(id.topic);
    note_decision(image, topic, id.partition, min_isr(topic));
  }
  for (const TopicPartition& id : delta.deleted_partitions) groups_.note_deleted(id.topic);
  if (delta.changed_brokers.empty() && delta.changed_configs.empty()) return;
  for (const auto& [name, topic] : image.topics()) {
    const bool all = delta.changed_configs.contains(name);
    for (const auto& [number, registration] : topic.partitions) {
      const auto& replicas = registration.replicas;
      const bool concerned =
          all || std::any_of(replicas.begin(), replicas.end(), [&](protocol::BrokerId replica) {
            return delta.changed_brokers.contains(replica);
          });
      if (concerned) note_decision(image, topic, number, min_isr(topic));
    }
  }
}

void InvariantChecker::took_office(LeaderEpoch epoch, const ReplicationControl& control,
                                   const MetadataImage& image) {
  if (epoch < controller_epoch_) return;
  controller_epoch_ = epoch;
  eligible_leader_replicas_ = control.settings().eligible_leader_replicas;
  for (const auto& [name, topic] : image.topics()) {
    const std::int32_t min_isr = control.effective_min_insync_replicas(topic);
    for (const auto& [number, registration] : topic.partitions)
      note_decision(image, topic, number, min_isr);
  }
}

void InvariantChecker::decided(LeaderEpoch epoch, const ReplicationControl& control,
                               const MetadataImage& image, const MetadataDelta& delta) {
  if (epoch < controller_epoch_) return;
  note_decisions(image, delta, [&](const TopicImage& topic) {
    return control.effective_min_insync_replicas(topic);
  });
}

void InvariantChecker::decided(const MetadataImage& image, const MetadataDelta& delta,
                               std::int32_t min_isr) {
  note_decisions(image, delta, [&](const TopicImage&) { return min_isr; });
}

}  // namespace kafkasim::broker
