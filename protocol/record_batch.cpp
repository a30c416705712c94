// Sizes and text forms of records and batches.
#include "protocol/record_batch.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace kafkasim::protocol {

namespace {

// A record's attributes byte, and the count of its headers (none).
constexpr std::int32_t attributes_size = 1;
constexpr std::int32_t no_headers_size = 1;
// Largest overhead of a record: five varints of at most 5 bytes (one of 10), and the attributes.
constexpr std::int32_t max_record_overhead = 21;

std::int32_t varint_size(std::int64_t value) {
  const auto zigzag =
      (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  return (static_cast<std::int32_t>(std::bit_width(zigzag | 1)) + 6) / 7;
}

}  // namespace

std::int32_t add_sequence(std::int32_t base, std::int32_t count) {
  constexpr std::int32_t max = std::numeric_limits<std::int32_t>::max();
  if (base > max - count) return count - (max - base) - 1;
  return base + count;
}

std::int32_t RecordBatch::last_sequence() const {
  return base_sequence < 0 ? -1 : add_sequence(base_sequence, last_offset_delta);
}

std::int32_t record_size(std::int32_t offset_delta, std::int64_t timestamp_delta,
                         std::int32_t key_size, std::int32_t value_size) {
  const std::int32_t body = attributes_size + varint_size(timestamp_delta) +
                            varint_size(offset_delta) + varint_size(key_size) +
                            std::max(key_size, 0) + varint_size(value_size) +
                            std::max(value_size, 0) + no_headers_size;
  return varint_size(body) + body;
}

std::int32_t record_size_upper_bound(std::int32_t key_size, std::int32_t value_size) {
  return batch_header_size + max_record_overhead + varint_size(key_size) + std::max(key_size, 0) +
         varint_size(value_size) + std::max(value_size, 0) + no_headers_size;
}

void seal(RecordBatch& batch) {
  std::int32_t delta = 0;
  std::int32_t size = batch_header_size;
  const std::int64_t base_timestamp = batch.records.front().timestamp_ms;
  batch.max_timestamp_ms = -1;
  for (Record& record : batch.records) {
    record.offset_delta = delta;
    size += record_size(delta, record.timestamp_ms - base_timestamp, record.key.size(),
                        record.value_size);
    batch.max_timestamp_ms = std::max(batch.max_timestamp_ms, record.timestamp_ms);
    ++delta;
  }
  batch.last_offset_delta = delta - 1;
  batch.size_in_bytes = size;
}

std::string label(const Record& record) {
  if (record.internal) return record.internal->describe();
  if (!record.value.is_null()) return std::string(record.value.view());
  if (record.tag != 0) return "#" + std::to_string(record.tag & 0xffffffffu);
  return "null";
}

std::string labels(const RecordBatch& batch, std::size_t limit) {
  if (batch.control == ControlType::commit) return "<commit marker>";
  if (batch.control == ControlType::abort) return "<abort marker>";
  if (batch.is_control()) return "<control record>";
  std::string out;
  const std::size_t shown = std::min(limit, batch.records.size());
  for (std::size_t i = 0; i < shown; ++i) {
    if (i != 0) out += ' ';
    out += label(batch.records[i]);
  }
  if (shown < batch.records.size())
    out += " and " + std::to_string(batch.records.size() - shown) + " more";
  return out;
}

}  // namespace kafkasim::protocol
