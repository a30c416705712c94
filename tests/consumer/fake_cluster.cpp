// Logs, metadata and connections of the fake brokers. The group is in fake_group.cpp.
#include "tests/consumer/fake_cluster.hpp"

#include <algorithm>

#include "sim/check.hpp"

namespace kafkasim::consumer_test {

using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;
using protocol::TopicPartition;

FakeCluster::FakeCluster(sim::World& world, int count) : world_(world) {
  for (int broker = 1; broker <= count; ++broker) {
    sim::Host& host = world.add_host("broker-" + std::to_string(broker));
    brokers_.push_back(&host);
    acceptors_.emplace_back();
    sim::Process& process = host.boot();
    world.network().listen(process, host.id(), acceptors_.back());
    sim::spawn(process, run(broker));
  }
}

std::vector<std::string> FakeCluster::hosts() const {
  std::vector<std::string> names;
  for (const sim::Host* host : brokers_) names.push_back(host->name());
  return names;
}

// ---- what a test does ----

void FakeCluster::add_topic(const std::string& topic, int partitions) {
  for (int p = 0; p < partitions; ++p) logs_[{topic, p}];
}

FakeLog& FakeCluster::log(const std::string& topic, int partition) {
  return logs_.at({topic, partition});
}

void FakeCluster::append(const std::string& topic, int partition,
                         const std::vector<std::string>& values) {
  protocol::RecordBatch batch;
  for (const std::string& value : values) {
    protocol::Record record;
    record.value = protocol::Bytes(value);
    record.value_size = static_cast<std::int32_t>(value.size());
    batch.records.push_back(std::move(record));
  }
  protocol::seal(batch);
  append(topic, partition, std::move(batch), values.size());
}

void FakeCluster::append(const std::string& topic, int partition, protocol::RecordBatch batch,
                         std::size_t records) {
  FakeLog& log = this->log(topic, partition);
  protocol::StoredBatch stored;
  stored.base_offset = log.end;
  stored.leader_epoch = log.epoch;
  stored.batch = protocol::make_ref<protocol::RecordBatch>(std::move(batch));
  log.batches.push_back(stored);
  log.end = log.end + static_cast<std::int64_t>(records);
  data_.notify_all();
}

void FakeCluster::elect(const std::string& topic, int partition, int broker) {
  FakeLog& log = this->log(topic, partition);
  log.leader = BrokerId(broker);
  log.epoch = log.epoch.next();
  data_.notify_all();
}

std::size_t FakeCluster::count(const std::string& request) const {
  return static_cast<std::size_t>(
      std::count_if(requests_.begin(), requests_.end(),
                    [&](const std::string& r) { return r.substr(0, request.size()) == request; }));
}

// ---- connections ----

sim::Task<> FakeCluster::run(int broker) {
  const std::size_t index = static_cast<std::size_t>(broker - 1);
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await acceptors_[index].receive(sim::never);
    if (event) sim::spawn(*brokers_[index]->process(), serve(broker, event->socket));
  }
}

sim::Task<> FakeCluster::serve(int broker, sim::Socket socket) {
  sim::Mailbox<sim::SocketEvent> inbox;
  socket.deliver_to(inbox);
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await inbox.receive(sim::never);
    if (!event || event->kind != sim::SocketEvent::Kind::message) break;
    protocol::Request request = std::move(*event->message->open<protocol::Request>());
    requests_.push_back(std::string(protocol::api_name(request.body.index())) + " to " +
                        std::to_string(broker));
    protocol::Response response;
    response.correlation_id = request.correlation_id;
    response.body = co_await answer(broker, std::move(request));
    socket.send(sim::enclose(std::move(response)));
  }
  socket.close();
}

sim::Task<protocol::ResponseBody> FakeCluster::answer(int broker, protocol::Request request) {
  if (script) {
    std::optional<protocol::ResponseBody> scripted = script(broker, request);
    if (scripted) co_return std::move(*scripted);
  }
  if (auto* fetch_request = std::get_if<protocol::FetchRequest>(&request.body)) {
    co_return co_await fetch(broker, std::move(*fetch_request));
  }
  const bool of_group = std::holds_alternative<protocol::JoinGroupRequest>(request.body) ||
                        std::holds_alternative<protocol::SyncGroupRequest>(request.body);
  if (of_group && broker != coordinator) {
    co_return protocol::error_response(request.body, ErrorCode::not_coordinator);
  }
  if (auto* join_request = std::get_if<protocol::JoinGroupRequest>(&request.body)) {
    std::string client_id = request.client_id;
    co_return co_await join(std::move(*join_request), std::move(client_id));
  }
  if (auto* sync_request = std::get_if<protocol::SyncGroupRequest>(&request.body)) {
    co_return co_await sync(std::move(*sync_request));
  }
  co_return answer_now(broker, request);
}

protocol::ResponseBody FakeCluster::answer_now(int broker, const protocol::Request& request) {
  const protocol::RequestBody& body = request.body;
  if (std::holds_alternative<protocol::ApiVersionsRequest>(body))
    return protocol::ApiVersionsResponse();
  if (const auto* r = std::get_if<protocol::MetadataRequest>(&body)) return metadata(*r);
  if (const auto* r = std::get_if<protocol::FindCoordinatorRequest>(&body)) return find(*r);
  if (const auto* r = std::get_if<protocol::ListOffsetsRequest>(&body)) return list(broker, *r);
  if (const auto* r = std::get_if<protocol::OffsetForLeaderEpochRequest>(&body))
    return ends(broker, *r);
  if (broker != coordinator) return protocol::error_response(body, ErrorCode::not_coordinator);
  if (const auto* r = std::get_if<protocol::HeartbeatRequest>(&body)) return heartbeat(*r);
  if (const auto* r = std::get_if<protocol::LeaveGroupRequest>(&body)) return leave(*r);
  if (const auto* r = std::get_if<protocol::OffsetCommitRequest>(&body)) return commit(*r);
  if (const auto* r = std::get_if<protocol::OffsetFetchRequest>(&body)) return committed(*r);
  CHECKED(false, "the fake broker does not know {}", protocol::kind(request));
  return protocol::ApiVersionsResponse();
}

// ---- metadata ----

protocol::MetadataResponse FakeCluster::metadata(const protocol::MetadataRequest& request) const {
  protocol::MetadataResponse response;
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    response.brokers.push_back(
        {BrokerId(static_cast<std::int32_t>(i + 1)), brokers_[i]->name(),
         i < racks.size() ? racks[i] : ""});
  }
  response.controller_id = BrokerId(1);
  for (const std::string& name : request.topics) {
    protocol::MetadataTopic topic;
    topic.name = name;
    topic.topic_id = {1, name.size()};
    for (const auto& [partition, log] : logs_) {
      if (partition.topic != name) continue;
      protocol::MetadataPartition part;
      part.partition = partition.partition;
      part.leader_id = log.leader;
      part.leader_epoch = log.epoch;
      part.replica_nodes.push_back(log.leader);
      if (log.near.is_set()) part.replica_nodes.push_back(log.near);
      topic.partitions.push_back(std::move(part));
    }
    if (topic.partitions.empty()) topic.error = ErrorCode::unknown_topic_or_partition;
    response.topics.push_back(std::move(topic));
  }
  return response;
}

protocol::FindCoordinatorResponse FakeCluster::find(
    const protocol::FindCoordinatorRequest& request) const {
  protocol::Coordinator found;
  found.key = request.coordinator_keys.front();
  found.node_id = BrokerId(coordinator);
  found.host = "broker-" + std::to_string(coordinator);
  protocol::FindCoordinatorResponse response;
  response.coordinators.push_back(std::move(found));
  return response;
}

// ---- logs ----

sim::Task<protocol::FetchResponse> FakeCluster::fetch(int broker, protocol::FetchRequest request) {
  const sim::Time deadline =
      sim::later(world_.now(), std::chrono::milliseconds(request.max_wait_ms));
  for (;;) {
    protocol::FetchResponse response;
    std::int32_t bytes = 0;
    bool error = false;
    for (const protocol::FetchPartition& part : request.partitions) {
      response.partitions.push_back(read(broker, part, request.isolation_level, bytes));
      error = error || response.partitions.back().error != ErrorCode::none ||
              response.partitions.back().preferred_read_replica.is_set();
    }
    if (error || bytes >= request.min_bytes || world_.now() >= deadline) co_return response;
    co_await data_.wait(deadline);
  }
}

protocol::FetchPartitionResponse FakeCluster::read(int broker, const protocol::FetchPartition& part,
                                                   protocol::IsolationLevel isolation,
                                                   std::int32_t& bytes) {
  protocol::FetchPartitionResponse response;
  response.partition = part.partition;
  const auto found = logs_.find(part.partition);
  if (found == logs_.end()) {
    response.error = ErrorCode::unknown_topic_or_partition;
    return response;
  }
  const FakeLog& log = found->second;
  const bool committed = isolation == protocol::IsolationLevel::read_committed;
  const Offset stable = log.stable.value_or(log.end);
  const Offset visible = committed ? stable : log.end;
  const bool is_leader = log.leader == BrokerId(broker);
  if (!is_leader && log.near != BrokerId(broker)) {
    response.error = ErrorCode::not_leader_or_follower;
  } else if (part.current_leader_epoch < log.epoch) {
    response.error = ErrorCode::fenced_leader_epoch;
  } else if (part.fetch_offset < log.start || part.fetch_offset > log.end) {
    response.error = ErrorCode::offset_out_of_range;
  }
  response.current_leader = {log.leader, log.epoch};
  if (response.error != ErrorCode::none) return response;
  response.high_watermark = log.end;
  response.last_stable_offset = stable;
  response.log_start_offset = log.start;
  if (is_leader && log.near.is_set()) {
    response.preferred_read_replica = log.near;
    return response;
  }
  if (committed) response.aborted_transactions = log.aborted;
  for (const protocol::StoredBatch& stored : log.batches) {
    if (stored.last_offset() < part.fetch_offset || stored.next_offset() > visible) continue;
    response.records.push_back(stored);
    bytes += stored.batch->size_in_bytes;
  }
  return response;
}

protocol::ListOffsetsResponse FakeCluster::list(int broker,
                                                const protocol::ListOffsetsRequest& request) {
  protocol::ListOffsetsResponse response;
  for (const protocol::ListOffsetsPartition& part : request.partitions) {
    const FakeLog& log = logs_.at(part.partition);
    protocol::ListOffsetsPartitionResponse answer;
    answer.partition = part.partition;
    answer.leader_epoch = log.epoch;
    if (log.leader != BrokerId(broker)) answer.error = ErrorCode::not_leader_or_follower;
    if (part.timestamp == protocol::latest_timestamp) answer.offset = log.end;
    if (part.timestamp == protocol::earliest_timestamp) answer.offset = log.start;
    response.partitions.push_back(std::move(answer));
  }
  return response;
}

protocol::OffsetForLeaderEpochResponse FakeCluster::ends(
    int broker, const protocol::OffsetForLeaderEpochRequest& request) {
  protocol::OffsetForLeaderEpochResponse response;
  for (const protocol::OffsetForLeaderPartition& part : request.partitions) {
    const FakeLog& log = logs_.at(part.partition);
    protocol::OffsetForLeaderPartitionResponse answer;
    answer.partition = part.partition;
    if (log.leader != BrokerId(broker)) answer.error = ErrorCode::not_leader_or_follower;
    answer.leader_epoch = part.leader_epoch;
    answer.end_offset = log.end;
    for (const protocol::StoredBatch& stored : log.batches) {
      if (stored.leader_epoch > part.leader_epoch) {
        answer.end_offset = stored.base_offset;
        break;
      }
    }
    response.partitions.push_back(std::move(answer));
  }
  return response;
}

}  // namespace kafkasim::consumer_test
