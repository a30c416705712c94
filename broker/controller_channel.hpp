// A broker's way to the active controller: requests queue and leave one at a time, each on the same
// connection. One that is lost, or meets a controller that is not the active one, goes again to
// the one that the broker knows by then. A broker has one of these for each purpose, so that
// heartbeats never wait behind something slow.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/context.hpp"
#include "protocol/message.hpp"
#include "sim/channel.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

class ControllerChannel {
 public:
  // Requires: the context outlives the process.
  explicit ControllerChannel(const Context& context);

  // The active controller's response; none when there was none before `deadline`: whether the
  // request was handled, once or several times, is then unknown.
  sim::Task<std::optional<protocol::ResponseBody>> call(protocol::RequestBody request,
                                                        sim::Time deadline);

 private:
  // One attempt at the controller that is known now; none when it is of no use.
  sim::Task<std::optional<protocol::ResponseBody>> attempt(protocol::RequestBody request,
                                                           sim::Time deadline);

  const Context& context_;
  std::optional<sim::Channel> channel_;  // to where the last request went
  sim::Slots turn_{1};
  std::int32_t last_correlation_id_ = 0;
};

}  // namespace kafkasim::broker
