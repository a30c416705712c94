// Records that wait to be sent: one queue of batches a partition, appended to at the back and
// drained at the front. Says which nodes have something to get, takes it out, and takes back what
// must be sent again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/backoff.hpp"
#include "client/metadata.hpp"
#include "producer/batch.hpp"
#include "producer/buffer_pool.hpp"
#include "producer/builtin_partitioner.hpp"
#include "producer/config.hpp"
#include "producer/transaction_manager.hpp"

namespace kafkasim::producer {

class Accumulator {
 public:
  // `transactions` is null without idempotence. `draw` serves the sticky partitioner,
  // `retry_backoff` the pauses. The references must outlive this.
  Accumulator(const Config& config, BufferPool& pool, TransactionManager* transactions,
              client::Backoff retry_backoff, BuiltInPartitioner::Draw draw);

  // ---- appending ----
  struct Appended {
    std::int64_t needs_memory = 0;  // not appended: allocate that much and call again
    std::int32_t partition = -1;
    bool used_memory = false;
    bool batch_is_full = false;  // or there are more batches than one: the sender should know
    bool new_batch = false;
  };
  // Appends to the last batch of the partition, or of one of the partitioner's choice, and takes
  // the record then. A new batch takes `memory` (bytes already allocated; 0 = none yet). Requires:
  // the topic is known to `metadata`.
  Appended append(const std::string& topic, const std::optional<std::int32_t>& partition,
                  protocol::Record& record, Ticket ticket, std::int64_t memory, sim::Time now,
                  const client::Metadata& metadata);
  // Would append() find room in a batch that is there?
  bool has_room(const std::string& topic, const std::optional<std::int32_t>& partition,
                const protocol::Record& record);
  // Bytes of a new batch that begins with that record.
  std::int64_t memory_for(const protocol::Record& record) const;

  // ---- sending ----
  struct Ready {
    std::set<client::NodeId> nodes;
    sim::Duration next_check =
        sim::Duration::max();  // as Kafka computes it: without partitions of nodes that are ready
    sim::Duration next_change =
        sim::Duration::max();  // until some pause or linger ends, whatever the node
    std::set<std::string> topics_without_leader;
  };
  Ready ready(const client::Metadata& metadata, sim::Time now);
  // At most one batch of each partition that the node leads, going round, up to `max_size` bytes
  // (but one at least).
  std::vector<BatchPtr> drain(client::NodeId node, const client::Metadata& metadata,
                              std::int32_t max_size, sim::Time now);
  void note_drained(client::NodeId node, bool could_drain, sim::Time now);
  void mute(const protocol::TopicPartition& partition) { muted_.insert(partition); }
  void unmute(const protocol::TopicPartition& partition) { muted_.erase(partition); }

  // Back to the queue, in order of sequence where there is one, else at the front. False for a
  // batch whose partition's sequences have been forgotten since it was sent.
  bool reenqueue(const BatchPtr& batch, sim::Time now);
  // Replaces a batch that the broker finds too large by smaller ones at the front. Returns how
  // many.
  std::size_t split_and_reenqueue(const BatchPtr& batch);
  // Takes out the queued batches whose delivery timeout has passed.
  std::vector<BatchPtr> take_expired(sim::Time now);
  // Of the batches seen by take_expired and note_expiry since the last reset: the first that will
  // expire.
  void reset_next_expiry() { next_expiry_ = sim::never; }
  void note_expiry(const Batch& batch);
  sim::Time next_expiry() const { return next_expiry_; }

  // ---- the end of batches ----
  // The batch is over: its memory is free again.
  void deallocate(const Batch& batch);
  // All that are not over, sent or not, oldest first.
  std::vector<BatchPtr> incomplete() const;
  bool has_incomplete() const { return !incomplete_.empty(); }
  bool has_undrained() const;
  // Drops a batch from its queue, if it is there.
  void remove(const Batch& batch);

  // ---- flush and close ----
  void begin_flush() { ++flushes_; }
  void end_flush() { --flushes_; }
  // Is any batch incomplete that began before that number?
  bool has_incomplete_before(std::uint64_t serial) const;
  std::uint64_t next_serial() const { return next_serial_; }
  void close() { closed_ = true; }
  bool is_closed() const { return closed_; }

 private:
  struct Topic {
    explicit Topic(BuiltInPartitioner p) : partitioner(std::move(p)) {}
    BuiltInPartitioner partitioner;
    std::map<std::int32_t, std::deque<BatchPtr>> queues;
    std::int32_t size_estimate = 1000;   // of compressed records, in thousandths
    std::int32_t last_record_count = 1;  // of the batch drained last
  };
  struct Latency {  // of a node, for partitioner.availability.timeout.ms
    sim::Time ready;
    sim::Time drained;
  };

  Topic& topic(const std::string& name);
  // Null when nothing was ever appended there.
  Topic* find_topic(const std::string& name);
  static std::deque<BatchPtr>* queue(Topic* topic, std::int32_t partition);
  std::deque<BatchPtr>* queue(const protocol::TopicPartition& partition);
  void topic_ready(const std::string& name, Topic& topic, const client::Metadata& metadata,
                   sim::Time now, Ready& out);
  // Whether the first batch of the queue need not wait for more records.
  bool is_due(const std::deque<BatchPtr>& queue, sim::Time now) const;
  void queue_ready(const protocol::TopicPartition& partition, const std::deque<BatchPtr>& queue,
                   client::NodeId leader, sim::Time now, Ready& out);
  bool is_avoided(client::NodeId node) const;
  BatchPtr make_batch(const protocol::TopicPartition& partition, std::int64_t write_limit,
                      std::int64_t charged, sim::Time created, std::optional<std::uint64_t> group);
  void insert_in_sequence_order(std::deque<BatchPtr>& queue, const BatchPtr& batch);
  void learn_compression(Topic& topic);

  const Config& config_;
  BufferPool& pool_;
  TransactionManager* transactions_;
  client::Backoff retry_backoff_;
  BuiltInPartitioner::Draw draw_;

  std::map<std::string, Topic> topics_;
  // The one looked up last: most appends are to the same. Topics stay.
  std::pair<const std::string, Topic>* last_topic_ = nullptr;
  std::map<std::uint64_t, BatchPtr> incomplete_;  // by serial
  std::set<protocol::TopicPartition> muted_;
  std::map<client::NodeId, std::size_t> drain_index_;
  std::map<client::NodeId, Latency> latencies_;
  std::uint64_t next_serial_ = 1;
  sim::Time next_expiry_ = sim::never;
  int flushes_ = 0;
  bool closed_ = false;
};

}  // namespace kafkasim::producer
