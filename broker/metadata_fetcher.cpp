// One fetch after the other; after one without use another voter is asked, after a pause.
#include "broker/metadata_fetcher.hpp"

#include <utility>

#include "broker/invariants/invariant_checker.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/message.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;

constexpr std::int32_t max_wait_ms = 500;  // of a fetch of the metadata log, as raft has it

}  // namespace

MetadataFetcher::MetadataFetcher(Context& context, MetadataImage& image, const Voters& voters,
                                 Publish publish)
    : context_(context), image_(image), publish_(std::move(publish)) {
  for (const Voter& voter : voters) {
    auto channel = std::make_unique<sim::Channel>(context.world.network(), context.process,
                                                  context.host.id(), voter.host);
    sources_.push_back({voter, std::move(channel)});
  }
}

sim::Task<> MetadataFetcher::run() {
  const sim::Duration backoff = context_.config.duration_ms("controller.quorum.retry.backoff.ms");
  for (;;) {
    const Use use = co_await ask(source());
    if (use == Use::of_none) {
      leader_is_lost_ = true;
      ++turn_;
      co_await sim::sleep_until(context_.now() + backoff);
    }
    if (sim::must_yield(context_.process)) co_await sim::yield_now();
  }
}

std::size_t MetadataFetcher::source() const {
  return leader_ && !leader_is_lost_ ? *leader_ : turn_ % sources_.size();
}

sim::Task<MetadataFetcher::Use> MetadataFetcher::ask(std::size_t source) {
  const sim::Duration timeout = context_.config.duration_ms("controller.quorum.request.timeout.ms");
  protocol::Request framed;
  framed.correlation_id = ++last_correlation_id_;
  framed.client_id = context_.host.name();
  framed.body = request();
  sim::MessagePtr message = sim::enclose(std::move(framed));
  sim::Channel* const channel = sources_[source].channel.get();
  const sim::Time deadline = context_.now() + timeout;
  const sim::CallResult result = co_await channel->call(std::move(message), deadline);
  if (result.status != sim::CallResult::Status::answered) co_return Use::of_none;
  const auto* response = result.message->open<protocol::Response>();
  CHECKED(response != nullptr && response->correlation_id == last_correlation_id_,
          "a controller answered something else than a fetch");
  co_return take(std::get<protocol::FetchResponse>(response->body));
}

protocol::FetchRequest MetadataFetcher::request() const {
  protocol::FetchRequest fetch;
  fetch.replica_id = context_.id;
  fetch.replica_epoch = context_.epoch;
  fetch.max_wait_ms = max_wait_ms;
  protocol::FetchPartition& partition = fetch.partitions.emplace_back();
  partition.partition = {protocol::metadata_topic, 0};
  partition.current_leader_epoch = epoch_;
  partition.fetch_offset = image_.next_offset();
  partition.last_fetched_epoch = last_fetched_epoch_;
  return fetch;
}

MetadataFetcher::Use MetadataFetcher::take(const protocol::FetchResponse& response) {
  if (response.error != ErrorCode::none || response.partitions.size() != 1) return Use::of_none;
  const protocol::FetchPartitionResponse& partition = response.partitions[0];
  const bool is_news = learn(partition.current_leader);
  if (partition.error != ErrorCode::none)
    return is_news && leader_ ? Use::found_leader : Use::of_none;
  CHECKED(!partition.diverging_epoch, "{} has applied metadata that was never committed",
          context_.host.name());
  leader_is_lost_ = false;
  apply(partition.records);
  return Use::applied;
}

bool MetadataFetcher::learn(const protocol::LeaderIdAndEpoch& current) {
  const bool is_newer = current.leader_epoch > epoch_;
  if (!is_newer && (leader_ || current.leader_epoch != epoch_)) return false;
  if (is_newer) {
    epoch_ = current.leader_epoch;
    leader_.reset();
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].voter.id == current.leader_id) leader_ = i;
  }
  if (leader_) {
    leader_is_lost_ = false;
    context_.controller = sources_[*leader_].voter.host;
  } else if (sources_.size() > 1) {
    context_.controller.reset();
  }
  return is_newer || leader_.has_value();
}

void MetadataFetcher::apply(const std::vector<protocol::StoredBatch>& batches) {
  const protocol::Offset before = image_.next_offset();
  if (context_.invariants != nullptr) context_.invariants->quorum().applied(context_.id, batches);
  for (const protocol::StoredBatch& batch : batches) {
    for (const protocol::Record& record : batch.batch->records) {
      const protocol::Offset offset = batch.base_offset + record.offset_delta;
      if (offset >= image_.next_offset())
        image_.apply(metadata_record(record), offset, unpublished_);
    }
    last_fetched_epoch_ = batch.leader_epoch;
  }
  if (publishing_ && image_.next_offset() > before) start_publishing();
}

void MetadataFetcher::start_publishing() {
  publishing_ = true;
  const MetadataDelta delta = std::exchange(unpublished_, MetadataDelta());
  publish_(delta);
}

}  // namespace kafkasim::broker
