// What a leader refuses to store: batches that are too large, malformed, or hold records that the
// topic does not take. All records of a batch are looked at, so that the producer hears of every
// bad one. Left out: checksums.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/log_config.hpp"
#include "broker/producer_state_manager.hpp"
#include "protocol/data_messages.hpp"
#include "protocol/error_code.hpp"

namespace kafkasim::broker {

// Why a batch is refused, in Kafka's words; error none = it is fine.
struct BatchRefusal {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string message;
  std::vector<protocol::RecordError> record_errors;
};

// `base_offset` is where the batch would be stored, `now_ms` the broker's clock.
BatchRefusal validate(const protocol::RecordBatch& batch, protocol::Offset base_offset,
                      AppendOrigin origin, const LogConfig& config,
                      const protocol::TopicPartition& partition, std::int64_t now_ms);
// The batch as it is about to be stored: too large after it was compressed anew, or for a segment.
BatchRefusal validate_stored_size(const protocol::RecordBatch& batch, bool is_recompressed,
                                  const LogConfig& config,
                                  const protocol::TopicPartition& partition);

}  // namespace kafkasim::broker
