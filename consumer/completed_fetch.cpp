// Walking through the batches of a fetch.
#include "consumer/completed_fetch.hpp"

#include <algorithm>

namespace kafkasim::consumer {

using protocol::AbortedTransaction;
using protocol::Offset;
using protocol::StoredBatch;

CompletedFetch::CompletedFetch(protocol::FetchPartitionResponse answer, Offset fetch_offset,
                               protocol::IsolationLevel isolation)
    : answer_(std::move(answer)),
      next_offset_(fetch_offset),
      filters_(isolation == protocol::IsolationLevel::read_committed) {
  aborted_.assign(answer_.aborted_transactions.begin(), answer_.aborted_transactions.end());
  std::stable_sort(aborted_.begin(), aborted_.end(),
                   [](const AbortedTransaction& a, const AbortedTransaction& b) {
                     return a.first_offset < b.first_offset;
                   });
}

int CompletedFetch::take(int limit, std::vector<ConsumedRecord>& out) {
  int taken = 0;
  while (!consumed_ && taken < limit) {
    const protocol::Record* const record = next_record();
    if (record == nullptr) break;
    const StoredBatch& stored = answer_.records[next_batch_ - 1];
    const Offset offset = stored.base_offset + record->offset_delta;
    out.push_back(ConsumedRecord{answer_.partition, offset, stored.leader_epoch, *record});
    if (stored.append_time_ms >= 0) out.back().record.timestamp_ms = stored.append_time_ms;
    next_offset_ = offset.next();
    ++returned_;
    ++taken;
  }
  return taken;
}

const protocol::Record* CompletedFetch::next_record() {
  for (;;) {
    if (!batch_is_open_ && !open_next_batch()) {
      drain();
      return nullptr;
    }
    const StoredBatch& stored = answer_.records[next_batch_ - 1];
    const auto& records = stored.batch->records;
    while (next_record_ < records.size()) {
      const protocol::Record& record = records[next_record_++];
      const Offset offset = stored.base_offset + record.offset_delta;
      if (offset < next_offset_) continue;  // a fetch may start inside a batch
      if (stored.batch->is_control()) {
        next_offset_ = offset.next();
        continue;
      }
      return &record;
    }
    batch_is_open_ = false;
  }
}

// Goes to the next batch that is not skipped. False at the end, with the position behind the last
// batch: compaction may have taken its last records, but their offsets are done with.
bool CompletedFetch::open_next_batch() {
  while (next_batch_ < answer_.records.size()) {
    const StoredBatch& stored = answer_.records[next_batch_++];
    last_epoch_ = stored.leader_epoch;
    next_record_ = 0;
    if (is_skipped(stored)) {
      next_offset_ = stored.next_offset();
      continue;
    }
    batch_is_open_ = true;
    return true;
  }
  if (!answer_.records.empty()) next_offset_ = answer_.records.back().next_offset();
  return false;
}

bool CompletedFetch::is_skipped(const StoredBatch& stored) {
  const protocol::RecordBatch& batch = *stored.batch;
  if (!filters_ || !batch.has_producer_id()) return false;
  reach_aborted_up_to(stored.last_offset());
  if (batch.control == protocol::ControlType::abort) {
    aborted_producers_.erase(batch.producer_id);
    return false;
  }
  return batch.transactional && !batch.is_control() &&
         aborted_producers_.contains(batch.producer_id);
}

void CompletedFetch::reach_aborted_up_to(Offset last) {
  while (!aborted_.empty() && aborted_.front().first_offset <= last) {
    aborted_producers_.insert(aborted_.front().producer_id);
    aborted_.pop_front();
  }
}

}  // namespace kafkasim::consumer
