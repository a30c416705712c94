// The application's side: what send() waits for. The I/O coroutine and the reports are in
// producer_io.cpp.
#include "producer/producer.hpp"

#include <algorithm>

#include "client/time_left.hpp"
#include "producer/errors.hpp"
#include "protocol/events.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

using protocol::ErrorCode;
namespace events = protocol::events;

namespace {

constexpr const char* closed_message = "Cannot perform operation after producer has been closed";

Failure closed_meanwhile() {
  return Failure{ErrorCode::unknown_server_error, "Producer closed while send in progress"};
}

// Counts a send that has not been put in line yet, also when its coroutine is destroyed.
class Waiting {
 public:
  explicit Waiting(int& count) : count_(count) { ++count_; }
  ~Waiting() { --count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  int& count_;
};

}  // namespace

Producer::Producer(sim::World& world, sim::Host& host, sim::Process& process, std::string name,
                   Config config, Metrics* metrics)
    : world_(world),
      process_(process),
      name_(std::move(name)),
      config_(std::move(config)),
      random_(world.rng("producer " + name_)),
      metrics_(metrics != nullptr ? metrics : &own_metrics_),
      partitioner_(make_partitioner(config_, &random_)),
      transport_(world, host, process),
      metadata_(config_.metadata,
                client::Backoff(config_.retry_backoff, config_.retry_backoff_max, &random_)),
      client_(config_.network, transport_, metadata_, &random_),
      pool_(config_.buffer_memory, config_.batch_size, metrics_),
      queue_(config_.librdkafka),
      accumulator_(
          config_, pool_, config_.idempotent ? &transactions_ : nullptr,
          client::Backoff(config_.retry_backoff, config_.retry_backoff_max, &random_),
          [this] { return static_cast<std::int32_t>(random_.below(std::uint64_t{1} << 31)); }),
      sender_(config_, client_, accumulator_, config_.idempotent ? &transactions_ : nullptr, *this,
              *metrics_) {
  CHECKED(config_.transactional_id.empty(), "{}: transactions are not built yet", name_);
}

void Producer::start() {
  metrics_->started(process_.now());
  sim::spawn(process_, run());
}

// ---- send ----

bool Producer::try_send(const std::string& topic, std::optional<std::int32_t> partition,
                        protocol::Record& record, Ticket ticket) {
  if (waiting_sends_ > 0 || closing_ || !knows(topic, partition)) return false;
  if (config_.idempotent && transactions_.fatal_error()) return false;
  if (check_size(record) || !queue_.has_room_for(record)) return false;
  const bool has_memory = pool_.has(accumulator_.memory_for(record));
  // One that goes on with every question is asked once a record: by send(), if it comes to that.
  if (!has_memory && !partition && partitioner_->counts_questions()) return false;
  std::optional<std::int32_t> chosen;
  if (!partition) chosen = partitioner_->choose(topic, record.key, metadata_, process_.now());
  const std::optional<std::int32_t>& target = partition ? partition : chosen;
  if (!has_memory && !accumulator_.has_room(topic, target, record)) return false;

  if (world_.trace().enabled()) world_.trace().add(name_, events::Sent{topic, record});
  queue_.add(record);
  if (record.timestamp_ms < 0) record.timestamp_ms = sim::to_epoch_ms(process_.now());
  Accumulator::Appended appended =
      accumulator_.append(topic, target, record, ticket, 0, process_.now(), metadata_);
  if (appended.needs_memory > 0) {
    const bool got = pool_.try_allocate(appended.needs_memory);
    CHECKED(got, "{} has no memory for a batch", name_);
    appended = accumulator_.append(topic, target, record, ticket, appended.needs_memory,
                                   process_.now(), metadata_);
  }
  if (appended.batch_is_full || appended.new_batch) transport_.wake();
  return true;
}

sim::Task<bool> Producer::send(OutgoingRecord outgoing, Ticket ticket) {
  const Waiting waiting(waiting_sends_);
  protocol::Record& record = outgoing.record;
  world_.trace().add(name_, events::Sent{outgoing.topic, record});
  if (sim::must_yield(process_)) co_await sim::yield_now();
  const sim::Time deadline = sim::later(process_.now(), config_.max_block);
  if (closing_) {
    reject(outgoing, -1, Failure{ErrorCode::unknown_server_error, closed_message}, ticket);
    co_return false;
  }
  if (!queue_.has_room_for(record)) {
    const Failure full{ErrorCode::request_timed_out, std::string(queue_full_message)};
    reject(outgoing, outgoing.partition.value_or(-1), full, ticket);
    co_return false;
  }
  queue_.add(record);
  std::optional<Failure> failure =
      co_await await_metadata(outgoing.topic, outgoing.partition, deadline);
  std::optional<std::int32_t> partition = outgoing.partition;
  if (!failure) {
    // The partitioner is asked even for a record that is too large.
    if (!partition)
      partition = partitioner_->choose(outgoing.topic, record.key, metadata_, process_.now());
    failure = check_size(record);
  }
  if (!failure && closing_) failure = closed_meanwhile();
  if (!failure && config_.idempotent) failure = transactions_.fatal_error();
  if (failure) {
    queue_.remove(record);
    reject(outgoing, outgoing.partition.value_or(-1), *failure, ticket);
    co_return false;
  }
  if (record.timestamp_ms < 0) record.timestamp_ms = sim::to_epoch_ms(process_.now());

  Accumulator::Appended appended =
      accumulator_.append(outgoing.topic, partition, record, ticket, 0, process_.now(), metadata_);
  if (appended.needs_memory > 0) {
    const std::int64_t bytes = appended.needs_memory;
    failure = co_await allocate(bytes, deadline);
    if (failure) {
      queue_.remove(record);
      reject(outgoing, appended.partition, *failure, ticket);
      co_return false;
    }
    appended = accumulator_.append(outgoing.topic, partition, record, ticket, bytes, process_.now(),
                                   metadata_);
    if (!appended.used_memory) pool_.release(bytes);
  }
  if (appended.batch_is_full || appended.new_batch) transport_.wake();
  co_return true;
}

bool Producer::knows(const std::string& topic, std::optional<std::int32_t> partition) {
  if (known_.version != metadata_.update_version() || known_.at != process_.now() ||
      known_.topic != topic) {
    metadata_.add_topic(topic, process_.now());
    const client::TopicInfo* info = metadata_.topic(topic);
    known_.partitions = info == nullptr || metadata_.topic_error(topic) != ErrorCode::none
                            ? 0
                            : static_cast<std::int32_t>(info->partitions.size());
    known_.topic = topic;
    known_.version = metadata_.update_version();
    known_.at = process_.now();
  }
  return known_.partitions > 0 && partition.value_or(0) < known_.partitions;
}

sim::Task<std::optional<Failure>> Producer::await_metadata(std::string topic,
                                                           std::optional<std::int32_t> partition,
                                                           sim::Time deadline) {
  // What is remembered of an invalid name is told in other words than what has just been heard.
  if (metadata_.topic_error(topic) == ErrorCode::invalid_topic_exception)
    co_return Failure{ErrorCode::invalid_topic_exception, topic};
  metadata_.add_topic(topic, process_.now());
  sim::Duration waited{};
  for (;;) {
    const client::TopicInfo* known = metadata_.topic(topic);
    const auto count = known == nullptr ? 0 : static_cast<std::int32_t>(known->partitions.size());
    if (count > 0 && partition.value_or(0) < count) {
      if (waited.count() > 0) metrics_->got_metadata(waited);
      co_return std::nullopt;
    }

    metadata_.add_topic(topic, process_.now());
    const int version = metadata_.request_update_for(topic);
    transport_.wake();
    // A producer that is being closed still learns where its records go, until its I/O ends.
    const sim::Time since = process_.now();
    while (metadata_.update_version() == version && !ended_ && process_.now() < deadline) {
      co_await changed_.wait(deadline);
    }
    metrics_->waited(process_.now() - since);
    waited += process_.now() - since;
    if (ended_) co_return closed_meanwhile();
    if (process_.now() < deadline) {
      const ErrorCode error = metadata_.topic_error(topic);
      if (error == ErrorCode::none) continue;
      const bool is_name = error == ErrorCode::invalid_topic_exception;
      co_return Failure{
          error,
          (is_name ? "Invalid topics: [" : "Not authorized to access topics: [") + topic + "]"};
    }
    if (config_.librdkafka)
      co_return Failure{ErrorCode::request_timed_out, std::string(message_timed_out_message)};
    const protocol::TopicPartition wanted{topic, partition.value_or(0)};
    if (count > 0) {
      co_return Failure{ErrorCode::request_timed_out,
                        partition_not_present_message(wanted, count, config_.max_block)};
    }
    co_return Failure{ErrorCode::request_timed_out,
                      topic_not_present_message(topic, config_.max_block)};
  }
}

std::optional<Failure> Producer::check_size(const protocol::Record& record) const {
  if (config_.librdkafka) {
    const std::int64_t bytes =
        std::max<std::int64_t>(record.key.size(), 0) + std::max(record.value_size, 0);
    if (bytes <= config_.max_request_size) return std::nullopt;
    return Failure{ErrorCode::message_too_large, std::string(message_too_large_message)};
  }
  const std::int32_t size = protocol::record_size_upper_bound(record.key.size(), record.value_size);
  if (size > config_.max_request_size) {
    return Failure{ErrorCode::message_too_large,
                   record_too_large_message(size, config_.max_request_size)};
  }
  if (size > config_.buffer_memory) {
    return Failure{ErrorCode::message_too_large, larger_than_buffer_message(size)};
  }
  return std::nullopt;
}

sim::Task<std::optional<Failure>> Producer::allocate(std::int64_t bytes, sim::Time deadline) {
  if (bytes > pool_.total()) {
    co_return Failure{ErrorCode::unknown_server_error,
                      allocation_too_large_message(bytes, pool_.total())};
  }
  if (pool_.try_allocate(bytes)) co_return std::nullopt;
  const sim::Time since = process_.now();
  const sim::Duration allowed = client::time_left(since, deadline);
  const BufferPool::Ticket place = pool_.wait_for(bytes);
  while (!place->served() && !closing_ && process_.now() < deadline)
    co_await changed_.wait(deadline);
  metrics_->waited_for_memory(process_.now() - since);
  std::optional<Failure> failure;
  if (closing_) {
    failure = Failure{ErrorCode::unknown_server_error, "Producer closed while allocating memory"};
  } else if (!place->served()) {
    metrics_->exhausted();
    // What it has collected so far does not count as available.
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(allowed);
    failure = Failure{ErrorCode::request_timed_out, pool_.exhausted_message(bytes, ms.count())};
  }
  const bool got = pool_.leave(place);
  if (got && failure) pool_.release(bytes);
  co_return failure;
}

void Producer::reject(const OutgoingRecord& outgoing, std::int32_t partition,
                      const Failure& failure, Ticket ticket) {
  // Using a closed producer is the application's mistake: Kafka throws, and counts nothing.
  if (failure.message != closed_message) metrics_->counted_errors(1);
  metrics_->failed(failure.error, 1);
  world_.trace().add(name_, events::Failed{outgoing.topic, partition, outgoing.record,
                                           failure.error, failure.message, false});
  if (!listener_) return;
  listener_(SendResult{ticket, outgoing.topic, partition, outgoing.record, failure.error,
                       failure.message});
}

// ---- flush and close ----

sim::Task<bool> Producer::flush(sim::Time deadline) {
  const std::uint64_t limit = accumulator_.next_serial();
  const sim::Time since = process_.now();
  accumulator_.begin_flush();
  transport_.wake();
  while (accumulator_.has_incomplete_before(limit) && process_.now() < deadline)
    co_await changed_.wait(deadline);
  accumulator_.end_flush();
  metrics_->flushed(process_.now() - since);
  co_return !accumulator_.has_incomplete_before(limit);
}

sim::Task<> Producer::close(sim::Duration timeout) {
  const sim::Time deadline = sim::later(process_.now(), timeout);
  closing_ = true;
  accumulator_.close();
  transport_.wake();
  changed_.notify_all();
  while (!ended_ && process_.now() < deadline) co_await changed_.wait(deadline);
  if (ended_) co_return;
  forced_ = true;
  transport_.wake();
  // The I/O coroutine may be in a pause between two tries to get a producer id.
  const sim::Time last =
      sim::later(process_.now(), config_.retry_backoff_max + config_.retry_backoff);
  while (!ended_ && process_.now() < last) co_await changed_.wait(last);
}

}  // namespace kafkasim::producer
