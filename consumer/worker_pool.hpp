// Workers behind one polling thread: records wait in a queue, whoever is free takes the next one
// that may be taken, and what is finished is remembered, so that commits need not jump over what is
// not. Left out: who polls and who commits.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "consumer/application_options.hpp"
#include "consumer/positions.hpp"
#include "consumer/record_handling.hpp"
#include "consumer/subscription_state.hpp"
#include "sim/wait.hpp"

namespace kafkasim::consumer {

class WorkerPool {
 public:
  // `handling` must outlive it, or die with the process.
  WorkerPool(RecordHandling& handling, const WorkerOptions& options)
      : handling_(handling), options_(options) {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Spawns the workers; once. `finished` is told of each record that a worker is done with.
  void start(sim::Process& process, std::function<void(const ConsumedRecord&)> finished);

  // Puts a record in line, room or not.
  void add(ConsumedRecord record);
  bool has_room() const { return queue_.size() < options_.queue; }
  // Paused partitions go on when half of the queue is free again.
  bool has_much_room() const { return queue_.size() <= options_.queue / 2; }
  std::size_t queued() const { return queue_.size(); }
  bool is_idle() const { return queue_.empty() && busy_ == 0; }
  bool has_busy_workers() const { return busy_ > 0; }
  // In a worker's hands, of one of these.
  bool is_busy_with(const Partitions& partitions) const;
  // Handling a record said that this is the end of the application.
  bool says_stop() const { return says_stop_; }
  // Returns when a worker has finished a record, or at the deadline.
  sim::Task<> news(sim::Time deadline);

  // Throws away what waits of these partitions; it stays unfinished. How many records.
  std::size_t drop(const Partitions& partitions);
  // They are no longer the consumer's: what is in a worker's hands goes on, but for nothing.
  void forget(const Partitions& partitions);
  Partitions queued_partitions() const;

  // Of each partition of which records are finished from the first one on: the offset of the first
  // that is not, or the one after the last.
  Offsets contiguous() const;

 private:
  struct Item {
    ConsumedRecord record;
    std::uint64_t tenure = 0;
  };
  // What came of a partition since it was assigned.
  struct Line {
    std::uint64_t tenure = 0;  // tells one assignment from the next
    std::set<protocol::Offset> unfinished;
    protocol::Offset first;
    protocol::Offset next;
  };

  sim::Task<> work();
  std::optional<Item> take_next();
  std::optional<std::string> lane_of(const ConsumedRecord& record) const;
  void finish(const Item& item, bool goes_on);

  RecordHandling& handling_;
  const WorkerOptions options_;
  std::function<void(const ConsumedRecord&)> finished_;
  std::deque<Item> queue_;
  std::map<protocol::TopicPartition, Line> lines_;
  std::multiset<protocol::TopicPartition> in_hand_;
  std::set<std::string> busy_lanes_;
  std::uint64_t tenures_ = 0;
  int busy_ = 0;
  bool says_stop_ = false;
  sim::Signal work_;
  sim::Signal news_;
};

}  // namespace kafkasim::consumer
