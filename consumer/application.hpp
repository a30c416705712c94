// The application around a consumer: polls, handles each record for a while, itself or through
// workers, and commits in one of the usual orders. It can be stalled (its threads stop while the
// consumer's heartbeats go on) and stopped (it closes the consumer).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "consumer/application_options.hpp"
#include "consumer/consumer.hpp"
#include "consumer/rebalance_listener.hpp"
#include "consumer/record_handling.hpp"
#include "consumer/subscription_state.hpp"
#include "consumer/worker_pool.hpp"
#include "sim/executor.hpp"
#include "sim/world.hpp"

namespace kafkasim::consumer {

class Application final : private RebalanceListener {
 public:
  // World, process and consumer must outlive it, or die with the process.
  Application(sim::World& world, sim::Process& process, std::string name, Consumer& consumer,
              ApplicationOptions options);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // The loop. Ends, with the consumer closed, after stop(), after an error that the consumer cannot
  // go on from, or when handling says so. Spawn it once; the consumer is subscribed or assigned.
  sim::Task<> run();
  // Ends it after what is in hand: the batch of a poll, or what the workers have.
  void stop();
  // The application's threads stand still until then: before the next poll or commit, or after the
  // record in hand.
  void stall(sim::Time until) { handling_.stall(until); }
  // How long handling a record takes from now on; what is under way keeps its time.
  void set_takes(sim::Duration takes) { handling_.set_takes(takes); }

  bool has_ended() const { return ended_; }
  // Why it ended, if not by stop().
  const std::optional<Failure>& failure() const { return failure_; }
  // Nothing left to do: not handling, not stalled, the consumer settled and, unless it never
  // commits, everything that was handed out is committed, or was in a synchronous commit that
  // failed: the next one comes with the next records.
  bool is_settled() const;

 private:
  // ---- by itself ----
  sim::Task<bool> handle_all(std::vector<ConsumedRecord> records);
  // ---- through workers ----
  sim::Task<bool> hand_out(std::vector<ConsumedRecord> records);
  sim::Task<> tend_workers();
  void pause_fetching();
  void resume_fetching();
  void commit_finished(const ConsumedRecord& record);
  void commit_contiguous();
  bool has_committed_contiguous() const;
  sim::Task<> end_work(bool goes_on);
  void drop_queue(const Partitions& partitions, std::string reason);
  // ---- rebalances ----
  sim::Task<std::optional<Failure>> on_partitions_revoked(Partitions partitions) override;
  sim::Task<std::optional<Failure>> on_partitions_assigned(Partitions partitions) override;
  sim::Task<std::optional<Failure>> on_partitions_lost(Partitions partitions) override;
  sim::Task<> commit_finished_of(Partitions partitions);
  // ---- both ----
  bool waits_for_batch() const;
  sim::Task<> commit_batch();
  sim::Task<> commit_positions();
  sim::Task<> commit_after(ConsumedRecord record);
  bool has_tried_every_commit() const;
  void store(const ConsumedRecord& record);

  sim::World& world_;
  sim::Process& process_;
  const std::string name_;
  Consumer& consumer_;
  const ApplicationOptions options_;
  RecordHandling handling_;
  std::unique_ptr<WorkerPool> pool_;  // null: the polling thread handles records itself
  Offsets finished_;                  // without workers: behind the last record of each partition
  Offsets contiguous_sent_;           // last committed, by after_contiguous
  Offsets tried_;                     // what synchronous commits had their chance to commit
  sim::Time contiguous_sent_at_;
  bool batch_is_open_ = false;  // workers have records of a poll that is not committed yet
  bool paused_ = false;
  bool stopping_ = false;
  bool busy_ = false;
  bool ended_ = false;
  std::optional<Failure> failure_;
};

}  // namespace kafkasim::consumer
