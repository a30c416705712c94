// Appending, retries and the end of batches. What is ready and what is drained is in
// accumulator_drain.cpp.
#include "producer/accumulator.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::producer {

using protocol::TopicPartition;

Accumulator::Accumulator(const Config& config, BufferPool& pool, TransactionManager* transactions,
                         client::Backoff retry_backoff, BuiltInPartitioner::Draw draw)
    : config_(config),
      pool_(pool),
      transactions_(transactions),
      retry_backoff_(retry_backoff),
      draw_(std::move(draw)) {}

Accumulator::Topic* Accumulator::find_topic(const std::string& name) {
  if (last_topic_ != nullptr && last_topic_->first == name) return &last_topic_->second;
  const auto found = topics_.find(name);
  if (found == topics_.end()) return nullptr;
  last_topic_ = &*found;
  return &found->second;
}

Accumulator::Topic& Accumulator::topic(const std::string& name) {
  if (Topic* known = find_topic(name)) return *known;
  return topics_.emplace(name, Topic(BuiltInPartitioner(name, config_.batch_size, draw_)))
      .first->second;
}

std::deque<BatchPtr>* Accumulator::queue(Topic* topic, std::int32_t partition) {
  if (topic == nullptr) return nullptr;
  const auto found = topic->queues.find(partition);
  return found == topic->queues.end() ? nullptr : &found->second;
}

std::deque<BatchPtr>* Accumulator::queue(const TopicPartition& partition) {
  return queue(find_topic(partition.topic), partition.partition);
}

// ---- appending ----

BatchPtr Accumulator::make_batch(const TopicPartition& partition, std::int64_t write_limit,
                                 std::int64_t charged, sim::Time created,
                                 std::optional<std::uint64_t> group) {
  const std::uint64_t serial = next_serial_++;
  const Topic& topic = this->topic(partition.topic);
  auto batch =
      std::make_shared<Batch>(partition, write_limit, charged, created, serial,
                              group.value_or(serial), config_.compression, topic.size_estimate);
  batch->expect_records(topic.last_record_count);
  if (config_.librdkafka) batch->limit_records(config_.librdkafka->batch_messages);
  incomplete_.emplace(serial, batch);
  return batch;
}

bool Accumulator::has_room(const std::string& name, const std::optional<std::int32_t>& partition,
                           const protocol::Record& record) {
  Topic* const topic = find_topic(name);
  if (topic == nullptr || (!partition && !topic->partitioner.chosen())) return false;
  const auto* queue = this->queue(topic, partition ? *partition : *topic->partitioner.chosen());
  return queue != nullptr && !queue->empty() && queue->back()->has_room_for(record);
}

std::int64_t Accumulator::memory_for(const protocol::Record& record) const {
  return std::max(config_.batch_size,
                  protocol::record_size_upper_bound(record.key.size(), record.value_size));
}

Accumulator::Appended Accumulator::append(const std::string& name,
                                          const std::optional<std::int32_t>& partition,
                                          protocol::Record& record, Ticket ticket,
                                          std::int64_t memory, sim::Time now,
                                          const client::Metadata& metadata) {
  Topic& topic = this->topic(name);
  const bool may_choose = !partition.has_value();
  const auto is_complete = [](const std::deque<BatchPtr>& queue) {
    return queue.empty() || queue.back()->is_full();
  };
  std::int32_t chosen = may_choose ? topic.partitioner.current(metadata) : *partition;
  // A switch that was put off until the batch was complete may be due now.
  if (may_choose && is_complete(topic.queues[chosen]) &&
      topic.partitioner.appended(0, true, metadata)) {
    chosen = topic.partitioner.current(metadata);
  }
  auto& queue = topic.queues[chosen];
  Appended out;
  out.partition = chosen;
  std::int64_t added = 0;
  if (!queue.empty()) {
    Batch& last = *queue.back();
    const std::int32_t before = last.is_full() ? 0 : last.estimated_size();
    if (last.append(record, ticket)) {
      added = last.estimated_size() - before;
    } else {
      last.close_for_appends();
    }
  }
  if (added == 0) {
    if (memory == 0) {
      out.needs_memory = memory_for(record);
      return out;
    }
    BatchPtr batch = make_batch(TopicPartition{name, chosen}, memory, memory, now, std::nullopt);
    CHECKED(batch->append(record, ticket), "the first record of a batch did not fit");
    added = batch->estimated_size();
    queue.push_back(std::move(batch));
    out.new_batch = true;
    out.used_memory = true;
  }
  out.batch_is_full = queue.size() > 1 || queue.back()->is_full();
  if (may_choose) topic.partitioner.appended(added, is_complete(queue), metadata);
  return out;
}

// ---- retries ----

bool Accumulator::reenqueue(const BatchPtr& batch, sim::Time now) {
  batch->reenqueued(now, retry_backoff_.after(batch->attempts()));
  if (transactions_ != nullptr && !transactions_->has_in_flight(batch->partition())) return false;
  auto& queue = topic(batch->partition().topic).queues[batch->partition().partition];
  if (transactions_ != nullptr) {
    insert_in_sequence_order(queue, batch);
  } else if (config_.librdkafka) {
    // Messages come back to where they were.
    const auto later = [&](const BatchPtr& other) { return other->serial() > batch->serial(); };
    queue.insert(std::find_if(queue.begin(), queue.end(), later), batch);
  } else {
    queue.push_front(batch);
  }
  return true;
}

void Accumulator::insert_in_sequence_order(std::deque<BatchPtr>& queue, const BatchPtr& batch) {
  CHECKED(batch->has_sequence(), "a batch of {} comes back without a sequence",
          to_string(batch->partition()));
  CHECKED(transactions_->has_in_flight(batch->partition()),
          "a batch of {} comes back that was not in flight", to_string(batch->partition()));
  auto place = queue.begin();
  while (place != queue.end() && (*place)->has_sequence() &&
         (*place)->base_sequence() < batch->base_sequence()) {
    ++place;
  }
  queue.insert(place, batch);
}

namespace {

bool append_copy(Batch& to, const Batch& from, std::size_t index) {
  protocol::Record record = from.records()[index];
  return to.append(record, from.tickets()[index]);
}

}  // namespace

std::size_t Accumulator::split_and_reenqueue(const BatchPtr& big) {
  Topic& topic = this->topic(big->partition().topic);
  // The estimate was wrong, or the broker's limit is low: expect no shrinking for a while.
  topic.size_estimate = 1000;
  std::vector<BatchPtr> parts;
  const std::vector<protocol::Record>& records = big->records();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!parts.empty() && append_copy(*parts.back(), *big, i)) continue;
    if (!parts.empty()) parts.back()->close_for_appends();
    const std::int64_t size = memory_for(records[i]);
    parts.push_back(make_batch(big->partition(), size, 0, big->created(), big->group()));
    CHECKED(append_copy(*parts.back(), *big, i), "the first record of a batch did not fit");
  }
  if (big->has_sequence()) {
    std::int32_t sequence = big->base_sequence();
    for (const BatchPtr& part : parts) {
      part->set_producer_state(big->producer(), sequence, false);
      sequence = protocol::add_sequence(sequence, part->record_count());
    }
  }
  auto& queue = topic.queues[big->partition().partition];
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    (*part)->close_for_appends();
    if (transactions_ != nullptr) {
      transactions_->add_in_flight(*part);
      insert_in_sequence_order(queue, *part);
    } else {
      queue.push_front(*part);
    }
  }
  return parts.size();
}

// ---- expiry ----

void Accumulator::note_expiry(const Batch& batch) {
  next_expiry_ = std::min(next_expiry_, sim::later(batch.created(), config_.delivery_timeout));
}

std::vector<BatchPtr> Accumulator::take_expired(sim::Time now) {
  std::vector<BatchPtr> expired;
  for (auto& [name, topic] : topics_) {
    for (auto& [partition, queue] : topic.queues) {
      while (!queue.empty() && queue.front()->has_expired(config_.delivery_timeout, now)) {
        queue.front()->close_for_appends();
        expired.push_back(std::move(queue.front()));
        queue.pop_front();
      }
      if (!queue.empty()) note_expiry(*queue.front());
    }
  }
  return expired;
}

// ---- the end of batches ----

void Accumulator::deallocate(const Batch& batch) {
  if (incomplete_.erase(batch.serial()) == 0) return;
  if (batch.charged_bytes() > 0) pool_.release(batch.charged_bytes());
}

std::vector<BatchPtr> Accumulator::incomplete() const {
  std::vector<BatchPtr> out;
  out.reserve(incomplete_.size());
  for (const auto& [serial, batch] : incomplete_) out.push_back(batch);
  return out;
}

bool Accumulator::has_undrained() const {
  return std::any_of(topics_.begin(), topics_.end(), [](const auto& entry) {
    const auto& queues = entry.second.queues;
    return std::any_of(queues.begin(), queues.end(),
                       [](const auto& q) { return !q.second.empty(); });
  });
}

void Accumulator::remove(const Batch& batch) {
  if (auto* found = queue(batch.partition())) {
    std::erase_if(*found, [&](const BatchPtr& b) { return b.get() == &batch; });
  }
}

bool Accumulator::has_incomplete_before(std::uint64_t serial) const {
  return std::any_of(incomplete_.begin(), incomplete_.end(),
                     [&](const auto& entry) { return entry.second->group() < serial; });
}

}  // namespace kafkasim::producer
