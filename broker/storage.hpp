// What a broker's logs leave behind when its process dies: everything that was written (a process
// crash keeps the page cache) and the checkpoints as of their last writing. Room is left here for
// what a power loss takes: nothing is marked as flushed yet.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>

#include "broker/leader_epoch_cache.hpp"
#include "broker/producer_state_manager.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

// One partition's log on disk. The log is one piece: no segments yet.
struct LogStorage {
  protocol::Uuid topic_id;
  std::deque<protocol::StoredBatch> batches;  // in order of offsets; gaps are possible
  protocol::Offset start_offset{0};
  protocol::Offset end_offset{0};
  LeaderEpochCache leader_epochs;
  protocol::Offset high_watermark_checkpoint{0};      // written every few seconds, so it may be old
  std::optional<ProducerSnapshot> producer_snapshot;  // written by a clean shutdown
};

struct Storage {
  std::map<protocol::TopicPartition, LogStorage> logs;
  protocol::BrokerEpoch stopped_in_epoch;  // set by a clean shutdown: the epoch that ended with it
  std::int32_t starts = 0;                 // of the broker process
};

}  // namespace kafkasim::broker
