// One partition's log in memory, over what its storage keeps: appends, reads, truncates, and knows
// its offsets. Opening it is recovery after a process crash. Left out: segments, retention,
// compaction, flushing, bytes on disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/log_config.hpp"
#include "broker/producer_state_manager.hpp"
#include "broker/storage.hpp"
#include "protocol/data_messages.hpp"

namespace kafkasim::broker {

struct AppendResult {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string message;  // why it was refused, in Kafka's words
  std::vector<protocol::RecordError> record_errors;
  bool duplicate = false;  // stored before: the offsets are those of then, nothing was appended
  protocol::Offset first_offset;
  protocol::Offset last_offset;
  std::int64_t append_time_ms = -1;  // set under LogAppendTime and for duplicates

  bool appended() const { return error == protocol::ErrorCode::none && !duplicate; }
};

struct LogRead {
  std::vector<protocol::StoredBatch> records;  // the first may begin before the offset asked for
  std::int64_t bytes = 0;
};

struct TimestampedOffset {
  std::int64_t timestamp_ms = -1;
  protocol::Offset offset;
  protocol::LeaderEpoch leader_epoch;
};

class Log {
 public:
  // Opens the log: the high watermark begins at its checkpoint, producer state is read from
  // snapshot and batches. `storage` outlives the log.
  Log(protocol::TopicPartition partition, LogStorage& storage, LogConfig config,
      std::int64_t now_ms);

  const protocol::TopicPartition& partition() const { return partition_; }
  const LogConfig& config() const { return config_; }
  void set_config(const LogConfig& config) { config_ = config; }

  protocol::Offset start_offset() const { return storage_.start_offset; }
  protocol::Offset end_offset() const { return storage_.end_offset; }
  protocol::Offset high_watermark() const { return high_watermark_; }
  // First offset of the earliest open transaction below the high watermark, or the high watermark.
  protocol::Offset last_stable_offset() const;
  const LeaderEpochCache& leader_epochs() const { return storage_.leader_epochs; }
  const ProducerStateManager& producers() const { return producers_; }

  // As leader: checks the batch, gives it the next offsets and `epoch`.
  AppendResult append_as_leader(const protocol::BatchRef& batch, protocol::LeaderEpoch epoch,
                                AppendOrigin origin, std::int64_t now_ms);
  // As follower: takes offsets and epoch as they come. False, and nothing done, when the batch
  // begins before the end of the log; except that an empty log gives way to a batch that spans its
  // end.
  [[nodiscard]] bool append_as_follower(const protocol::StoredBatch& stored);
  // Notes that a leadership begins at the end of the log.
  void assign_epoch_at_end(protocol::LeaderEpoch epoch);

  // Batches from the one that contains `from`, as many as fit into `max_bytes` and lie below
  // `bound`; the first even when it does not fit, if `min_one`. Requires: start_offset() <= from <=
  // end_offset().
  LogRead read(protocol::Offset from, std::int64_t max_bytes, protocol::Offset bound,
               bool min_one) const;
  // Bytes in [from, bound), counted up to `enough`.
  std::int64_t bytes_between(protocol::Offset from, protocol::Offset bound,
                             std::int64_t enough) const;
  // Every batch that holds an offset of [from, to).
  std::vector<protocol::StoredBatch> batches_between(protocol::Offset from,
                                                     protocol::Offset to) const;
  // Aborted transactions with data in [from, end).
  std::vector<protocol::AbortedTransaction> aborted_between(protocol::Offset from,
                                                            protocol::Offset end) const;
  // The first record with that timestamp or a later one.
  std::optional<TimestampedOffset> find_timestamp(std::int64_t timestamp_ms) const;
  // The first of the records with the largest timestamp.
  std::optional<TimestampedOffset> find_max_timestamp() const;

  // Moves forward only; true when it moved. Requires: not beyond the end of the log.
  bool raise_high_watermark(protocol::Offset to);
  // As a follower: to what the leader says, within the log; may go back. True when it changed.
  bool follow_high_watermark(protocol::Offset to);
  void checkpoint_high_watermark() { storage_.high_watermark_checkpoint = high_watermark_; }

  // Cuts everything from `to` on and returns it. Epochs that begin there or later go even if no
  // record does.
  std::vector<protocol::StoredBatch> truncate_to(protocol::Offset to);
  // Drops everything; the next record will be at `offset`. Returns what was there.
  std::vector<protocol::StoredBatch> truncate_fully_and_start_at(protocol::Offset offset);
  // Raises the log start offset to `to`, at most to the end of the log. What lies before it can no
  // longer be read.
  void raise_start_offset(protocol::Offset to);

  void remove_expired_producers(std::int64_t now_ms) { producers_.remove_expired(now_ms); }
  // What a clean shutdown writes.
  void close();

 private:
  using Iterator = std::deque<protocol::StoredBatch>::const_iterator;

  Iterator first_batch_at(protocol::Offset offset) const;
  void store(const protocol::StoredBatch& stored);
  void note_producers(const protocol::StoredBatch& stored);
  void rebuild_producers(std::int64_t now_ms);

  struct AbortedRange {
    protocol::ProducerId producer_id;
    protocol::Offset first_offset;
    protocol::Offset last_offset;
  };

  protocol::TopicPartition partition_;
  LogStorage& storage_;
  LogConfig config_;
  protocol::Offset high_watermark_;
  ProducerStateManager producers_;
  std::vector<AbortedRange> aborted_;  // in the order of their markers
};

}  // namespace kafkasim::broker
