// One request after the other, as long as something is unanswered.
#include "broker/alter_partition_manager.hpp"

#include <utility>

namespace kafkasim::broker {

using protocol::AlterPartitionItemResponse;
using protocol::AlterPartitionResponse;
using protocol::ErrorCode;

namespace {

constexpr sim::Duration retry_pause = std::chrono::milliseconds(50);

}  // namespace

AlterPartitionManager::AlterPartitionManager(const Context& context, OnResponse on_response)
    : context_(context), on_response_(std::move(on_response)), channel_(context) {}

void AlterPartitionManager::submit(const IsrProposal& proposal) {
  if (unanswered_.contains(proposal.item.partition)) {
    AlterPartitionItemResponse refusal;
    refusal.partition = proposal.item.partition;
    refusal.topic_id = proposal.item.topic_id;
    refusal.error = ErrorCode::operation_not_attempted;
    on_response_(proposal, refusal);
    return;
  }
  unanswered_.emplace(proposal.item.partition, proposal);
  submitted_.notify_all();
}

sim::Task<> AlterPartitionManager::run() {
  const sim::Duration timeout = context_.config.duration_ms("request.timeout.ms");
  for (;;) {
    if (unanswered_.empty()) {
      co_await submitted_.wait(sim::never);
      continue;
    }
    protocol::RequestBody body = request();
    const auto answer = co_await channel_.call(std::move(body), context_.now() + timeout);
    if (!answer || !take(std::get<AlterPartitionResponse>(*answer))) {
      co_await sim::sleep_until(context_.now() + retry_pause);
    }
    if (sim::must_yield(context_.process)) co_await sim::yield_now();
  }
}

protocol::AlterPartitionRequest AlterPartitionManager::request() const {
  protocol::AlterPartitionRequest made;
  made.broker_id = context_.id;
  made.broker_epoch = context_.epoch;
  for (const auto& [partition, proposal] : unanswered_) made.partitions.push_back(proposal.item);
  return made;
}

bool AlterPartitionManager::take(const AlterPartitionResponse& response) {
  if (response.error != ErrorCode::none) return false;
  for (const AlterPartitionItemResponse& item : response.partitions) {
    const auto found = unanswered_.find(item.partition);
    if (found == unanswered_.end()) continue;
    const IsrProposal proposal = found->second;
    unanswered_.erase(found);  // first, so that the partition may propose again
    on_response_(proposal, item);
  }
  return true;
}

}  // namespace kafkasim::broker
