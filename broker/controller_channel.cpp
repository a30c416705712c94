// Waits for its turn, then calls until there is an answer that counts.
#include "broker/controller_channel.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;
using namespace std::chrono_literals;

// Until a controller is known, and before the one that is known is tried again.
constexpr sim::Duration look_again_after = 100ms;
constexpr sim::Duration reconnect_backoff = 50ms;

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

template <class List>
bool one_says_not_controller(const List& list) {
  return std::any_of(list.begin(), list.end(), [](const auto& item) {
    if constexpr (requires { item.error; }) {
      return item.error == ErrorCode::not_controller;
    } else {
      return false;
    }
  });
}

// Does NOT_CONTROLLER stand anywhere in the response?
bool is_of_another_controller(const protocol::ResponseBody& response) {
  return std::visit(
      [](const auto& r) {
        bool found = false;
        if constexpr (requires { r.error; }) found = r.error == ErrorCode::not_controller;
        if constexpr (requires { r.partitions; })
          found = found || one_says_not_controller(r.partitions);
        if constexpr (requires { r.topics; }) found = found || one_says_not_controller(r.topics);
        if constexpr (requires { r.responses; })
          found = found || one_says_not_controller(r.responses);
        if constexpr (requires { r.results; }) found = found || one_says_not_controller(r.results);
        return found;
      },
      response);
}

}  // namespace

ControllerChannel::ControllerChannel(const Context& context) : context_(context) {}

sim::Task<std::optional<protocol::ResponseBody>> ControllerChannel::call(
    protocol::RequestBody request, sim::Time deadline) {
  const bool my_turn = co_await turn_.acquire(deadline);
  if (!my_turn) co_return std::nullopt;
  const Turn turn(turn_);
  for (;;) {
    sim::Duration pause = look_again_after;
    if (context_.controller) {
      pause = reconnect_backoff;
      protocol::RequestBody copy = request;
      std::optional<protocol::ResponseBody> response = co_await attempt(std::move(copy), deadline);
      if (response) co_return response;
    }
    if (context_.now() >= deadline) co_return std::nullopt;
    const sim::Time next_try = std::min(deadline, context_.now() + pause);
    co_await sim::sleep_until(next_try);
  }
}

sim::Task<std::optional<protocol::ResponseBody>> ControllerChannel::attempt(
    protocol::RequestBody request, sim::Time deadline) {
  const sim::HostId to = *context_.controller;
  if (!channel_ || channel_->peer() != to)
    channel_.emplace(context_.world.network(), context_.process, context_.host.id(), to);
  protocol::Request framed;
  framed.correlation_id = ++last_correlation_id_;
  framed.client_id = context_.host.name();
  framed.body = std::move(request);
  sim::MessagePtr message = sim::enclose(std::move(framed));
  sim::CallResult result = co_await channel_->call(std::move(message), deadline);
  if (result.status != sim::CallResult::Status::answered) co_return std::nullopt;
  auto* response = result.message->open<protocol::Response>();
  CHECKED(response != nullptr, "the controller answered with something else than a response");
  CHECKED(response->correlation_id == last_correlation_id_,
          "the controller answered another request");
  if (is_of_another_controller(response->body)) {
    channel_->close();
    co_return std::nullopt;
  }
  co_return std::move(response->body);
}

}  // namespace kafkasim::broker
