// Following the metadata, and carrying out what partitions decide.
#include "broker/replica_manager.hpp"

#include <algorithm>
#include <utility>

#include "broker/log_config.hpp"
#include "protocol/events.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;
using protocol::Offset;
using protocol::StoredBatch;
using protocol::TopicPartition;

namespace {

// However short the settings make it: time has to pass between two rounds of a timer.
constexpr sim::Duration shortest_interval = std::chrono::milliseconds(1);

bool reads_are_rack_aware(const protocol::ConfigValues& config) {
  constexpr std::string_view selector = "replica.selector.class";
  return !config.is_null(selector) && config.text(selector) == rack_aware_selector;
}

}  // namespace

ReplicaManager::Hosted::Hosted(const Context& context, const TopicPartition& id,
                               LogStorage& storage, const LogConfig& config,
                               sim::Duration lag_time_max)
    : partition(id, context.id, storage, config, context.image, lag_time_max,
                context.wall_clock_ms()),
      watch(context.invariants, context.process, context.id, storage.topic_id, partition) {
  partition.inspect(&watch, context.mutations);
}

void ReplicaManager::Hosted::wake_all() {
  at_end.notify_all();
  at_watermark.notify_all();
  at_replicated.notify_all();
  at_log_start.notify_all();
}

ReplicaManager::ReplicaManager(const Context& context, Storage& storage)
    : context_(context),
      storage_(storage),
      log_dir_(context, [this] { went_offline(); }),
      lag_time_max_(context.config.duration_ms("replica.lag.time.max.ms")),
      fetch_max_bytes_(context.config.int_value("fetch.max.bytes")),
      rack_aware_reads_(reads_are_rack_aware(context.config)),
      alter_partition_(context, [this](const IsrProposal& proposal,
                                       const protocol::AlterPartitionItemResponse& r) {
        on_alter_partition(proposal, r);
      }) {}

void ReplicaManager::start() {
  sim::spawn(context_.process, alter_partition_.run());
  sim::spawn(context_.process, shrink_isrs());
  sim::spawn(context_.process, checkpoint_high_watermarks());
  sim::spawn(context_.process, expire_producers());
}

// ---- following the metadata ----

void ReplicaManager::apply(const MetadataDelta& delta) {
  if (log_dir_.is_offline()) return;  // the end is near
  if (!strays_deleted_) delete_stray_logs();
  for (const TopicPartition& id : delta.deleted_partitions) {
    const Hosted* here = hosted(id);
    const TopicImage* topic = context_.image.topic(id.topic);
    // Deleted and made anew since: the new one has another id.
    if (here != nullptr && (topic == nullptr || storage_.logs.at(id).topic_id != topic->id))
      remove(id);
  }
  std::vector<TopicPartition> leading;
  std::vector<TopicPartition> following;
  for (const TopicPartition& id : delta.changed_partitions) {
    const PartitionRegistration* registration = nullptr;
    if (!is_mine(id, &registration)) {
      remove(id);
    } else if (registration->leader == context_.id) {
      leading.push_back(id);
    } else {
      following.push_back(id);
    }
  }
  for (const TopicPartition& id : leading) make_leader(id, *context_.image.topic(id.topic));
  for (const TopicPartition& id : following) make_follower(id, *context_.image.topic(id.topic));
  const bool own_settings_changed =
      delta.changed_broker_configs.contains("") ||
      delta.changed_broker_configs.contains(std::to_string(context_.id.value()));
  for (auto& [id, here] : hosted_) {
    if (delta.changed_configs.contains(id.topic) || own_settings_changed) {
      here->partition.log().set_config(config_of(*context_.image.topic(id.topic)));
    }
  }
}

bool ReplicaManager::is_mine(const TopicPartition& partition,
                             const PartitionRegistration** registration) const {
  const PartitionRegistration* found = context_.image.partition(partition);
  if (registration != nullptr) *registration = found;
  return found != nullptr && std::find(found->replicas.begin(), found->replicas.end(),
                                       context_.id) != found->replicas.end();
}

void ReplicaManager::delete_stray_logs() {
  strays_deleted_ = true;
  std::erase_if(storage_.logs, [&](const auto& log) {
    return !is_mine(log.first) || context_.image.topic(log.first.topic)->id != log.second.topic_id;
  });
}

void ReplicaManager::remove(const TopicPartition& partition) {
  stop_fetching(partition);
  const auto found = hosted_.find(partition);
  if (found == hosted_.end()) return;
  const bool led = found->second->partition.is_leader();
  found->second->wake_all();
  found->second->watch.deleted();
  hosted_.erase(found);
  storage_.logs.erase(partition);
  if (!led) return;
  for (LeadershipListener* listener : listeners_) listener->resigned(partition);
}

LogConfig ReplicaManager::config_of(const TopicImage& topic) const {
  return log_config(topic.config, context_.config);
}

ReplicaManager::Hosted& ReplicaManager::host(const TopicPartition& partition,
                                             const TopicImage& topic) {
  std::unique_ptr<Hosted>& here = hosted_[partition];
  if (!here) {
    LogStorage& storage = storage_.logs[partition];
    storage.topic_id = topic.id;
    here = std::make_unique<Hosted>(context_, partition, storage, config_of(topic), lag_time_max_);
    here->partition.log().set_jitter_seed(
        context_.world.rng("segment jitter of " + to_string(partition)).next());
    report_recovery(*here);
  }
  return *here;
}

void ReplicaManager::make_leader(const TopicPartition& id, const TopicImage& topic) {
  stop_fetching(id);
  Hosted& here = host(id, topic);
  const auto change =
      here.partition.make_leader(topic.partitions.at(id.partition), topic.id, context_.now());
  if (change.is_new_epoch) {
    context_.report(protocol::events::BecameLeader{id, here.partition.leader_epoch(),
                                                   here.partition.log().end_offset()});
    here.wake_all();
    for (LeadershipListener* listener : listeners_)
      listener->became_leader(id, here.partition.leader_epoch());
  }
  act_on(here, change.effects);
}

void ReplicaManager::make_follower(const TopicPartition& id, const TopicImage& topic) {
  Hosted& here = host(id, topic);
  const bool led = here.partition.is_leader();
  if (!here.partition.make_follower(topic.partitions.at(id.partition))) return;
  context_.report(
      protocol::events::BecameFollower{id, here.partition.leader_epoch(), here.partition.leader()});
  here.wake_all();
  stop_fetching(id);
  start_fetching(here.partition);
  if (!led) return;
  for (LeadershipListener* listener : listeners_) listener->resigned(id);
}

void ReplicaManager::stop_fetching(const TopicPartition& partition) {
  for (auto& [source, fetcher] : fetchers_) fetcher->remove(partition);
}

void ReplicaManager::start_fetching(const Partition& partition) {
  if (!partition.leader().is_set()) return;
  const auto source = context_.host_of(partition.leader());
  if (!source) return;
  std::unique_ptr<ReplicaFetcher>& fetcher = fetchers_[partition.leader()];
  if (!fetcher) {
    fetcher = std::make_unique<ReplicaFetcher>(context_, *this, *source);
    sim::spawn(context_.process, fetcher->run());
  }
  fetcher->add(partition.id(), partition.leader_epoch());
}

// ---- carrying out ----

ReplicaManager::Hosted* ReplicaManager::hosted(const TopicPartition& partition) {
  const auto found = hosted_.find(partition);
  return found == hosted_.end() || log_dir_.is_offline() ? nullptr : found->second.get();
}

const ReplicaManager::Hosted* ReplicaManager::hosted(const TopicPartition& partition) const {
  const auto found = hosted_.find(partition);
  return found == hosted_.end() || log_dir_.is_offline() ? nullptr : found->second.get();
}

void ReplicaManager::act_on(Hosted& here, const Effects& effects) {
  const Partition& partition = here.partition;
  if (effects.high_watermark) {
    const auto [from, to] = *effects.high_watermark;
    if (context_.world.trace().enabled()) {
      context_.report(protocol::events::HighWatermarkMoved{
          partition.id(), from, to, partition.log().batches_between(from, to)});
    }
    here.at_watermark.notify_all();
    here.at_replicated.notify(to);
    for (LeadershipListener* listener : listeners_)
      listener->high_watermark_moved(partition.id(), to);
  }
  if (effects.proposal) alter_partition_.submit(*effects.proposal);
}

void ReplicaManager::on_alter_partition(const IsrProposal& proposal,
                                        const protocol::AlterPartitionItemResponse& response) {
  Hosted* here = hosted(proposal.item.partition);
  if (here == nullptr) return;
  act_on(*here, here->partition.on_alter_partition(proposal, response, context_.now()));
}

const Partition* ReplicaManager::find(const TopicPartition& partition) const {
  const Hosted* here = hosted(partition);
  return here == nullptr ? nullptr : &here->partition;
}

std::vector<const Partition*> ReplicaManager::partitions() const {
  std::vector<const Partition*> all;
  for (const auto& [id, here] : hosted_) all.push_back(&here->partition);
  return all;
}

std::vector<TopicPartition> ReplicaManager::hosted_partitions() const {
  std::vector<TopicPartition> all;
  for (const auto& [id, here] : hosted_) all.push_back(id);
  return all;
}

Log* ReplicaManager::log(const TopicPartition& partition) {
  Hosted* here = hosted(partition);
  return here == nullptr ? nullptr : &here->partition.log();
}

// ---- for the fetchers ----

Partition* ReplicaManager::following(const TopicPartition& partition) {
  Hosted* here = hosted(partition);
  return here != nullptr && here->partition.role() == Role::follower ? &here->partition : nullptr;
}

bool ReplicaManager::copy(Partition& partition, const protocol::FetchPartitionResponse& response) {
  const Offset watermark = partition.log().high_watermark();
  const auto copied = partition.append_fetched(response, now_ms());
  if (!copied) return false;
  for (const StoredBatch& stored : *copied)
    context_.report(protocol::events::Copied{partition.id(), stored});
  Hosted& here = *hosted(partition.id());
  if (partition.log().high_watermark() != watermark) here.at_watermark.notify_all();
  flush_rolled(here);
  return true;
}

void ReplicaManager::truncate(Partition& partition, Offset to) {
  hosted(partition.id())->watch.truncated(to);
  report_truncation(partition, partition.log().truncate_to(to));
}

void ReplicaManager::truncate_fully_and_start_at(Partition& partition, Offset offset) {
  hosted(partition.id())->watch.truncated(partition.log().start_offset());
  report_truncation(partition, partition.log().truncate_fully_and_start_at(offset));
}

void ReplicaManager::report_recovery(const Hosted& here) const {
  const Log& log = here.partition.log();
  if (log.recovery().cut.empty()) return;
  context_.report(
      protocol::events::RecoveryCut{here.partition.id(), log.end_offset(), log.recovery().cut});
}

void ReplicaManager::report_truncation(const Partition& partition,
                                       std::vector<StoredBatch> removed) const {
  if (removed.empty()) return;
  context_.report(protocol::events::Truncated{partition.id(), partition.log().end_offset(),
                                              std::move(removed)});
}

// ---- timers ----

sim::Task<> ReplicaManager::shrink_isrs() {
  const sim::Duration interval = std::max(lag_time_max_ / 2, shortest_interval);
  for (;;) {
    for (auto& [id, here] : hosted_) {
      act_on(*here, here->partition.maybe_shrink_isr(context_.epoch, context_.now()));
    }
    co_await sim::sleep_until(context_.now() + interval);
  }
}

sim::Task<> ReplicaManager::checkpoint_high_watermarks() {
  const sim::Duration interval =
      std::max(context_.config.duration_ms("replica.high.watermark.checkpoint.interval.ms"),
               shortest_interval);
  for (;;) {
    co_await sim::sleep_until(context_.now() + interval);
    if (!log_dir_.accepts_write()) co_return;
    for (auto& [id, here] : hosted_) here->partition.log().checkpoint_high_watermark();
  }
}

sim::Task<> ReplicaManager::expire_producers() {
  const sim::Duration interval =
      context_.config.duration_ms("producer.id.expiration.check.interval.ms");
  for (;;) {
    co_await sim::sleep_until(context_.now() + interval);
    for (auto& [id, here] : hosted_) here->partition.log().remove_expired_producers(now_ms());
  }
}

}  // namespace kafkasim::broker
