// What an application does when a rebalance takes partitions away or brings new ones: a careful one
// commits what it has handled of them, one with workers throws away what they have not begun.
#include <algorithm>

#include "consumer/application.hpp"

namespace kafkasim::consumer {

namespace {

// How long a careful application waits for what its workers have in hand of such partitions.
constexpr sim::Duration longest_wait = std::chrono::seconds(30);

Offsets only(const Offsets& offsets, const Partitions& partitions) {
  Offsets out;
  for (const auto& [partition, offset] : offsets) {
    if (partitions.contains(partition)) out[partition] = offset;
  }
  return out;
}

}  // namespace

sim::Task<std::optional<Failure>> Application::on_partitions_revoked(Partitions partitions) {
  co_await handling_.stand_still();
  if (pool_) drop_queue(partitions, "given back");
  if (options_.commits_when_revoked) co_await commit_finished_of(partitions);
  if (pool_) pool_->forget(partitions);
  for (const protocol::TopicPartition& partition : partitions) finished_.erase(partition);
  co_return std::nullopt;
}

// Whoever has them now is not waited for, and nothing can be committed.
sim::Task<std::optional<Failure>> Application::on_partitions_lost(Partitions partitions) {
  if (pool_) {
    drop_queue(partitions, "lost");
    pool_->forget(partitions);
  }
  for (const protocol::TopicPartition& partition : partitions) finished_.erase(partition);
  co_return std::nullopt;
}

// Partitions come fetching: while the queue is full they must not.
sim::Task<std::optional<Failure>> Application::on_partitions_assigned(Partitions partitions) {
  if (paused_) {
    for (const protocol::TopicPartition& partition : partitions) consumer_.pause(partition);
  }
  co_return std::nullopt;
}

// A refusal is in the trace already, and keeps nobody from giving the partitions back.
sim::Task<> Application::commit_finished_of(Partitions partitions) {
  if (pool_) {
    const sim::Time deadline = sim::later(process_.now(), longest_wait);
    while (process_.now() < deadline && pool_->is_busy_with(partitions)) {
      co_await pool_->news(deadline);
    }
    co_await handling_.stand_still();
  }
  Offsets offsets = only(pool_ ? pool_->contiguous() : finished_, partitions);
  co_await consumer_.commit_sync(std::move(offsets));
}

}  // namespace kafkasim::consumer
