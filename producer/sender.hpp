// Kafka's Sender: what the producer's I/O thread does in one round, cut in two where that thread
// blocks. Takes ready batches out of the accumulator, sends one Produce request a node, expires
// what is too old, and decides for each answer whether a batch is complete, is sent again, or has
// failed. Plain: no coroutines, no network, no trace.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/network_client.hpp"
#include "producer/accumulator.hpp"
#include "producer/config.hpp"
#include "producer/metrics.hpp"
#include "producer/transaction_manager.hpp"

namespace kafkasim::producer {

// Hears what becomes of batches. Called from inside Sender; must not call it back.
class SenderListener {
 public:
  SenderListener() = default;
  SenderListener(const SenderListener&) = delete;
  SenderListener& operator=(const SenderListener&) = delete;
  virtual ~SenderListener() = default;

  // Success of the whole batch. `base_offset` is not set when it is not known (acks=0, or an old
  // duplicate).
  virtual void on_acked(Batch& batch, protocol::Offset base_offset) = 0;
  // The application gets an error for every record: `failures` holds one for each, or a single one
  // for all. `maybe_stored`: nobody can tell whether the batch is in the log.
  virtual void on_failed(Batch& batch, const std::vector<Failure>& failures, bool maybe_stored) = 0;
  virtual void on_retried(Batch& batch, protocol::ErrorCode error) = 0;
  // An error in an answer, or instead of one; `api` as in "Produce".
  virtual void on_error(std::string_view api, protocol::ErrorCode error) = 0;
  virtual void on_producer_id(const ProducerIdAndEpoch& producer) = 0;
};

class Sender {
 public:
  // `transactions` is null without idempotence. The references must outlive this.
  Sender(const Config& config, client::NetworkClient& client, Accumulator& accumulator,
         TransactionManager* transactions, SenderListener& listener, Metrics& metrics);

  struct Pause {
    sim::Time until;
    bool listens = true;  // false: sleeps, whatever arrives
  };
  // One round: begin, wait as told (or shorter, when something arrives or the application has
  // news), end.
  Pause begin(sim::Time now);
  void end(sim::Time now);

  // Fails everything that is incomplete.
  void abort_all(const Failure& failure);
  // Nothing queued, nothing in flight.
  bool is_idle() const { return !accumulator_.has_undrained() && client_.in_flight() == 0; }

 private:
  // Where a round stands that has to send a request to any node first (InitProducerId).
  enum class Stage {
    usual,
    looking,        // at what arrived, before trusting the node to be ready
    awaiting_node,  // connects
    pausing_before_send,
    pausing_before_retry,
  };

  Pause begin_usual(sim::Time now);
  Pause listen(sim::Time now, sim::Duration limit) {
    return Pause{client_.begin_poll(now, limit), true};
  }
  Pause listen_for_answer(sim::Time now);
  Pause await_node(sim::Time now);
  Pause node_is_ready(sim::Time now);
  Pause give_node_up(sim::Time now);
  Pause send_init_producer_id(sim::Time now);

  sim::Duration send_producer_data(sim::Time now);
  bool expire(sim::Time now);
  std::vector<BatchPtr> take_expired_in_flight(sim::Time now);
  void send_produce_request(client::NodeId node, std::vector<BatchPtr> batches, sim::Time now);

  void handle(client::ClientResponse response, sim::Time now);
  void handle_init_producer_id(const client::ClientResponse& response);
  void handle_produce(const client::ClientResponse& response, sim::Time now);
  void complete(const BatchPtr& batch, const protocol::ProducePartitionResponse& response,
                sim::Time now);
  void split(const BatchPtr& batch);
  bool can_retry(const Batch& batch, const protocol::ProducePartitionResponse& response,
                 sim::Time now);
  void succeed(const BatchPtr& batch, const protocol::ProducePartitionResponse& response,
               sim::Time now);
  void fail(const BatchPtr& batch, const protocol::ProducePartitionResponse& response);
  // `whole`: what the batch as such failed of; `failures`: as for SenderListener::on_failed.
  void fail(const BatchPtr& batch, const Failure& whole, const std::vector<Failure>& failures,
            bool adjust_sequences, bool maybe_stored);
  void over(const BatchPtr& batch);
  void measure_request(const std::vector<BatchPtr>& batches, sim::Time now);
  void count_failed(const Batch& batch, const std::vector<Failure>& failures);
  void forget_in_flight(const Batch& batch);

  const Config& config_;
  client::NetworkClient& client_;
  Accumulator& accumulator_;
  TransactionManager* transactions_;
  SenderListener& listener_;
  Metrics& metrics_;

  Stage stage_ = Stage::usual;
  client::Node target_;      // of the request to any node
  sim::Time waiting_since_;  // for it to be ready
  std::uint64_t next_cookie_ = 1;
  std::map<std::uint64_t, std::vector<BatchPtr>> requests_;  // Produce requests in flight
  std::map<protocol::TopicPartition, std::vector<BatchPtr>> in_flight_;  // oldest first
};

}  // namespace kafkasim::producer
