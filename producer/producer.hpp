// A producer as an application has it: send() that may block, a listener that hears of each record,
// flush and close. One coroutine is the I/O thread and drives the Sender. Reports to the trace what
// the application would see and every error met on the way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/network_client.hpp"
#include "client/sim_transport.hpp"
#include "producer/accumulator.hpp"
#include "producer/config.hpp"
#include "producer/local_queue.hpp"
#include "producer/partitioner.hpp"
#include "producer/sender.hpp"
#include "sim/executor.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"

namespace kafkasim::producer {

// A record to be sent. With a user-declared constructor, so that it may be built inside a co_await
// statement.
class OutgoingRecord {
 public:
  OutgoingRecord(std::string t, protocol::Record r) : topic(std::move(t)), record(std::move(r)) {}
  OutgoingRecord(std::string t, std::optional<std::int32_t> p, protocol::Record r)
      : topic(std::move(t)), partition(p), record(std::move(r)) {}

  std::string topic;
  std::optional<std::int32_t> partition;  // not given: the partitioner decides
  protocol::Record record;                // without a timestamp (-1) it gets that of the moment
};

// What became of a record. A view: valid while the listener is called.
struct SendResult {
  Ticket ticket = 0;  // as the application gave it to send()
  const std::string& topic;
  std::int32_t partition = -1;  // -1 = none was chosen
  const protocol::Record& record;
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string_view message = {};  // of the exception
  protocol::Offset offset = {};   // where it was stored; not set with acks=0 and on errors
  bool maybe_stored = false;      // failed, and may be in the log all the same
  bool acked() const { return error == protocol::ErrorCode::none; }
};

class Producer final : private SenderListener {
 public:
  // Hears of each record once, on the I/O coroutine, or inside send() when that fails. It must not
  // send by itself but may wake who does.
  using Listener = std::function<void(const SendResult&)>;

  // Works on `host` in `process`, under `name` in the trace. Must live until the process is dead or
  // close() has returned. `metrics` outlives it, and may have counted for another one before; null:
  // it has its own.
  Producer(sim::World& world, sim::Host& host, sim::Process& process, std::string name,
           Config config, Metrics* metrics = nullptr);
  ~Producer() override = default;

  // Starts the I/O coroutine; once.
  void start();

  // Who hears what becomes of records; nobody unless it is set. Before start().
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  // Puts the record in line; waits for metadata and memory, max.block.ms in all. False when it
  // failed at once (the listener has heard). `ticket` names this send() to the listener.
  sim::Task<bool> send(OutgoingRecord record, Ticket ticket = 0);
  // The same without a coroutine, for a record that need not wait: nobody else waits, its topic is
  // known, and its batch has room or there is memory for a new one. Takes `record` then. False:
  // nothing has happened.
  bool try_send(const std::string& topic, std::optional<std::int32_t> partition,
                protocol::Record& record, Ticket ticket = 0);
  // Makes everything sendable and waits until what is in line now has been acked or has failed.
  // False at the deadline.
  sim::Task<bool> flush(sim::Time deadline);
  // Takes no more records, sends what is in line, ends. What is left after `timeout` fails.
  sim::Task<> close(sim::Duration timeout);

  // Nothing in line, in flight or waiting to get in line.
  bool is_idle() const { return waiting_sends_ == 0 && !accumulator_.has_incomplete(); }
  bool is_closed() const { return ended_; }
  const std::string& name() const { return name_; }
  const Config& config() const { return config_; }
  const client::Metadata& metadata() const { return metadata_; }
  // For Metrics::snapshot.
  Gauges gauges() const;
  WireTotals wire() const { return {client_.sent().requests, client_.sent().bytes}; }
  MetricsSnapshot metrics() const { return metrics_->snapshot(gauges(), wire()); }

 private:
  sim::Task<> run();
  bool wants_to_go_on() const;
  sim::Task<std::optional<Failure>> await_metadata(std::string topic,
                                                   std::optional<std::int32_t> partition,
                                                   sim::Time deadline);
  // Takes `bytes` from the pool, waiting for them; says why not at the deadline or on close.
  sim::Task<std::optional<Failure>> allocate(std::int64_t bytes, sim::Time deadline);
  // Has the metadata that a record for there needs, without waiting.
  bool knows(const std::string& topic, std::optional<std::int32_t> partition);
  std::optional<Failure> check_size(const protocol::Record& record) const;
  void reject(const OutgoingRecord& outgoing, std::int32_t partition, const Failure& failure,
              Ticket ticket);
  void after_round();

  void on_acked(Batch& batch, protocol::Offset base_offset) override;
  void on_failed(Batch& batch, const std::vector<Failure>& failures, bool maybe_stored) override;
  void on_retried(Batch& batch, protocol::ErrorCode error) override;
  void on_error(std::string_view api, protocol::ErrorCode error) override;
  void on_producer_id(const ProducerIdAndEpoch& producer) override;

  sim::World& world_;
  sim::Process& process_;
  std::string name_;
  Config config_;
  sim::Rng random_;
  Metrics own_metrics_;
  Metrics* metrics_;
  std::unique_ptr<Partitioner> partitioner_;

  client::SimTransport transport_;
  client::Metadata metadata_;
  client::NetworkClient client_;
  BufferPool pool_;
  LocalQueue queue_;
  TransactionManager transactions_;
  Accumulator accumulator_;
  Sender sender_;

  Listener listener_;
  // The topic looked up last, at one moment and one state of the metadata: most sends ask again for
  // the same.
  struct Known {
    std::string topic;
    std::int32_t partitions = 0;
    int version = -1;
    sim::Time at;
  };
  Known known_;
  int waiting_sends_ = 0;
  bool closing_ = false;
  bool forced_ = false;
  bool ended_ = false;
  sim::Signal
      changed_;  // after each round of the I/O coroutine in which something may have come free
};

}  // namespace kafkasim::producer
