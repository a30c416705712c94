// Kafka's TransactionManager, the half that an idempotent producer without transactions uses: the
// producer id and its epoch, sequences, what may be drained and retried, and when the epoch must be
// bumped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "producer/batch.hpp"
#include "producer/partition_sequences.hpp"
#include "protocol/data_messages.hpp"
#include "protocol/metadata_messages.hpp"

namespace kafkasim::producer {

// An error as the application sees it.
struct Failure {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string message;
};

class TransactionManager {
 public:
  // ---- the producer id ----
  const ProducerIdAndEpoch& producer() const { return producer_; }
  // Bumps the epoch where a partition needs it, and asks for an id if there is none. Once a round.
  void bump_epoch_and_ask_for_id_if_needed();

  // The one request of this class: InitProducerId. Waiting to be sent?
  bool has_request() const { return request_ == RequestState::waiting; }
  bool has_request_in_flight() const { return request_ == RequestState::in_flight; }
  bool request_is_retry() const { return request_is_retry_; }
  protocol::InitProducerIdRequest request() const;
  void request_sent() { request_ = RequestState::in_flight; }
  // It could not be sent, or its connection broke.
  void retry_request();
  // Returns true if the answer brought an id.
  bool handle(const protocol::InitProducerIdResponse& response);

  // Set once by each answer that refuses an id in a way that a later request may overcome (not
  // authorized): what waits now has failed.
  std::optional<Failure> take_refusal() { return std::exchange(refusal_, std::nullopt); }
  // Set once nothing can be sent any more.
  const std::optional<Failure>& fatal_error() const { return fatal_; }
  // The first of several counts.
  void set_fatal(Failure failure) {
    if (!fatal_) fatal_ = std::move(failure);
  }

  // ---- what may be drained ----
  // May `first`, the head of the queue of its partition, not be taken out now?
  bool must_wait(const Batch& first);
  // Gives it the next sequence. Requires: it has none, and need not wait.
  void assign_sequence(const BatchPtr& batch);
  void add_in_flight(BatchPtr batch);
  void remove_in_flight(const Batch& batch);
  bool has_in_flight(const protocol::TopicPartition& partition) const;

  // ---- outcomes ----
  void completed(const Batch& batch, protocol::Offset base_offset);
  // `adjust_sequences`: the broker refused it for good, so its sequence is free again; false when
  // nobody knows.
  void failed(const Batch& batch, const Failure& failure, bool adjust_sequences);
  // Whether the error leaves hope; requests an epoch bump where it says that a gap must be closed.
  bool can_retry(const Batch& batch, const protocol::ProducePartitionResponse& response);
  // A batch that was sent at least once expired: its sequences may or may not be in the log.
  void mark_unresolved(const Batch& batch);
  // Looks which of those are clear by now. Once a round.
  void resolve_sequences();

 private:
  enum class RequestState { none, waiting, in_flight };

  PartitionSequences& sequences(const protocol::TopicPartition& partition);
  const PartitionSequences* find(const protocol::TopicPartition& partition) const;
  bool is_stale(const protocol::TopicPartition& partition) {
    return sequences(partition).producer() != producer_;
  }
  bool is_unresolved(const protocol::TopicPartition& partition) const {
    return unresolved_.contains(partition);
  }
  void bump_epoch_for(const protocol::TopicPartition& partition);
  void bump_epoch();
  bool retries_out_of_order(const Batch& batch);
  bool retries_unknown_producer(const Batch& batch, protocol::Offset log_start_offset);

  ProducerIdAndEpoch producer_;
  RequestState request_ = RequestState::none;
  bool request_is_retry_ = false;
  std::optional<Failure> fatal_;
  std::optional<Failure> refusal_;
  std::map<protocol::TopicPartition, PartitionSequences> partitions_;
  std::map<protocol::TopicPartition, std::int32_t>
      unresolved_;  // -> the sequence after the unresolved ones
  bool epoch_bump_needed_ = false;
  std::set<protocol::TopicPartition> partitions_to_renumber_;  // at the next bump
};

}  // namespace kafkasim::producer
