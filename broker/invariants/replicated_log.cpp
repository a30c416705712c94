// Comparing batches: the same object first, then record by record.
#include "broker/invariants/replicated_log.hpp"

#include <algorithm>
#include <iterator>

namespace kafkasim::broker {

using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::Record;
using protocol::StoredBatch;

namespace {

bool same(const Record& a, const Record& b) {
  return a.tag == b.tag && a.timestamp_ms == b.timestamp_ms && a.value_size == b.value_size &&
         a.key == b.key && a.value == b.value;
}

}  // namespace

void ReplicatedLog::extend(const std::vector<StoredBatch>& batches, Offset to) {
  for (const StoredBatch& stored : batches) {
    if (stored.base_offset < end_) continue;
    if (stored.next_offset() > to) break;
    batches_.push_back(stored);
  }
  end_ = std::max(end_, to);
}

void ReplicatedLog::cut(Offset to) {
  while (batches_.size() > first_ && batches_.back().next_offset() > to) batches_.pop_back();
  end_ = std::min(end_, to);
  start_ = std::min(start_, end_);
}

void ReplicatedLog::forget_before(Offset start) {
  if (start <= start_) return;
  start_ = start;
  end_ = std::max(end_, start);
  while (first_ < batches_.size() && batches_[first_].next_offset() <= start) {
    batches_[first_++].batch = {};
  }
  if (first_ <= batches_.size() / 2) return;
  batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

std::size_t ReplicatedLog::position(Offset offset) const {
  const auto begin = batches_.begin() + static_cast<std::ptrdiff_t>(first_);
  const auto found = std::partition_point(
      begin, batches_.end(), [&](const StoredBatch& b) { return b.next_offset() <= offset; });
  return static_cast<std::size_t>(found - batches_.begin());
}

bool ReplicatedLog::has_other_epoch_at(Offset offset, LeaderEpoch epoch) const {
  const std::size_t at = position(offset);
  return at < batches_.size() && batches_[at].base_offset <= offset &&
         batches_[at].leader_epoch != epoch;
}

const Record* ReplicatedLog::record_at(Offset offset) const {
  const std::size_t at = position(offset);
  if (at == batches_.size() || batches_[at].base_offset > offset) return nullptr;
  const auto& records = batches_[at].batch->records;
  const auto found = std::find_if(records.begin(), records.end(), [&](const Record& record) {
    return batches_[at].base_offset + record.offset_delta == offset;
  });
  return found == records.end() ? nullptr : &*found;
}

bool ReplicatedLog::holds(const StoredBatch& stored, bool gaps) const {
  const std::size_t at = position(stored.base_offset);
  if (at < batches_.size() && batches_[at].base_offset == stored.base_offset &&
      batches_[at].batch == stored.batch && batches_[at].leader_epoch == stored.leader_epoch) {
    return true;
  }
  Offset next = stored.base_offset;
  for (const Record& record : stored.batch->records) {
    const Offset offset = stored.base_offset + record.offset_delta;
    if (offset < start_) continue;
    if (has_other_epoch_at(offset, stored.leader_epoch)) return false;
    const Record* const mine = record_at(offset);
    if (mine == nullptr && gaps) continue;
    if (mine == nullptr || !same(*mine, record)) return false;
    if (!gaps && offset != next) return false;
    next = offset.next();
  }
  return gaps || next == stored.next_offset() || stored.next_offset() <= start_;
}

bool ReplicatedLog::is_empty_between(Offset from, Offset to) const {
  const std::size_t at = position(from);
  return at == batches_.size() || batches_[at].base_offset >= to;
}

ReplicatedLog::Agreement ReplicatedLog::compare(const std::vector<StoredBatch>& batches,
                                                Offset from, Offset to, bool gaps) const {
  Offset agreed = std::max(from, std::min(start_, to));
  for (const StoredBatch& stored : batches) {
    const Offset next = stored.next_offset();
    if (next <= agreed) continue;
    if (next > to) return {agreed, false};
    const bool nothing_missing =
        stored.base_offset <= agreed || gaps || is_empty_between(agreed, stored.base_offset);
    if (!nothing_missing || !holds(stored, gaps)) return {agreed, true};
    agreed = next;
  }
  if (agreed >= to) return {to, false};
  if (gaps || is_empty_between(agreed, to)) return {to, false};
  return {agreed, true};
}

}  // namespace kafkasim::broker
