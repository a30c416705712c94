// One round of compaction as a plain decision over batches: first it learns where each key was
// written last, then it says for each batch what stays of it. Left out: the memory for keys, which
// is never full here.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/producer_state_manager.hpp"
#include "broker/storage.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

// Follows the transactions through the batches of a log in the order of their offsets.
class TransactionScan {
 public:
  // `aborted` in any order.
  explicit TransactionScan(std::vector<AbortedRange> aborted);

  // A data batch: true when it belongs to an aborted transaction.
  bool is_aborted(const protocol::StoredBatch& stored);
  // A marker: true when no batch of its transaction was met, so that it speaks of nothing.
  bool is_idle_marker(const protocol::StoredBatch& stored);
  // The aborted transactions whose data are still there, of those whose marker was met.
  const std::vector<AbortedRange>& still_needed() const { return still_needed_; }

 private:
  struct Open {
    AbortedRange range;
    bool met = false;
  };

  void reach(protocol::Offset last);

  std::deque<AbortedRange> ahead_;  // by first offset
  std::map<protocol::ProducerId, Open> aborted_;
  std::set<protocol::ProducerId> committed_;
  std::vector<AbortedRange> still_needed_;
};

class CleaningRound {
 public:
  // The round covers the log up to `end`. `producers` are those that are active: the last batch of
  // each stays, at least as an empty one, so that its sequence is known after a restart.
  CleaningRound(protocol::Offset end, std::int64_t now_ms, std::int64_t delete_retention_ms,
                const ProducerStateManager& producers, const std::vector<AbortedRange>& aborted);

  // First pass: the dirty part of the log from `from` on, in order.
  void learn(const protocol::StoredBatch& stored, protocol::Offset from);
  // Second pass: everything up to the end of the round, in order. None: the batch goes; the same
  // batch: nothing changes; otherwise a new batch with fewer records, at the same offsets.
  std::optional<protocol::StoredBatch> clean(const protocol::StoredBatch& stored);
  const TransactionScan& transactions() const { return second_; }

 private:
  bool is_last_of_producer(const protocol::StoredBatch& stored) const;
  bool stays(const protocol::StoredBatch& stored, const protocol::Record& record) const;
  bool is_past_horizon(const protocol::RecordBatch& batch) const;

  protocol::Offset end_;
  std::int64_t now_ms_;
  std::int64_t delete_retention_ms_;
  const ProducerStateManager& producers_;
  std::map<std::string, protocol::Offset, std::less<>> last_offset_;  // of each key
  TransactionScan first_;
  TransactionScan second_;
};

}  // namespace kafkasim::broker
