// Names of errors and messages.
#include "scenarios/engine/error_names.hpp"

#include <variant>

#include "protocol/message.hpp"

namespace kafkasim::scenarios {

std::optional<protocol::ErrorCode> error_by_name(std::string_view name) {
  if (name == "TIMED_OUT") return protocol::ErrorCode::request_timed_out;
  const auto error = protocol::error_code(name);
  return error == protocol::ErrorCode::none ? std::nullopt : error;
}

std::vector<std::string> error_names() {
  std::vector<std::string> names;
  constexpr int first = static_cast<int>(protocol::ErrorCode::unknown_server_error);
  constexpr int last = static_cast<int>(protocol::ErrorCode::rebootstrap_required);
  for (int code = first; code <= last; ++code) {
    const std::string name(protocol::name(static_cast<protocol::ErrorCode>(code)));
    if (error_by_name(name)) names.push_back(name);
  }
  names.emplace_back("TIMED_OUT");
  return names;
}

std::vector<std::string> message_kinds() {
  std::vector<std::string> kinds;
  for (std::size_t i = 0; i < std::variant_size_v<protocol::RequestBody>; ++i) {
    const std::string api(protocol::api_name(i));
    kinds.push_back(api + "Request");
    kinds.push_back(api + "Response");
  }
  return kinds;
}

}  // namespace kafkasim::scenarios
