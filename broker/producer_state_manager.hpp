// The producers of one partition: decides whether a batch is in sequence, a duplicate, or fenced,
// and which transactions are open. Left out: asking the transaction coordinator whether a
// transaction really runs before its first batch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/producer_state_entry.hpp"
#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

// Who appends. Clients are checked for epoch and sequence, coordinators for the epoch, replication
// for nothing.
enum class AppendOrigin { client, coordinator, replication };

// Whether a batch may be stored, and why not in Kafka's words.
struct ProducerVerdict {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string message;
  std::optional<BatchMetadata> duplicate;  // stored before: answer with its place, append nothing

  bool may_append() const { return error == protocol::ErrorCode::none && !duplicate; }
};

struct CompletedTransaction {
  protocol::ProducerId producer_id;
  protocol::Offset first_offset;
  protocol::Offset last_offset;  // the marker
  bool aborted = false;
  protocol::Offset last_stable_offset;  // once this one is over, ignoring replication
};

// What is written beside a log when a segment is rolled, on a clean shutdown and after recovery.
struct ProducerSnapshot {
  protocol::Offset offset;  // state of everything below it
  std::vector<ProducerStateEntry> entries;
};

class ProducerStateManager {
 public:
  ProducerStateManager(protocol::TopicPartition partition, std::int64_t expiration_ms);

  // Checks a batch about to be stored. Batches without a producer id always pass.
  ProducerVerdict check(const protocol::StoredBatch& stored, AppendOrigin origin) const;
  // Notes a batch that was stored. A marker that ends a transaction with data says which.
  // Requires: check() let it pass; batches come in the order of their offsets.
  std::optional<CompletedTransaction> update(const protocol::StoredBatch& stored);

  // Ended transactions stay unstable until their marker lies below the high watermark.
  void on_high_watermark(protocol::Offset high_watermark);
  // First offset of any open transaction, or of an ended one that is not replicated yet; not set =
  // none.
  protocol::Offset first_unstable_offset() const;
  // First offset of any open transaction; not set = none.
  protocol::Offset first_undecided_offset() const;

  // Forgets producers without an open transaction whose last record is as old as the expiration
  // time.
  void remove_expired(std::int64_t now_ms);

  // Nothing of a producer lies between the end of this state and `offset`.
  void advance_to(protocol::Offset offset) { end_offset_ = std::max(end_offset_, offset); }

  ProducerSnapshot snapshot() const;
  // Starts again from nothing, or from a snapshot without what has expired in it.
  void reset(protocol::Offset end_offset);
  void load(const ProducerSnapshot& snapshot, std::int64_t now_ms);

  const ProducerStateEntry* find(protocol::ProducerId id) const;
  const std::map<protocol::ProducerId, ProducerStateEntry>& producers() const { return producers_; }
  // First offset that is not part of this state.
  protocol::Offset end_offset() const { return end_offset_; }

 private:
  struct OpenTransaction {
    protocol::ProducerId producer_id;
    protocol::Offset last_offset;  // the marker, once it is there
  };

  std::optional<std::string> epoch_refusal(const protocol::StoredBatch& stored) const;
  std::optional<std::string> sequence_refusal(const protocol::StoredBatch& stored) const;
  ProducerVerdict check_marker(const protocol::StoredBatch& stored) const;
  ProducerVerdict check_data(const protocol::StoredBatch& stored, AppendOrigin origin) const;
  std::optional<CompletedTransaction> update_marker(const protocol::StoredBatch& stored,
                                                    ProducerStateEntry& entry);
  bool is_expired(const ProducerStateEntry& entry, std::int64_t now_ms) const;

  protocol::TopicPartition partition_;
  std::int64_t expiration_ms_;
  std::map<protocol::ProducerId, ProducerStateEntry> producers_;
  std::map<protocol::Offset, OpenTransaction> ongoing_;       // by first offset
  std::map<protocol::Offset, OpenTransaction> unreplicated_;  // ended, by first offset
  protocol::Offset end_offset_{0};
};

}  // namespace kafkasim::broker
