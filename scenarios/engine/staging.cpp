// Building the stage, resolving roles, and the verbs.
#include "scenarios/engine/staging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/java_hash.hpp"
#include "scenarios/engine/admin_requests.hpp"
#include "scenarios/engine/warm_up.hpp"
#include "sim/check.hpp"

namespace kafkasim::scenarios {

namespace {

// Set-up takes a second or two; what it does not need of this passes idly before time 0.
constexpr sim::Duration longest_set_up = std::chrono::seconds(20);
// The last of it is quiet, so that nothing of the set-up is still under way at time 0.
constexpr sim::Duration quiet_before_zero = std::chrono::seconds(2);

broker::ClusterSpec cluster_spec(const Cluster& cluster, bool check_invariants,
                                 const broker::Mutations& mutations) {
  broker::ClusterSpec spec;
  spec.check_invariants = check_invariants;
  spec.mutations = mutations;
  for (const Broker& broker : cluster.brokers) {
    spec.brokers.push_back({protocol::BrokerId(broker.id), broker.name, broker.rack, broker.config,
                            broker.disk_write, broker.disk_flush, broker.clock_offset});
  }
  // The controller reads broker settings that concern the whole cluster: those that all brokers
  // share.
  spec.controllers = cluster.controllers;
  if (!cluster.brokers.empty()) spec.controller_config = cluster.brokers.front().config;
  spec.quotas.insert(cluster.producer_byte_rates.begin(), cluster.producer_byte_rates.end());
  spec.features.eligible_leader_replicas =
      static_cast<std::int16_t>(cluster.eligible_leader_replicas);
  return spec;
}

}  // namespace

Staging::Staging(const Scenario& scenario, std::uint64_t seed, bool check_invariants,
                 const broker::Mutations& mutations)
    : scenario_(scenario),
      world_(seed,
             sim::LatencyRange{scenario.cluster.latency.lowest, scenario.cluster.latency.highest}),
      cluster_(std::make_unique<broker::Cluster>(
          world_, cluster_spec(scenario.cluster, check_invariants, mutations))) {
  std::vector<std::string> bootstrap;
  for (const Broker& broker : scenario.cluster.brokers) bootstrap.push_back(broker.name);
  std::uint64_t number = 0;
  for (const Producer& producer : scenario.producers) {
    producers_.push_back(std::make_unique<ProducerClient>(world_, producer, ++number, bootstrap));
  }
  for (const Consumer& consumer : scenario.consumers) {
    consumers_.push_back(
        std::make_unique<ConsumerClient>(world_, consumer, shared_by(consumer), bootstrap));
  }
  const bool is_administered =
      std::any_of(scenario.events.begin(), scenario.events.end(),
                  [](const Event& event) { return event.action.admin.has_value(); });
  if (is_administered) admin_ = std::make_unique<AdminClient>(world_, bootstrap);
}

// Instances without a group have their effects in common all the same.
SharedHandling& Staging::shared_by(const Consumer& consumer) {
  const std::string whose = consumer.group ? "group " + *consumer.group : consumer.key;
  return shared_.try_emplace(whose, shared_.size() + 1).first->second;
}

// Every coroutine ends before what it refers to.
Staging::~Staging() {
  for (const auto& host : world_.hosts()) host->crash();
}

std::optional<std::string> Staging::set_up() {
  world_.trace().enable(false);
  world_.loop().set_now(sim::zero - longest_set_up);
  cluster_->start();
  std::vector<protocol::CreatableTopic> topics;
  for (const Topic& topic : scenario_.topics) {
    if (topic.is_there) topics.push_back(creatable(topic));
  }
  const sim::Time limit = sim::zero - quiet_before_zero;
  if (std::optional<std::string> problem = cluster_->set_up(topics, limit)) return problem;
  std::vector<sim::HostId> brokers;
  for (const Broker& broker : scenario_.cluster.brokers) {
    brokers.push_back(world_.host(broker.name)->id());
  }
  const bool with_groups =
      std::any_of(scenario_.consumers.begin(), scenario_.consumers.end(),
                  [](const Consumer& consumer) { return consumer.group.has_value(); });
  if (!warm_up(world_, brokers, with_groups, limit)) {
    return "the brokers did not serve a first client in time";
  }
  world_.loop().run_until(sim::zero);
  world_.trace().enable(true);
  return std::nullopt;
}

void Staging::open() {
  const auto open = [this](Client& client) {
    if (!client.starts_at()) return;
    openings_.emplace_back(world_.loop()).at(sim::later(sim::zero, *client.starts_at()), [&client] {
      client.start();
    });
  };
  for (const auto& producer : producers_) open(*producer);
  for (const auto& consumer : consumers_) open(*consumer);
}

const broker::MetadataImage* Staging::metadata() const {
  if (const broker::Controller* controller = cluster_->controller()) return &controller->image();
  const broker::MetadataImage* newest = nullptr;
  for (const protocol::BrokerId id : cluster_->broker_ids()) {
    const broker::Broker* broker = cluster_->broker(id);
    if (broker == nullptr) continue;
    if (newest == nullptr || broker->image().next_offset() > newest->next_offset())
      newest = &broker->image();
  }
  return newest;
}

Client* Staging::client(std::string_view name) const {
  for (const auto& producer : producers_) {
    if (producer->name() == name) return producer.get();
  }
  for (const auto& consumer : consumers_) {
    if (consumer->name() == name) return consumer.get();
  }
  return nullptr;
}

std::vector<std::string> Staging::names_of(const std::vector<protocol::BrokerId>& brokers) const {
  std::vector<std::string> names;
  for (const protocol::BrokerId id : brokers) names.push_back(cluster_->name_of(id));
  return names;
}

std::vector<std::string> Staging::coordinator_of(const std::string& group) const {
  const broker::MetadataImage* image = metadata();
  const broker::TopicImage* topic =
      image == nullptr ? nullptr : image->topic(protocol::offsets_topic);
  if (topic == nullptr || topic->partitions.empty()) return {};
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  const auto partition = topic->partitions.find(protocol::group_partition(group, count));
  if (partition == topic->partitions.end() || !partition->second.leader.is_set()) return {};
  return names_of({partition->second.leader});
}

std::vector<std::string> Staging::active_controller() const {
  if (scenario_.cluster.controllers == 1) return {broker::controller_name(1)};
  const broker::Controller* active = cluster_->controller();
  if (active == nullptr) return {};
  return {active->name()};
}

std::vector<std::string> Staging::resolve(const Selector& selector) {
  const broker::MetadataImage* image = metadata();
  const broker::PartitionRegistration* partition =
      image == nullptr ? nullptr : image->partition(selector.partition);
  switch (selector.kind) {
    case SelectorKind::broker:
    case SelectorKind::controller_host:
    case SelectorKind::client:
      return {selector.name};
    case SelectorKind::controller:
      return active_controller();
    case SelectorKind::coordinator:
      return coordinator_of(selector.name);
    case SelectorKind::leader:
      if (partition == nullptr || !partition->leader.is_set()) return {};
      return names_of({partition->leader});
    case SelectorKind::isr:
      return partition == nullptr ? std::vector<std::string>() : names_of(partition->isr);
    case SelectorKind::followers:
    case SelectorKind::follower: {
      if (partition == nullptr) return {};
      std::vector<protocol::BrokerId> followers = partition->replicas;
      std::erase(followers, partition->leader);
      if (selector.kind == SelectorKind::followers) return names_of(followers);
      const auto index = static_cast<std::size_t>(selector.index);
      if (index < 1 || index > followers.size()) return {};
      return names_of({followers[index - 1]});
    }
  }
  return {};
}

bool Staging::runs(const std::string& name) const {
  const Client* const found = client(name);
  return found != nullptr ? found->is_at_work() : cluster_->is_up(name);
}

void Staging::crash(const std::string& name) {
  Client* const found = client(name);
  found != nullptr ? found->crash() : cluster_->crash(name);
}

void Staging::power_loss(const std::string& name) {
  Client* const found = client(name);
  found != nullptr ? found->power_off() : cluster_->power_off(name);
}

void Staging::restart(const std::string& name) {
  Client* const found = client(name);
  found != nullptr ? found->start() : cluster_->restart(name);
}

void Staging::stop(const std::string& name) {
  Client* const found = client(name);
  found != nullptr ? found->stop() : cluster_->stop(name);
}

void Staging::start(const std::string& name) { restart(name); }

void Staging::corrupt_tail(const std::string& name) { cluster_->corrupt_tail(name); }

void Staging::pause(const std::string& name) {
  if (sim::Process* process = world_.host(name)->process()) process->pause();
}

void Staging::resume(const std::string& name) {
  if (sim::Process* process = world_.host(name)->process()) process->resume();
}

void Staging::stall(const std::string& name, sim::Time until) {
  if (Client* const found = client(name)) found->stall(until);
}

void Staging::set_handling_time(const std::string& name, std::optional<sim::Duration> takes) {
  for (const auto& consumer : consumers_) {
    if (consumer->name() == name) consumer->set_handling_time(takes);
  }
}

void Staging::administer(const AdminAction& action) {
  // Offsets that are made up may lie anywhere.
  if (broker::InvariantChecker* const invariants = cluster_->invariants()) {
    for (const auto& [partition, offset] : action.offsets)
      invariants->groups().allow_offset(partition, protocol::Offset(offset));
  }
  if (action.kind != ActionKind::seek) return admin_->submit(action);
  for (const auto& consumer : consumers_) {
    if (consumer->name() == action.name) consumer->seek(action.offsets);
  }
}

}  // namespace kafkasim::scenarios
