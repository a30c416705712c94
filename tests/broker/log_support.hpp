// Short ways to make batches and metadata for tests of logs and partitions.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "broker/log.hpp"
#include "broker/partition.hpp"

namespace kafkasim::broker::testing {

inline constexpr std::int64_t now_ms = 1'735'689'600'000;

// A sealed batch of records whose values (and names) are `values`, all with timestamp
// `timestamp_ms`.
inline std::unique_ptr<protocol::RecordBatch> open_batch(std::initializer_list<const char*> values,
                                                         std::int64_t timestamp_ms = now_ms) {
  auto batch = std::make_unique<protocol::RecordBatch>();
  for (const char* value : values) {
    protocol::Record record;
    record.timestamp_ms = timestamp_ms;
    record.value = protocol::Bytes(value);
    record.value_size = record.value.size();
    batch->records.push_back(record);
  }
  protocol::seal(*batch);
  return batch;
}

inline protocol::BatchRef batch(std::initializer_list<const char*> values,
                                std::int64_t timestamp_ms = now_ms) {
  return protocol::BatchRef(open_batch(values, timestamp_ms).release());
}

inline protocol::BatchRef idempotent_batch(std::int64_t producer, std::int16_t epoch,
                                           std::int32_t sequence,
                                           std::initializer_list<const char*> values) {
  auto made = open_batch(values);
  made->producer_id = protocol::ProducerId(producer);
  made->producer_epoch = protocol::ProducerEpoch(epoch);
  made->base_sequence = sequence;
  return protocol::BatchRef(made.release());
}

inline protocol::BatchRef transactional_batch(std::int64_t producer, std::int32_t sequence,
                                              std::initializer_list<const char*> values) {
  auto made = open_batch(values);
  made->producer_id = protocol::ProducerId(producer);
  made->producer_epoch = protocol::ProducerEpoch(0);
  made->base_sequence = sequence;
  made->transactional = true;
  return protocol::BatchRef(made.release());
}

inline protocol::BatchRef marker(std::int64_t producer, protocol::ControlType type) {
  auto made = open_batch({"marker"});
  made->producer_id = protocol::ProducerId(producer);
  made->producer_epoch = protocol::ProducerEpoch(0);
  made->transactional = true;
  made->control = type;
  made->coordinator_epoch = 0;
  return protocol::BatchRef(made.release());
}

inline protocol::StoredBatch stored(std::int64_t offset, std::int32_t epoch,
                                    protocol::BatchRef batch) {
  return {protocol::Offset(offset), protocol::LeaderEpoch(epoch), -1, std::move(batch)};
}

// "0:A,B 2:C": base offsets and values.
inline std::string text(const std::vector<protocol::StoredBatch>& batches) {
  std::string out;
  for (const protocol::StoredBatch& b : batches) {
    if (!out.empty()) out += ' ';
    out += std::to_string(b.base_offset.value()) + ":";
    bool first = true;
    for (const protocol::Record& r : b.batch->records) {
      if (!first) out += ',';
      out += protocol::label(r);
      first = false;
    }
  }
  return out;
}

inline std::vector<protocol::BrokerId> ids(std::initializer_list<int> numbers) {
  std::vector<protocol::BrokerId> made;
  for (int n : numbers) made.push_back(protocol::BrokerId(n));
  return made;
}

}  // namespace kafkasim::broker::testing
