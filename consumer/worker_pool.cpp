// Taking, handling and finishing.
#include "consumer/worker_pool.hpp"

#include <algorithm>

namespace kafkasim::consumer {

void WorkerPool::start(sim::Process& process, std::function<void(const ConsumedRecord&)> finished) {
  finished_ = std::move(finished);
  for (int i = 0; i < options_.count; ++i) sim::spawn(process, work());
}

void WorkerPool::add(ConsumedRecord record) {
  Line& line = lines_[record.partition];
  if (line.tenure == 0) {
    line.tenure = ++tenures_;
    line.first = record.offset;
  }
  line.unfinished.insert(record.offset);
  line.next = record.offset.next();
  const std::uint64_t tenure = line.tenure;
  queue_.push_back(Item{std::move(record), tenure});
  work_.notify_all();
}

sim::Task<> WorkerPool::work() {
  // The process ends it.
  while (true) {
    std::optional<Item> item = take_next();
    if (!item) {
      co_await work_.wait(sim::never);
      continue;
    }
    ConsumedRecord record = item->record;
    const bool goes_on = co_await handling_.handle(std::move(record));
    finish(*item, goes_on);
  }
}

// The first that nothing in a worker's hands keeps waiting.
std::optional<WorkerPool::Item> WorkerPool::take_next() {
  if (says_stop_) return std::nullopt;
  for (auto it = queue_.begin(); it != queue_.end(); ++it) {
    std::optional<std::string> lane = lane_of(it->record);
    if (lane && !busy_lanes_.insert(std::move(*lane)).second) continue;
    Item item = std::move(*it);
    queue_.erase(it);
    in_hand_.insert(item.record.partition);
    ++busy_;
    return item;
  }
  return std::nullopt;
}

std::optional<std::string> WorkerPool::lane_of(const ConsumedRecord& record) const {
  switch (options_.order) {
    case WorkOrder::none:
      return std::nullopt;
    case WorkOrder::by_partition:
      return to_string(record.partition);
    case WorkOrder::by_key: {
      const protocol::Bytes& key = record.record.key;
      if (key.is_null()) return std::nullopt;
      return record.partition.topic + "/" + std::string(key.view());
    }
  }
  return std::nullopt;
}

void WorkerPool::finish(const Item& item, bool goes_on) {
  --busy_;
  in_hand_.erase(in_hand_.find(item.record.partition));
  if (const std::optional<std::string> lane = lane_of(item.record)) busy_lanes_.erase(*lane);
  if (!goes_on) {
    says_stop_ = true;
  } else {
    const auto line = lines_.find(item.record.partition);
    if (line != lines_.end() && line->second.tenure == item.tenure)
      line->second.unfinished.erase(item.record.offset);
    if (finished_) finished_(item.record);
  }
  work_.notify_all();
  news_.notify_all();
}

sim::Task<> WorkerPool::news(sim::Time deadline) { co_await news_.wait(deadline); }

bool WorkerPool::is_busy_with(const Partitions& partitions) const {
  return std::any_of(in_hand_.begin(), in_hand_.end(),
                     [&](const auto& partition) { return partitions.contains(partition); });
}

std::size_t WorkerPool::drop(const Partitions& partitions) {
  const std::size_t dropped = std::erase_if(
      queue_, [&](const Item& item) { return partitions.contains(item.record.partition); });
  news_.notify_all();
  return dropped;
}

void WorkerPool::forget(const Partitions& partitions) {
  for (const protocol::TopicPartition& partition : partitions) lines_.erase(partition);
}

Partitions WorkerPool::queued_partitions() const {
  Partitions partitions;
  for (const Item& item : queue_) partitions.insert(item.record.partition);
  return partitions;
}

Offsets WorkerPool::contiguous() const {
  Offsets offsets;
  for (const auto& [partition, line] : lines_) {
    const protocol::Offset behind = line.unfinished.empty() ? line.next : *line.unfinished.begin();
    if (behind > line.first) offsets[partition].offset = behind;
  }
  return offsets;
}

}  // namespace kafkasim::consumer
