// Sizes are exact without compression and estimates with it, as in Kafka's builder.
#include "producer/batch.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::producer {

namespace {

// A batch that is stored should not hold room for records that never came.
constexpr std::size_t spare_records = 8;

}  // namespace

Batch::Batch(protocol::TopicPartition partition, std::int64_t write_limit,
             std::int64_t charged_bytes, sim::Time created, std::uint64_t serial,
             std::uint64_t group, protocol::Compression compression, std::int32_t estimate)
    : partition_(std::move(partition)),
      write_limit_(write_limit),
      charged_bytes_(charged_bytes),
      created_(created),
      serial_(serial),
      group_(group),
      compression_(compression),
      estimate_(estimate),
      last_attempt_(created) {}

std::int32_t Batch::estimated_size() const {
  if (sealed_) return sealed_->size_in_bytes;
  if (compression_ == protocol::Compression::none) {
    return protocol::batch_header_size + static_cast<std::int32_t>(uncompressed_);
  }
  // Five per cent on top, for safety.
  return protocol::batch_header_size +
         static_cast<std::int32_t>(uncompressed_ * estimate_ * 105 / 100'000);
}

bool Batch::is_full() const {
  return closed_for_appends_ || is_sealed() || record_count() >= most_records_ ||
         (!tickets_.empty() && estimated_size() >= write_limit_);
}

// On the wire, as the next record of the batch.
std::int32_t Batch::size_of(const protocol::Record& record) const {
  const std::int64_t base = records_.empty() ? record.timestamp_ms : records_.front().timestamp_ms;
  return protocol::record_size(record_count(), record.timestamp_ms - base, record.key.size(),
                               record.value_size);
}

bool Batch::fits(std::int32_t size) const {
  return records_.empty() || write_limit_ >= estimated_size() + size;
}

bool Batch::has_room_for(const protocol::Record& record) const {
  return !is_full() && fits(size_of(record));
}

bool Batch::append(protocol::Record& record, Ticket ticket) {
  if (is_full()) return false;
  const std::int32_t size = size_of(record);
  if (!fits(size)) return false;
  uncompressed_ += size;
  record.offset_delta = record_count();
  max_timestamp_ms_ = std::max(max_timestamp_ms_, record.timestamp_ms);
  records_.push_back(std::move(record));
  tickets_.push_back(ticket);
  return true;
}

void Batch::expect_records(std::int32_t count) {
  records_.reserve(static_cast<std::size_t>(count));
  tickets_.reserve(static_cast<std::size_t>(count));
}

const std::vector<protocol::Record>& Batch::records() const {
  return sealed_ ? sealed_->records : records_;
}

void Batch::stamp(protocol::RecordBatch& batch) const {
  batch.producer_id = producer_.id;
  batch.producer_epoch = producer_.epoch;
  batch.base_sequence = base_sequence_;
  batch.transactional = transactional_;
}

const protocol::BatchRef& Batch::sealed() {
  if (sealed_) return sealed_;
  CHECKED(!records_.empty(), "an empty batch of {}", to_string(partition_));
  protocol::RecordBatch batch;
  if (records_.capacity() > 2 * records_.size() + spare_records) records_.shrink_to_fit();
  batch.records = std::move(records_);
  records_.clear();
  batch.compression = compression_;
  batch.last_offset_delta = record_count() - 1;
  batch.max_timestamp_ms = max_timestamp_ms_;
  batch.size_in_bytes = protocol::batch_size(uncompressed_, compression_);
  stamp(batch);
  closed_for_appends_ = true;
  sealed_ = protocol::make_ref<protocol::RecordBatch>(std::move(batch));
  return sealed_;
}

void Batch::set_producer_state(const ProducerIdAndEpoch& producer, std::int32_t base_sequence,
                               bool transactional) {
  CHECKED(!has_sequence(), "{} has a sequence already", to_string(partition_));
  producer_ = producer;
  base_sequence_ = base_sequence;
  transactional_ = transactional;
  if (!sealed_) return;
  protocol::RecordBatch copy(*sealed_);
  stamp(copy);
  sealed_ = protocol::make_ref<protocol::RecordBatch>(std::move(copy));
}

void Batch::reset_producer_state(const ProducerIdAndEpoch& producer, std::int32_t base_sequence) {
  base_sequence_ = -1;
  set_producer_state(producer, base_sequence, transactional_);
  sequence_was_reset_ = true;
}

void Batch::reenqueued(sim::Time now, sim::Duration pause) {
  ++attempts_;
  last_attempt_ = now;
  pause_ = pause;
  retry_ = true;
}

sim::Duration Batch::waited(sim::Time now) const {
  return std::max(now - last_attempt_, sim::Duration(0));
}

bool Batch::is_backing_off(sim::Time now) const {
  return attempts_ > 0 && waited(now) < pause_ && !leader_changed_since_last_attempt();
}

void Batch::note_leader_epoch(protocol::LeaderEpoch epoch) {
  if (!epoch.is_set() || epoch <= leader_epoch_) return;
  attempts_at_leader_change_ = attempts_;
  leader_epoch_ = epoch;
}

bool Batch::finish(State state) {
  if (state_ == State::open) {
    state_ = state;
    return true;
  }
  CHECKED(state_ != State::succeeded, "a batch of {} that succeeded ends again",
          to_string(partition_));
  return false;
}

}  // namespace kafkasim::producer
