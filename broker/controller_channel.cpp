// Waits for its turn, then calls.
#include "broker/controller_channel.hpp"

#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

constexpr sim::Duration retry_backoff = std::chrono::milliseconds(100);

// Gives the turn back also when the coroutine is destroyed.
class Turn {
 public:
  explicit Turn(sim::Slots& slots) : slots_(slots) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { slots_.release(); }

 private:
  sim::Slots& slots_;
};

}  // namespace

ControllerChannel::ControllerChannel(const Context& context)
    : context_(context),
      channel_(context.world.network(), context.process, context.host.id(), context.controller) {}

sim::Task<std::optional<protocol::ResponseBody>> ControllerChannel::call(
    protocol::RequestBody request, sim::Time deadline) {
  const bool my_turn = co_await turn_.acquire(deadline);
  if (!my_turn) co_return std::nullopt;
  const Turn turn(turn_);
  protocol::Request framed;
  framed.correlation_id = ++last_correlation_id_;
  framed.client_id = context_.host.name();
  framed.body = std::move(request);
  sim::MessagePtr message = sim::enclose(std::move(framed));
  sim::CallResult result = co_await channel_.call(std::move(message), deadline);
  if (result.status != sim::CallResult::Status::answered) co_return std::nullopt;
  auto* response = result.message->open<protocol::Response>();
  CHECKED(response != nullptr, "the controller answered with something else than a response");
  CHECKED(response->correlation_id == last_correlation_id_,
          "the controller answered another request");
  co_return std::move(response->body);
}

sim::Task<std::optional<protocol::ResponseBody>> ControllerChannel::call_until(
    protocol::RequestBody request, sim::Time deadline) {
  for (;;) {
    std::optional<protocol::ResponseBody> response = co_await call(request, deadline);
    if (response || context_.now() >= deadline) co_return response;
    const sim::Time next_try = std::min(deadline, context_.now() + retry_backoff);
    co_await sim::sleep_until(next_try);
  }
}

}  // namespace kafkasim::broker
