// API: FindCoordinator. Asks the least loaded broker; after a failure pauses and asks for fresh
// metadata first.
#include "consumer/coordinator.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::consumer {

using client::CallResult;
using protocol::ErrorCode;

const client::Node* Coordinator::node() {
  if (node_ && context_.is_unavailable(node_->id)) mark_unknown(true);
  return node_ ? &*node_ : nullptr;
}

void Coordinator::mark_unknown(bool disconnected) {
  if (!node_) return;
  const client::NodeId lost = node_->id;
  node_.reset();
  if (!disconnected) context_.caller.disconnect(lost);
  if (on_lost_) on_lost_();
  context_.progress.made();
}

sim::Task<Step> Coordinator::ensure_ready(sim::Time deadline) {
  const client::Backoff backoff = context_.retry_backoff();
  for (int attempts = 0; is_unknown(); ++attempts) {
    if (last_failure_ && !last_failure_->retriable) {
      Failure fatal = std::move(*last_failure_);
      last_failure_.reset();
      co_return Step::failed(std::move(fatal));
    }
    look_up();
    while (looking_up_ && context_.now() < deadline) {
      const std::uint64_t seen = context_.progress.count();
      co_await context_.progress.past(seen, deadline);
    }
    if (looking_up_) break;
    if (last_failure_ && !last_failure_->retriable) continue;
    if (last_failure_) {
      last_failure_.reset();
      const sim::Time pause_ends = sim::later(context_.now(), backoff.after(attempts));
      co_await sim::sleep_until(std::min(deadline, pause_ends));
      const int version = context_.metadata().request_update(false);
      co_await context_.caller.metadata_newer_than(version, deadline);
    } else if (is_unknown()) {
      // Found, but it cannot be reached: another look at once would say the same.
      const sim::Time pause_ends = sim::later(context_.now(), backoff.after(attempts));
      co_await sim::sleep_until(std::min(deadline, pause_ends));
    }
    if (context_.now() >= deadline) break;
  }
  co_return is_known() ? Step::done() : Step::not_yet();
}

void Coordinator::look_up() {
  if (looking_up_) return;
  looking_up_ = true;
  last_failure_.reset();
  sim::spawn(context_.process, run_look_up());
}

sim::Task<> Coordinator::run_look_up() {
  std::optional<Failure> failure = co_await find();
  looking_up_ = false;
  last_failure_ = std::move(failure);
  context_.progress.made();
}

sim::Task<std::optional<Failure>> Coordinator::find() {
  const client::Node* const least_loaded = context_.caller.least_loaded_node();
  if (least_loaded == nullptr) co_return connection_failure();
  const client::Node target = *least_loaded;
  protocol::FindCoordinatorRequest request;
  request.key_type = protocol::CoordinatorType::group;
  request.coordinator_keys.push_back(context_.settings.group_id);
  protocol::RequestBody body = std::move(request);
  const sim::Time deadline = context_.call_deadline(context_.settings.request_timeout);
  const CallResult answer = co_await context_.caller.call(target, std::move(body), deadline);
  if (!answer.answered()) co_return connection_failure();
  co_return take(answer.as<protocol::FindCoordinatorResponse>());
}

std::optional<Failure> Coordinator::take(const protocol::FindCoordinatorResponse& response) {
  CHECKED(response.coordinators.size() == 1, "{} coordinators for one key",
          response.coordinators.size());
  const protocol::Coordinator& found = response.coordinators.front();
  context_.met("FindCoordinator", found.error);
  if (found.error == ErrorCode::group_authorization_failed)
    return not_authorized_failure(context_.settings.group_id);
  if (found.error != ErrorCode::none) return failure_of(found.error);
  node_ = client::Node{client::coordinator_node(found.node_id), found.host, ""};
  context_.caller.client().ready(*node_, context_.now());  // connects ahead of the first request
  context_.caller.wake();
  if (on_found_) on_found_();
  return std::nullopt;
}

sim::Task<CallResult> Coordinator::call(protocol::RequestBody request,
                                        sim::Duration request_timeout) {
  const client::Node* const known = node();
  if (known == nullptr) co_return CallResult(CallResult::Status::disconnected);
  const client::Node target = *known;
  const sim::Time deadline = context_.call_deadline(request_timeout);
  CallResult answer =
      co_await context_.caller.call(target, std::move(request), deadline, request_timeout);
  // Another one may be known by now; only the one that was asked is lost.
  if (!answer.answered() && node_ && *node_ == target) mark_unknown(true);
  co_return answer;
}

}  // namespace kafkasim::consumer
