// A bump of the epoch of an idempotent producer needs no request: brokers accept a higher epoch
// that starts at 0.
#include "producer/transaction_manager.hpp"

#include <algorithm>
#include <limits>

#include "producer/errors.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

using protocol::ErrorCode;
using protocol::TopicPartition;

namespace {

bool is_fatal(ErrorCode error) {
  return error == ErrorCode::cluster_authorization_failed ||
         error == ErrorCode::transactional_id_authorization_failed ||
         error == ErrorCode::producer_fenced || error == ErrorCode::unsupported_version;
}

}  // namespace

PartitionSequences& TransactionManager::sequences(const TopicPartition& partition) {
  return partitions_.try_emplace(partition, producer_).first->second;
}

const PartitionSequences* TransactionManager::find(const TopicPartition& partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : &found->second;
}

// ---- the producer id ----

void TransactionManager::bump_epoch_and_ask_for_id_if_needed() {
  if (epoch_bump_needed_) bump_epoch();
  if (!producer_.is_set() && request_ == RequestState::none) {
    request_ = RequestState::waiting;
    request_is_retry_ = false;
  }
}

void TransactionManager::bump_epoch_for(const TopicPartition& partition) {
  epoch_bump_needed_ = true;
  partitions_to_renumber_.insert(partition);
}

void TransactionManager::bump_epoch() {
  if (producer_.epoch.value() == std::numeric_limits<std::int16_t>::max()) {
    producer_ = ProducerIdAndEpoch{};
  } else {
    producer_.epoch = producer_.epoch.next();
  }
  for (const TopicPartition& partition : partitions_to_renumber_) {
    sequences(partition).start_at_beginning(producer_);
    unresolved_.erase(partition);
  }
  partitions_to_renumber_.clear();
  epoch_bump_needed_ = false;
}

protocol::InitProducerIdRequest TransactionManager::request() const {
  protocol::InitProducerIdRequest request;
  request.transaction_timeout_ms = std::numeric_limits<std::int32_t>::max();
  return request;
}

void TransactionManager::retry_request() {
  request_ = RequestState::waiting;
  request_is_retry_ = true;
}

bool TransactionManager::handle(const protocol::InitProducerIdResponse& response) {
  if (response.error == ErrorCode::none) {
    producer_ = ProducerIdAndEpoch{response.producer_id, response.producer_epoch};
    request_ = RequestState::none;
    request_is_retry_ = false;
    return true;
  }
  if (protocol::is_retriable(response.error)) {
    retry_request();
    return false;
  }
  request_ = RequestState::none;
  const std::string text(error_message(response.error));
  switch (response.error) {
    case ErrorCode::cluster_authorization_failed:
    case ErrorCode::transactional_id_authorization_failed:
      refusal_ = Failure{response.error, text};
      break;
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::producer_fenced:
      fatal_ = Failure{ErrorCode::producer_fenced,
                       std::string(error_message(ErrorCode::producer_fenced))};
      break;
    default:
      fatal_ = Failure{ErrorCode::unknown_server_error,
                       "Unexpected error in InitProducerIdResponse; " + text};
  }
  return false;
}

// ---- what may be drained ----

bool TransactionManager::must_wait(const Batch& first) {
  if (!producer_.is_set()) return true;
  const TopicPartition& partition = first.partition();
  if (!first.has_sequence()) {
    // A new epoch starts at 0; earlier batches of the old one must be through before.
    if (has_in_flight(partition) && is_stale(partition)) return true;
    if (is_unresolved(partition)) return true;
    return false;
  }
  // A retried batch goes only when it is the next in line: while retries wait, one is in flight.
  const std::int32_t next_in_line = sequences(partition).first_in_flight();
  return next_in_line >= 0 && first.base_sequence() != next_in_line;
}

void TransactionManager::assign_sequence(const BatchPtr& batch) {
  PartitionSequences& state = sequences(batch->partition());
  if (state.producer() != producer_ && !state.has_in_flight()) state.start_at_beginning(producer_);
  batch->set_producer_state(producer_, state.next(), false);
  state.advance(batch->record_count());
  state.add_in_flight(batch);
}

void TransactionManager::add_in_flight(BatchPtr batch) {
  PartitionSequences& state = sequences(batch->partition());
  state.add_in_flight(std::move(batch));
}

void TransactionManager::remove_in_flight(const Batch& batch) {
  sequences(batch.partition()).remove_in_flight(batch);
}

bool TransactionManager::has_in_flight(const TopicPartition& partition) const {
  const PartitionSequences* state = find(partition);
  return state != nullptr && state->has_in_flight();
}

// ---- outcomes ----

void TransactionManager::completed(const Batch& batch, protocol::Offset base_offset) {
  PartitionSequences& state = sequences(batch.partition());
  const protocol::Offset last =
      base_offset.is_set() ? base_offset + (batch.record_count() - 1) : protocol::Offset();
  state.acked(batch.last_sequence(), last);
  state.remove_in_flight(batch);
}

void TransactionManager::failed(const Batch& batch, const Failure& failure, bool adjust_sequences) {
  // Otherwise the application hears of it, and sending goes on.
  if (is_fatal(failure.error)) fatal_ = failure;
  remove_in_flight(batch);
  if (fatal_) return;
  if (failure.error == ErrorCode::out_of_order_sequence_number) {
    bump_epoch_for(batch.partition());
  } else if (failure.error == ErrorCode::unknown_producer_id) {
    partitions_.erase(batch.partition());
    unresolved_.erase(batch.partition());
  } else if (adjust_sequences) {
    bump_epoch_for(batch.partition());
  }
}

bool TransactionManager::can_retry(const Batch& batch,
                                   const protocol::ProducePartitionResponse& response) {
  if (response.error == ErrorCode::unknown_producer_id) {
    return retries_unknown_producer(batch, response.log_start_offset);
  }
  if (response.error == ErrorCode::out_of_order_sequence_number) return retries_out_of_order(batch);
  return protocol::is_retriable(response.error);
}

bool TransactionManager::retries_out_of_order(const Batch& batch) {
  const TopicPartition& partition = batch.partition();
  const bool unresolved = is_unresolved(partition);
  const bool is_next = sequences(partition).follows_last_acked(batch.base_sequence());
  // Not its turn yet: the batches before it failed, so this one had to.
  if (!unresolved && (batch.sequence_was_reset() || !is_next)) return true;
  // A real gap, unless an earlier batch may still turn up.
  if (!unresolved || batch.base_sequence() == unresolved_.at(partition)) bump_epoch_for(partition);
  return true;
}

bool TransactionManager::retries_unknown_producer(const Batch& batch,
                                                  protocol::Offset log_start_offset) {
  // Brokers that forgot the producer: without the start of the log nothing can be said; later
  // batches of a renumbered partition come back with the same error.
  if (!log_start_offset.is_set() || batch.sequence_was_reset()) return true;
  bump_epoch_for(batch.partition());
  return true;
}

void TransactionManager::mark_unresolved(const Batch& batch) {
  const std::int32_t next = batch.last_sequence() + 1;
  const auto [found, is_new] = unresolved_.try_emplace(batch.partition(), next);
  if (!is_new) found->second = std::max(found->second, next);
}

void TransactionManager::resolve_sequences() {
  for (auto it = unresolved_.begin(); it != unresolved_.end();) {
    const TopicPartition& partition = it->first;
    if (has_in_flight(partition)) {
      ++it;
      continue;
    }
    // Later batches succeeded: so did the expired one. Otherwise there may be a gap.
    const PartitionSequences& state = sequences(partition);
    if (!state.follows_last_acked(state.next())) bump_epoch_for(partition);
    it = unresolved_.erase(it);
  }
}

}  // namespace kafkasim::producer
