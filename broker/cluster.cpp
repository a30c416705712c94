// Builds, starts, breaks and shows a cluster.
#include "broker/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;
using protocol::ErrorCode;

namespace {

constexpr std::string_view offsets_replication = "offsets.topic.replication.factor";

void fit_offsets_topic(protocol::ConfigValues& config, std::size_t brokers) {
  if (config.is_set(offsets_replication)) return;
  const std::int64_t replicas = std::min<std::int64_t>(config.int_value(offsets_replication),
                                                       static_cast<std::int64_t>(brokers));
  config.override_default(offsets_replication, replicas);
}

}  // namespace

Cluster::Cluster(sim::World& world, ClusterSpec spec)
    : world_(world),
      spec_(std::move(spec)),
      controller_host_(&world.add_host(std::string(controller_name))) {
  for (const BrokerSpec& broker : spec_.brokers) {
    CHECKED(!members_.contains(broker.id), "two brokers with id {}", broker.id.value());
    Member& member = members_[broker.id];
    member.host = &world.add_host(broker.name);
    member.settings = {broker.id, broker.rack, broker.config, controller_host_->id(),
                       spec_.cluster_id};
    fit_offsets_topic(member.settings.config, spec_.brokers.size());
  }
}

Cluster::~Cluster() {
  // Coroutines refer to what is destroyed next.
  for (auto& [id, member] : members_) member.host->crash();
  controller_host_->crash();
}

void Cluster::start() {
  boot_controller();
  for (auto& [id, member] : members_) boot(member);
}

void Cluster::boot_controller() {
  sim::Process& process = controller_host_->boot();
  controller_ = std::make_unique<Controller>(world_, *controller_host_, process,
                                             spec_.controller_config, spec_.cluster_id);
  controller_->start();
}

void Cluster::boot(Member& member) {
  sim::Process& process = member.host->boot();
  member.broker = std::make_unique<Broker>(world_, *member.host, process, member.settings);
  member.broker->start();
}

template <class Condition>
bool Cluster::run_until(Condition done, sim::Time limit) {
  while (!done()) {
    if (world_.loop().next_event_time() > limit || !world_.loop().step()) return false;
  }
  return true;
}

std::optional<std::string> Cluster::set_up(const std::vector<protocol::CreatableTopic>& topics,
                                           sim::Time limit) {
  CHECKED(controller() != nullptr, "a cluster is set up before it was started");
  if (!run_until([this] { return all_brokers_run() && controller_->is_settled(); }, limit)) {
    return "not all brokers were unfenced in time";
  }
  protocol::CreateTopicsRequest request;
  request.topics = topics;
  const protocol::CreateTopicsResponse response = controller_->create_topics(request);
  for (const protocol::CreatableTopicResult& result : response.topics) {
    if (result.error == ErrorCode::none) continue;
    return fmt::format("topic {}: {}: {}", result.name, protocol::name(result.error),
                       result.error_message);
  }
  if (!run_until([this] { return is_ready(); }, limit))
    return "the brokers did not learn of the topics in time";
  return std::nullopt;
}

bool Cluster::all_brokers_run() const {
  return std::all_of(members_.begin(), members_.end(), [](const auto& entry) {
    return entry.second.host->is_up() && entry.second.broker->is_running();
  });
}

bool Cluster::is_ready() const {
  if (controller() == nullptr || !controller_->is_settled() || !all_brokers_run()) return false;
  return std::all_of(members_.begin(), members_.end(), [this](const auto& entry) {
    const Broker& broker = *entry.second.broker;
    return broker.image().next_offset() == controller_->committed() && leads_what_it_should(broker);
  });
}

bool Cluster::leads_what_it_should(const Broker& broker) const {
  for (const auto& [name, topic] : controller_->image().topics()) {
    for (const auto& [number, registration] : topic.partitions) {
      if (registration.leader != broker.id()) continue;
      const Partition* partition = broker.replicas().find({name, number});
      if (partition == nullptr || !partition->is_leader()) return false;
      if (partition->leader_epoch() != registration.leader_epoch) return false;
    }
  }
  return true;
}

// ---- faults ----

void Cluster::crash(std::string_view host) {
  CHECKED(has_host(host), "no host {} in the cluster", host);
  world_.host(host)->crash();
}

void Cluster::power_off(std::string_view host) {
  CHECKED(has_host(host), "no host {} in the cluster", host);
  world_.host(host)->power_off();
}

void Cluster::restart(std::string_view host) {
  if (is_up(host)) return;
  if (Member* found = member(host)) {
    boot(*found);
  } else {
    boot_controller();
  }
}

void Cluster::stop(std::string_view host) {
  if (!is_up(host)) return;
  if (Member* found = member(host)) {
    found->broker->stop();
  } else {
    controller_host_->crash();
  }
}

bool Cluster::is_up(std::string_view host) const {
  CHECKED(has_host(host), "no host {} in the cluster", host);
  return world_.host(host)->is_up();
}

bool Cluster::has_host(std::string_view host) const {
  return host == controller_name || member(host) != nullptr;
}

// ---- to look at ----

std::vector<BrokerId> Cluster::broker_ids() const {
  std::vector<BrokerId> ids;
  for (const auto& [id, member] : members_) ids.push_back(id);
  return ids;
}

const std::string& Cluster::name_of(BrokerId broker) const { return member(broker).host->name(); }

const Broker* Cluster::broker(BrokerId broker) const {
  const Member& found = member(broker);
  return found.host->is_up() ? found.broker.get() : nullptr;
}

const Controller* Cluster::controller() const {
  return controller_host_->is_up() ? controller_.get() : nullptr;
}

std::optional<ReplicaView> Cluster::replica(BrokerId id,
                                            const protocol::TopicPartition& partition) const {
  const Storage& storage = member(id).host->storage<Storage>();
  const auto log = storage.logs.find(partition);
  if (log == storage.logs.end()) return std::nullopt;
  ReplicaView view;
  view.storage = &log->second;
  view.log_start_offset = log->second.start_offset;
  view.log_end_offset = log->second.end_offset;
  view.high_watermark = log->second.high_watermark_checkpoint;
  const Broker* running = broker(id);
  const Partition* hosted = running == nullptr ? nullptr : running->replicas().find(partition);
  if (hosted != nullptr) {
    view.high_watermark = hosted->log().high_watermark();
    view.leader_epoch = hosted->leader_epoch();
    view.is_leader = hosted->is_leader();
    if (view.is_leader) view.isr = hosted->isr();
  }
  return view;
}

Cluster::Member* Cluster::member(std::string_view host) {
  for (auto& [id, member] : members_) {
    if (member.host->name() == host) return &member;
  }
  return nullptr;
}

const Cluster::Member* Cluster::member(std::string_view host) const {
  for (const auto& [id, member] : members_) {
    if (member.host->name() == host) return &member;
  }
  return nullptr;
}

const Cluster::Member& Cluster::member(BrokerId broker) const {
  const auto found = members_.find(broker);
  CHECKED(found != members_.end(), "no broker {} in the cluster", broker.value());
  return found->second;
}

}  // namespace kafkasim::broker
