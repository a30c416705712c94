// The pump looks at everything once per wake-up; a call that gives up only takes its name off the
// list.
#include "client/caller.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::client {

namespace {

// A guard against a pump that makes no progress: rounds at one instant.
constexpr int max_rounds_at_once = 100'000;

}  // namespace

sim::Task<> Caller::run() {
  sim::Time last = process_.now();
  int rounds = 0;
  while (!stopped_) {
    rounds = process_.now() == last ? rounds + 1 : 0;
    last = process_.now();
    CHECKED(rounds < max_rounds_at_once, "the client of {} spins", process_.name());

    const int version = metadata().update_version();
    const sim::Duration limit = send_what_can_be_sent();
    const sim::Time until = client_.begin_poll(process_.now(), limit);
    if (until > process_.now()) co_await transport_.wait(&client_, until);
    transport_.take_arrived(client_);
    take(client_.end_poll(process_.now()));
    fail_unsent_of_lost_nodes();
    if (metadata().update_version() != version) metadata_changed_.notify_all();
  }
}

void Caller::stop() {
  stopped_ = true;
  wake();
}

// Returns how long no further try makes sense.
sim::Duration Caller::send_what_can_be_sent() {
  sim::Duration limit = sim::Duration::max();
  const sim::Time now = process_.now();
  for (auto& [node, queue] : queues_) {
    while (!queue.unsent.empty() && client_.ready(queue.node, now)) {
      Unsent next = std::move(queue.unsent.front());
      queue.unsent.pop_front();
      const auto found = calls_.find(next.call);
      if (found == calls_.end()) continue;  // gave up meanwhile
      client_.send(node, std::move(next.request), next.call, now, true,
                   found->second->request_timeout);
    }
    for (Unsent& waiting : queue.unsent) waiting.tried = true;
    if (!queue.unsent.empty()) limit = std::min(limit, client_.delay(node, now));
  }
  return limit;
}

// A call that came after the last try to connect has not been tried: it does not fail yet.
void Caller::fail_unsent_of_lost_nodes() {
  for (auto& [node, queue] : queues_) {
    if (queue.unsent.empty() || !client_.connection_failed(node)) continue;
    std::deque<Unsent> all;
    all.swap(queue.unsent);
    for (Unsent& unsent : all) {
      if (unsent.tried) {
        finish(unsent.call, CallResult(CallResult::Status::disconnected));
      } else {
        queue.unsent.push_back(std::move(unsent));
      }
    }
  }
}

void Caller::take(std::vector<ClientResponse> responses) {
  for (ClientResponse& response : responses) {
    switch (response.outcome) {
      case Outcome::answered:
        finish(response.cookie,
               CallResult(CallResult::Status::answered, std::move(response.response)));
        break;
      case Outcome::written:
      case Outcome::disconnected:
        finish(response.cookie, CallResult(CallResult::Status::disconnected));
        break;
      case Outcome::timed_out:
        finish(response.cookie, CallResult(CallResult::Status::timed_out));
        break;
    }
  }
}

void Caller::finish(std::uint64_t call, CallResult result) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  found->second->result = std::move(result);
  found->second->done.notify_all();
  calls_.erase(found);
}

sim::Task<CallResult> Caller::call(Node node, protocol::RequestBody request, sim::Time deadline) {
  return call(std::move(node), std::move(request), deadline, client_.request_timeout());
}

sim::Task<CallResult> Caller::call(Node node, protocol::RequestBody request, sim::Time deadline,
                                   sim::Duration request_timeout) {
  Call self(next_id_++, deadline, request_timeout);
  calls_.emplace(self.id, &self);
  Queue& queue = queues_[node.id];
  queue.node = node;
  queue.unsent.push_back(Unsent{self.id, std::move(request)});
  transport_.wake();
  const bool finished = co_await self.done.wait(deadline);
  if (finished || self.result) co_return std::move(*self.result);
  calls_.erase(self.id);
  auto& unsent = queues_[node.id].unsent;
  std::erase_if(unsent, [&](const Unsent& u) { return u.call == self.id; });
  co_return CallResult(CallResult::Status::timed_out);
}

sim::Task<bool> Caller::metadata_newer_than(int version, sim::Time deadline) {
  transport_.wake();
  while (metadata().update_version() <= version) {
    const bool changed = co_await metadata_changed_.wait(deadline);
    if (!changed) co_return metadata().update_version() > version;
  }
  co_return true;
}

void Caller::disconnect(NodeId node) {
  client_.disconnect(node, process_.now());
  wake();
}

bool Caller::is_busy(NodeId node) const {
  const auto queue = queues_.find(node);
  return client_.in_flight(node) > 0 || (queue != queues_.end() && !queue->second.unsent.empty());
}

}  // namespace kafkasim::client
