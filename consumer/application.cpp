// The loop of an application, its commits, and its end. What it does with workers is in
// application_workers.cpp.
#include "consumer/application.hpp"

#include <algorithm>

#include "protocol/events.hpp"

namespace kafkasim::consumer {

Application::Application(sim::World& world, sim::Process& process, std::string name,
                         Consumer& consumer, ApplicationOptions options)
    : world_(world),
      process_(process),
      name_(std::move(name)),
      consumer_(consumer),
      options_(std::move(options)),
      handling_(world, process, name_, consumer.settings().group_id, options_),
      contiguous_sent_at_(process.now()) {
  if (options_.workers) pool_ = std::make_unique<WorkerPool>(handling_, *options_.workers);
}

sim::Task<> Application::run() {
  if (pool_ || options_.commits_when_revoked) consumer_.set_listener(this);
  if (pool_) {
    pool_->start(process_, [this](const ConsumedRecord& record) { commit_finished(record); });
  }
  bool goes_on = true;
  while (!stopping_) {
    co_await handling_.stand_still();
    if (stopping_) break;
    if (pool_) co_await tend_workers();
    PollResult polled = co_await consumer_.poll(options_.poll_timeout);
    if (polled.failure) {
      failure_ = std::move(polled.failure);
      world_.trace().add(name_, PollThrew{failure_->exception, failure_->message});
      goes_on = false;
      break;
    }
    if (pool_ && pool_->says_stop()) goes_on = false;
    if (goes_on && !polled.records.empty()) {
      busy_ = true;
      if (options_.commits == CommitOrder::before_handling) co_await commit_positions();
      if (pool_) {
        goes_on = co_await hand_out(std::move(polled.records));
      } else {
        goes_on = co_await handle_all(std::move(polled.records));
        if (goes_on) co_await commit_batch();
      }
      busy_ = false;
    }
    if (!goes_on) break;
  }
  busy_ = true;
  if (pool_) {
    co_await end_work(goes_on);
    if (pool_->says_stop()) goes_on = false;
  }
  if (goes_on && options_.commits == CommitOrder::after_handling_async) co_await commit_positions();
  co_await consumer_.close();
  busy_ = false;
  ended_ = true;
}

void Application::stop() {
  stopping_ = true;
  consumer_.wakeup();
}

// False: the application ends.
sim::Task<bool> Application::handle_all(std::vector<ConsumedRecord> records) {
  for (const ConsumedRecord& record : records) {
    const bool goes_on = co_await handling_.handle(record);
    if (!goes_on) co_return false;
    store(record);
    finished_[record.partition].offset = record.offset.next();
    if (options_.commits == CommitOrder::after_each) co_await commit_after(record);
  }
  co_return true;
}

// librdkafka, where storing is left to the application: now, when the record is handled.
void Application::store(const ConsumedRecord& record) {
  consumer_.store_offset(record.partition, {record.offset.next(), record.leader_epoch, ""});
}

bool Application::waits_for_batch() const {
  return options_.commits == CommitOrder::after_handling ||
         options_.commits == CommitOrder::after_handling_async;
}

// All of a batch is handled.
sim::Task<> Application::commit_batch() {
  if (options_.commits == CommitOrder::after_handling) co_await commit_positions();
  if (options_.commits == CommitOrder::after_handling_async) {
    co_await handling_.stand_still();
    consumer_.commit_async();
  }
}

// A refusal is in the trace already; the application goes on and learns from poll() what became of
// its partitions.
sim::Task<> Application::commit_positions() {
  co_await handling_.stand_still();
  tried_.clear();
  co_await consumer_.commit_sync();
  tried_ = consumer_.uncommitted();
}

sim::Task<> Application::commit_after(ConsumedRecord record) {
  co_await handling_.stand_still();
  Offsets offsets;
  offsets[record.partition].offset = record.offset.next();
  co_await consumer_.commit_sync(std::move(offsets));
  tried_[record.partition].offset = record.offset.next();
}

bool Application::has_tried_every_commit() const {
  const Offsets uncommitted = consumer_.uncommitted();
  return std::all_of(uncommitted.begin(), uncommitted.end(), [&](const auto& entry) {
    const auto tried = tried_.find(entry.first);
    return tried != tried_.end() && tried->second.offset >= entry.second.offset;
  });
}

bool Application::is_settled() const {
  if (ended_) return true;
  if (stopping_ || busy_ || handling_.is_stalled() || !consumer_.is_settled()) return false;
  if (pool_ && (!pool_->is_idle() || paused_ || batch_is_open_ || pool_->says_stop())) return false;
  if (!consumer_.settings().has_group()) return true;
  switch (options_.commits) {
    case CommitOrder::never:
    // What an asynchronous commit that failed leaves behind, only a later one makes good.
    case CommitOrder::after_handling_async:
      return true;
    case CommitOrder::after_contiguous:
      return has_committed_contiguous();
    case CommitOrder::after_each:
      // Workers commit in the order in which they finish; the last one need not be the highest.
      return pool_ || has_tried_every_commit();
    case CommitOrder::after_handling:
    case CommitOrder::before_handling:
      return has_tried_every_commit();
    case CommitOrder::automatic:
      return !consumer_.has_uncommitted();
  }
  return true;
}

}  // namespace kafkasim::consumer
