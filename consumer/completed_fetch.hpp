// The answer to a fetch of one partition while its records are handed out piece by piece. Skips
// control batches always and, for readers of committed records, those of aborted transactions. The
// position moves past what is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include "protocol/data_messages.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::consumer {

// A record as poll() returns it.
struct ConsumedRecord {
  protocol::TopicPartition partition;
  protocol::Offset offset;
  protocol::LeaderEpoch leader_epoch;
  protocol::Record record;  // its timestamp is the append time where the topic says so
};

class CompletedFetch {
 public:
  CompletedFetch(protocol::FetchPartitionResponse answer, protocol::Offset fetch_offset,
                 protocol::IsolationLevel isolation);

  const protocol::TopicPartition& partition() const { return answer_.partition; }
  const protocol::FetchPartitionResponse& answer() const { return answer_; }
  // After what was handed out or skipped so far.
  protocol::Offset next_offset() const { return next_offset_; }
  // Leader epoch of the batch looked at last; not set = none yet.
  protocol::LeaderEpoch last_epoch() const { return last_epoch_; }
  bool is_consumed() const { return consumed_; }
  bool has_returned_records() const { return returned_ > 0; }

  // Appends the next records to `out`, at most `limit`, and returns how many. Fewer: this was the
  // rest, and the fetch is consumed.
  int take(int limit, std::vector<ConsumedRecord>& out);
  void drain() { consumed_ = true; }

  // Its head was checked against the position (see fetch_collector).
  bool is_initialized = false;

 private:
  // The next record that is not skipped, or null.
  const protocol::Record* next_record();
  bool open_next_batch();
  void reach_aborted_up_to(protocol::Offset last);
  bool is_skipped(const protocol::StoredBatch& stored);

  protocol::FetchPartitionResponse answer_;
  protocol::Offset next_offset_;
  protocol::LeaderEpoch last_epoch_;
  bool filters_ = false;
  bool consumed_ = false;
  std::size_t returned_ = 0;
  std::size_t next_batch_ = 0;
  std::size_t next_record_ = 0;  // in the batch before next_batch_
  bool batch_is_open_ = false;
  std::deque<protocol::AbortedTransaction> aborted_;  // by first offset; those not reached yet
  std::set<protocol::ProducerId> aborted_producers_;
};

}  // namespace kafkasim::consumer
