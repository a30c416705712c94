// The application's side: what send() waits for. The I/O coroutine and the reports are in
// producer_io.cpp.
#include "producer/producer.hpp"

#include <algorithm>

#include "client/time_left.hpp"
#include "producer/errors.hpp"
#include "producer/murmur2.hpp"
#include "protocol/events.hpp"
#include "sim/check.hpp"

namespace kafkasim::producer {

using protocol::ErrorCode;
namespace events = protocol::events;

namespace {

constexpr const char* closed_message = "Cannot perform operation after producer has been closed";

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
                   Config config)
    : world_(world),
      process_(process),
      name_(std::move(name)),
      config_(std::move(config)),
      random_(world.rng("producer " + name_)),
      transport_(world, host, process),
      metadata_(config_.metadata,
                client::Backoff(config_.retry_backoff, config_.retry_backoff_max, &random_)),
      client_(config_.network, transport_, metadata_, &random_),
      pool_(config_.buffer_memory, config_.batch_size),
      accumulator_(
          config_, pool_, config_.idempotent ? &transactions_ : nullptr,
          client::Backoff(config_.retry_backoff, config_.retry_backoff_max, &random_),
          [this] { return static_cast<std::int32_t>(random_.below(std::uint64_t{1} << 31)); }),
      sender_(config_, client_, accumulator_, config_.idempotent ? &transactions_ : nullptr,
              *this) {
  CHECKED(config_.transactional_id.empty(), "{}: transactions are not built yet", name_);
}

void Producer::start() { sim::spawn(process_, run()); }

// ---- send ----

bool Producer::try_send(const std::string& topic, std::optional<std::int32_t> partition,
                        protocol::Record& record, Ticket ticket) {
  if (waiting_sends_ > 0 || closing_ || !knows(topic, partition)) return false;
  if (config_.idempotent && transactions_.fatal_error()) return false;
  const std::int32_t size = protocol::record_size_upper_bound(record.key.size(), record.value_size);
  if (size > config_.max_request_size || size > config_.buffer_memory) return false;
  const std::int64_t memory = std::max<std::int64_t>(config_.batch_size, size);
  partition = choose_partition(topic, partition, record);
  if (!pool_.has(memory) && !accumulator_.has_room(topic, partition, record)) return false;

  if (world_.trace().enabled()) world_.trace().add(name_, events::Sent{topic, record});
  if (record.timestamp_ms < 0) record.timestamp_ms = sim::to_epoch_ms(process_.now());
  Accumulator::Appended appended =
      accumulator_.append(topic, partition, record, ticket, 0, process_.now(), metadata_);
  if (appended.needs_memory > 0) {
    const bool got = pool_.try_allocate(appended.needs_memory);
    CHECKED(got, "{} has no memory for a batch", name_);
    appended = accumulator_.append(topic, partition, record, ticket, appended.needs_memory,
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
  std::optional<Failure> failure =
      co_await await_metadata(outgoing.topic, outgoing.partition, deadline);
  if (!failure && config_.idempotent) failure = transactions_.fatal_error();
  if (!failure) failure = check_size(record);
  if (failure) {
    reject(outgoing, -1, *failure, ticket);
    co_return false;
  }
  if (record.timestamp_ms < 0) record.timestamp_ms = sim::to_epoch_ms(process_.now());
  const std::optional<std::int32_t> partition =
      choose_partition(outgoing.topic, outgoing.partition, record);

  Accumulator::Appended appended =
      accumulator_.append(outgoing.topic, partition, record, ticket, 0, process_.now(), metadata_);
  if (appended.needs_memory > 0) {
    const std::int64_t bytes = appended.needs_memory;
    const sim::Time asked = process_.now();
    const bool got = co_await allocate(bytes, deadline);
    if (!got || closing_) {
      if (got) pool_.release(bytes);
      const auto waited =
          std::chrono::duration_cast<std::chrono::milliseconds>(client::time_left(asked, deadline));
      const Failure exhausted{ErrorCode::request_timed_out,
                              pool_.exhausted_message(bytes, waited.count())};
      const Failure closed{ErrorCode::unknown_server_error,
                           "Producer closed while send in progress"};
      reject(outgoing, appended.partition, closing_ ? closed : exhausted, ticket);
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
  metadata_.add_topic(topic, process_.now());
  for (;;) {
    const ErrorCode error = metadata_.topic_error(topic);
    if (error == ErrorCode::topic_authorization_failed) {
      co_return Failure{error, "Not authorized to access topics: [" + topic + "]"};
    }
    if (error != ErrorCode::none) co_return Failure{error, "Invalid topics: [" + topic + "]"};
    const client::TopicInfo* known = metadata_.topic(topic);
    const auto count = known == nullptr ? 0 : static_cast<std::int32_t>(known->partitions.size());
    if (count > 0 && partition.value_or(0) < count) co_return std::nullopt;

    metadata_.add_topic(topic, process_.now());
    const int version = metadata_.request_update_for(topic);
    transport_.wake();
    while (metadata_.update_version() == version && !closing_ && process_.now() < deadline) {
      co_await changed_.wait(deadline);
    }
    if (closing_)
      co_return Failure{ErrorCode::unknown_server_error, "Requested metadata update after close"};
    if (process_.now() < deadline) continue;
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

std::optional<std::int32_t> Producer::choose_partition(const std::string& topic,
                                                       std::optional<std::int32_t> partition,
                                                       const protocol::Record& record) const {
  if (partition) return partition;
  if (record.key.is_null() || config_.ignore_keys) return std::nullopt;
  const client::TopicInfo* info = metadata_.topic(topic);
  return partition_for_key(record.key.view(), static_cast<std::int32_t>(info->partitions.size()));
}

sim::Task<bool> Producer::allocate(std::int64_t bytes, sim::Time deadline) {
  if (pool_.try_allocate(bytes)) co_return true;
  const BufferPool::Ticket place = pool_.wait_for(bytes);
  while (!place->served() && !closing_ && process_.now() < deadline)
    co_await changed_.wait(deadline);
  co_return pool_.leave(place);
}

void Producer::reject(const OutgoingRecord& outgoing, std::int32_t partition,
                      const Failure& failure, Ticket ticket) {
  world_.trace().add(name_, events::Failed{outgoing.topic, partition, outgoing.record,
                                           failure.error, failure.message, false});
  if (!listener_) return;
  listener_(SendResult{ticket, outgoing.topic, partition, outgoing.record, failure.error,
                       failure.message});
}

// ---- flush and close ----

sim::Task<bool> Producer::flush(sim::Time deadline) {
  const std::uint64_t limit = accumulator_.next_serial();
  accumulator_.begin_flush();
  transport_.wake();
  while (accumulator_.has_incomplete_before(limit) && process_.now() < deadline)
    co_await changed_.wait(deadline);
  accumulator_.end_flush();
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
