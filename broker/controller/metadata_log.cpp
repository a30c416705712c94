// Append, linger, write.
#include "broker/controller/metadata_log.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

MetadataLog::MetadataLog(sim::Process& process, ControllerStorage& storage,
                         protocol::LeaderEpoch epoch, sim::Duration linger)
    : process_(process),
      storage_(storage),
      epoch_(epoch),
      linger_(linger),
      end_offset_(storage.end_offset()) {}

sim::Task<> MetadataLog::run() {
  for (;;) {
    if (pending_.empty()) {
      co_await appended_.wait(sim::never);
      continue;
    }
    co_await sim::sleep_until(write_at_);
    storage_.batches.insert(storage_.batches.end(), pending_.begin(), pending_.end());
    pending_.clear();
    if (observer_) observer_(committed());
    if (sim::must_yield(process_)) co_await sim::yield_now();
    committed_.notify_all();
  }
}

Offset MetadataLog::append(const std::vector<MetadataRecord>& records) {
  StoredBatch stored;
  stored.base_offset = end_offset_;
  stored.leader_epoch = epoch_;
  stored.append_time_ms = sim::to_epoch_ms(process_.now());
  stored.batch = make_metadata_batch(records, stored.append_time_ms);
  end_offset_ = stored.next_offset();
  if (pending_.empty()) write_at_ = sim::later(process_.now(), linger_);
  pending_.push_back(std::move(stored));
  appended_.notify_all();
  return end_offset_;
}

sim::Task<bool> MetadataLog::wait_committed(Offset end, sim::Time deadline) {
  while (committed() < end) {
    const bool in_time = co_await committed_.wait(deadline);
    if (!in_time) co_return committed() >= end;
  }
  co_return true;
}

std::vector<StoredBatch> MetadataLog::read(Offset from, std::size_t limit) const {
  CHECKED(from <= committed(), "the metadata log is read at {}, behind its end {}", from.value(),
          committed().value());
  auto first =
      std::partition_point(storage_.batches.begin(), storage_.batches.end(),
                           [&](const StoredBatch& batch) { return batch.next_offset() <= from; });
  std::vector<StoredBatch> batches;
  for (; first != storage_.batches.end() && batches.size() < limit; ++first)
    batches.push_back(*first);
  return batches;
}

}  // namespace kafkasim::broker
