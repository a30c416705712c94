// One fetch after the other; a failed one is tried again after a pause.
#include "broker/metadata_fetcher.hpp"

#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

constexpr std::int32_t max_wait_ms = 500;  // of a fetch of the metadata log, as raft has it

}  // namespace

MetadataFetcher::MetadataFetcher(const Context& context, MetadataImage& image, Publish publish)
    : context_(context), image_(image), publish_(std::move(publish)), channel_(context) {}

sim::Task<> MetadataFetcher::run() {
  const sim::Duration timeout = context_.config.duration_ms("controller.quorum.request.timeout.ms");
  const sim::Duration backoff = context_.config.duration_ms("controller.quorum.retry.backoff.ms");
  for (;;) {
    protocol::RequestBody body = request();
    const auto answer = co_await channel_.call(std::move(body), context_.now() + timeout);
    if (answer && apply(std::get<protocol::FetchResponse>(*answer))) {
      if (sim::must_yield(context_.process)) co_await sim::yield_now();
    } else {
      co_await sim::sleep_until(context_.now() + backoff);
    }
  }
}

protocol::FetchRequest MetadataFetcher::request() const {
  protocol::FetchRequest fetch;
  fetch.replica_id = context_.id;
  fetch.replica_epoch = context_.epoch;
  fetch.max_wait_ms = max_wait_ms;
  protocol::FetchPartition& partition = fetch.partitions.emplace_back();
  partition.partition = {protocol::metadata_topic, 0};
  partition.fetch_offset = image_.next_offset();
  return fetch;
}

bool MetadataFetcher::apply(const protocol::FetchResponse& response) {
  if (response.error != protocol::ErrorCode::none || response.partitions.size() != 1) return false;
  const protocol::FetchPartitionResponse& partition = response.partitions[0];
  if (partition.error != protocol::ErrorCode::none) return false;
  const protocol::Offset before = image_.next_offset();
  for (const protocol::StoredBatch& batch : partition.records) {
    for (const protocol::Record& record : batch.batch->records) {
      const protocol::Offset offset = batch.base_offset + record.offset_delta;
      if (offset >= image_.next_offset())
        image_.apply(metadata_record(record), offset, unpublished_);
    }
  }
  if (publishing_ && image_.next_offset() > before) start_publishing();
  return true;
}

void MetadataFetcher::start_publishing() {
  publishing_ = true;
  const MetadataDelta delta = std::exchange(unpublished_, MetadataDelta());
  publish_(delta);
}

}  // namespace kafkasim::broker
