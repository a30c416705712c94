// Requests to decisions, and the controller's own periodic work.
#include "broker/controller/controller.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;
using protocol::Offset;
using sim::Duration;
using sim::Time;

// Batches of one fetch of the metadata log; a broker that is further behind fetches again.
constexpr std::size_t fetch_limit = 1000;
// Between two passes of work that did not fit into one.
constexpr Duration next_pass_delay = std::chrono::milliseconds(10);

ReplicationSettings replication_settings(const protocol::ConfigValues& config) {
  ReplicationSettings settings;
  settings.default_num_partitions = config.int_value("num.partitions");
  settings.default_replication_factor =
      static_cast<std::int16_t>(config.int_value("default.replication.factor"));
  settings.min_insync_replicas = config.int_value("min.insync.replicas");
  settings.unclean_leader_election = config.flag("unclean.leader.election.enable");
  return settings;
}

sim::Rng placement_rng(const sim::World& world, std::int32_t start) {
  return world.rng(fmt::format("controller placement {}", start));
}

}  // namespace

Controller::Controller(sim::World& world, sim::Host& host, sim::Process& process,
                       const protocol::ConfigValues& config, std::string cluster_id)
    : world_(world),
      host_(host),
      process_(process),
      config_(config),
      storage_(host.storage<ControllerStorage>()),
      log_(process, storage_, protocol::LeaderEpoch(++storage_.starts),
           config.duration_ms("controller.quorum.append.linger.ms")),
      replication_(image_, replication_settings(config), placement_rng(world, storage_.starts)),
      cluster_(image_, replication_, std::move(cluster_id),
               config.duration_ms("broker.session.timeout.ms")),
      server_(process, world.network(), host.id(), *this,
              config.duration_ms("connections.max.idle.ms")) {}

void Controller::start() {
  MetadataDelta ignored;
  for (const protocol::StoredBatch& batch : storage_.batches) {
    for (const protocol::Record& record : batch.batch->records) {
      image_.apply(metadata_record(record), batch.base_offset + record.offset_delta, ignored);
    }
  }
  cluster_.start_sessions(process_.now());
  log_.on_committed([this](Offset committed) { report_committed(committed); });
  sim::spawn(process_, log_.run());
  sim::spawn(process_, fence_stale_brokers());
  if (config_.flag("auto.leader.rebalance.enable")) sim::spawn(process_, balance_leaders());
  sim::spawn(process_, elect_unclean_leaders());
  server_.start();
}

Offset Controller::decided(const MetadataRecords& records) {
  if (records.empty()) return log_.end_offset();
  const Offset base = log_.end_offset();
  const Offset end = log_.append(records);
  unreported_.push_back({end, events_of(image_, records, base)});
  MetadataDelta ignored;
  for (const MetadataRecord& record : records) image_.apply(record, image_.next_offset(), ignored);
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
}

sim::Task<Answer> Controller::answer_when_committed(Offset end, protocol::ResponseBody response) {
  const bool committed = co_await log_.wait_committed(end, sim::never);
  CHECKED(committed, "a write to the metadata log was given up");
  co_return Answer(std::move(response));
}

// What only brokers serve.
template <class Body>
sim::Task<Answer> Controller::serve(Body request) {
  co_return Answer(protocol::error_response(request, ErrorCode::unsupported_version));
}

sim::Task<Answer> Controller::serve(protocol::BrokerRegistrationRequest request) {
  auto decision = cluster_.register_broker(request, log_.end_offset(), process_.now());
  return answer_when_committed(decided(decision.records), decision.response);
}

sim::Task<Answer> Controller::serve(protocol::BrokerHeartbeatRequest request) {
  auto [decision, shutting_down] = cluster_.heartbeat(request, process_.now());
  const Offset end = decided(decision.records);
  if (shutting_down) cluster_.shutdown_waits_for(request.broker_id, end - 1);
  return answer_when_committed(end, decision.response);
}

sim::Task<Answer> Controller::serve(protocol::AlterPartitionRequest request) {
  auto decision = replication_.alter_partition(request);
  return answer_when_committed(decided(decision.records), std::move(decision.response));
}

sim::Task<Answer> Controller::serve(protocol::CreateTopicsRequest request) {
  protocol::CreateTopicsResponse response = create_topics(request);
  return answer_when_committed(log_.end_offset(), std::move(response));
}

sim::Task<Answer> Controller::serve(protocol::AllocateProducerIdsRequest request) {
  auto decision = cluster_.allocate_producer_ids(request);
  return answer_when_committed(decided(decision.records), decision.response);
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

// Brokers read committed records; at the end of the log they wait for more.
sim::Task<Answer> Controller::serve(protocol::FetchRequest request) {
  if (request.partitions.size() != 1 ||
      request.partitions[0].partition.topic != protocol::metadata_topic) {
    co_return Answer(protocol::error_response(request, ErrorCode::unknown_topic_or_partition));
  }
  const Offset from = request.partitions[0].fetch_offset;
  if (from > log_.committed()) {
    co_return Answer(protocol::error_response(request, ErrorCode::offset_out_of_range));
  }
  const Time deadline = sim::later(process_.now(), std::chrono::milliseconds(request.max_wait_ms));
  co_await log_.wait_committed(from.next(), deadline);
  protocol::FetchResponse response;
  protocol::FetchPartitionResponse& partition = response.partitions.emplace_back();
  partition.partition = request.partitions[0].partition;
  partition.high_watermark = log_.committed();
  partition.last_stable_offset = log_.committed();
  partition.log_start_offset = Offset(0);
  partition.records = log_.read(from, fetch_limit);
  co_return Answer(std::move(response));
}

sim::Task<> Controller::fence_stale_brokers() {
  for (;;) {
    const Time end = cluster_.next_session_end();
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

sim::Task<> Controller::balance_leaders() {
  const Duration interval =
      std::chrono::seconds(config_.long_value("leader.imbalance.check.interval.seconds"));
  for (;;) {
    while (!replication_.has_imbalanced_partitions()) co_await image_changed_.wait(sim::never);
    co_await sim::sleep_until(process_.now() + interval);
    for (bool more = true; more;) {
      MetadataRecords records;
      more = replication_.balance_leaders(records);
      decided(records);
      if (more) co_await sim::sleep_until(process_.now() + next_pass_delay);
    }
  }
}

sim::Task<> Controller::elect_unclean_leaders() {
  const Duration interval = config_.duration_ms("unclean.leader.election.interval.ms");
  for (;;) {
    while (!replication_.has_leaderless_partitions()) co_await image_changed_.wait(sim::never);
    co_await sim::sleep_until(process_.now() + interval);
    for (bool more = true; more;) {
      MetadataRecords records;
      more = replication_.elect_unclean_where_configured(records);
      decided(records);
      if (more) co_await sim::sleep_until(process_.now() + next_pass_delay);
    }
  }
}

}  // namespace kafkasim::broker
