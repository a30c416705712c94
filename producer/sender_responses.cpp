// What an answer, or its absence, means for the batches of a request.
#include <fmt/format.h>

#include <algorithm>

#include "producer/errors.hpp"
#include "producer/sender.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

using client::ClientResponse;
using client::Outcome;
using protocol::ErrorCode;
using protocol::ProducePartitionResponse;

namespace {

ProducePartitionResponse lost_connection(const ClientResponse& response) {
  ProducePartitionResponse out;
  const bool timed_out = response.outcome == Outcome::timed_out;
  out.error = timed_out ? ErrorCode::request_timed_out : ErrorCode::network_exception;
  out.error_message = fmt::format("Disconnected from node {}{}", response.node.value(),
                                  timed_out ? " due to timeout" : "");
  return out;
}

// The errors after which nobody knows whether the batch is in the log.
bool leaves_doubt(ErrorCode error) {
  return error == ErrorCode::network_exception || error == ErrorCode::request_timed_out ||
         error == ErrorCode::not_enough_replicas_after_append;
}

}  // namespace

void Sender::handle(ClientResponse response, sim::Time now) {
  if (std::holds_alternative<protocol::InitProducerIdRequest>(response.request)) {
    handle_init_producer_id(response);
  } else {
    handle_produce(response, now);
  }
}

void Sender::handle_init_producer_id(const ClientResponse& response) {
  if (response.outcome != Outcome::answered) {
    listener_.on_error("InitProducerId", response.outcome == Outcome::timed_out
                                             ? ErrorCode::request_timed_out
                                             : ErrorCode::network_exception);
    transactions_->retry_request();
    return;
  }
  const auto& body = std::get<protocol::InitProducerIdResponse>(*response.response);
  if (body.error != ErrorCode::none) listener_.on_error("InitProducerId", body.error);
  if (transactions_->handle(body)) listener_.on_producer_id(transactions_->producer());
}

void Sender::handle_produce(const ClientResponse& response, sim::Time now) {
  const auto request = requests_.extract(response.cookie);
  CHECKED(!request.empty(), "an answer to no Produce request");
  const std::vector<BatchPtr>& batches = request.mapped();
  switch (response.outcome) {
    case Outcome::written:
      for (const BatchPtr& batch : batches) complete(batch, ProducePartitionResponse{}, now);
      return;
    case Outcome::disconnected:
    case Outcome::timed_out:
      for (const BatchPtr& batch : batches) complete(batch, lost_connection(response), now);
      return;
    case Outcome::answered:
      break;
  }
  const auto& body = std::get<protocol::ProduceResponse>(*response.response);
  metrics_.answered(now - response.sent_at, body.throttle_time_ms);
  for (const ProducePartitionResponse& part : body.partitions) {
    const auto batch = std::find_if(batches.begin(), batches.end(), [&](const BatchPtr& b) {
      return b->partition() == part.partition;
    });
    CHECKED(batch != batches.end(), "an answer about {}, which was not asked",
            to_string(part.partition));
    complete(*batch, part, now);
  }
  // Leaders named in the answer count at once, without asking for metadata first.
  for (const ProducePartitionResponse& part : body.partitions) {
    if (part.error != ErrorCode::not_leader_or_follower &&
        part.error != ErrorCode::fenced_leader_epoch) {
      continue;
    }
    client_.metadata().update_leadership(part.partition, part.current_leader.leader_id,
                                         part.current_leader.leader_epoch, body.node_endpoints);
  }
}

void Sender::complete(const BatchPtr& batch, const ProducePartitionResponse& response,
                      sim::Time now) {
  const ErrorCode error = response.error;
  if (error != ErrorCode::none) {
    listener_.on_error("Produce", error);
    metrics_.refused(error);
  }
  if (error == ErrorCode::message_too_large && batch->record_count() > 1 && !batch->is_done()) {
    split(batch);
  } else if (error == ErrorCode::none || error == ErrorCode::duplicate_sequence_number) {
    // A duplicate that the broker no longer remembers in detail: stored, at an offset that nobody
    // knows.
    succeed(batch, response, now);
  } else {
    if (can_retry(*batch, response, now)) {
      // A batch whose sequence is no longer known cannot be put in order: it waits for its expiry.
      if (accumulator_.reenqueue(batch, now)) forget_in_flight(*batch);
      metrics_.retried(batch->record_count());
      listener_.on_retried(*batch, error);
    } else {
      fail(batch, response);
    }
    if (protocol::is_invalid_metadata(error)) client_.metadata().request_update(false);
  }
  if (config_.one_batch_at_a_time()) accumulator_.unmute(batch->partition());
}

bool Sender::can_retry(const Batch& batch, const ProducePartitionResponse& response,
                       sim::Time now) {
  if (batch.has_expired(config_.delivery_timeout, now) || batch.attempts() >= config_.retries ||
      batch.is_done()) {
    return false;
  }
  return transactions_ == nullptr ? protocol::is_retriable(response.error)
                                  : transactions_->can_retry(batch, response);
}

void Sender::split(const BatchPtr& batch) {
  if (transactions_ != nullptr) transactions_->remove_in_flight(*batch);
  accumulator_.split_and_reenqueue(batch);
  metrics_.split();
  over(batch);
}

void Sender::succeed(const BatchPtr& batch, const ProducePartitionResponse& response,
                     sim::Time now) {
  if (transactions_ != nullptr) transactions_->completed(*batch, response.base_offset);
  if (!batch->finish(Batch::State::succeeded))
    return;  // expired before: the application was told otherwise
  metrics_.acked(batch->record_count(), now - batch->created(), now);
  listener_.on_acked(*batch, response.base_offset);
  over(batch);
}

void Sender::fail(const BatchPtr& batch, const ProducePartitionResponse& response) {
  std::string text = response.error_message;
  if (response.error == ErrorCode::topic_authorization_failed) {
    text = fmt::format("Not authorized to access topics: [{}]", batch->partition().topic);
  } else if (response.error == ErrorCode::cluster_authorization_failed) {
    text = "The producer is not authorized to do idempotent sends";
  } else if (text.empty()) {
    text = error_message(response.error);
  }
  const Failure whole{response.error, text};
  std::vector<Failure> failures{whole};
  if (!response.record_errors.empty()) {
    // The listed records are to blame; the others only travelled with them.
    failures.assign(static_cast<std::size_t>(batch->record_count()),
                    Failure{ErrorCode::unknown_server_error, part_of_invalid_batch_message});
    const ErrorCode of_record =
        response.record_errors.size() == 1 ? response.error : ErrorCode::invalid_record;
    for (const protocol::RecordError& record : response.record_errors) {
      const auto index = static_cast<std::size_t>(record.batch_index);
      if (index >= failures.size()) continue;
      failures[index] = Failure{of_record, record.message.empty() ? text : record.message};
    }
  }
  // Out of attempts nobody knows whether the sequence was used, so it cannot be given to another
  // batch.
  const bool adjust_sequences = batch->attempts() < config_.retries;
  fail(batch, whole, failures, adjust_sequences, batch->in_retry() || leaves_doubt(response.error));
}

void Sender::fail(const BatchPtr& batch, const Failure& whole, const std::vector<Failure>& failures,
                  bool adjust_sequences, bool maybe_stored) {
  metrics_.counted_errors(batch->record_count());
  if (!batch->finish(Batch::State::failed)) return;
  count_failed(*batch, failures);
  if (transactions_ != nullptr) transactions_->failed(*batch, whole, adjust_sequences);
  if (config_.librdkafka && config_.librdkafka->gapless && batch->was_sent()) {
    transactions_->set_fatal(Failure{
        whole.error, gapless_message(batch->partition(), batch->record_count(), whole.message)});
  }
  listener_.on_failed(*batch, failures, maybe_stored);
  over(batch);
}

}  // namespace kafkasim::producer
