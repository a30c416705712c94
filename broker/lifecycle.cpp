// Registration and heartbeats.
#include "broker/lifecycle.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;
using sim::Duration;
using sim::Time;
using namespace std::chrono_literals;

constexpr Duration starting_interval = 10ms;        // between heartbeats while starting
constexpr Duration first_shutdown_interval = 50ms;  // after the first answer to a wish to shut down
constexpr Duration first_backoff = 100ms;  // doubles with each failure, up to the session timeout
constexpr int jitter_divisor = 50;         // +-2 %

}  // namespace

Lifecycle::Lifecycle(Context& context, protocol::BrokerEpoch previous_epoch, std::string cluster_id,
                     std::string rack, std::function<protocol::Offset()> applied, sim::Rng rng)
    : context_(context),
      previous_epoch_(previous_epoch),
      cluster_id_(std::move(cluster_id)),
      rack_(std::move(rack)),
      applied_(std::move(applied)),
      rng_(rng),
      channel_(context) {
  incarnation_id_.high = rng_.next();
  incarnation_id_.low = rng_.next();
}

sim::Task<> Lifecycle::run() {
  const Time give_up =
      context_.now() + context_.config.duration_ms("initial.broker.registration.timeout.ms");
  Time next = context_.now();
  while (status_ != BrokerStatus::shutting_down) {
    if (!registered_ && context_.now() >= give_up) {
      context_.host.crash();
      co_return;
    }
    if (!registered_) next = std::min(next, give_up);
    if (!must_speak_now_ && context_.now() < next) {
      co_await speak_.wait(next);
      continue;
    }
    must_speak_now_ = false;
    if (registered_) {
      next = co_await send_heartbeat();
    } else {
      next = co_await send_registration(give_up);
    }
  }
}

sim::Task<Time> Lifecycle::send_registration(Time give_up) {
  protocol::BrokerRegistrationRequest request;
  request.broker_id = context_.id;
  request.cluster_id = cluster_id_;
  request.incarnation_id = incarnation_id_;
  request.host = context_.host.name();
  request.rack = rack_;
  request.previous_broker_epoch = previous_epoch_;
  const Time answer_by = context_.now() + context_.config.duration_ms("broker.session.timeout.ms");
  const Time deadline = std::min(answer_by, give_up);
  protocol::RequestBody body = request;
  const auto answer = co_await channel_.call(std::move(body), deadline);
  if (!answer) co_return after_failure();
  const auto& response = std::get<protocol::BrokerRegistrationResponse>(*answer);
  if (response.error != ErrorCode::none) co_return after_failure();
  failed_attempts_ = 0;
  registered_ = true;
  context_.epoch = response.broker_epoch;
  co_return context_.now();
}

sim::Task<Time> Lifecycle::send_heartbeat() {
  protocol::BrokerHeartbeatRequest request;
  request.broker_id = context_.id;
  request.broker_epoch = context_.epoch;
  request.current_metadata_offset = applied_();
  request.want_fence = !ready_to_unfence_;
  request.want_shut_down = status_ == BrokerStatus::pending_controlled_shutdown;
  const Time deadline = context_.now() + context_.config.duration_ms("broker.session.timeout.ms");
  protocol::RequestBody body = request;
  const auto answer = co_await channel_.call(std::move(body), deadline);
  if (!answer) co_return after_failure();
  const auto& response = std::get<protocol::BrokerHeartbeatResponse>(*answer);
  if (response.error != ErrorCode::none) co_return after_failure();
  failed_attempts_ = 0;
  co_return on_heartbeat(response);
}

Time Lifecycle::on_heartbeat(const protocol::BrokerHeartbeatResponse& response) {
  switch (status_) {
    case BrokerStatus::starting:
      if (response.is_caught_up) set_status(BrokerStatus::recovery);
      return context_.now() + starting_interval;
    case BrokerStatus::recovery:
      if (!response.is_fenced) set_status(BrokerStatus::running);
      return after_success();
    case BrokerStatus::running:
      return after_success();
    case BrokerStatus::pending_controlled_shutdown:
      if (response.should_shut_down) {
        set_status(BrokerStatus::shutting_down);
        return sim::never;
      }
      if (std::exchange(heard_of_shutdown_, true)) return after_success();
      return context_.now() + first_shutdown_interval;
    case BrokerStatus::shutting_down:
      return sim::never;
  }
  CHECKED(false, "no such broker status");
  return sim::never;
}

Time Lifecycle::after_success() const {
  return context_.now() + context_.config.duration_ms("broker.heartbeat.interval.ms");
}

Time Lifecycle::after_failure() {
  const Duration longest = context_.config.duration_ms("broker.session.timeout.ms");
  const int doublings = std::min(failed_attempts_++, 30);
  const Duration pause = std::min(first_backoff * (std::int64_t{1} << doublings), longest);
  must_speak_now_ = false;
  return context_.now() +
         std::min(pause + rng_.between(-pause / jitter_divisor, pause / jitter_divisor), longest);
}

sim::Task<bool> Lifecycle::reaches(BrokerStatus status, Time deadline) {
  while (status_ < status) {
    const bool in_time = co_await status_changed_.wait(deadline);
    if (!in_time) co_return status_ >= status;
  }
  co_return true;
}

void Lifecycle::set_ready_to_unfence() {
  ready_to_unfence_ = true;
  speak_now();
}

void Lifecycle::begin_controlled_shutdown() {
  if (status_ == BrokerStatus::running) {
    set_status(BrokerStatus::pending_controlled_shutdown);
  } else if (status_ < BrokerStatus::running) {
    set_status(BrokerStatus::shutting_down);
  }
  speak_now();
}

void Lifecycle::set_status(BrokerStatus status) {
  status_ = status;
  status_changed_.notify_all();
}

void Lifecycle::speak_now() {
  must_speak_now_ = true;
  speak_.notify_all();
}

}  // namespace kafkasim::broker
