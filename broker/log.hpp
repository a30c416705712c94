// One partition's log over what its storage keeps: appends, reads, truncates, deletes, compacts,
// and knows its offsets. It decides and never waits: what must be flushed or deleted when is up to
// its owner. Left out: tiered storage.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
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

// What opening a log did.
struct Recovery {
  bool was_clean = false;  // a clean shutdown, or a new log: nothing was looked at
  protocol::Offset from;   // the first offset that was looked at
  std::int64_t bytes_scanned = 0;
  std::vector<protocol::StoredBatch> cut;  // torn, or all of the log when it ended before its start
};

struct Deleted {
  std::vector<protocol::StoredBatch> batches;  // that held a readable offset and are now gone
  protocol::Offset new_start;
  std::int32_t segments = 0;  // that went; none where only the log start moved
  const char* reason = "";
};

// How much of a log is compacted, and whether more of it should be.
struct Cleanable {
  protocol::Offset first_dirty;
  protocol::Offset first_uncleanable;  // active, unstable or too young from here on
  std::int64_t clean_bytes = 0;
  std::int64_t cleanable_bytes = 0;
  std::int64_t overdue_ms =
      0;                // how long max.compaction.lag.ms is over for the oldest dirty record
  bool is_due = false;  // dirty enough, or overdue

  // Millionths of the log, as min.cleanable.dirty.ratio counts them.
  std::int64_t dirty_ppm() const {
    const std::int64_t total = clean_bytes + cleanable_bytes;
    return total == 0 ? 0 : cleanable_bytes * 1'000'000 / total;
  }
};

struct Cleaned {
  std::vector<protocol::StoredBatch> removed;  // batches that lost records, as they were
  std::vector<protocol::StoredBatch> kept;     // what stands in their place; fewer
  std::int64_t records_removed = 0;
  std::int64_t bytes_before = 0;  // of the segments that were rewritten
  std::int64_t bytes_after = 0;
  protocol::Offset from;         // the first dirty offset
  protocol::Offset clean_until;  // from here on the log is dirty
};

class CleaningRound;

class Log {
 public:
  // Opens the log, which is recovery unless it was closed: the high watermark begins at its
  // checkpoint, producer state is read from a snapshot and batches. `storage` outlives the log.
  Log(protocol::TopicPartition partition, LogStorage& storage, LogConfig config,
      std::int64_t now_ms);

  const protocol::TopicPartition& partition() const { return partition_; }
  const LogConfig& config() const { return config_; }
  void set_config(const LogConfig& config) { config_ = config; }
  // From then on segment.jitter.ms acts; without it no time is taken off.
  void set_jitter_seed(std::uint64_t seed) { jitter_seed_ = seed; }
  const Recovery& recovery() const { return recovery_; }

  protocol::Offset start_offset() const { return storage_.start_offset; }
  protocol::Offset end_offset() const { return storage_.end_offset; }
  protocol::Offset high_watermark() const { return high_watermark_; }
  // First offset of the earliest open transaction below the high watermark, or the high watermark.
  protocol::Offset last_stable_offset() const;
  const LeaderEpochCache& leader_epochs() const { return storage_.leader_epochs; }
  const ProducerStateManager& producers() const { return producers_; }
  const std::deque<LogSegment>& segments() const { return storage_.segments; }
  std::int64_t size_in_bytes() const;

  // ---- appending ----

  // As leader: checks the batch, gives it the next offsets and `epoch`.
  AppendResult append_as_leader(const protocol::BatchRef& batch, protocol::LeaderEpoch epoch,
                                AppendOrigin origin, std::int64_t now_ms);
  // As follower: takes offsets and epoch as they come. False, and nothing done, when the batch
  // begins before the end of the log; except that an empty log gives way to a batch that spans its
  // end. Without a time the log goes by the latest that it was told.
  [[nodiscard]] bool append_as_follower(const protocol::StoredBatch& stored,
                                        std::int64_t now_ms = -1);
  // Notes that a leadership begins at the end of the log.
  void assign_epoch_at_end(protocol::LeaderEpoch epoch);

  // ---- reading ----

  // Batches from the one that contains `from`, or the next where compaction left a gap: as many as
  // fit into `max_bytes`, lie below `bound`, and are in the same segment; the first even when it
  // does not fit, if `min_one`. Requires: start_offset() <= from <= end_offset().
  LogRead read(protocol::Offset from, std::int64_t max_bytes, protocol::Offset bound,
               bool min_one) const;
  // Bytes in [from, bound), counted up to `enough`; `enough` when `from` lies in an older segment
  // than `bound`: a reader that far behind need not wait for more.
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

  // ---- high watermark ----

  // Moves forward only; true when it moved. Requires: not beyond the end of the log.
  bool raise_high_watermark(protocol::Offset to);
  // As a follower: to what the leader says, within the log; may go back. True when it changed.
  bool follow_high_watermark(protocol::Offset to);

  // ---- flushing and checkpoints: the log never waits, its owner does ----

  // The offset up to which the log must go to disk now, because flush.messages is reached.
  std::optional<protocol::Offset> flush_due() const;
  // The same for flush.ms.
  std::optional<protocol::Offset> flush_due_by_time(std::int64_t now_ms) const;
  // The recovery point: what lies below is known to be on the disk.
  protocol::Offset unflushed_from() const { return recovery_point_; }
  // The disk has everything below `to`.
  void flushed(protocol::Offset to, std::int64_t now_ms = -1);
  // Where segments began since the last call: the log before each is to be flushed in the
  // background.
  std::vector<protocol::Offset> take_rolled();
  void checkpoint_high_watermark() { storage_.high_watermark_checkpoint = high_watermark_; }
  void checkpoint_recovery_point() { storage_.recovery_point_checkpoint = recovery_point_; }
  void checkpoint_start_offset() { storage_.start_offset_checkpoint = storage_.start_offset; }
  // What a clean shutdown leaves: all flushed, checkpoints and producers written.
  void close();

  // ---- removing ----

  // Cuts everything from `to` on and returns it. Epochs that begin there or later go even if no
  // record does. The recovery point and its checkpoint move back along.
  std::vector<protocol::StoredBatch> truncate_to(protocol::Offset to);
  // Drops everything; the next record will be at `offset`. Returns what was there.
  std::vector<protocol::StoredBatch> truncate_fully_and_start_at(protocol::Offset offset);
  // Raises the log start offset to `to`, at most to the end of the log. What lies before it can no
  // longer be read; whole segments of it go with the next retention. None when it does not move.
  std::optional<Deleted> raise_start_offset(protocol::Offset to);
  // Retention: deletes the oldest segments, below the high watermark only, that lie before the log
  // start, then those by size, then those by time; the last two only where the policy has delete.
  std::vector<Deleted> delete_old_segments(std::int64_t now_ms);
  void remove_expired_producers(std::int64_t now_ms) { producers_.remove_expired(now_ms); }

  // ---- compaction (see log_cleaner.hpp) ----

  Cleanable cleanable(std::int64_t now_ms) const;
  // One round over everything that is cleanable: of each key only the last record stays.
  Cleaned clean(std::int64_t now_ms);

 private:
  using Iterator = std::deque<protocol::StoredBatch>::const_iterator;
  using Segments = std::deque<LogSegment>;

  // opening
  void check_loaded_end();
  void recover();
  void cut_torn(std::size_t first_segment);
  void restart_if_log_ends_before_start();
  void remove_stray_snapshots();
  void remove_unusable_snapshots();
  void rebuild_producers();
  void rebuild_producers_by_segment(std::size_t first_segment);
  void replay_producers(protocol::Offset from, protocol::Offset to);
  // appending
  void store(const protocol::StoredBatch& stored);
  void note_producers(const protocol::StoredBatch& stored);
  void tell_time(std::int64_t now_ms) { now_ms_ = std::max(now_ms_, now_ms); }
  // segments
  LogSegment& active() { return storage_.segments.back(); }
  bool must_roll(const protocol::StoredBatch& stored) const;
  void roll(protocol::Offset base);
  void take_snapshot();
  void note_in_segment(LogSegment& segment, const protocol::StoredBatch& stored) const;
  void rebuild_segment(std::size_t index);
  std::size_t segment_of(protocol::Offset offset) const;
  protocol::Offset end_of_segment(std::size_t index) const;
  // reading
  Iterator first_batch_at(protocol::Offset offset) const;
  // removing
  std::optional<Deleted> delete_segments(std::size_t count, const char* reason);
  std::size_t deletable_by_start() const;
  std::size_t deletable_by_size() const;
  std::size_t deletable_by_time(std::int64_t now_ms) const;
  bool may_delete(std::size_t index) const;
  // compaction
  void rewrite_segments(CleaningRound& round, protocol::Offset end, Cleaned& done);
  bool may_join(std::size_t first, std::size_t next, std::int64_t size) const;
  void join_next_segment(std::size_t index);

  protocol::TopicPartition partition_;
  LogStorage& storage_;
  LogConfig config_;
  std::int64_t now_ms_ = 0;  // the latest time that the log was told
  std::optional<std::uint64_t> jitter_seed_;
  Recovery recovery_;
  protocol::Offset recovery_point_{0};
  std::int64_t last_flush_ms_ = 0;
  protocol::Offset high_watermark_;
  ProducerStateManager producers_;
  std::vector<protocol::Offset> rolled_;
};

}  // namespace kafkasim::broker
