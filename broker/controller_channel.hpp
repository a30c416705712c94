// A broker's way to the controller: requests queue and leave one at a time, each on the same
// connection. A broker has one of these for each purpose, so that heartbeats never wait behind
// something slow. Left out: finding the controller, of which there is one.
#pragma once

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

  // The controller's response; none when there was no answer before `deadline`: whether the request
  // was handled is then unknown. A broken connection ends the call at once.
  sim::Task<std::optional<protocol::ResponseBody>> call(protocol::RequestBody request,
                                                        sim::Time deadline);
  // The same, tried again until the deadline.
  sim::Task<std::optional<protocol::ResponseBody>> call_until(protocol::RequestBody request,
                                                              sim::Time deadline);

 private:
  const Context& context_;
  sim::Channel channel_;
  sim::Slots turn_{1};
  std::int32_t last_correlation_id_ = 0;
};

}  // namespace kafkasim::broker
