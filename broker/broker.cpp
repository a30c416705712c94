// The life of one incarnation of a broker.
#include "broker/broker.hpp"

#include <fmt/format.h>

#include "protocol/config_dynamic.hpp"
#include "protocol/events.hpp"

namespace kafkasim::broker {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration controlled_shutdown_limit = 5min;  // then it stops all the same

// Of several the one that leads must be found first.
std::optional<sim::HostId> only_controller(const Voters& voters) {
  if (voters.size() != 1) return std::nullopt;
  return voters[0].host;
}

sim::Rng lifecycle_rng(const sim::World& world, const sim::Host& host, std::int32_t start) {
  return world.rng(fmt::format("{} lifecycle {}", host.name(), start));
}

}  // namespace

Broker::Broker(sim::World& world, sim::Host& host, sim::Process& process,
               const BrokerSettings& settings)
    : settings_(settings),
      storage_(host.storage<Storage>()),
      config_(settings.config),
      context_{world,
               host,
               process,
               settings.id,
               config_,
               image_,
               only_controller(settings.voters),
               {},
               settings.inspection.invariants,
               settings.inspection.mutations},
      forwarding_(context_),
      replicas_(context_, storage_),
      logs_(context_, storage_, replicas_),
      groups_(context_, replicas_),
      topic_creation_(context_, forwarding_),
      admin_requests_(context_, forwarding_),
      producer_ids_(context_),
      quotas_(settings.quotas, settings.config.int_value("quota.window.num"),
              settings.config.int_value("quota.window.size.seconds")),
      metadata_fetcher_(context_, image_, settings.voters,
                        [this](const MetadataDelta& delta) { publish(delta); }),
      lifecycle_(
          context_, storage_.stopped_in_epoch, settings.cluster_id, settings.rack,
          [this] { return metadata_fetcher_.applied(); },
          lifecycle_rng(world, host, ++storage_.starts)),
      server_(process, world.network(), host.id(), *this,
              settings.config.duration_ms("connections.max.idle.ms")) {
  storage_.stopped_in_epoch = protocol::BrokerEpoch();
}

void Broker::start() {
  if (!replicas_.log_dir().open()) return;
  sim::spawn(context_.process, lifecycle_.run());
  sim::spawn(context_.process, metadata_fetcher_.run());
  sim::spawn(context_.process, start_up());
}

sim::Task<> Broker::start_up() {
  co_await lifecycle_.reaches(BrokerStatus::recovery, sim::never);
  co_await logs_.recover();
  replicas_.start();
  logs_.start();
  groups_.start();
  metadata_fetcher_.start_publishing();
  server_.start();
  lifecycle_.set_ready_to_unfence();
  co_await lifecycle_.reaches(BrokerStatus::running, sim::never);
  if (is_running()) context_.report(protocol::events::BrokerStarted{context_.epoch});
}

void Broker::publish(const MetadataDelta& delta) {
  if (!delta.changed_broker_configs.empty()) {
    const auto& own = image_.broker_config(std::to_string(context_.id.value()));
    config_ = protocol::effective_broker_config(settings_.config, image_.broker_config(""), own);
  }
  replicas_.apply(delta);
  if (!delta.deleted_partitions.empty()) groups_.partitions_deleted(delta.deleted_partitions);
  std::set<std::string> topics;
  for (const auto* partitions : {&delta.changed_partitions, &delta.deleted_partitions}) {
    for (const protocol::TopicPartition& partition : *partitions) topics.insert(partition.topic);
  }
  if (!topics.empty()) groups_.topics_changed(topics);
}

void Broker::stop() { sim::spawn(context_.process, shut_down()); }

sim::Task<> Broker::shut_down() {
  if (settings_.config.flag("controlled.shutdown.enable")) {
    lifecycle_.begin_controlled_shutdown();
    const sim::Time limit = context_.now() + controlled_shutdown_limit;
    co_await lifecycle_.reaches(BrokerStatus::shutting_down, limit);
  }
  co_await replicas_.close();
  if (replicas_.log_dir().is_offline()) co_return;  // it halts
  storage_.stopped_in_epoch = context_.epoch;
  server_.close_connections();
  context_.host.crash();
}

}  // namespace kafkasim::broker
