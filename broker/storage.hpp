// What a broker's logs leave on disk when its process dies: a process crash keeps all that was
// written and the checkpoints as of their last writing; a power loss takes what was not flushed.
// Left out: the bytes of files; the indexes of a segment are kept as counts and a table of times.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "broker/leader_epoch_cache.hpp"
#include "broker/producer_state_manager.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

// Up to and with the batch at `offset` no record of the segment is newer than `timestamp_ms`.
struct TimeIndexEntry {
  std::int64_t timestamp_ms = -1;
  protocol::Offset offset;  // of the first batch that is as new
};

// One file of the log. The last one is active: it takes the appends.
struct LogSegment {
  protocol::Offset base_offset;
  std::int64_t created_ms = 0;  // the broker's clock when the file was made or opened
  std::int64_t last_modified_ms = 0;
  std::int64_t size_in_bytes = 0;
  std::int64_t first_timestamp_ms = -1;    // of its first batch (its newest record); -1 = unknown
  std::int64_t largest_timestamp_ms = -1;  // of all its batches; -1 = none bears a time
  protocol::Offset newest_batch;           // the first batch with that timestamp
  std::int64_t bytes_since_index_entry = 0;
  std::int32_t index_entries = 0;
  std::vector<TimeIndexEntry> time_index;  // increasing in both

  // What retention by time goes by.
  std::int64_t age_timestamp_ms() const {
    return largest_timestamp_ms >= 0 ? largest_timestamp_ms : last_modified_ms;
  }
};

// A transaction that was aborted after storing data, as the index of aborted transactions has it.
struct AbortedRange {
  protocol::ProducerId producer_id;
  protocol::Offset first_offset;
  protocol::Offset last_offset;  // the marker
};

// One partition's log on disk.
struct LogStorage {
  protocol::Uuid topic_id;
  // In order of offsets; gaps are possible, and batches without records. One sequence for all
  // segments: a segment is a range of offsets over it, and no batch lies in two.
  std::deque<protocol::StoredBatch> batches;
  std::deque<LogSegment> segments;   // never empty once the log was opened
  protocol::Offset start_offset{0};  // in memory; a crash leaves the checkpoint of it
  protocol::Offset end_offset{0};
  LeaderEpochCache leader_epochs;     // written through to the disk at each change
  std::vector<AbortedRange> aborted;  // in the order of their markers
  protocol::Offset flushed_to{0};     // what lies below is on the disk, the rest in the page cache
  // Torn from here on: recovery after an unclean stop cuts there.
  std::optional<protocol::Offset> corrupt_from;
  protocol::Offset high_watermark_checkpoint{0};  // written every few seconds, so it may be old
  protocol::Offset recovery_point_checkpoint{0};
  protocol::Offset start_offset_checkpoint{0};
  protocol::Offset cleaner_checkpoint;  // first offset that was not compacted yet; not set = none
  std::map<protocol::Offset, ProducerSnapshot> producer_snapshots;
  bool clean_shutdown = false;  // set by closing the log, taken away by opening it
};

// Takes what a power loss takes from one log, the page cache, and returns it. The log must not be
// open: opening it again is recovery.
std::vector<protocol::StoredBatch> lose_unflushed(LogStorage& log);
// Marks what was not flushed, at least the last batch, as torn. Recovery after an unclean stop
// finds it invalid and cuts there; a torn batch below the recovery point is not looked at.
void corrupt_tail(LogStorage& log);

struct Storage {
  std::map<protocol::TopicPartition, LogStorage> logs;
  protocol::BrokerEpoch stopped_in_epoch;  // set by a clean shutdown: the epoch that ended with it
  std::int32_t starts = 0;                 // of the broker process
};

}  // namespace kafkasim::broker
