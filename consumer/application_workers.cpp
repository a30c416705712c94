// An application whose polling thread hands records to workers: back-pressure, what may be
// committed, and how the work comes to an end.
#include <algorithm>

#include "consumer/application.hpp"
#include "protocol/events.hpp"

namespace kafkasim::consumer {

namespace events = protocol::events;

namespace {

// How long an application that ends waits for what its workers have in hand.
constexpr sim::Duration longest_end = std::chrono::seconds(30);
// A commit of which nothing was heard is sent again.
constexpr sim::Duration commit_again_after = std::chrono::seconds(1);

std::vector<protocol::TopicPartition> list_of(const Partitions& partitions) {
  return {partitions.begin(), partitions.end()};
}

}  // namespace

// False: the application ends.
sim::Task<bool> Application::hand_out(std::vector<ConsumedRecord> records) {
  const bool blocks = options_.workers->when_full == WhenFull::block;
  for (ConsumedRecord& record : records) {
    while (blocks && !pool_->has_room() && !pool_->says_stop()) {
      co_await pool_->news(sim::never);
    }
    if (pool_->says_stop()) co_return false;
    pool_->add(std::move(record));
  }
  batch_is_open_ = waits_for_batch();
  if (!blocks) {
    const bool full = batch_is_open_ ? !pool_->is_idle() : !pool_->has_room();
    if (full) pause_fetching();
    co_return true;
  }
  while (batch_is_open_ && !pool_->is_idle() && !pool_->says_stop()) {
    co_await pool_->news(sim::never);
  }
  co_return !pool_->says_stop();
}

// Before each poll: commits what may be committed, and goes on fetching when there is room.
sim::Task<> Application::tend_workers() {
  if (batch_is_open_ && pool_->is_idle()) {
    batch_is_open_ = false;
    co_await commit_batch();
  }
  if (options_.commits == CommitOrder::after_contiguous) commit_contiguous();
  if (paused_ && !batch_is_open_ && pool_->has_much_room()) resume_fetching();
}

void Application::pause_fetching() {
  paused_ = true;
  const Partitions assigned = consumer_.assignment();
  for (const protocol::TopicPartition& partition : assigned) consumer_.pause(partition);
  world_.trace().add(name_, events::FetchingPaused{list_of(assigned), pool_->queued()});
}

void Application::resume_fetching() {
  paused_ = false;
  const Partitions assigned = consumer_.assignment();
  for (const protocol::TopicPartition& partition : assigned) consumer_.resume(partition);
  world_.trace().add(name_, events::FetchingResumed{list_of(assigned), pool_->queued()});
}

// A worker is done with a record.
void Application::commit_finished(const ConsumedRecord& record) {
  store(record);
  if (options_.commits != CommitOrder::after_each) return;
  Offsets offsets;
  offsets[record.partition].offset = record.offset.next();
  consumer_.commit_async(std::move(offsets));
}

bool Application::has_committed_contiguous() const {
  const Offsets offsets = pool_->contiguous();
  return std::all_of(offsets.begin(), offsets.end(), [&](const auto& entry) {
    return consumer_.committed(entry.first) >= entry.second.offset;
  });
}

void Application::commit_contiguous() {
  Offsets offsets = pool_->contiguous();
  std::erase_if(offsets, [&](const auto& entry) {
    return consumer_.committed(entry.first) >= entry.second.offset;
  });
  if (offsets.empty()) return;
  const bool again = process_.now() >= sim::later(contiguous_sent_at_, commit_again_after);
  const bool is_new = std::any_of(offsets.begin(), offsets.end(), [&](const auto& entry) {
    const auto sent = contiguous_sent_.find(entry.first);
    return sent == contiguous_sent_.end() || sent->second.offset != entry.second.offset;
  });
  if (!is_new && !again) return;
  contiguous_sent_ = offsets;
  contiguous_sent_at_ = process_.now();
  consumer_.commit_async(std::move(offsets));
}

void Application::drop_queue(const Partitions& partitions, std::string reason) {
  events::QueueDropped event;
  event.records = pool_->drop(partitions);
  if (event.records == 0) return;
  event.partitions = list_of(partitions);
  event.reason = std::move(reason);
  world_.trace().add(name_, event);
}

// In order: what waits is still handled. After a failure it is not, only what is in hand.
sim::Task<> Application::end_work(bool goes_on) {
  const sim::Time deadline = sim::later(process_.now(), longest_end);
  if (!goes_on) drop_queue(pool_->queued_partitions(), "the application ends");
  while (process_.now() < deadline && !pool_->says_stop() && !pool_->is_idle()) {
    co_await pool_->news(deadline);
  }
  while (process_.now() < deadline && pool_->has_busy_workers()) co_await pool_->news(deadline);
  co_await handling_.stand_still();
  if (options_.commits == CommitOrder::after_contiguous) {
    Offsets offsets = pool_->contiguous();
    co_await consumer_.commit_sync(std::move(offsets));
  }
  if (goes_on && batch_is_open_ && pool_->is_idle()) co_await commit_batch();
}

}  // namespace kafkasim::consumer
