// Sequence, epoch and transaction bookkeeping of one partition's producers.
#include "broker/producer_state_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::Offset;
using protocol::ProducerId;
using protocol::RecordBatch;
using protocol::StoredBatch;

namespace {

bool follows(std::int32_t last_sequence, std::int32_t next_sequence) {
  if (last_sequence == std::numeric_limits<std::int32_t>::max()) return next_sequence == 0;
  return next_sequence == last_sequence + 1;
}

// The time that counts for expiry: of the leader's clock under LogAppendTime, else of the newest
// record.
std::int64_t timestamp_ms(const StoredBatch& stored) {
  return stored.append_time_ms >= 0 ? stored.append_time_ms : stored.batch->max_timestamp_ms;
}

}  // namespace

ProducerStateManager::ProducerStateManager(protocol::TopicPartition partition,
                                           std::int64_t expiration_ms)
    : partition_(std::move(partition)), expiration_ms_(expiration_ms) {}

ProducerVerdict ProducerStateManager::check(const StoredBatch& stored, AppendOrigin origin) const {
  if (!stored.batch->has_producer_id() || origin == AppendOrigin::replication) return {};
  return stored.batch->is_control() ? check_marker(stored) : check_data(stored, origin);
}

ProducerVerdict ProducerStateManager::check_data(const StoredBatch& stored,
                                                 AppendOrigin origin) const {
  const ProducerStateEntry* entry = find(stored.batch->producer_id);
  if (entry == nullptr) return {};
  if (origin == AppendOrigin::client) {
    if (auto duplicate = entry->find_duplicate(*stored.batch))
      return {ErrorCode::none, "", duplicate};
  }
  if (auto refusal = epoch_refusal(stored))
    return {ErrorCode::invalid_producer_epoch, *refusal, {}};
  if (origin == AppendOrigin::client) {
    if (auto refusal = sequence_refusal(stored))
      return {ErrorCode::out_of_order_sequence_number, *refusal, {}};
  }
  if (entry->txn_first_offset().is_set() && !stored.batch->transactional) {
    return {ErrorCode::invalid_txn_state,
            fmt::format("Expected transactional write from producer {} at offset (offset={}, "
                        "segment=[-1:-1]) in "
                        "partition {}",
                        entry->id().value(), stored.base_offset.value(), to_string(partition_)),
            {}};
  }
  return {};
}

ProducerVerdict ProducerStateManager::check_marker(const StoredBatch& stored) const {
  const ProducerStateEntry* entry = find(stored.batch->producer_id);
  if (entry == nullptr) return {};
  if (auto refusal = epoch_refusal(stored))
    return {ErrorCode::invalid_producer_epoch, *refusal, {}};
  if (entry->coordinator_epoch() > stored.batch->coordinator_epoch) {
    return {ErrorCode::transaction_coordinator_fenced,
            fmt::format("Invalid coordinator epoch for producerId {} at offset {} in partition {}: "
                        "{} (zombie), {} "
                        "(current)",
                        entry->id().value(), stored.base_offset.value(), to_string(partition_),
                        stored.batch->coordinator_epoch, entry->coordinator_epoch()),
            {}};
  }
  return {};
}

std::optional<std::string> ProducerStateManager::epoch_refusal(const StoredBatch& stored) const {
  const RecordBatch& batch = *stored.batch;
  const ProducerStateEntry& entry = *find(batch.producer_id);
  if (batch.producer_epoch >= entry.epoch()) return std::nullopt;
  return fmt::format(
      "Epoch of producer {} at offset {} in {} is {}, which is smaller than the last seen epoch {}",
      batch.producer_id.value(), stored.base_offset.value(), to_string(partition_),
      batch.producer_epoch.value(), entry.epoch().value());
}

std::optional<std::string> ProducerStateManager::sequence_refusal(const StoredBatch& stored) const {
  const RecordBatch& batch = *stored.batch;
  const ProducerStateEntry& entry = *find(batch.producer_id);
  if (!entry.epoch().is_set()) return std::nullopt;
  if (batch.producer_epoch != entry.epoch()) {
    if (batch.base_sequence == 0) return std::nullopt;
    // The missing space stands in Kafka's text too.
    return fmt::format(
        "Invalid sequence number for new epoch of producer {}at offset {} in partition {}: {} "
        "(request "
        "epoch), {} (seq. number), {} (current producer epoch)",
        batch.producer_id.value(), stored.base_offset.value(), to_string(partition_),
        batch.producer_epoch.value(), batch.base_sequence, entry.epoch().value());
  }
  if (follows(entry.last_sequence(), batch.base_sequence)) return std::nullopt;
  return fmt::format(
      "Out of order sequence number for producer {} at offset {} in partition {}: {} (incoming "
      "seq. "
      "number), {} (current end sequence number)",
      batch.producer_id.value(), stored.base_offset.value(), to_string(partition_),
      batch.base_sequence, entry.last_sequence());
}

std::optional<CompletedTransaction> ProducerStateManager::update(const StoredBatch& stored) {
  // The batch that contains the log start may begin before it.
  CHECKED(stored.next_offset() > end_offset_,
          "{}: batch at {} behind producer state that ends at {}", to_string(partition_),
          stored.base_offset.value(), end_offset_.value());
  end_offset_ = stored.next_offset();
  const RecordBatch& batch = *stored.batch;
  if (!batch.has_producer_id()) return std::nullopt;
  ProducerStateEntry& entry =
      producers_.try_emplace(batch.producer_id, batch.producer_id).first->second;
  if (batch.is_control()) return update_marker(stored, entry);
  const bool had_transaction = entry.txn_first_offset().is_set();
  entry.add_batch(stored, timestamp_ms(stored));
  if (!had_transaction && batch.transactional)
    ongoing_[stored.base_offset] = {batch.producer_id, {}};
  return std::nullopt;
}

std::optional<CompletedTransaction> ProducerStateManager::update_marker(const StoredBatch& stored,
                                                                        ProducerStateEntry& entry) {
  const RecordBatch& batch = *stored.batch;
  const Offset first_offset = entry.txn_first_offset();
  entry.end_transaction(batch.producer_epoch, batch.coordinator_epoch, timestamp_ms(stored));
  if (!first_offset.is_set()) return std::nullopt;  // a marker without data still takes an offset

  const auto open = ongoing_.find(first_offset);
  CHECKED(open != ongoing_.end() && open->second.producer_id == entry.id(),
          "{}: no open transaction at {}", to_string(partition_), first_offset.value());
  unreplicated_[first_offset] = {entry.id(), stored.base_offset};
  ongoing_.erase(open);
  const Offset next_open = first_undecided_offset();
  return CompletedTransaction{entry.id(), first_offset, stored.base_offset,
                              batch.control == protocol::ControlType::abort,
                              next_open.is_set() ? next_open : stored.base_offset.next()};
}

void ProducerStateManager::on_high_watermark(Offset high_watermark) {
  std::erase_if(unreplicated_,
                [&](const auto& t) { return t.second.last_offset < high_watermark; });
}

Offset ProducerStateManager::first_undecided_offset() const {
  return ongoing_.empty() ? Offset() : ongoing_.begin()->first;
}

Offset ProducerStateManager::first_unstable_offset() const {
  if (unreplicated_.empty()) return first_undecided_offset();
  const Offset first_unreplicated = unreplicated_.begin()->first;
  return ongoing_.empty() ? first_unreplicated
                          : std::min(first_unreplicated, first_undecided_offset());
}

bool ProducerStateManager::is_expired(const ProducerStateEntry& entry, std::int64_t now_ms) const {
  return !entry.txn_first_offset().is_set() && now_ms - entry.last_timestamp_ms() >= expiration_ms_;
}

void ProducerStateManager::remove_expired(std::int64_t now_ms) {
  std::erase_if(producers_, [&](const auto& p) { return is_expired(p.second, now_ms); });
}

ProducerSnapshot ProducerStateManager::snapshot() const {
  ProducerSnapshot taken{end_offset_, {}};
  for (const auto& [id, entry] : producers_) taken.entries.push_back(entry.as_in_snapshot());
  return taken;
}

void ProducerStateManager::reset(Offset end_offset) {
  producers_.clear();
  ongoing_.clear();
  unreplicated_.clear();
  end_offset_ = end_offset;
}

void ProducerStateManager::load(const ProducerSnapshot& snapshot, std::int64_t now_ms) {
  reset(snapshot.offset);
  for (const ProducerStateEntry& entry : snapshot.entries) {
    if (is_expired(entry, now_ms)) continue;
    producers_.emplace(entry.id(), entry);
    if (entry.txn_first_offset().is_set()) ongoing_[entry.txn_first_offset()] = {entry.id(), {}};
  }
}

const ProducerStateEntry* ProducerStateManager::find(ProducerId id) const {
  const auto it = producers_.find(id);
  return it == producers_.end() ? nullptr : &it->second;
}

}  // namespace kafkasim::broker
