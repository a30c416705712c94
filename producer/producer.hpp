// A producer as an application has it: send() that may block, a callback for each record, flush and
// close. One coroutine is the I/O thread and drives the Sender. Reports to the trace what the
// application would see and every error met on the way.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/network_client.hpp"
#include "client/sim_transport.hpp"
#include "producer/accumulator.hpp"
#include "producer/config.hpp"
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

// What became of a record.
struct SendResult {
  std::string topic;
  std::int32_t partition = -1;  // -1 = none was chosen
  protocol::Record record;
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string message;        // of the exception
  protocol::Offset offset;    // where it was stored; not set with acks=0 and on errors
  bool maybe_stored = false;  // failed, and may be in the log all the same
  bool acked() const { return error == protocol::ErrorCode::none; }
};

class Producer final : private SenderListener {
 public:
  // Called once for each record, on the I/O coroutine, or inside send() when that fails. It must
  // not send by itself but may wake who does.
  using Callback = std::function<void(const SendResult&)>;

  // Works on `host` in `process`, under `name` in the trace. Must live until the process is dead or
  // close() has returned.
  Producer(sim::World& world, sim::Host& host, sim::Process& process, std::string name,
           Config config);
  ~Producer() override = default;

  // Starts the I/O coroutine; once.
  void start();

  // Puts the record in line; waits for metadata and memory, max.block.ms in all. False when it
  // failed at once (the callback has heard). `callback` may be empty.
  sim::Task<bool> send(OutgoingRecord record, Callback callback);
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

 private:
  sim::Task<> run();
  bool wants_to_go_on() const;
  sim::Task<std::optional<Failure>> await_metadata(std::string topic,
                                                   std::optional<std::int32_t> partition,
                                                   sim::Time deadline);
  // Takes `bytes` from the pool, waiting for them; false at the deadline or on close.
  sim::Task<bool> allocate(std::int64_t bytes, sim::Time deadline);
  std::optional<std::int32_t> choose_partition(const OutgoingRecord& outgoing) const;
  std::optional<Failure> check_size(const protocol::Record& record) const;
  void reject(const OutgoingRecord& outgoing, std::int32_t partition, const Failure& failure,
              const Callback& callback);
  void after_round();

  void on_acked(Batch& batch, protocol::Offset base_offset) override;
  void on_failed(Batch& batch, const std::vector<Failure>& failures, bool maybe_stored) override;
  void on_retried(Batch& batch, protocol::ErrorCode error) override;
  void on_error(std::string_view api, protocol::ErrorCode error) override;
  void on_producer_id(const ProducerIdAndEpoch& producer) override;
  void tell(Ticket ticket, const SendResult& result);

  sim::World& world_;
  sim::Process& process_;
  std::string name_;
  Config config_;
  sim::Rng random_;

  client::SimTransport transport_;
  client::Metadata metadata_;
  client::NetworkClient client_;
  BufferPool pool_;
  TransactionManager transactions_;
  Accumulator accumulator_;
  Sender sender_;

  std::map<Ticket, Callback> callbacks_;
  Ticket next_ticket_ = 1;
  int waiting_sends_ = 0;
  bool closing_ = false;
  bool forced_ = false;
  bool ended_ = false;
  sim::Signal
      changed_;  // after each round of the I/O coroutine in which something may have come free
};

}  // namespace kafkasim::producer
