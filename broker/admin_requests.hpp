// What administrators ask of any broker and the controller decides: passed on, and answered with
// the controller's answer. Changes of a broker's settings are checked by that broker first. Left
// out: authorization, loggers.
#pragma once

#include "broker/context.hpp"
#include "broker/controller_channel.hpp"
#include "protocol/message.hpp"

namespace kafkasim::broker {

class AdminRequests {
 public:
  // Requires: both outlive the process. The channel is the one for what this broker forwards.
  AdminRequests(const Context& context, ControllerChannel& forwarding);

  // The controller's answer; one that carries REQUEST_TIMED_OUT when it gives none for a minute.
  sim::Task<protocol::ResponseBody> forward(protocol::RequestBody request);
  // INVALID_REQUEST for a resource that names another broker, or a setting that cannot change while
  // the broker runs; the rest is passed on.
  sim::Task<protocol::IncrementalAlterConfigsResponse> alter_configs(
      protocol::IncrementalAlterConfigsRequest request);

 private:
  // Kafka's words why the broker refuses it; empty = it does not.
  std::string refusal(const protocol::IncrementalAlterConfigsRequest& request,
                      const protocol::AlterConfigsResource& resource) const;
  std::string broker_refusal(const protocol::AlterConfigsResource& resource) const;

  const Context& context_;
  ControllerChannel& forwarding_;
};

}  // namespace kafkasim::broker
