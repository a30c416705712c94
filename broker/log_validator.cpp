// Checks of a batch as a whole, then of each record.
#include "broker/log_validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kafkasim::broker {

using protocol::ErrorCode;
using protocol::Offset;
using protocol::Record;
using protocol::RecordBatch;
using protocol::RecordError;
using protocol::TimestampType;
using protocol::TopicPartition;

namespace {

// What a client's batch must look like whatever is in it; empty = it does.
std::string shape_refusal(const RecordBatch& batch) {
  if (batch.is_control()) return "Clients are not allowed to write control records";
  const std::int32_t range = batch.offset_count();
  if (range <= 0) {
    return fmt::format("Batch has an invalid offset range: [0, {}]", batch.last_offset_delta);
  }
  if (batch.records.empty()) return "Invalid reported count for record batch: 0";
  if (static_cast<std::size_t>(range) != batch.records.size()) {
    return fmt::format("Inconsistent batch offset range [0, {}] and count of records {}",
                       batch.last_offset_delta, batch.records.size());
  }
  if (batch.has_producer_id() && batch.base_sequence < 0) {
    return fmt::format("Invalid sequence number {} in record batch with producerId {}",
                       batch.base_sequence, batch.producer_id.value());
  }
  return "";
}

// Saturates: the limits may be as large as the type.
std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max()
               : std::numeric_limits<std::int64_t>::min();
}

std::optional<std::string> timestamp_refusal(const RecordBatch& batch, const Record& record,
                                             Offset offset, const LogConfig& config,
                                             std::int64_t now_ms) {
  if (batch.timestamp_type == TimestampType::log_append_time) {
    return fmt::format(
        "Invalid timestamp type in message at offset {}. Producer should not set timestamp type to "
        "LogAppendTime.",
        offset.value());
  }
  if (config.log_append_time || record.timestamp_ms == -1) return std::nullopt;
  const std::int64_t earliest = add(now_ms, -config.timestamp_before_max_ms);
  const std::int64_t latest = add(now_ms, config.timestamp_after_max_ms);
  if (record.timestamp_ms >= earliest && record.timestamp_ms <= latest) return std::nullopt;
  return fmt::format(
      "Timestamp {} of message with offset {} is out of range. The timestamp should be within [{}, "
      "{}]",
      record.timestamp_ms, offset.value(), earliest, latest);
}

std::string summary_of(const std::vector<RecordError>& errors) {
  std::string shown;
  for (std::size_t i = 0; i < std::min<std::size_t>(errors.size(), 3); ++i) {
    if (i > 0) shown += ", ";
    shown += fmt::format("RecordError(batchIndex={}, message='{}')", errors[i].batch_index,
                         errors[i].message);
  }
  return fmt::format(
      "One or more records have been rejected due to {} record errors in total, and only showing "
      "the "
      "first three errors at most: [{}]",
      errors.size(), shown);
}

BatchRefusal validate_records(const RecordBatch& batch, Offset base_offset, const LogConfig& config,
                              const TopicPartition& partition, std::int64_t now_ms) {
  BatchRefusal refusal;
  bool bad_timestamp = false;
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const Record& record = batch.records[i];
    const auto index = static_cast<std::int32_t>(i);
    if (config.compacted && record.key.is_null()) {
      refusal.record_errors.push_back(
          {index,
           fmt::format("Compacted topic cannot accept message without key in topic partition {}.",
                       to_string(partition))});
    } else if (auto text = timestamp_refusal(batch, record, base_offset + record.offset_delta,
                                             config, now_ms)) {
      refusal.record_errors.push_back({index, *text});
      bad_timestamp = true;
    }
  }
  if (refusal.record_errors.empty()) return refusal;
  refusal.error = bad_timestamp ? ErrorCode::invalid_timestamp : ErrorCode::invalid_record;
  refusal.message = bad_timestamp
                        ? "One or more records have been rejected due to invalid timestamp"
                        : summary_of(refusal.record_errors);
  return refusal;
}

}  // namespace

BatchRefusal validate(const RecordBatch& batch, Offset base_offset, AppendOrigin origin,
                      const LogConfig& config, const TopicPartition& partition,
                      std::int64_t now_ms) {
  if (batch.size_in_bytes > config.max_message_bytes) {
    return {ErrorCode::message_too_large,
            fmt::format("The record batch size in the append to {} is {} bytes which exceeds the "
                        "maximum configured "
                        "value of {}.",
                        to_string(partition), batch.size_in_bytes, config.max_message_bytes),
            {}};
  }
  if (origin == AppendOrigin::client) {
    if (std::string text = shape_refusal(batch); !text.empty())
      return {ErrorCode::invalid_record, text, {}};
  }
  if (!batch.is_control()) {
    BatchRefusal refusal = validate_records(batch, base_offset, config, partition, now_ms);
    if (refusal.error != ErrorCode::none) return refusal;
  }
  return {};
}

BatchRefusal validate_stored_size(const RecordBatch& batch, bool is_recompressed,
                                  const LogConfig& config, const TopicPartition& partition) {
  if (is_recompressed && batch.size_in_bytes > config.max_message_bytes) {
    return {ErrorCode::message_too_large,
            fmt::format("Message batch size is {} bytes in append to partition {} which exceeds "
                        "the maximum configured size of {}.",
                        batch.size_in_bytes, to_string(partition), config.max_message_bytes),
            {}};
  }
  if (batch.size_in_bytes > config.segment_bytes) {
    return {
        ErrorCode::record_list_too_large,
        fmt::format(
            "Message batch size is {} bytes in append to partition {}, which exceeds the maximum "
            "configured segment size of {}.",
            batch.size_in_bytes, to_string(partition), config.segment_bytes),
        {}};
  }
  return {};
}

}  // namespace kafkasim::broker
