// What an administrator asks of single brokers: of the leader of a partition, of the coordinator of
// a group. Errors that pass by themselves are tried again with a fresh look at who that is.
#include <utility>

#include "protocol/message.hpp"
#include "scenarios/engine/admin_client.hpp"

namespace kafkasim::scenarios {
namespace {

using protocol::ErrorCode;

constexpr const char* gave_up = "no answer within 60 s";

// The words of Kafka's exceptions for errors that come without any.
std::string words_of(ErrorCode error) {
  if (error == ErrorCode::policy_violation)
    return "Request parameters do not satisfy the configured policy.";
  if (error == ErrorCode::offset_out_of_range)
    return "The requested offset is not within the range of offsets maintained by the server.";
  if (error == ErrorCode::unknown_member_id) return "The coordinator is not aware of this member.";
  return {};
}

bool may_pass(ErrorCode error) {
  return protocol::is_retriable(error) || error == ErrorCode::rebalance_in_progress;
}

}  // namespace

sim::Task<AdminClient::Answer> AdminClient::look_up(std::vector<std::string> topics,
                                                    sim::Time deadline) {
  protocol::MetadataRequest request;
  request.topics = std::move(topics);
  request.allow_auto_topic_creation = false;
  protocol::RequestBody body = std::move(request);
  Answer answer = co_await ask(std::nullopt, std::move(body), deadline);
  co_return answer;
}

// As Kafka's client, it waits for a topic that is not there: the broker asked may not know it yet.
sim::Task<std::optional<client::Node>> AdminClient::leader_of(TopicPartition partition,
                                                              sim::Time deadline) {
  for (int attempt = 0; world_.now() < deadline; ++attempt) {
    if (attempt > 0) co_await pause_before(attempt, deadline);
    std::vector<std::string> topics{partition.topic};
    const Answer answer = co_await look_up(std::move(topics), deadline);
    if (!answer) break;
    const auto& metadata = std::get<protocol::MetadataResponse>(*answer);
    for (const protocol::MetadataTopic& topic : metadata.topics) {
      for (const protocol::MetadataPartition& item : topic.partitions) {
        if (item.partition != partition.partition || !item.leader_id.is_set()) continue;
        for (const protocol::NodeEndpoint& broker : metadata.brokers) {
          if (broker.node_id != item.leader_id) continue;
          co_return client::Node{client::node_of(broker.node_id), broker.host, broker.rack};
        }
      }
    }
  }
  co_return std::nullopt;
}

sim::Task<std::optional<client::Node>> AdminClient::coordinator_of(std::string group,
                                                                   sim::Time deadline) {
  for (int attempt = 0; world_.now() < deadline; ++attempt) {
    if (attempt > 0) co_await pause_before(attempt, deadline);
    protocol::FindCoordinatorRequest request;
    request.coordinator_keys = {group};
    protocol::RequestBody body = std::move(request);
    const Answer answer = co_await ask(std::nullopt, std::move(body), deadline);
    if (!answer) break;
    const auto& found = std::get<protocol::FindCoordinatorResponse>(*answer).coordinators;
    if (found.empty() || found.front().error != ErrorCode::none) continue;
    co_return client::Node{client::node_of(found.front().node_id), found.front().host, ""};
  }
  co_return std::nullopt;
}

sim::Task<AdminClient::Result> AdminClient::delete_records(AdminAction action, sim::Time deadline) {
  for (int attempt = 0; world_.now() < deadline; ++attempt) {
    if (attempt > 0) co_await pause_before(attempt, deadline);
    std::optional<client::Node> leader = co_await leader_of(action.partition, deadline);
    if (!leader) break;
    protocol::DeleteRecordsRequest request;
    protocol::DeleteRecordsPartition& item = request.partitions.emplace_back();
    item.partition = action.partition;
    if (action.before) item.offset = protocol::Offset(*action.before);
    protocol::RequestBody body = std::move(request);
    client::Node node = std::move(*leader);
    client::CallResult called = co_await caller_.call(std::move(node), std::move(body), deadline);
    if (!called.answered()) continue;
    const ErrorCode error = called.as<protocol::DeleteRecordsResponse>().partitions.front().error;
    if (may_pass(error)) continue;
    co_return Result{error, words_of(error)};
  }
  co_return Result{ErrorCode::request_timed_out, gave_up};
}

// Fills in the first or last offset of every partition of the group's topics.
sim::Task<AdminClient::Result> AdminClient::find_ends(AdminAction* action, sim::Time deadline) {
  std::vector<std::string> topics(action->topics.begin(), action->topics.end());
  const Answer answer = co_await look_up(std::move(topics), deadline);
  if (!answer) co_return Result{ErrorCode::request_timed_out, gave_up};
  std::vector<TopicPartition> partitions;
  for (const auto& topic : std::get<protocol::MetadataResponse>(*answer).topics) {
    for (const auto& partition : topic.partitions)
      partitions.push_back({topic.name, partition.partition});
  }
  for (const TopicPartition& partition : partitions) {
    for (int attempt = 0; !action->offsets.contains(partition); ++attempt) {
      if (world_.now() >= deadline) co_return Result{ErrorCode::request_timed_out, gave_up};
      if (attempt > 0) co_await pause_before(attempt, deadline);
      std::optional<client::Node> leader = co_await leader_of(partition, deadline);
      if (!leader) continue;
      protocol::ListOffsetsRequest request;
      auto& item = request.partitions.emplace_back();
      item.partition = partition;
      item.timestamp = action->to == AdminAction::To::earliest ? protocol::earliest_timestamp
                                                               : protocol::latest_timestamp;
      protocol::RequestBody body = std::move(request);
      client::Node node = std::move(*leader);
      client::CallResult called = co_await caller_.call(std::move(node), std::move(body), deadline);
      if (!called.answered()) continue;
      const auto& found = called.as<protocol::ListOffsetsResponse>().partitions.front();
      if (found.error == ErrorCode::none) {
        action->offsets[partition] = found.offset.value();
      } else if (!may_pass(found.error)) {
        co_return Result{found.error, ""};
      }
    }
  }
  co_return Result{};
}

sim::Task<AdminClient::Result> AdminClient::reset_offsets(AdminAction action, sim::Time deadline) {
  if (action.to != AdminAction::To::offsets) {
    Result found = co_await find_ends(&action, deadline);
    if (found.error != ErrorCode::none) co_return found;
  }
  for (int attempt = 0; world_.now() < deadline; ++attempt) {
    if (attempt > 0) co_await pause_before(attempt, deadline);
    std::optional<client::Node> coordinator = co_await coordinator_of(action.name, deadline);
    if (!coordinator) break;
    protocol::OffsetCommitRequest request;
    request.group_id = action.name;
    for (const auto& [partition, offset] : action.offsets) {
      auto& item = request.partitions.emplace_back();
      item.partition = partition;
      item.committed_offset = protocol::Offset(offset);
    }
    protocol::RequestBody body = std::move(request);
    client::Node node = std::move(*coordinator);
    client::CallResult called = co_await caller_.call(std::move(node), std::move(body), deadline);
    if (!called.answered()) continue;
    ErrorCode error = ErrorCode::none;
    for (const auto& item : called.as<protocol::OffsetCommitResponse>().partitions) {
      if (error == ErrorCode::none) error = item.error;
    }
    if (may_pass(error)) continue;
    co_return Result{error, words_of(error)};
  }
  co_return Result{ErrorCode::request_timed_out, gave_up};
}

}  // namespace kafkasim::scenarios
