// Who coordinates this consumer's group: FindCoordinator, and when the one it knows is taken for
// lost. The coordinator has a connection of its own, so that long fetches from the same broker
// never hold up heartbeats.
#pragma once

#include <functional>
#include <optional>

#include "client/caller.hpp"
#include "consumer/context.hpp"
#include "consumer/failure.hpp"

namespace kafkasim::consumer {

class Coordinator {
 public:
  explicit Coordinator(Context& context) : context_(context) {}
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // The node of the coordinator; null when it is unknown or its connection cannot be used now.
  const client::Node* node();
  bool is_unknown() { return node() == nullptr; }
  // As far as is known without looking at the connection.
  bool is_known() const { return node_.has_value(); }
  // Forgets it; its connection is closed unless it broke by itself.
  void mark_unknown(bool disconnected);
  // Looks it up until it is known, or the deadline.
  sim::Task<Step> ensure_ready(sim::Time deadline);
  // Starts a look-up unless one is under way.
  void look_up();
  bool is_looking_up() const { return looking_up_; }

  // One request to the coordinator. A broken connection, or none, ends it as disconnected and
  // forgets the coordinator.
  sim::Task<client::CallResult> call(protocol::RequestBody request) {
    return call(std::move(request), context_.settings.request_timeout);
  }
  sim::Task<client::CallResult> call(protocol::RequestBody request, sim::Duration request_timeout);

  // Called when the coordinator has become known, and when it has become unknown.
  void on_found(std::function<void()> hook) { on_found_ = std::move(hook); }
  void on_lost(std::function<void()> hook) { on_lost_ = std::move(hook); }

 private:
  sim::Task<> run_look_up();
  sim::Task<std::optional<Failure>> find();
  std::optional<Failure> take(const protocol::FindCoordinatorResponse& response);

  Context& context_;
  std::optional<client::Node> node_;
  bool looking_up_ = false;
  std::optional<Failure> last_failure_;  // of the last look-up
  std::function<void()> on_found_;
  std::function<void()> on_lost_;
};

}  // namespace kafkasim::consumer
