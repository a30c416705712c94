// Requests to decisions, and the controller's own periodic work.
#include "broker/controller/controller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/invariants/invariant_checker.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using sim::Duration;
using sim::Time;

// Between two passes of work that did not fit into one.
constexpr Duration next_pass_delay = std::chrono::milliseconds(10);
// Of a stop in order, while the others elect somebody; then it ends all the same.
constexpr Duration shutdown_limit = std::chrono::seconds(5);

ReplicationSettings replication_settings(const protocol::ConfigValues& config,
                                         const Features& features) {
  ReplicationSettings settings;
  settings.eligible_leader_replicas = features.eligible_leader_replicas >= 1;
  settings.default_num_partitions = config.int_value("num.partitions");
  settings.default_replication_factor =
      static_cast<std::int16_t>(config.int_value("default.replication.factor"));
  settings.min_insync_replicas = config.int_value("min.insync.replicas");
  settings.unclean_leader_election = config.flag("unclean.leader.election.enable");
  settings.delete_topic_enable = config.flag("delete.topic.enable");
  return settings;
}

// A controller of its own draws for each start, so that no two topics get one id.
sim::Rng placement_rng(const sim::World& world, std::size_t place, std::int32_t start) {
  if (place == 0) return world.rng(fmt::format("controller placement {}", start));
  return world.rng(fmt::format("controller placement {} of voter {}", start, place + 1));
}

std::size_t place_of(const Voters& voters, sim::HostId host) {
  const auto found = std::find_if(voters.begin(), voters.end(),
                                  [&](const Voter& voter) { return voter.host == host; });
  return static_cast<std::size_t>(found - voters.begin());
}

ControllerStorage& started_again(ControllerStorage& storage) {
  ++storage.starts;
  return storage;
}

MetadataRecords records_of(const protocol::StoredBatch& stored) {
  MetadataRecords records;
  for (const protocol::Record& record : stored.batch->records) {
    records.push_back(metadata_record(record));
  }
  return records;
}

}  // namespace

Controller::Controller(sim::World& world, sim::Host& host, sim::Process& process,
                       const protocol::ConfigValues& config, std::string cluster_id,
                       const Features& features, Voters voters, Offset& reported)
    : world_(world),
      host_(host),
      process_(process),
      config_(config),
      storage_(started_again(host.storage<ControllerStorage>())),
      place_(place_of(voters, host.id())),
      log_(world, host, process, config, cluster_id, std::move(voters), storage_),
      replication_(image_, replication_settings(config, features),
                   placement_rng(world, place_, storage_.starts)),
      cluster_(image_, replication_, std::move(cluster_id),
               config.duration_ms("broker.session.timeout.ms")),
      server_(process, world.network(), host.id(), *this,
              config.duration_ms("connections.max.idle.ms")),
      reported_(reported) {}

void Controller::inspect(InvariantChecker* invariants, const Mutations& mutations) {
  invariants_ = invariants;
  cluster_.plant(mutations);
  replication_.plant(mutations);
}

void Controller::start() {
  log_.on_change([this] { on_log_change(); });
  log_.start();
  sim::spawn(process_, fence_stale_brokers());
  if (config_.flag("auto.leader.rebalance.enable")) sim::spawn(process_, balance_leaders());
  sim::spawn(process_, elect_unclean_leaders());
  server_.start();
}

void Controller::stop() { sim::spawn(process_, hand_over()); }

sim::Task<> Controller::hand_over() {
  co_await log_.resign(process_.now() + shutdown_limit);
  server_.close_connections();
  host_.crash();
}

// ---- office ----

void Controller::on_log_change() {
  const Raft& raft = log_.raft();
  if (invariants_ != nullptr) invariants_->quorum_changed();
  if (is_active() && (!raft.leads() || raft.epoch() != active_epoch_)) lose_office();
  if (is_active()) return report_committed(log_.committed());
  apply_committed();
  if (raft.leads_and_committed()) take_office();
}

// What a predecessor decided and nobody has told of yet is told by the one under whom it is
// committed.
void Controller::apply_committed() {
  constexpr std::size_t all = ~std::size_t{0};
  MetadataDelta ignored;
  for (const protocol::StoredBatch& stored : log_.read(image_.next_offset(), all)) {
    const MetadataRecords records = records_of(stored);
    if (log_.raft().leads() && stored.base_offset >= reported_) {
      unreported_.push_back({stored.next_offset(), events_of(image_, records, stored.base_offset)});
    }
    for (const MetadataRecord& record : records) {
      image_.apply(record, image_.next_offset(), ignored);
    }
  }
}

void Controller::take_office() {
  CHECKED(image_.next_offset() == log_.end_offset(),
          "a controller takes office with an image at {} and a log that ends at {}",
          image_.next_offset().value(), log_.end_offset().value());
  active_epoch_ = log_.raft().epoch();
  world_.trace().add(host_.name(), protocol::events::ControllerElected{active_epoch_});
  report_committed(log_.committed());
  if (invariants_ != nullptr) invariants_->took_office(active_epoch_, replication_, image_);
  cluster_.start_sessions(process_.now());
  image_changed_.notify_all();
}

// What was decided and is not committed may or may not become so: only the log will tell.
void Controller::lose_office() {
  world_.trace().add(host_.name(), protocol::events::ControllerResigned{active_epoch_});
  active_epoch_ = LeaderEpoch();
  unreported_.clear();
  image_ = MetadataImage();
  image_changed_.notify_all();
}

Offset Controller::decided(const MetadataRecords& records) {
  CHECKED(is_active(), "a controller that stands by decides something");
  if (records.empty()) return log_.end_offset();
  const Offset base = log_.end_offset();
  const Offset end = log_.append(records);
  unreported_.push_back({end, events_of(image_, records, base)});
  MetadataDelta delta;
  for (const MetadataRecord& record : records) image_.apply(record, image_.next_offset(), delta);
  if (invariants_ != nullptr) invariants_->decided(active_epoch_, replication_, image_, delta);
  CHECKED(image_.next_offset() == end, "image at {}, metadata log at {}",
          image_.next_offset().value(), end.value());
  image_changed_.notify_all();
  return end;
}

void Controller::report_committed(Offset committed) {
  while (!unreported_.empty() && unreported_.front().end <= committed) {
    for (const ControllerEvent& event : unreported_.front().events) {
      std::visit([this](const auto& e) { world_.trace().add(host_.name(), e); }, event);
    }
    unreported_.pop_front();
  }
  reported_ = std::max(reported_, committed);
}

// ---- requests ----

sim::Task<Answer> Controller::answer_when_committed(Offset end, protocol::ResponseBody response,
                                                    protocol::ResponseBody refusal) {
  const bool committed = co_await log_.wait_committed(end, active_epoch_);
  if (committed) co_return Answer(std::move(response));
  co_return Answer(std::move(refusal));
}

sim::Task<Answer> Controller::answer_at_once(protocol::ResponseBody response) {
  co_return Answer(std::move(response));
}

// What only brokers serve.
template <class Body>
sim::Task<Answer> Controller::serve(Body request) {
  return answer_at_once(protocol::error_response(request, ErrorCode::unsupported_version));
}

sim::Task<Answer> Controller::serve(protocol::VoteRequest request) {
  return answer_at_once(log_.handle(request));
}

sim::Task<Answer> Controller::serve(protocol::BeginQuorumEpochRequest request) {
  return answer_at_once(log_.handle(request));
}

sim::Task<Answer> Controller::serve(protocol::EndQuorumEpochRequest request) {
  return answer_at_once(log_.handle(request));
}

sim::Task<Answer> Controller::serve(protocol::FetchRequest request) {
  protocol::FetchResponse response = co_await log_.fetch(std::move(request));
  co_return Answer(std::move(response));
}

sim::Task<Answer> Controller::serve(protocol::BrokerRegistrationRequest request) {
  return decide(request, [&] {
    return cluster_.register_broker(request, log_.end_offset(), process_.now());
  });
}

sim::Task<Answer> Controller::serve(protocol::BrokerHeartbeatRequest request) {
  protocol::ResponseBody refusal = protocol::error_response(request, ErrorCode::not_controller);
  if (!is_active()) return answer_at_once(std::move(refusal));
  auto [decision, shutting_down] = cluster_.heartbeat(request, process_.now());
  const Offset end = decided(decision.records);
  if (shutting_down) cluster_.shutdown_waits_for(request.broker_id, end - 1);
  return answer_when_committed(end, decision.response, std::move(refusal));
}

sim::Task<Answer> Controller::serve(protocol::AlterPartitionRequest request) {
  return decide(request, [&] { return replication_.alter_partition(request); });
}

sim::Task<Answer> Controller::serve(protocol::CreateTopicsRequest request) {
  return decide(request, [&] { return replication_.create_topics(request); });
}

sim::Task<Answer> Controller::serve(protocol::AllocateProducerIdsRequest request) {
  return decide(request, [&] { return cluster_.allocate_producer_ids(request); });
}

sim::Task<Answer> Controller::handle(protocol::Request request, sim::HostId) {
  return std::visit([this](auto& body) { return serve(std::move(body)); }, request.body);
}

protocol::CreateTopicsResponse Controller::create_topics(
    const protocol::CreateTopicsRequest& request) {
  auto decision = replication_.create_topics(request);
  decided(decision.records);
  return std::move(decision.response);
}

// ---- its own work ----

sim::Task<> Controller::fence_stale_brokers() {
  for (;;) {
    const Time end = is_active() ? cluster_.next_session_end() : sim::never;
    if (process_.now() < end) {
      // A heartbeat only moves the end away; a first session may bring one.
      co_await image_changed_.wait(end);
      continue;
    }
    MetadataRecords records;
    const auto fenced = cluster_.fence_one_stale(process_.now(), records);
    CHECKED(fenced, "a session is over, but no broker is stale");
    decided(records);
  }
}

sim::Task<bool> Controller::stays_active(Duration pause) {
  const LeaderEpoch epoch = active_epoch_;
  co_await sim::sleep_until(process_.now() + pause);
  co_return is_active() && active_epoch_ == epoch;
}

sim::Task<> Controller::balance_leaders() {
  const Duration interval =
      std::chrono::seconds(config_.long_value("leader.imbalance.check.interval.seconds"));
  for (;;) {
    while (!is_active() || !replication_.has_imbalanced_partitions()) {
      co_await image_changed_.wait(sim::never);
    }
    bool more = co_await stays_active(interval);
    while (more) {
      MetadataRecords records;
      more = replication_.balance_leaders(records);
      decided(records);
      if (!more) break;
      more = co_await stays_active(next_pass_delay);
    }
  }
}

sim::Task<> Controller::elect_unclean_leaders() {
  const Duration interval = config_.duration_ms("unclean.leader.election.interval.ms");
  for (;;) {
    while (!is_active() || !replication_.has_leaderless_partitions()) {
      co_await image_changed_.wait(sim::never);
    }
    bool more = co_await stays_active(interval);
    while (more) {
      MetadataRecords records;
      more = replication_.elect_unclean_where_configured(records);
      decided(records);
      if (!more) break;
      more = co_await stays_active(next_pass_delay);
    }
  }
}

}  // namespace kafkasim::broker
