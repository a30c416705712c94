// Records and record batches (format v2) as values: what a producer builds, a log stores and a
// consumer reads. A batch is immutable and shared; where it stands in a log (offset, leader epoch)
// is beside it, in StoredBatch. Not here: the bytes of the format, and compression (a size factor
// of the producer).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/ids.hpp"
#include "protocol/ref.hpp"

namespace kafkasim::protocol {

// The name of an application record, for the ledger: the same when the application sends the record
// again. 0 = a record that no scenario speaks of (internal topics). Never on the wire.
using RecordTag = std::uint64_t;

// Base of typed values of internal topics (group metadata, committed offsets, cluster metadata).
struct InternalValue : Counted {
  InternalValue() = default;
  InternalValue(const InternalValue&) = default;
  InternalValue& operator=(const InternalValue&) = default;
  virtual ~InternalValue() = default;
  virtual std::string describe() const = 0;
};

struct Record {
  std::int64_t timestamp_ms = -1;  // CreateTime, ms since 1970; -1 = none
  RecordTag tag = 0;
  Bytes key;    // null = no key
  Bytes value;  // its label; the bytes themselves where they matter
  std::int32_t value_size =
      -1;  // bytes on the wire; may exceed value.size() (padding); -1 = null (tombstone)
  std::int32_t offset_delta = 0;
  Ref<InternalValue> internal;  // typed value of an internal record, or none
};

enum class Compression : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };
enum class TimestampType : std::uint8_t { create_time, log_append_time };
enum class ControlType : std::int16_t { abort = 0, commit = 1, leader_change = 2, none = -1 };

struct RecordBatch : Counted {
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  std::int32_t base_sequence = -1;
  std::int32_t last_offset_delta = -1;  // records may be missing after compaction, offsets stay
  bool transactional = false;
  ControlType control = ControlType::none;
  std::int32_t coordinator_epoch = -1;  // of a commit or abort marker
  Compression compression = Compression::none;
  TimestampType timestamp_type = TimestampType::create_time;
  std::int64_t max_timestamp_ms = -1;
  // From when on compaction may drop the batch's tombstones or its marker; -1 = not yet decided.
  std::int64_t delete_horizon_ms = -1;
  std::int32_t size_in_bytes = 0;  // on the wire, header included
  std::vector<Record> records;

  bool is_control() const { return control != ControlType::none; }
  bool has_producer_id() const { return producer_id.is_set(); }
  std::int32_t offset_count() const { return last_offset_delta + 1; }
  // Sequence of the last record; wraps to 0 after 2^31-1. -1 without a base sequence.
  std::int32_t last_sequence() const;
};

using BatchRef = Ref<RecordBatch>;

// base + count in sequence arithmetic: wraps to 0 after 2^31-1.
std::int32_t add_sequence(std::int32_t base, std::int32_t count);

// A batch at its place in a log.
struct StoredBatch {
  Offset base_offset;
  LeaderEpoch leader_epoch;
  std::int64_t append_time_ms = -1;  // of the leader; what records carry under LogAppendTime
  BatchRef batch;

  Offset last_offset() const { return base_offset + batch->last_offset_delta; }
  Offset next_offset() const { return last_offset().next(); }
};

inline constexpr std::int32_t batch_header_size = 61;

// Bytes of one record inside an uncompressed batch (varint framing included), without headers.
std::int32_t record_size(std::int32_t offset_delta, std::int64_t timestamp_delta,
                         std::int32_t key_size, std::int32_t value_size);
// Upper bound of a batch that holds just this record: what Kafka checks against max.request.size.
std::int32_t record_size_upper_bound(std::int32_t key_size, std::int32_t value_size);

// Fills offset deltas, last_offset_delta, max_timestamp and size (uncompressed) from `records`.
// Requires: at least one record.
void seal(RecordBatch& batch);

// "A B C", at most `limit` names, then "and 7 more". Records without a label are shown by their
// number.
std::string labels(const RecordBatch& batch, std::size_t limit = 8);
std::string label(const Record& record);

}  // namespace kafkasim::protocol
