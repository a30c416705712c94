// Our answers with the recording's fields. What our messages do not carry is missing here; the
// table of differences knows those fields.
#include <algorithm>

#include "tests/conformance/record_batches.hpp"
#include "tests/conformance/wire_json.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;
using protocol::ErrorCode;

std::int16_t code(ErrorCode error) { return static_cast<std::int16_t>(error); }

json ids(const std::vector<protocol::BrokerId>& brokers) {
  json list = json::array();
  for (const protocol::BrokerId broker : brokers) list.push_back(broker.value());
  return list;
}

// Puts a partition into the topic's list; topics in the order of their first partition.
void add(json& topics, const char* name, const char* list, const std::string& topic,
         json partition) {
  for (json& known : topics) {
    if (known.at(name) != topic) continue;
    known[list].push_back(std::move(partition));
    return;
  }
  topics.push_back({{name, topic}, {list, json::array({std::move(partition)})}});
}

struct ToJson {
  int version;
  const json& request;

  json operator()(const protocol::ProduceResponse& response) const {
    json topics = json::array();
    for (const auto& item : response.partitions) {
      json errors = json::array();
      for (const auto& error : item.record_errors)
        errors.push_back(
            {{"batchIndex", error.batch_index}, {"batchIndexErrorMessage", error.message}});
      add(topics, "name", "partitionResponses", item.partition.topic,
          {{"index", item.partition.partition},
           {"errorCode", code(item.error)},
           {"baseOffset", item.base_offset.value()},
           {"logAppendTimeMs", item.log_append_time_ms},
           {"logStartOffset", item.log_start_offset.value()},
           {"recordErrors", errors},
           {"errorMessage", item.error_message}});
    }
    return {{"responses", topics}, {"throttleTimeMs", response.throttle_time_ms}};
  }

  json operator()(const protocol::FetchResponse& response) const {
    const bool committed = request.value("isolationLevel", 0) == 1;
    json topics = json::array();
    for (const auto& item : response.partitions) {
      json summaries = json::array();
      json contents = json::array();
      for (const auto& stored : item.records) {
        summaries.push_back(summary_of(stored));
        contents.push_back(content_of(stored));
      }
      json aborted;
      if (committed) aborted = json::array();
      for (const auto& transaction : item.aborted_transactions)
        aborted.push_back({{"producerId", transaction.producer_id.value()},
                           {"firstOffset", transaction.first_offset.value()}});
      add(topics, "topic", "partitions", item.partition.topic,
          {{"partitionIndex", item.partition.partition},
           {"errorCode", code(item.error)},
           {"highWatermark", item.high_watermark.value()},
           {"lastStableOffset", item.last_stable_offset.value()},
           {"logStartOffset", item.log_start_offset.value()},
           {"abortedTransactions", aborted},
           {"preferredReadReplica", item.preferred_read_replica.value()},
           {"records_summary", summaries},
           {"records", contents}});
    }
    return {{"throttleTimeMs", response.throttle_time_ms},
            {"errorCode", code(response.error)},
            {"responses", topics}};
  }

  json operator()(const protocol::ListOffsetsResponse& response) const {
    json topics = json::array();
    for (const auto& item : response.partitions) {
      add(topics, "name", "partitions", item.partition.topic,
          {{"partitionIndex", item.partition.partition},
           {"errorCode", code(item.error)},
           {"timestamp", item.timestamp},
           {"offset", item.offset.value()},
           {"leaderEpoch", item.leader_epoch.value()}});
    }
    return {{"throttleTimeMs", response.throttle_time_ms}, {"topics", topics}};
  }

  json operator()(const protocol::OffsetForLeaderEpochResponse& response) const {
    json topics = json::array();
    for (const auto& item : response.partitions) {
      add(topics, "topic", "partitions", item.partition.topic,
          {{"partition", item.partition.partition},
           {"errorCode", code(item.error)},
           {"leaderEpoch", item.leader_epoch.value()},
           {"endOffset", item.end_offset.value()}});
    }
    return {{"throttleTimeMs", response.throttle_time_ms}, {"topics", topics}};
  }

  json operator()(const protocol::MetadataResponse& response) const {
    json brokers = json::array();
    for (const auto& broker : response.brokers)
      brokers.push_back({{"nodeId", broker.node_id.value()}, {"rack", broker.rack}});
    json topics = json::array();
    for (const auto& topic : response.topics) {
      json partitions = json::array();
      for (const auto& partition : topic.partitions) {
        partitions.push_back({{"errorCode", code(partition.error)},
                              {"partitionIndex", partition.partition},
                              {"leaderId", partition.leader_id.value()},
                              {"leaderEpoch", partition.leader_epoch.value()},
                              {"replicaNodes", ids(partition.replica_nodes)},
                              {"isrNodes", ids(partition.isr_nodes)},
                              {"offlineReplicas", ids(partition.offline_replicas)}});
      }
      topics.push_back({{"errorCode", code(topic.error)},
                        {"name", topic.name},
                        {"isInternal", topic.is_internal},
                        {"partitions", partitions}});
    }
    return {
        {"throttleTimeMs", response.throttle_time_ms}, {"brokers", brokers}, {"topics", topics}};
  }

  json operator()(const protocol::FindCoordinatorResponse& response) const {
    json coordinators = json::array();
    for (const auto& item : response.coordinators) {
      // A single answer names its success, too.
      std::string message = item.error_message;
      if (item.error == ErrorCode::none && version < 4) message = "NONE";
      coordinators.push_back({{"key", item.key},
                              {"nodeId", item.node_id.value()},
                              {"errorCode", code(item.error)},
                              {"errorMessage", message}});
    }
    json shown;
    if (version < 4 && !coordinators.empty()) shown = coordinators[0];
    shown["throttleTimeMs"] = response.throttle_time_ms;
    shown["coordinators"] = coordinators;
    return shown;
  }

  json operator()(const protocol::CreateTopicsResponse& response) const {
    json topics = json::array();
    for (const auto& topic : response.topics) {
      topics.push_back({{"name", topic.name},
                        {"errorCode", code(topic.error)},
                        {"errorMessage", topic.error_message},
                        {"numPartitions", topic.num_partitions},
                        {"replicationFactor", topic.replication_factor}});
    }
    return {{"throttleTimeMs", response.throttle_time_ms}, {"topics", topics}};
  }

  json operator()(const protocol::InitProducerIdResponse& response) const {
    return {{"throttleTimeMs", response.throttle_time_ms},
            {"errorCode", code(response.error)},
            {"producerEpoch", response.producer_epoch.value()}};
  }

  json operator()(const protocol::JoinGroupResponse& response) const {
    json members = json::array();
    for (const auto& member : response.members) {
      members.push_back({{"memberId", member.member_id},
                         {"groupInstanceId", member.group_instance_id},
                         {"metadata", to_base64(member.metadata.view())}});
    }
    return {{"throttleTimeMs", response.throttle_time_ms},
            {"errorCode", code(response.error)},
            {"generationId", response.generation_id},
            {"protocolType", response.protocol_type},
            {"protocolName", response.protocol_name},
            {"leader", response.leader},
            {"skipAssignment", response.skip_assignment},
            {"memberId", response.member_id},
            {"members", members}};
  }

  json operator()(const protocol::SyncGroupResponse& response) const {
    return {{"throttleTimeMs", response.throttle_time_ms},
            {"errorCode", code(response.error)},
            {"protocolType", response.protocol_type},
            {"protocolName", response.protocol_name},
            {"assignment", to_base64(response.assignment.view())}};
  }

  json operator()(const protocol::HeartbeatResponse& response) const {
    return {{"throttleTimeMs", response.throttle_time_ms}, {"errorCode", code(response.error)}};
  }

  json operator()(const protocol::LeaveGroupResponse& response) const {
    json members = json::array();
    for (const auto& member : response.members) {
      members.push_back({{"memberId", member.member_id},
                         {"groupInstanceId", member.group_instance_id},
                         {"errorCode", code(member.error)}});
    }
    // Before one request could name several members, the answer was that of the only one.
    ErrorCode error = response.error;
    if (version < 3 && error == ErrorCode::none && !response.members.empty())
      error = response.members[0].error;
    return {{"throttleTimeMs", response.throttle_time_ms},
            {"errorCode", code(error)},
            {"members", members}};
  }

  json operator()(const protocol::DeleteGroupsResponse& response) const {
    json results = json::array();
    for (const auto& result : response.results)
      results.push_back({{"groupId", result.group_id}, {"errorCode", code(result.error)}});
    return {{"throttleTimeMs", response.throttle_time_ms}, {"results", results}};
  }

  json operator()(const protocol::OffsetCommitResponse& response) const {
    json topics = json::array();
    for (const auto& item : response.partitions) {
      add(topics, "name", "partitions", item.partition.topic,
          {{"partitionIndex", item.partition.partition}, {"errorCode", code(item.error)}});
    }
    return {{"throttleTimeMs", response.throttle_time_ms}, {"topics", topics}};
  }

  json operator()(const protocol::OffsetFetchResponse& response) const {
    json topics = json::array();
    for (const auto& item : response.partitions) {
      add(topics, "name", "partitions", item.partition.topic,
          {{"partitionIndex", item.partition.partition},
           {"committedOffset", item.committed_offset.value()},
           {"committedLeaderEpoch", item.committed_leader_epoch.value()},
           {"metadata", item.metadata},
           {"errorCode", code(item.error)}});
    }
    // Before there was an error for the whole answer, it stood in each partition.
    if (version < 2 && response.error != ErrorCode::none) {
      for (const json& topic : request.at("topics")) {
        for (const json& partition : topic.at("partitionIndexes")) {
          add(topics, "name", "partitions", topic.at("name"),
              {{"partitionIndex", partition},
               {"committedOffset", -1},
               {"committedLeaderEpoch", -1},
               {"metadata", ""},
               {"errorCode", code(response.error)}});
        }
      }
    }
    return {{"throttleTimeMs", response.throttle_time_ms},
            {"errorCode", code(response.error)},
            {"topics", topics}};
  }

  json operator()(const protocol::ApiVersionsResponse& response) const {
    json keys = json::array();
    for (const auto& range : response.api_keys) {
      keys.push_back({{"apiKey", range.api_key},
                      {"minVersion", range.min_version},
                      {"maxVersion", range.max_version}});
    }
    return {{"errorCode", code(response.error)},
            {"apiKeys", keys},
            {"throttleTimeMs", response.throttle_time_ms}};
  }

  // What brokers say to the controller is in no recording.
  template <class Other>
  json operator()(const Other&) const {
    return json::object();
  }
};

}  // namespace

json response_to_json(const protocol::ResponseBody& response, int version, const json& request) {
  return std::visit(ToJson{version, request}, response);
}

}  // namespace kafkasim::conformance
