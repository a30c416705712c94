// One coroutine writes, one keeps the time, one talks to each other voter.
#include "broker/controller/metadata_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/cluster_messages.hpp"
#include "sim/channel.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::StoredBatch;
using sim::Time;

namespace {

RaftSettings raft_settings(const protocol::ConfigValues& config, std::string cluster_id) {
  RaftSettings settings;
  settings.cluster_id = std::move(cluster_id);
  settings.election_timeout = config.duration_ms("controller.quorum.election.timeout.ms");
  settings.fetch_timeout = config.duration_ms("controller.quorum.fetch.timeout.ms");
  settings.election_backoff_max = config.duration_ms("controller.quorum.election.backoff.max.ms");
  settings.retry_backoff = config.duration_ms("controller.quorum.retry.backoff.ms");
  return settings;
}

protocol::BrokerId id_on(const Voters& voters, sim::HostId host) {
  const auto found = std::find_if(voters.begin(), voters.end(),
                                  [&](const Voter& voter) { return voter.host == host; });
  CHECKED(found != voters.end(), "a controller runs on a host that is no voter");
  return found->id;
}

std::vector<protocol::BrokerId> ids_of(const Voters& voters) {
  std::vector<protocol::BrokerId> ids;
  for (const Voter& voter : voters) ids.push_back(voter.id);
  return ids;
}

sim::Rng election_rng(const sim::World& world, const sim::Host& host, std::int32_t start) {
  return world.rng(fmt::format("{} elections {}", host.name(), start));
}

}  // namespace

MetadataLog::MetadataLog(sim::World& world, sim::Host& host, sim::Process& process,
                         const protocol::ConfigValues& config, std::string cluster_id,
                         Voters voters, ControllerStorage& storage)
    : world_(world),
      host_(host),
      process_(process),
      linger_(config.duration_ms("controller.quorum.append.linger.ms")),
      request_timeout_(config.duration_ms("controller.quorum.request.timeout.ms")),
      voters_(std::move(voters)),
      raft_(id_on(voters_, host.id()), ids_of(voters_),
            raft_settings(config, std::move(cluster_id)), storage,
            election_rng(world, host, storage.starts)) {}

void MetadataLog::start() {
  raft_.start(process_.now());
  tell_of_changes();
  sim::spawn(process_, write());
  if (voters_.size() == 1) return;
  sim::spawn(process_, keep_time());
  for (const Voter& voter : voters_) {
    if (voter.id != raft_.self()) sim::spawn(process_, talk_to(voter));
  }
}

void MetadataLog::tell_of_changes() {
  if (raft_.version() == told_version_) return;
  told_version_ = raft_.version();
  if (!raft_.leads()) pending_.clear();
  if (observer_) observer_();
  changed_.notify_all();
}

sim::Task<> MetadataLog::write() {
  for (;;) {
    if (pending_.empty()) {
      co_await appended_.wait(sim::never);
      continue;
    }
    if (process_.now() < write_at_) {
      co_await sim::sleep_until(write_at_);
      continue;
    }
    for (protocol::BatchRef& batch : pending_) raft_.append(std::move(batch), process_.now());
    pending_.clear();
    tell_of_changes();
    if (sim::must_yield(process_)) co_await sim::yield_now();
  }
}

sim::Task<> MetadataLog::keep_time() {
  for (;;) {
    if (process_.now() < raft_.deadline()) {
      co_await changed_.wait(raft_.deadline());
      continue;
    }
    raft_.tick(process_.now());
    CHECKED(raft_.deadline() > process_.now() || raft_.role() == RaftRole::candidate,
            "a {} has no time", name(raft_.role()));
    tell_of_changes();
    if (sim::must_yield(process_)) co_await sim::yield_now();
  }
}

sim::Task<> MetadataLog::talk_to(Voter voter) {
  sim::Channel channel(world_.network(), process_, host_.id(), voter.host);
  std::int32_t last_correlation_id = 0;
  for (;;) {
    const auto request = raft_.next_request(voter.id, process_.now());
    if (!request) {
      const Time next = raft_.next_request_time(voter.id);
      co_await changed_.wait(next);
      continue;
    }
    protocol::Request framed;
    framed.correlation_id = ++last_correlation_id;
    framed.client_id = host_.name();
    framed.body = *request;
    sim::MessagePtr message = sim::enclose(std::move(framed));
    const Time deadline = process_.now() + request_timeout_;
    const sim::CallResult result = co_await channel.call(std::move(message), deadline);
    if (result.status == sim::CallResult::Status::answered) {
      const auto* response = result.message->open<protocol::Response>();
      CHECKED(response != nullptr && response->correlation_id == last_correlation_id,
              "a voter answered something else than the request");
      raft_.answered(voter.id, *request, response->body, process_.now());
    } else {
      raft_.unanswered(voter.id, process_.now());
    }
    tell_of_changes();
    if (sim::must_yield(process_)) co_await sim::yield_now();
  }
}

sim::Task<> MetadataLog::resign(Time deadline) {
  if (voters_.size() == 1 || !raft_.leads()) co_return;
  raft_.resign(process_.now());
  tell_of_changes();
  for (;;) {
    const bool another_leads = raft_.leader().is_set() && raft_.leader() != raft_.self();
    if (another_leads || process_.now() >= deadline) co_return;
    co_await changed_.wait(deadline);
  }
}

Offset MetadataLog::append(const std::vector<MetadataRecord>& records) {
  CHECKED(raft_.leads(), "a controller that does not lead decides something");
  if (pending_.empty()) {
    write_at_ = sim::later(process_.now(), linger_);
    pending_end_ = raft_.log().end_offset();
  }
  protocol::BatchRef batch = make_metadata_batch(records, sim::to_epoch_ms(process_.now()));
  pending_end_ = pending_end_ + batch->offset_count();
  pending_.push_back(std::move(batch));
  appended_.notify_all();
  return pending_end_;
}

Offset MetadataLog::end_offset() const {
  return pending_.empty() ? raft_.log().end_offset() : pending_end_;
}

sim::Task<bool> MetadataLog::wait_committed(Offset end, LeaderEpoch epoch) {
  for (;;) {
    if (!raft_.leads() || raft_.epoch() != epoch) co_return false;
    if (committed() >= end) co_return true;
    co_await changed_.wait(sim::never);
  }
}

std::vector<StoredBatch> MetadataLog::read(Offset from, std::size_t limit) const {
  CHECKED(from <= committed(), "the metadata log is read at {}, behind its end {}", from.value(),
          committed().value());
  return raft_.log().read(from, committed(), limit);
}

sim::Task<protocol::FetchResponse> MetadataLog::fetch(protocol::FetchRequest request) {
  protocol::FetchResponse response;
  const bool is_known = request.partitions.size() == 1 &&
                        request.partitions[0].partition.topic == protocol::metadata_topic;
  if (!is_known) {
    protocol::ResponseBody refusal =
        protocol::error_response(request, protocol::ErrorCode::unknown_topic_or_partition);
    co_return std::get<protocol::FetchResponse>(std::move(refusal));
  }
  const Time deadline = sim::later(process_.now(), std::chrono::milliseconds(request.max_wait_ms));
  raft_.note_fetch(request.replica_id, request.partitions[0], process_.now());
  tell_of_changes();
  for (;;) {
    protocol::FetchPartitionResponse answer =
        raft_.answer_fetch(request.replica_id, request.partitions[0]);
    const bool has_news = answer.error != protocol::ErrorCode::none || answer.diverging_epoch ||
                          !answer.records.empty();
    if (has_news || process_.now() >= deadline) {
      response.partitions.push_back(std::move(answer));
      co_return response;
    }
    co_await changed_.wait(deadline);
  }
}

}  // namespace kafkasim::broker
