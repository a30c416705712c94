// The I/O coroutine, and what it tells the application and the trace.
#include "client/time_left.hpp"
#include "producer/errors.hpp"
#include "producer/producer.hpp"
#include "protocol/events.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

using protocol::ErrorCode;
namespace events = protocol::events;

namespace {

// Rounds at one instant before it is taken for a bug.
constexpr int max_rounds_at_once = 100'000;

}  // namespace

bool Producer::wants_to_go_on() const {
  if (forced_) return false;
  return !closing_ || !sender_.is_idle();
}

sim::Task<> Producer::run() {
  sim::Time last = process_.now();
  int rounds = 0;
  while (wants_to_go_on()) {
    rounds = process_.now() == last ? rounds + 1 : 0;
    last = process_.now();
    CHECKED(rounds < max_rounds_at_once, "producer {} spins", name_);

    const Sender::Pause pause = sender_.begin(process_.now());
    after_round();
    if (sim::must_yield(process_)) co_await sim::yield_now();
    if (!pause.listens) {
      co_await sim::sleep_until(pause.until);
      continue;
    }
    if (pause.until > process_.now()) co_await transport_.wait(&client_, pause.until);
    transport_.take_arrived(client_);
    sender_.end(process_.now());
    after_round();
    if (sim::must_yield(process_)) co_await sim::yield_now();
  }
  if (forced_)
    sender_.abort_all(Failure{ErrorCode::unknown_server_error, closed_forcefully_message});
  transport_.close_all();
  ended_ = true;
  changed_.notify_all();
}

void Producer::after_round() {
  if (changed_.has_waiters()) changed_.notify_all();
}

Gauges Producer::gauges() const {
  Gauges gauges{pool_.total(), pool_.available(), pool_.queued(), client_.in_flight()};
  if (config_.librdkafka) gauges.buffer_total = gauges.buffer_available = std::nullopt;
  return gauges;
}

// ---- reports ----

void Producer::on_acked(Batch& batch, protocol::Offset base_offset) {
  const protocol::BatchRef sealed = batch.sealed();
  const bool expects_offset = config_.acks != protocol::Acks::none;
  for (const protocol::Record& record : sealed->records) queue_.remove(record);
  world_.trace().add(name_, events::Acked{batch.partition(), base_offset, sealed, expects_offset});
  if (!listener_) return;
  const protocol::TopicPartition& at = batch.partition();
  for (std::size_t i = 0; i < sealed->records.size(); ++i) {
    protocol::Offset offset;
    if (base_offset.is_set()) offset = base_offset + static_cast<std::int64_t>(i);
    listener_(SendResult{batch.tickets()[i], at.topic, at.partition, sealed->records[i],
                         ErrorCode::none, "", offset});
  }
}

void Producer::on_failed(Batch& batch, const std::vector<Failure>& failures, bool maybe_stored) {
  const protocol::TopicPartition& at = batch.partition();
  for (std::size_t i = 0; i < batch.records().size(); ++i) {
    const Failure& failure = failures.size() == 1 ? failures.front() : failures[i];
    const protocol::Record& record = batch.records()[i];
    queue_.remove(record);
    world_.trace().add(name_, events::Failed{at.topic, at.partition, record, failure.error,
                                             failure.message, maybe_stored});
    if (!listener_) continue;
    listener_(SendResult{batch.tickets()[i], at.topic, at.partition, record, failure.error,
                         failure.message, protocol::Offset(), maybe_stored});
  }
}

void Producer::on_retried(Batch& batch, ErrorCode error) {
  world_.trace().add(name_,
                     events::Retried{batch.partition(), error, batch.attempts(), batch.sealed()});
}

void Producer::on_error(std::string_view api, ErrorCode error) {
  world_.trace().add(name_, events::MetError{std::string(api), error});
}

void Producer::on_producer_id(const ProducerIdAndEpoch& producer) {
  world_.trace().add(name_, events::ProducerIdAssigned{producer.id, producer.epoch});
}

}  // namespace kafkasim::producer
