// A batch on its way: records of one partition from the first append until the application has
// heard of each. Compression is a size factor of the codec: nothing is compressed here.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "protocol/compression.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"
#include "sim/time.hpp"

namespace kafkasim::producer {

// Names one send() of the application.
using Ticket = std::uint64_t;

struct ProducerIdAndEpoch {
  protocol::ProducerId id;
  protocol::ProducerEpoch epoch;
  bool is_set() const { return id.is_set(); }
  friend auto operator<=>(const ProducerIdAndEpoch&, const ProducerIdAndEpoch&) = default;
};

using protocol::compressed_thousandths;

class Batch {
 public:
  enum class State { open, aborted, failed, succeeded };

  // `write_limit`: bytes after which it is full. `estimate`: what the records are expected to
  // shrink to, in thousandths. `group`: number of the batch it was split from, or its own; batches
  // of a group are flushed together.
  Batch(protocol::TopicPartition partition, std::int64_t write_limit, std::int64_t charged_bytes,
        sim::Time created, std::uint64_t serial, std::uint64_t group,
        protocol::Compression compression, std::int32_t estimate);

  // ---- filling ----
  // Makes room for about so many.
  void expect_records(std::int32_t count);
  // Takes the record. False, and nothing done, when it does not fit; the first one always does.
  bool append(protocol::Record& record, Ticket ticket);
  bool has_room_for(const protocol::Record& record) const;
  bool is_full() const;
  // No more records than that, whatever the room.
  void limit_records(std::int32_t most) { most_records_ = most; }
  // No further record, whatever the room.
  void close_for_appends() { closed_for_appends_ = true; }
  std::int32_t estimated_size() const;

  // ---- what it is ----
  const protocol::TopicPartition& partition() const { return partition_; }
  std::uint64_t serial() const { return serial_; }
  std::uint64_t group() const { return group_; }
  sim::Time created() const { return created_; }
  std::int64_t charged_bytes() const {
    return charged_bytes_;
  }  // of the buffer pool; 0 = a split one
  const std::vector<protocol::Record>& records() const;
  const std::vector<Ticket>& tickets() const { return tickets_; }
  std::int32_t record_count() const { return static_cast<std::int32_t>(tickets_.size()); }
  // What travels; closes the batch. The same object until the sequence changes.
  const protocol::BatchRef& sealed();
  std::int64_t uncompressed_size() const { return uncompressed_; }  // of the records
  bool is_sealed() const { return static_cast<bool>(sealed_); }

  // ---- idempotence ----
  bool has_sequence() const { return base_sequence_ >= 0; }
  std::int32_t base_sequence() const { return base_sequence_; }
  std::int32_t last_sequence() const {
    return protocol::add_sequence(base_sequence_, record_count() - 1);
  }
  const ProducerIdAndEpoch& producer() const { return producer_; }
  void set_producer_state(const ProducerIdAndEpoch& producer, std::int32_t base_sequence,
                          bool transactional);
  // Gives it another sequence after an epoch bump.
  void reset_producer_state(const ProducerIdAndEpoch& producer, std::int32_t base_sequence);
  // Since it was last sent: an answer that comes now speaks of its old sequence.
  bool sequence_was_reset() const { return sequence_was_reset_; }

  // ---- attempts ----
  int attempts() const { return attempts_; }  // failed ones
  bool in_retry() const { return retry_; }
  bool was_sent() const { return drained_; }
  void drained() {
    drained_ = true;
    sequence_was_reset_ = false;
  }
  // Back in the queue; not to be sent again before `pause` has passed (unless the leader changes).
  void reenqueued(sim::Time now, sim::Duration pause);
  sim::Duration waited(sim::Time now) const;  // since creation or the last attempt
  bool is_backing_off(sim::Time now) const;
  sim::Duration pause() const { return pause_; }
  bool has_expired(sim::Duration delivery_timeout, sim::Time now) const {
    return now - created_ >= delivery_timeout;
  }
  void note_leader_epoch(protocol::LeaderEpoch epoch);

  // ---- the end ----
  State state() const { return state_; }
  bool is_done() const { return state_ != State::open; }
  // Ends the batch; false if it has ended before (a late answer to an expired batch).
  bool finish(State state);

 private:
  bool leader_changed_since_last_attempt() const {
    return attempts_ > 0 && attempts_ == attempts_at_leader_change_;
  }
  void stamp(protocol::RecordBatch& batch) const;
  std::int32_t size_of(const protocol::Record& record) const;
  bool fits(std::int32_t size) const;

  protocol::TopicPartition partition_;
  std::int64_t write_limit_;
  std::int64_t charged_bytes_;
  sim::Time created_;
  std::uint64_t serial_;
  std::uint64_t group_;
  protocol::Compression compression_;
  std::int32_t estimate_;

  std::vector<protocol::Record> records_;  // until sealed
  std::vector<Ticket> tickets_;
  std::int64_t uncompressed_ = 0;  // bytes of the records
  std::int64_t max_timestamp_ms_ = -1;
  bool closed_for_appends_ = false;
  std::int32_t most_records_ = std::numeric_limits<std::int32_t>::max();
  protocol::BatchRef sealed_;

  ProducerIdAndEpoch producer_;
  std::int32_t base_sequence_ = -1;
  bool transactional_ = false;
  bool sequence_was_reset_ = false;

  int attempts_ = 0;
  bool retry_ = false;
  bool drained_ = false;
  sim::Time last_attempt_;
  sim::Duration pause_{};
  protocol::LeaderEpoch leader_epoch_;
  int attempts_at_leader_change_ = -1;
  State state_ = State::open;
};

using BatchPtr = std::shared_ptr<Batch>;

}  // namespace kafkasim::producer
