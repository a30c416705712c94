// Builds, starts, breaks and shows a cluster.
#include "broker/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/events.hpp"
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

std::string controller_name(int number) { return fmt::format("controller-{}", number); }

Cluster::Cluster(sim::World& world, ClusterSpec spec) : world_(world), spec_(std::move(spec)) {
  if (spec_.check_invariants) {
    invariants_ = std::make_unique<InvariantChecker>(world.loop());
    invariants_->quorum().watch([this] { return voters(); });
  }
  CHECKED(spec_.controllers >= 1, "a cluster has {} controllers", spec_.controllers);
  for (int number = 1; number <= spec_.controllers; ++number) {
    Seat& seat = seats_.emplace_back();
    seat.host = &world.add_host(controller_name(number));
    voters_.push_back({controller_id(number), seat.host->id()});
  }
  for (const BrokerSpec& broker : spec_.brokers) {
    CHECKED(!members_.contains(broker.id), "two brokers with id {}", broker.id.value());
    Member& member = members_[broker.id];
    member.host = &world.add_host(broker.name);
    member.host->disk().set_speed(broker.disk_write, broker.disk_flush);
    member.host->set_clock_offset(broker.clock_offset);
    member.settings = {broker.id,   broker.rack,      broker.config,
                       voters_,     spec_.cluster_id, {invariants_.get(), spec_.mutations},
                       spec_.quotas};
    fit_offsets_topic(member.settings.config, spec_.brokers.size());
  }
}

Cluster::~Cluster() {
  // Coroutines refer to what is destroyed next.
  for (auto& [id, member] : members_) member.host->crash();
  for (Seat& seat : seats_) seat.host->crash();
}

void Cluster::start() {
  for (Seat& seat : seats_) boot(seat);
  for (auto& [id, member] : members_) boot(member);
}

void Cluster::boot(Seat& seat) {
  sim::Process& process = seat.host->boot();
  seat.controller =
      std::make_unique<Controller>(world_, *seat.host, process, spec_.controller_config,
                                   spec_.cluster_id, spec_.features, voters_, reported_);
  seat.controller->inspect(invariants_.get(), spec_.mutations);
  seat.controller->start();
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
  CHECKED(has_quorum(), "a cluster is set up before it was started");
  if (!run_until([this] { return active() != nullptr; }, limit))
    return "no controller was elected in time";
  const auto all_there = [this] {
    return active() != nullptr && active()->is_settled() && all_brokers_run();
  };
  if (!run_until(all_there, limit)) return "not all brokers were unfenced in time";
  protocol::CreateTopicsRequest request;
  request.topics = topics;
  const protocol::CreateTopicsResponse response = active()->create_topics(request);
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
  const Controller* const deciding = controller();
  if (deciding == nullptr || !deciding->is_settled() || !all_brokers_run()) return false;
  return std::all_of(members_.begin(), members_.end(), [&](const auto& entry) {
    const Broker& broker = *entry.second.broker;
    return broker.image().next_offset() == deciding->committed() && leads_what_it_should(broker);
  });
}

bool Cluster::leads_what_it_should(const Broker& broker) const {
  for (const auto& [name, topic] : controller()->image().topics()) {
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
  sim::Host& machine = *world_.host(host);
  const bool goes_dark = machine.has_power();
  machine.power_off();
  if (!goes_dark || member(host) == nullptr) return;
  for (auto& [partition, log] : machine.storage<Storage>().logs) {
    std::vector<protocol::StoredBatch> removed = lose_unflushed(log);
    if (removed.empty()) continue;
    world_.trace().add(
        host, protocol::events::UnflushedLost{partition, log.end_offset, std::move(removed)});
  }
}

void Cluster::corrupt_tail(std::string_view broker) {
  Member* const found = member(broker);
  CHECKED(found != nullptr, "no broker {} in the cluster", broker);
  for (auto& [partition, log] : found->host->storage<Storage>().logs)
    kafkasim::broker::corrupt_tail(log);
}

void Cluster::replace_disk(Member& member) {
  member.broker.reset();  // its logs refer to what goes now
  Storage& storage = member.host->storage<Storage>();
  storage.logs.clear();
  storage.stopped_in_epoch = protocol::BrokerEpoch();
  member.host->disk().replace();
}

void Cluster::restart(std::string_view host) {
  if (is_up(host)) return;
  if (Member* found = member(host)) {
    if (found->host->disk().may_be_replaced()) replace_disk(*found);
    boot(*found);
  } else {
    boot(*seat(host));
  }
}

void Cluster::stop(std::string_view host) {
  if (!is_up(host)) return;
  if (Member* found = member(host)) {
    found->broker->stop();
  } else {
    seat(host)->controller->stop();
  }
}

bool Cluster::is_up(std::string_view host) const {
  CHECKED(has_host(host), "no host {} in the cluster", host);
  return world_.host(host)->is_up();
}

bool Cluster::has_host(std::string_view host) const {
  return seat(host) != nullptr || member(host) != nullptr;
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

const Controller* Cluster::controller() const { return active(); }

Controller* Cluster::active() const {
  Controller* newest = nullptr;
  for (const Seat& seat : seats_) {
    if (!seat.host->is_up() || !seat.controller->is_active()) continue;
    if (newest == nullptr || seat.controller->active_epoch() > newest->active_epoch())
      newest = seat.controller.get();
  }
  return newest;
}

const Controller* Cluster::controller(std::string_view host) const {
  const Seat* const found = seat(host);
  CHECKED(found != nullptr, "no controller on {}", host);
  return found->host->is_up() ? found->controller.get() : nullptr;
}

std::vector<VoterView> Cluster::voters() const {
  std::vector<VoterView> views;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    const Seat& seat = seats_[i];
    VoterView& view = views.emplace_back();
    view.name = seat.host->name();
    view.id = voters_[i].id;
    view.storage = &seat.host->storage<ControllerStorage>();
    view.epoch = view.storage->epoch;
    view.leader = view.storage->leader;
    view.log_end_offset = view.storage->end_offset();
    view.high_watermark = protocol::Offset(0);
    view.is_up = seat.host->is_up();
    if (!view.is_up) continue;
    view.is_active = seat.controller->is_active();
    view.role = seat.controller->raft().role();
    view.high_watermark = seat.controller->committed();
  }
  return views;
}

bool Cluster::has_quorum() const {
  const auto up = static_cast<std::size_t>(std::count_if(
      seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.host->is_up(); }));
  return up > seats_.size() / 2;
}

std::optional<ReplicaView> Cluster::replica(BrokerId id,
                                            const protocol::TopicPartition& partition) const {
  const sim::Host& host = *member(id).host;
  if (host.disk().has_failed() && !host.is_up()) return std::nullopt;
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

const Cluster::Seat* Cluster::seat(std::string_view host) const {
  for (const Seat& seat : seats_) {
    if (seat.host->name() == host) return &seat;
  }
  return nullptr;
}

Cluster::Seat* Cluster::seat(std::string_view host) {
  for (Seat& seat : seats_) {
    if (seat.host->name() == host) return &seat;
  }
  return nullptr;
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
