// Handing out what was fetched.
#include "consumer/fetch_collector.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::consumer {

using protocol::ErrorCode;
using protocol::TopicPartition;

namespace {

// Room made for the records of one poll, at most: max.poll.records may be anything.
constexpr int most_reserved = 512;

constexpr const char* unexpected_exception = "IllegalStateException";

}  // namespace

bool FetchCollector::has_available() const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const CompletedFetch& fetch) {
    const PartitionState* const state = subscriptions_.find(fetch.partition());
    return state != nullptr && state->is_fetchable();
  });
}

bool FetchCollector::is_empty() const {
  return waiting_.empty() && (!next_ || next_->is_consumed());
}

Partitions FetchCollector::buffered() const {
  Partitions result;
  for (const CompletedFetch& fetch : waiting_) result.insert(fetch.partition());
  if (next_ && !next_->is_consumed()) result.insert(next_->partition());
  return result;
}

void FetchCollector::retain(const Partitions& partitions) {
  std::erase_if(waiting_, [&](const CompletedFetch& fetch) {
    return !partitions.contains(fetch.partition());
  });
  if (next_ && !partitions.contains(next_->partition())) next_.reset();
}

FetchCollector::Collected FetchCollector::collect(sim::Time now) {
  Collected out;
  std::vector<CompletedFetch> paused;
  int remaining = settings_.max_poll_records;
  while (remaining > 0) {
    if (!next_ || next_->is_consumed()) {
      if (waiting_.empty() || !begin_next(out, now)) break;
      continue;
    }
    const PartitionState* const state = subscriptions_.find(next_->partition());
    if (state != nullptr && state->paused) {
      paused.push_back(std::move(*next_));
      next_.reset();
      continue;
    }
    remaining -= take_from(*next_, out, remaining);
  }
  for (CompletedFetch& fetch : paused) waiting_.push_back(std::move(fetch));
  return out;
}

// The first of those that wait becomes the one to hand out, unless it turns out to be of no use.
// False: an error stops the collecting.
bool FetchCollector::begin_next(Collected& out, sim::Time now) {
  CompletedFetch& first = waiting_.front();
  next_.reset();
  const bool usable = first.is_initialized || initialize(first, out, now);
  if (out.failure) {
    // With records in hand those come first; the error comes again with the next poll. One that
    // Kafka's client does not know of is not waited with: it takes the records along.
    const bool is_alone = out.is_empty();
    if (is_alone && first.answer().records.empty()) waiting_.pop_front();
    if (is_alone) return false;
    if (out.failure->exception == unexpected_exception) {
      out.records.clear();
    } else {
      out.failure.reset();
    }
    return false;
  }
  if (usable) next_ = std::move(first);
  waiting_.pop_front();
  return true;
}

bool FetchCollector::initialize(CompletedFetch& fetch, Collected& out, sim::Time now) {
  const protocol::FetchPartitionResponse& answer = fetch.answer();
  PartitionState* const state = subscriptions_.find(fetch.partition());
  const bool has_error = answer.error != ErrorCode::none;
  bool usable = false;
  if (state != nullptr && state->has_valid_position()) {
    if (has_error) {
      handle_error(fetch, out);
    } else if (state->position()->offset == fetch.next_offset()) {
      if (answer.high_watermark.is_set()) state->high_watermark = answer.high_watermark;
      if (answer.log_start_offset.is_set()) state->log_start_offset = answer.log_start_offset;
      if (answer.last_stable_offset.is_set()) state->last_stable_offset = answer.last_stable_offset;
      if (answer.preferred_read_replica.is_set()) {
        state->prefer_replica(answer.preferred_read_replica,
                              sim::later(now, settings_.metadata_max_age));
      }
      fetch.is_initialized = true;
      usable = true;
    }
  }
  if (has_error) {
    subscriptions_.move_to_end(fetch.partition());
    if (state != nullptr) state->next_fetch = sim::later(now, settings_.fetch_error_backoff);
  }
  return usable;
}

void FetchCollector::handle_error(const CompletedFetch& fetch, Collected& out) {
  const TopicPartition& partition = fetch.partition();
  const std::string name = to_string(partition);
  const ErrorCode error = fetch.answer().error;
  switch (error) {
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::replica_not_available:
    case ErrorCode::kafka_storage_error:
    case ErrorCode::fenced_leader_epoch:
    case ErrorCode::offset_not_available:
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::unknown_topic_id:
    case ErrorCode::inconsistent_topic_id:
      wants_metadata_ = true;
      if (PartitionState* state = subscriptions_.find(partition)) state->clear_preferred_replica();
      return;
    case ErrorCode::offset_out_of_range:
      out_of_range(fetch, out);
      return;
    case ErrorCode::unknown_leader_epoch:
    case ErrorCode::unknown_server_error:
      return;  // tried again with the next fetch
    default:
      break;
  }
  Failure failure = failure_of(error);
  if (error == ErrorCode::topic_authorization_failed) {
    failure = not_authorized_failure(std::set<std::string>{partition.topic});
  } else if (error == ErrorCode::corrupt_message) {
    failure.exception = "KafkaException";
    failure.message =
        fmt::format("Encountered corrupt message when fetching offset {} for topic-partition {}",
                    fetch.next_offset().value(), name);
  } else {
    failure.exception = unexpected_exception;
    failure.message =
        fmt::format("Unexpected error code {} while fetching at offset {} from topic-partition {}",
                    static_cast<int>(error), fetch.next_offset().value(), name);
  }
  failure.retriable = false;
  out.failure = std::move(failure);
}

void FetchCollector::out_of_range(const CompletedFetch& fetch, Collected& out) {
  PartitionState* const state = subscriptions_.find(fetch.partition());
  if (state == nullptr) return;
  // A follower may be behind: the leader decides.
  if (state->clear_preferred_replica().is_set()) return;
  if (!state->position() || state->position()->offset != fetch.next_offset()) return;
  if (subscriptions_.has_reset_policy()) {
    state->reset(subscriptions_.default_reset(), "out of range");
    return;
  }
  Failure failure = failure_of(ErrorCode::offset_out_of_range);
  failure.retriable = false;
  failure.message = fmt::format("Fetch position {} is out of range for partition {}",
                                fetch.next_offset().value(), to_string(fetch.partition()));
  out.failure = std::move(failure);
}

// Returns how many records came.
int FetchCollector::take_from(CompletedFetch& fetch, Collected& out, int limit) {
  PartitionState* const state = subscriptions_.find(fetch.partition());
  const bool in_place =
      state != nullptr && state->is_fetchable() && state->position()->offset == fetch.next_offset();
  if (!in_place) {
    // The partition was given away or its position moved: the data is of no use.
    fetch.drain();
    if (fetch.has_returned_records()) subscriptions_.move_to_end(fetch.partition());
    return 0;
  }
  FetchPosition position = *state->position();
  if (out.records.empty())
    out.records.reserve(static_cast<std::size_t>(std::min(limit, most_reserved)));
  const int taken = fetch.take(limit, out.records);
  if (fetch.next_offset() > position.offset) {
    position.offset = fetch.next_offset();
    position.offset_epoch = fetch.last_epoch();
    state->advance(position);
    out.position_advanced = true;
  }
  if (taken > 0) {
    out.served.push_back(fetch.partition());
    state->returned_to = out.records.back().offset.next();
    if (settings_.stores_automatically)
      state->stored = {state->returned_to, out.records.back().leader_epoch, ""};
  }
  if (fetch.is_consumed() && fetch.has_returned_records())
    subscriptions_.move_to_end(fetch.partition());
  return taken;
}

}  // namespace kafkasim::consumer
