// Telling trace and application. What the trace's line triggers acts first.
#include "consumer/rebalance_listener.hpp"

#include <fmt/format.h>

#include <utility>

namespace kafkasim::consumer {

sim::Task<std::optional<Failure>> RebalanceListener::on_partitions_revoked(Partitions) {
  co_return std::nullopt;
}

sim::Task<std::optional<Failure>> RebalanceListener::on_partitions_assigned(Partitions) {
  co_return std::nullopt;
}

sim::Task<std::optional<Failure>> RebalanceListener::on_partitions_lost(Partitions partitions) {
  co_return co_await on_partitions_revoked(std::move(partitions));
}

sim::Task<std::optional<Failure>> RebalanceCalls::revoked(Partitions partitions) {
  report_given_up(partitions, false);
  if (sim::must_yield(context_.process)) co_await sim::yield_now();
  if (listener_ == nullptr) co_return std::nullopt;
  co_return co_await listener_->on_partitions_revoked(std::move(partitions));
}

sim::Task<std::optional<Failure>> RebalanceCalls::lost(Partitions partitions) {
  report_given_up(partitions, true);
  if (sim::must_yield(context_.process)) co_await sim::yield_now();
  if (listener_ == nullptr) co_return std::nullopt;
  co_return co_await listener_->on_partitions_lost(std::move(partitions));
}

sim::Task<std::optional<Failure>> RebalanceCalls::assigned(Partitions partitions) {
  if (!partitions.empty()) {
    protocol::events::PartitionsAssigned event;
    event.partitions.assign(partitions.begin(), partitions.end());
    context_.report(event);
  }
  if (sim::must_yield(context_.process)) co_await sim::yield_now();
  if (listener_ == nullptr) co_return std::nullopt;
  co_return co_await listener_->on_partitions_assigned(std::move(partitions));
}

void RebalanceCalls::report_given_up(const Partitions& partitions, bool lost) const {
  if (partitions.empty()) return;
  protocol::events::PartitionsRevoked event;
  event.partitions.assign(partitions.begin(), partitions.end());
  event.lost = lost;
  context_.report(event);
}

Failure callback_failure(const Failure& thrown) {
  return failure_with(thrown.error, "KafkaException",
                      fmt::format("User rebalance callback throws an error (caused by {}: {})",
                                  thrown.exception, thrown.message));
}

}  // namespace kafkasim::consumer
