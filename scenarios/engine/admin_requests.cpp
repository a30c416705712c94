// One request for each action, and where its answer has the error.
#include "scenarios/engine/admin_requests.hpp"

#include "sim/check.hpp"

namespace kafkasim::scenarios {
namespace {

using protocol::ErrorCode;

std::vector<protocol::BrokerId> broker_ids(const std::vector<int>& numbers) {
  std::vector<protocol::BrokerId> ids;
  for (const int number : numbers) ids.emplace_back(number);
  return ids;
}

protocol::RequestBody alter_configs(const AdminAction& action) {
  protocol::IncrementalAlterConfigsRequest request;
  protocol::AlterConfigsResource& resource = request.resources.emplace_back();
  if (action.kind == ActionKind::alter_topic) {
    resource.name = action.name;
  } else {
    resource.type = protocol::ConfigResourceType::broker;
    if (action.broker) resource.name = std::to_string(*action.broker);
  }
  for (const auto& [name, value] : action.config) {
    const auto operation =
        value ? protocol::ConfigOperation::set : protocol::ConfigOperation::remove;
    resource.configs.push_back({name, operation, value});
  }
  return request;
}

// The error of the first entry of a list.
template <class List>
AdminAnswer first_of(const List& list) {
  if (list.empty()) return {ErrorCode::unknown_server_error, "the answer is empty"};
  return {list.front().error, list.front().error_message};
}

template <class Response>
AdminAnswer top_or_first(const Response& response) {
  if (response.error != ErrorCode::none) return {response.error, ""};
  return first_of(response.partitions);
}

}  // namespace

protocol::CreatableTopic creatable(const Topic& topic) {
  protocol::CreatableTopic made;
  made.name = topic.name;
  if (topic.replicas.empty()) {
    made.num_partitions = topic.partitions;
    made.replication_factor = static_cast<std::int16_t>(topic.replication_factor);
  }
  for (const std::vector<int>& replicas : topic.replicas)
    made.assignments.push_back(broker_ids(replicas));
  for (const auto& [name, value] : topic.config.given()) made.configs.push_back({name, value});
  return made;
}

protocol::RequestBody admin_request(const AdminAction& action) {
  switch (action.kind) {
    case ActionKind::alter_topic:
    case ActionKind::alter_broker:
      return alter_configs(action);
    case ActionKind::create_topic: {
      protocol::CreateTopicsRequest request;
      request.topics.push_back(creatable(*action.topic));
      return request;
    }
    case ActionKind::delete_topic: {
      protocol::DeleteTopicsRequest request;
      request.topics.push_back({action.name, {}});
      return request;
    }
    case ActionKind::add_partitions: {
      protocol::CreatePartitionsRequest request;
      request.topics.push_back({action.name, action.partitions, std::nullopt});
      return request;
    }
    case ActionKind::reassign: {
      protocol::AlterPartitionReassignmentsRequest request;
      auto& item = request.partitions.emplace_back();
      item.partition = action.partition;
      if (action.replicas) item.replicas = broker_ids(*action.replicas);
      return request;
    }
    case ActionKind::elect: {
      protocol::ElectLeadersRequest request;
      if (action.unclean) request.election_type = protocol::ElectionType::unclean;
      request.partitions.push_back(action.partition);
      return request;
    }
    default:
      break;
  }
  CHECKED(false, "'{}' is nothing that a controller decides", to_string(action));
  return protocol::DeleteTopicsRequest();
}

AdminAnswer admin_answer(const protocol::ResponseBody& response) {
  if (const auto* r = std::get_if<protocol::CreateTopicsResponse>(&response))
    return first_of(r->topics);
  if (const auto* r = std::get_if<protocol::DeleteTopicsResponse>(&response))
    return first_of(r->responses);
  if (const auto* r = std::get_if<protocol::CreatePartitionsResponse>(&response))
    return first_of(r->results);
  if (const auto* r = std::get_if<protocol::IncrementalAlterConfigsResponse>(&response))
    return first_of(r->responses);
  if (const auto* r = std::get_if<protocol::ElectLeadersResponse>(&response))
    return top_or_first(*r);
  if (const auto* r = std::get_if<protocol::AlterPartitionReassignmentsResponse>(&response))
    return top_or_first(*r);
  return {};
}

}  // namespace kafkasim::scenarios
