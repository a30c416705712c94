// Topics that a broker has created: those a client asks for with CreateTopics, and those that do
// not exist when somebody needs them. Both go to the controller. Left out: waiting until a new
// topic is known everywhere, other admin requests.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/context.hpp"
#include "broker/controller_channel.hpp"
#include "protocol/metadata_messages.hpp"

namespace kafkasim::broker {

class TopicCreation {
 public:
  // Requires: both outlive the process. The channel is the one for what this broker forwards.
  TopicCreation(const Context& context, ControllerChannel& forwarding);

  // A client's request, passed on. REQUEST_TIMED_OUT per topic when the controller does not answer
  // in time.
  sim::Task<protocol::CreateTopicsResponse> create(protocol::CreateTopicsRequest request);
  // Has topics created with the broker's defaults, or an internal topic with its own settings.
  // Returns at once; whoever needs the topic asks again. Does nothing for a topic that is being
  // created already.
  void create_missing(const std::vector<std::string>& topics);

 private:
  protocol::CreatableTopic missing_topic(const std::string& name) const;
  sim::Task<> create_automatically(protocol::CreateTopicsRequest request);

  const Context& context_;
  ControllerChannel& forwarding_;
  std::set<std::string> in_flight_;
};

}  // namespace kafkasim::broker
