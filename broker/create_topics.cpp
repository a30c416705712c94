// Forwarded and automatic creation of topics.
#include "broker/create_topics.hpp"

#include <utility>

#include "protocol/cluster_messages.hpp"

namespace kafkasim::broker {

TopicCreation::TopicCreation(const Context& context, ControllerChannel& forwarding)
    : context_(context), forwarding_(forwarding) {}

sim::Task<protocol::CreateTopicsResponse> TopicCreation::create(
    protocol::CreateTopicsRequest request) {
  const sim::Time deadline = context_.now() + std::chrono::milliseconds(request.timeout_ms);
  protocol::RequestBody body = request;
  auto answer = co_await forwarding_.call(std::move(body), deadline);
  if (!answer) answer = protocol::error_response(request, protocol::ErrorCode::request_timed_out);
  co_return std::get<protocol::CreateTopicsResponse>(std::move(*answer));
}

void TopicCreation::create_missing(const std::vector<std::string>& topics) {
  protocol::CreateTopicsRequest request;
  request.timeout_ms = context_.config.int_value("request.timeout.ms");
  for (const std::string& topic : topics) {
    if (in_flight_.insert(topic).second) request.topics.push_back(missing_topic(topic));
  }
  if (!request.topics.empty())
    sim::spawn(context_.process, create_automatically(std::move(request)));
}

sim::Task<> TopicCreation::create_automatically(protocol::CreateTopicsRequest request) {
  const sim::Time deadline = context_.now() + std::chrono::milliseconds(request.timeout_ms);
  protocol::RequestBody body = request;
  co_await forwarding_.call(std::move(body), deadline);
  for (const protocol::CreatableTopic& topic : request.topics) in_flight_.erase(topic.name);
}

protocol::CreatableTopic TopicCreation::missing_topic(const std::string& name) const {
  const protocol::ConfigValues& config = context_.config;
  protocol::CreatableTopic topic;
  topic.name = name;
  if (name == protocol::offsets_topic) {
    topic.num_partitions = config.int_value("offsets.topic.num.partitions");
    topic.replication_factor =
        static_cast<std::int16_t>(config.int_value("offsets.topic.replication.factor"));
    topic.configs = {
        {"cleanup.policy", "compact"},
        {"compression.type", "producer"},
        {"segment.bytes", std::to_string(config.int_value("offsets.topic.segment.bytes"))}};
  } else {
    topic.num_partitions = config.int_value("num.partitions");
    topic.replication_factor =
        static_cast<std::int16_t>(config.int_value("default.replication.factor"));
  }
  return topic;
}

}  // namespace kafkasim::broker
