// Between what an event says and the messages of an administrator. For admin_client*.cpp only.
#pragma once

#include <string>

#include "protocol/message.hpp"
#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

// A topic of the scenario as CreateTopics has it.
protocol::CreatableTopic creatable(const Topic& topic);

// The request that the controller decides. Requires: it is one of those.
protocol::RequestBody admin_request(const AdminAction& action);

struct AdminAnswer {
  protocol::ErrorCode error = protocol::ErrorCode::none;
  std::string message;
};
// What the controller's answer says of the one thing that was asked for; no error where another
// message is the answer.
AdminAnswer admin_answer(const protocol::ResponseBody& response);

}  // namespace kafkasim::scenarios
