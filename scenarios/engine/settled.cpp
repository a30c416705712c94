// When is there nothing left to do? What a run without a time limit ends by.
#include <algorithm>

#include "scenarios/engine/staging.hpp"

namespace kafkasim::scenarios {

namespace {

// How long it may take until all replicas know that a commit is replicated, and a quiet second.
constexpr sim::Duration often = std::chrono::seconds(2);

bool works(const sim::World& world, const std::string& host) {
  const sim::Process* process = world.host(host)->process();
  return process != nullptr && !process->paused();
}

// A leader that cannot move its high watermark for want of in-sync replicas has nothing left to do.
bool has_nothing_to_replicate(const broker::Partition& leader) {
  const bool isr_is_too_small =
      static_cast<std::int32_t>(leader.isr().size()) < leader.effective_min_isr();
  return leader.log().high_watermark() == leader.log().end_offset() || isr_is_too_small;
}

bool agrees(const broker::Cluster& cluster, const sim::World& world, const TopicPartition& id,
            const broker::PartitionRegistration& registration) {
  const auto is_up = [&](protocol::BrokerId broker) {
    return works(world, cluster.name_of(broker));
  };
  if (!registration.leader.is_set() || !is_up(registration.leader)) {
    // Nobody who could lead is there.
    return std::none_of(registration.isr.begin(), registration.isr.end(), is_up);
  }
  const broker::Broker* leading = cluster.broker(registration.leader);
  const broker::Partition* leader = leading == nullptr ? nullptr : leading->replicas().find(id);
  if (leader == nullptr || !leader->is_leader() ||
      leader->leader_epoch() != registration.leader_epoch)
    return false;
  if (leader->isr() != registration.isr || leader->has_pending_proposal() ||
      !has_nothing_to_replicate(*leader)) {
    return false;
  }
  return std::all_of(
      registration.replicas.begin(), registration.replicas.end(), [&](protocol::BrokerId replica) {
        if (!is_up(replica) || replica == registration.leader) return true;
        const broker::Broker* hosting = cluster.broker(replica);
        const broker::Partition* follower =
            hosting == nullptr ? nullptr : hosting->replicas().find(id);
        const bool in_sync = std::find(registration.isr.begin(), registration.isr.end(), replica) !=
                             registration.isr.end();
        return follower != nullptr && in_sync &&
               follower->log().end_offset() == leader->log().end_offset() &&
               follower->log().high_watermark() == leader->log().high_watermark();
      });
}

}  // namespace

// Auto-commit repeats itself though there is nothing new, and followers learn of each commit with a
// later fetch: with a short interval they never agree with the leader of the offsets topic.
bool Staging::commits_often() const {
  return std::any_of(consumers_.begin(), consumers_.end(), [](const auto& client) {
    if (!client->is_running()) return false;
    const consumer::Settings& settings = client->consumer()->settings();
    return settings.auto_commit && settings.auto_commit_interval < often;
  });
}

bool Staging::cluster_is_settled() const {
  const broker::Controller* controller = cluster_->controller();
  const broker::MetadataImage* image = metadata();
  if (image == nullptr) return true;                                  // nobody runs
  if (controller == nullptr && cluster_->has_quorum()) return false;  // one will be elected
  if (controller != nullptr) {
    if (!controller->is_settled()) return false;
    for (const protocol::BrokerId id : cluster_->broker_ids()) {
      const bool is_up = works(world_, cluster_->name_of(id));
      // Who died is fenced sooner or later, and leaderships move when that happens.
      if (is_up != image->is_alive(id)) return false;
      if (is_up && !cluster_->broker(id)->is_running()) return false;
      if (is_up && cluster_->broker(id)->is_throttling()) return false;
      // A broker on a bad disk halts as soon as it writes, which it does every few seconds.
      const sim::Disk& disk = world_.host(cluster_->name_of(id))->disk();
      if (is_up && (disk.has_failed() || disk.is_full())) return false;
    }
  }
  const bool never_rests = commits_often();
  for (const auto& [name, topic] : image->topics()) {
    if (never_rests && name == protocol::offsets_topic) continue;
    for (const auto& [number, partition] : topic.partitions) {
      if (!agrees(*cluster_, world_, {name, number}, partition)) return false;
    }
  }
  return true;
}

namespace {

using Consumers = std::vector<std::unique_ptr<ConsumerClient>>;

// A process that started anew is no member yet that another incarnation of it was.
bool lives(const Consumers& consumers, const std::string& client_id, const std::string& member_id) {
  return std::any_of(consumers.begin(), consumers.end(), [&](const auto& client) {
    if (!client->is_running() || client->client_id() != client_id) return false;
    const consumer::Generation& known = client->consumer()->membership().generation();
    return !known.has_member_id() || known.member_id == member_id;
  });
}

bool is_at_rest(const broker::ClassicGroup& group, const Consumers& consumers) {
  if (!group.is(broker::GroupState::stable) && !group.is(broker::GroupState::empty)) return false;
  return std::all_of(group.members().begin(), group.members().end(), [&](const auto& member) {
    return lives(consumers, member.second.client_id, member.first);
  });
}

// One with an instance id that has stopped is a member for a while.
bool is_at_rest(const broker::ConsumerGroup& group, const Consumers& consumers) {
  if (!group.is_empty() && group.target_epoch() != group.epoch()) return false;
  return std::all_of(group.members().begin(), group.members().end(), [&](const auto& each) {
    const broker::ConsumerMember& member = each.second;
    const bool is_away = member.place.epoch < 0;
    return (is_away || member.place.is_reconciled_to(group.target_epoch())) &&
           lives(consumers, member.info.client_id, member.member_id);
  });
}

}  // namespace

// A group is settled when it is stable and all of its members live.
bool Staging::groups_are_settled() const {
  for (const auto& consumer : consumers_) {
    if (!consumer->spec().group || !consumer->has_started()) continue;
    for (const protocol::BrokerId id : cluster_->broker_ids()) {
      const broker::Broker* broker = cluster_->broker(id);
      if (broker == nullptr) continue;
      const std::string& name = *consumer->spec().group;
      const broker::ClassicGroup* const classic = broker->groups().group(name);
      if (classic != nullptr && !is_at_rest(*classic, consumers_)) return false;
      const broker::ConsumerGroup* const group = broker->groups().consumer_group(name);
      if (group != nullptr && !is_at_rest(*group, consumers_)) return false;
    }
  }
  return true;
}

// What a consumer takes for the end is as old as its last fetch, and a fetch that a dead machine
// should answer is waited for long.
bool Staging::consumers_have_read_everything() const {
  const broker::MetadataImage* image = metadata();
  for (const auto& client : consumers_) {
    if (image == nullptr || !client->is_running() || !works(world_, client->name())) continue;
    const consumer::Consumer& consumer = *client->consumer();
    if (consumer.is_closed()) continue;
    for (const TopicPartition& id : consumer.assignment()) {
      const broker::PartitionRegistration* registration = image->partition(id);
      const bool is_led = registration != nullptr && registration->leader.is_set() &&
                          works(world_, cluster_->name_of(registration->leader));
      if (!is_led) continue;
      const broker::Partition* leader = cluster_->broker(registration->leader)->replicas().find(id);
      if (leader != nullptr && consumer.position(id) < leader->log().last_stable_offset())
        return false;
    }
  }
  return true;
}

bool Staging::is_settled() const {
  for (const sim::Timer& opening : openings_) {
    if (opening.is_armed()) return false;
  }
  for (const auto& producer : producers_) {
    if (!producer->is_settled()) return false;
    // With acks=0 nobody waits for what is on its way.
    if (world_.network().has_under_way(producer->host().id())) return false;
  }
  for (const auto& consumer : consumers_) {
    if (!consumer->is_settled()) return false;
  }
  if (admin_ && !admin_->is_settled()) return false;
  return groups_are_settled() && consumers_have_read_everything() && cluster_is_settled();
}

}  // namespace kafkasim::scenarios
