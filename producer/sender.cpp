// The rounds: what is due before waiting. Answers are handled in sender_responses.cpp.
#include "producer/sender.hpp"

#include <algorithm>

#include "client/time_left.hpp"
#include "producer/errors.hpp"
#include "producer/local_queue.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

using client::NodeId;

Sender::Sender(const Config& config, client::NetworkClient& client, Accumulator& accumulator,
               TransactionManager* transactions, SenderListener& listener, Metrics& metrics)
    : config_(config),
      client_(client),
      accumulator_(accumulator),
      transactions_(transactions),
      listener_(listener),
      metrics_(metrics) {}

// ---- rounds ----

Sender::Pause Sender::begin(sim::Time now) {
  switch (stage_) {
    case Stage::usual:
      return begin_usual(now);
    case Stage::looking:
      if (client_.is_ready(target_.id, now) || client_.ready(target_, now))
        return node_is_ready(now);
      stage_ = Stage::awaiting_node;
      return await_node(now);
    case Stage::awaiting_node:
      return await_node(now);
    case Stage::pausing_before_send:
      return send_init_producer_id(now);
    case Stage::pausing_before_retry:
      stage_ = Stage::usual;
      client_.metadata().request_update(false);
      transactions_->retry_request();
      return begin_usual(now);
  }
  return begin_usual(now);
}

Sender::Pause Sender::begin_usual(sim::Time now) {
  if (transactions_ != nullptr) {
    transactions_->resolve_sequences();
    if (transactions_->fatal_error()) {
      abort_all(*transactions_->fatal_error());
      return listen(now, config_.retry_backoff);
    }
    if (const auto refused = transactions_->take_refusal()) abort_all(*refused);
    transactions_->bump_epoch_and_ask_for_id_if_needed();
    // While the request is out nothing else is sent.
    if (transactions_->has_request_in_flight()) return listen_for_answer(now);
    if (transactions_->has_request()) {
      const client::Node* node = client_.least_loaded_node(now);
      if (node == nullptr) {
        transactions_->retry_request();
        return listen_for_answer(now);
      }
      target_ = *node;
      waiting_since_ = now;
      stage_ = Stage::looking;
      return listen(now, sim::Duration(0));
    }
  }
  return listen(now, send_producer_data(now));
}

Sender::Pause Sender::await_node(sim::Time now) {
  if (client_.is_ready(target_.id, now)) return node_is_ready(now);
  const sim::Duration waited = now - waiting_since_;
  if (waited >= config_.request_timeout || client_.connection_failed(target_.id))
    return give_node_up(now);
  sim::Duration limit = config_.request_timeout - waited;
  const sim::Duration delay = client_.delay(target_.id, waiting_since_);
  if (delay.count() > 0) limit = std::min(limit, delay);
  return listen(now, limit);
}

Sender::Pause Sender::node_is_ready(sim::Time now) {
  if (!transactions_->request_is_retry()) return send_init_producer_id(now);
  stage_ = Stage::pausing_before_send;
  return Pause{now + config_.retry_backoff, false};
}

Sender::Pause Sender::give_node_up(sim::Time now) {
  stage_ = Stage::pausing_before_retry;
  return Pause{now + config_.retry_backoff, false};
}

Sender::Pause Sender::send_init_producer_id(sim::Time now) {
  stage_ = Stage::usual;
  transactions_->request_sent();
  client_.send(target_.id, transactions_->request(), 0, now);
  return listen_for_answer(now);
}

// Kafka looks again after each retry.backoff.ms; where that is 0 it spins, here the answer or its
// timeout is waited for.
Sender::Pause Sender::listen_for_answer(sim::Time now) {
  if (config_.retry_backoff.count() > 0) return listen(now, config_.retry_backoff);
  return listen(now, client::time_left(now, client_.next_timeout()));
}

void Sender::end(sim::Time now) {
  for (client::ClientResponse& response : client_.end_poll(now)) handle(std::move(response), now);
}

// ---- data ----

// Returns how long nothing more is to be done.
sim::Duration Sender::send_producer_data(sim::Time now) {
  client::Metadata& metadata = client_.metadata();
  Accumulator::Ready ready = accumulator_.ready(metadata, now);
  if (!ready.topics_without_leader.empty()) {
    for (const std::string& topic : ready.topics_without_leader) metadata.add_topic(topic, now);
    metadata.request_update(false);
  }

  sim::Duration limit = sim::Duration::max();
  std::vector<std::pair<NodeId, std::vector<BatchPtr>>> drained;
  bool drained_any = false;
  bool any_ready = false;
  for (const NodeId id : ready.nodes) {
    const client::Node* node = metadata.node(id);
    CHECKED(node != nullptr, "node {} leads a partition and is unknown", id.value());
    if (!client_.ready(*node, now)) {
      accumulator_.note_drained(id, false, now);
      limit = std::min(limit, client_.delay(id, now));
      continue;
    }
    any_ready = true;
    accumulator_.note_drained(id, true, now);
    auto batches = accumulator_.drain(id, metadata, config_.max_request_size, now);
    drained_any = drained_any || !batches.empty();
    drained.emplace_back(id, std::move(batches));
  }
  for (const auto& [id, batches] : drained) {
    for (const BatchPtr& batch : batches) {
      in_flight_[batch->partition()].push_back(batch);
      if (config_.one_batch_at_a_time()) accumulator_.mute(batch->partition());
    }
  }

  const bool expired_any = expire(now);

  limit = std::min({limit, ready.next_check, client::time_left(now, accumulator_.next_expiry())});
  // Having sent, or made room, look again at once. A node that is ready and gave nothing (its
  // batches wait for those in flight) is where Kafka spins; here the next thing to happen is waited
  // for.
  if (any_ready) {
    const sim::Duration blocked =
        std::min(ready.next_change, client::time_left(now, client_.next_timeout()));
    limit = drained_any || expired_any ? sim::Duration(0) : std::min(limit, blocked);
  }
  for (auto& [id, batches] : drained) send_produce_request(id, std::move(batches), now);
  return std::max(limit, sim::Duration(0));
}

// True if anything expired.
bool Sender::expire(sim::Time now) {
  accumulator_.reset_next_expiry();
  std::vector<BatchPtr> in_flight = take_expired_in_flight(now);
  std::vector<BatchPtr> expired = accumulator_.take_expired(now);
  expired.insert(expired.end(), in_flight.begin(), in_flight.end());
  for (const BatchPtr& batch : expired) {
    const std::string text =
        config_.librdkafka
            ? std::string(message_timed_out_message)
            : expired_message(batch->partition(), batch->record_count(), now - batch->created());
    const Failure failure{protocol::ErrorCode::request_timed_out, text};
    if (!batch->is_done()) metrics_.expired(batch->record_count());
    fail(batch, failure, {failure}, false, batch->was_sent());
    // Nothing new is sent there until it is known whether its sequences are in the log.
    if (transactions_ != nullptr && batch->in_retry()) transactions_->mark_unresolved(*batch);
  }
  return !expired.empty();
}

std::vector<BatchPtr> Sender::take_expired_in_flight(sim::Time now) {
  std::vector<BatchPtr> expired;
  for (auto& [partition, batches] : in_flight_) {
    while (!batches.empty() && batches.front()->has_expired(config_.delivery_timeout, now)) {
      expired.push_back(batches.front());
      batches.erase(batches.begin());
    }
    if (!batches.empty()) accumulator_.note_expiry(*batches.front());
  }
  std::erase_if(in_flight_, [](const auto& entry) { return entry.second.empty(); });
  return expired;
}

void Sender::send_produce_request(NodeId node, std::vector<BatchPtr> batches, sim::Time now) {
  if (batches.empty()) return;
  protocol::ProduceRequest request;
  request.acks = config_.acks;
  request.timeout_ms = static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(config_.request_timeout).count());
  for (const BatchPtr& batch : batches) {
    request.partitions.push_back(protocol::ProducePartition{batch->partition(), batch->sealed()});
  }
  const std::uint64_t cookie = next_cookie_++;
  const auto kept = requests_.emplace(cookie, std::move(batches)).first;
  client_.send(node, std::move(request), cookie, now, config_.acks != protocol::Acks::none);
  measure_request(kept->second, now);
}

void Sender::measure_request(const std::vector<BatchPtr>& batches, sim::Time now) {
  for (const BatchPtr& batch : batches) {
    metrics_.sent_batch(batch->record_count(), batch->sealed()->size_in_bytes,
                        protocol::batch_header_size, batch->uncompressed_size(),
                        now - batch->created());
  }
  metrics_.sent_request(client_.in_flight(), now);
}

void Sender::count_failed(const Batch& batch, const std::vector<Failure>& failures) {
  if (failures.size() == 1) return metrics_.failed(failures.front().error, batch.record_count());
  for (const Failure& failure : failures) metrics_.failed(failure.error, 1);
}

void Sender::abort_all(const Failure& failure) {
  for (const BatchPtr& batch : accumulator_.incomplete()) {
    accumulator_.remove(*batch);
    batch->close_for_appends();
    if (batch->finish(Batch::State::aborted)) {
      count_failed(*batch, {failure});
      listener_.on_failed(*batch, {failure}, batch->was_sent());
    }
    over(batch);
  }
}

void Sender::forget_in_flight(const Batch& batch) {
  const auto found = in_flight_.find(batch.partition());
  if (found == in_flight_.end()) return;
  std::erase_if(found->second, [&](const BatchPtr& b) { return b.get() == &batch; });
  if (found->second.empty()) in_flight_.erase(found);
}

void Sender::over(const BatchPtr& batch) {
  forget_in_flight(*batch);
  accumulator_.deallocate(*batch);
}

}  // namespace kafkasim::producer
