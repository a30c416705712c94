// A log that can be closed, crashed and opened again, with short ways to fill it and to say what it
// holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/broker/log_support.hpp"

namespace kafkasim::broker::testing {

// One record "key=value"; no value: a tombstone. Labels read "a=1", tombstones "a".
inline protocol::Record keyed(const char* key, const char* value,
                              std::int64_t timestamp_ms = now_ms) {
  protocol::Record record;
  record.timestamp_ms = timestamp_ms;
  record.key = protocol::Bytes(key);
  if (value != nullptr) record.value = protocol::Bytes(std::string(key) + "=" + value);
  record.value_size = record.value.size();
  return record;
}

inline std::unique_ptr<protocol::RecordBatch> open_batch_of(std::vector<protocol::Record> records) {
  auto made = std::make_unique<protocol::RecordBatch>();
  made->records = std::move(records);
  protocol::seal(*made);
  return made;
}

inline protocol::BatchRef batch_of(std::vector<protocol::Record> records) {
  return protocol::BatchRef(open_batch_of(std::move(records)).release());
}

inline std::int64_t size_of(const protocol::BatchRef& b) { return b->size_in_bytes; }

struct LogLab {
  explicit LogLab(LogConfig c = {}) : config(c) { open(); }

  void open() { log.emplace(protocol::TopicPartition{"orders", 0}, storage, config, now); }
  // Sees to it that nothing but the storage is left.
  void crash() {
    log.reset();
    open();
  }
  void restart() {
    log->close();
    crash();
  }
  std::vector<protocol::StoredBatch> lose_power() {
    log.reset();
    auto lost = lose_unflushed(storage);
    open();
    return lost;
  }

  AppendResult append(const protocol::BatchRef& b, AppendOrigin origin = AppendOrigin::client) {
    return log->append_as_leader(b, protocol::LeaderEpoch(0), origin, now);
  }
  // One batch with one record each, named by the letters.
  void append_each(const std::string& names, std::int64_t timestamp_ms = now_ms) {
    for (const char name : names) {
      const std::string label(1, name);
      append(batch({label.c_str()}, timestamp_ms));
    }
  }
  void replicate_all() { log->raise_high_watermark(log->end_offset()); }

  std::string all() const { return text({storage.batches.begin(), storage.batches.end()}); }
  std::string readable() const {
    return text(log->batches_between(log->start_offset(), log->end_offset()));
  }
  // Base offsets of the segments.
  std::string bases() const {
    std::string out;
    for (const LogSegment& s : log->segments()) {
      if (!out.empty()) out += ' ';
      out += std::to_string(s.base_offset.value());
    }
    return out;
  }
  std::string snapshots() const {
    std::string out;
    for (const auto& [at, snapshot] : storage.producer_snapshots) {
      if (!out.empty()) out += ' ';
      out += std::to_string(at.value());
    }
    return out;
  }

  LogConfig config;
  std::int64_t now = now_ms;
  LogStorage storage;
  std::optional<Log> log;
};

// A segment takes `count` batches of one record with a name of one letter.
inline LogConfig segments_of(int count) {
  LogConfig config;
  config.segment_bytes = static_cast<std::int32_t>(count * size_of(batch({"A"})));
  return config;
}

}  // namespace kafkasim::broker::testing
