// Checks and forwarding.
#include "broker/admin_requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "broker/controller/config_control.hpp"
#include "protocol/config_dynamic.hpp"

namespace kafkasim::broker {
namespace {

using protocol::AlterableConfig;
using protocol::AlterConfigsResource;
using protocol::ConfigResourceType;
using protocol::ErrorCode;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

constexpr sim::Duration forwarding_limit = std::chrono::seconds(60);

bool names_a_setting_twice(const AlterConfigsResource& resource) {
  return std::any_of(
      resource.configs.begin(), resource.configs.end(), [&](const AlterableConfig& one) {
        return std::count_if(resource.configs.begin(), resource.configs.end(),
                             [&](const auto& other) { return other.name == one.name; }) > 1;
      });
}

std::string missing_values(const AlterConfigsResource& resource) {
  std::string names;
  for (const AlterableConfig& config : resource.configs) {
    if (config.value || config.operation == protocol::ConfigOperation::remove) continue;
    names += (names.empty() ? "" : ", ") + config.name;
  }
  return names;
}

}  // namespace

AdminRequests::AdminRequests(const Context& context, ControllerChannel& forwarding)
    : context_(context), forwarding_(forwarding) {}

sim::Task<protocol::ResponseBody> AdminRequests::forward(protocol::RequestBody request) {
  const sim::Time deadline = context_.now() + forwarding_limit;
  protocol::RequestBody body = request;
  auto answer = co_await forwarding_.call(std::move(body), deadline);
  if (!answer) answer = protocol::error_response(request, ErrorCode::request_timed_out);
  co_return std::move(*answer);
}

std::string AdminRequests::refusal(const IncrementalAlterConfigsRequest& request,
                                   const AlterConfigsResource& resource) const {
  const auto same = [&](const AlterConfigsResource& other) {
    return other.type == resource.type && other.name == resource.name;
  };
  if (std::count_if(request.resources.begin(), request.resources.end(), same) > 1)
    return "Each resource must appear at most once.";
  if (names_a_setting_twice(resource)) return "Error due to duplicate config keys";
  if (const std::string names = missing_values(resource); !names.empty())
    return "Null value not supported for : " + names;
  return resource.type == ConfigResourceType::broker ? broker_refusal(resource) : std::string();
}

std::string AdminRequests::broker_refusal(const AlterConfigsResource& resource) const {
  const bool is_one = !resource.name.empty();
  if (is_one) {
    std::int32_t id = 0;
    const char* const end = resource.name.data() + resource.name.size();
    const auto parsed = std::from_chars(resource.name.data(), end, id);
    if (parsed.ec != std::errc() || parsed.ptr != end)
      return "Node id must be an integer, but it is: " + resource.name;
    if (id != context_.id.value()) {
      return fmt::format("Unexpected broker id, expected {}, but received {}", context_.id.value(),
                         resource.name);
    }
  }
  // What this broker has applied counts; the controller decides on what is newest.
  AlteredConfig after =
      altered(context_.image.broker_config(resource.name), resource.configs, resource.type);
  if (!after.error.empty()) return std::move(after.error);
  return protocol::dynamic_broker_config_error(after.settings, is_one);
}

sim::Task<IncrementalAlterConfigsResponse> AdminRequests::alter_configs(
    IncrementalAlterConfigsRequest request) {
  IncrementalAlterConfigsResponse response;
  IncrementalAlterConfigsRequest passed_on;
  passed_on.validate_only = request.validate_only;
  for (const AlterConfigsResource& resource : request.resources) {
    std::string why = refusal(request, resource);
    const bool refused = !why.empty();
    const ErrorCode error = refused ? ErrorCode::invalid_request : ErrorCode::none;
    response.responses.push_back({error, std::move(why), resource.type, resource.name});
    if (!refused) passed_on.resources.push_back(resource);
  }
  if (passed_on.resources.empty()) co_return response;
  protocol::RequestBody body = std::move(passed_on);
  const protocol::ResponseBody answer = co_await forward(std::move(body));
  for (const auto& decided : std::get<IncrementalAlterConfigsResponse>(answer).responses) {
    for (auto& out : response.responses) {
      const bool same = out.type == decided.type && out.name == decided.name;
      if (same && out.error == ErrorCode::none) out = decided;
    }
  }
  co_return response;
}

}  // namespace kafkasim::broker
