// Recorded requests as our messages: one function an API.
#include <algorithm>
#include <array>

#include "tests/conformance/record_batches.hpp"
#include "tests/conformance/wire_json.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;
using protocol::BrokerId;
using protocol::Bytes;
using protocol::LeaderEpoch;
using protocol::Offset;

// The field's text; empty where it is missing or null.
std::string text(const json& from, const char* field) {
  const auto found = from.find(field);
  return found == from.end() || found->is_null() ? "" : found->get<std::string>();
}
Bytes bytes(const json& from, const char* field) { return Bytes(from_base64(text(from, field))); }
LeaderEpoch epoch(const json& from, const char* field) {
  return LeaderEpoch(from.value(field, std::int32_t{-1}));
}
Offset offset(const json& from, const char* field) {
  return Offset(from.value(field, std::int64_t{-1}));
}

// Calls `each` with the topic's name and the partition's object, in order.
template <class Each>
void for_partitions(const json& topics, const char* name, const char* list, Each each) {
  if (topics.is_null()) return;
  for (const json& topic : topics) {
    for (const json& partition : topic.at(list)) each(topic.at(name), partition);
  }
}

std::string why_not_one_batch(const json& records, const DecodedBatches& decoded) {
  if (records.is_null() || records.get_ref<const std::string&>().empty()) return "no batch";
  if (!decoded.refusal.empty()) return decoded.refusal;
  if (decoded.batches.size() != 1) return "several batches for one partition";
  if (decoded.batches[0].base_offset != Offset(0)) return "a base offset";
  return "";
}

Translated produce(const json& from, int) {
  protocol::ProduceRequest request;
  request.transactional_id = text(from, "transactionalId");
  request.acks = protocol::Acks(from.at("acks").get<std::int16_t>());
  request.timeout_ms = from.at("timeoutMs");
  std::string refusal;
  for_partitions(
      from.at("topicData"), "name", "partitionData",
      [&](const std::string& topic, const json& partition) {
        const json& records = partition.at("records");
        const DecodedBatches decoded =
            decode_batches(from_base64(text(partition, "records")), false);
        std::string why = why_not_one_batch(records, decoded);
        if (!why.empty()) {
          refusal = "a message of ours cannot carry " + why;
          return;
        }
        request.partitions.push_back({{topic, partition.at("index")}, decoded.batches[0].batch});
      });
  if (!refusal.empty()) return {std::nullopt, refusal};
  return {std::move(request), ""};
}

Translated fetch(const json& from, int) {
  if (from.value("sessionEpoch", -1) > 0) return {std::nullopt, "fetch sessions are left out"};
  protocol::FetchRequest request;
  request.replica_id = BrokerId(from.value("replicaId", -1));
  request.max_wait_ms = from.at("maxWaitMs");
  request.min_bytes = from.at("minBytes");
  request.max_bytes = from.value("maxBytes", 0x7fffffff);
  request.isolation_level = protocol::IsolationLevel(from.value("isolationLevel", std::int8_t{0}));
  request.rack_id = text(from, "rackId");
  for_partitions(from.at("topics"), "topic", "partitions",
                 [&](const std::string& topic, const json& partition) {
                   protocol::FetchPartition& item = request.partitions.emplace_back();
                   item.partition = {topic, partition.at("partition")};
                   item.current_leader_epoch = epoch(partition, "currentLeaderEpoch");
                   item.fetch_offset = offset(partition, "fetchOffset");
                   item.last_fetched_epoch = epoch(partition, "lastFetchedEpoch");
                   item.log_start_offset = offset(partition, "logStartOffset");
                   item.max_bytes = partition.at("partitionMaxBytes");
                 });
  return {std::move(request), ""};
}

Translated list_offsets(const json& from, int) {
  protocol::ListOffsetsRequest request;
  request.replica_id = BrokerId(from.value("replicaId", -1));
  request.isolation_level = protocol::IsolationLevel(from.value("isolationLevel", std::int8_t{0}));
  for_partitions(from.at("topics"), "name", "partitions",
                 [&](const std::string& topic, const json& partition) {
                   protocol::ListOffsetsPartition& item = request.partitions.emplace_back();
                   item.partition = {topic, partition.at("partitionIndex")};
                   item.current_leader_epoch = epoch(partition, "currentLeaderEpoch");
                   item.timestamp = partition.at("timestamp");
                 });
  return {std::move(request), ""};
}

Translated offset_for_leader_epoch(const json& from, int) {
  protocol::OffsetForLeaderEpochRequest request;
  request.replica_id = BrokerId(from.value("replicaId", -1));
  for_partitions(from.at("topics"), "topic", "partitions",
                 [&](const std::string& topic, const json& partition) {
                   protocol::OffsetForLeaderPartition& item = request.partitions.emplace_back();
                   item.partition = {topic, partition.at("partition")};
                   item.current_leader_epoch = epoch(partition, "currentLeaderEpoch");
                   item.leader_epoch = epoch(partition, "leaderEpoch");
                 });
  return {std::move(request), ""};
}

Translated metadata(const json& from, int version) {
  protocol::MetadataRequest request;
  const json& topics = from.at("topics");
  // In the first version an empty list stands for all.
  request.all_topics = topics.is_null() || (version == 0 && topics.empty());
  if (!topics.is_null()) {
    for (const json& topic : topics) request.topics.push_back(topic.at("name"));
  }
  request.allow_auto_topic_creation = from.value("allowAutoTopicCreation", true);
  return {std::move(request), ""};
}

Translated find_coordinator(const json& from, int) {
  protocol::FindCoordinatorRequest request;
  request.key_type = protocol::CoordinatorType(from.value("keyType", std::int8_t{0}));
  if (from.contains("key")) request.coordinator_keys = {from.at("key").get<std::string>()};
  for (const json& key : from.value("coordinatorKeys", json::array()))
    request.coordinator_keys.push_back(key);
  if (request.key_type == protocol::CoordinatorType::transaction)
    return {std::nullopt, "there are no coordinators of transactions"};
  return {std::move(request), ""};
}

Translated create_topics(const json& from, int) {
  protocol::CreateTopicsRequest request;
  request.timeout_ms = from.at("timeoutMs");
  request.validate_only = from.value("validateOnly", false);
  for (const json& topic : from.at("topics")) {
    protocol::CreatableTopic& wanted = request.topics.emplace_back();
    wanted.name = topic.at("name");
    wanted.num_partitions = topic.at("numPartitions");
    wanted.replication_factor = topic.at("replicationFactor");
    json assignments = topic.at("assignments");
    std::sort(assignments.begin(), assignments.end(), [](const json& a, const json& b) {
      return a.at("partitionIndex") < b.at("partitionIndex");
    });
    for (const json& assignment : assignments) {
      auto& replicas = wanted.assignments.emplace_back();
      for (const json& id : assignment.at("brokerIds"))
        replicas.push_back(BrokerId(id.get<std::int32_t>()));
    }
    for (const json& config : topic.at("configs"))
      wanted.configs.push_back({config.at("name"), text(config, "value")});
  }
  return {std::move(request), ""};
}

Translated init_producer_id(const json& from, int) {
  protocol::InitProducerIdRequest request;
  request.transactional_id = text(from, "transactionalId");
  if (!request.transactional_id.empty()) return {std::nullopt, "there are no transactional ids"};
  request.transaction_timeout_ms = from.at("transactionTimeoutMs");
  request.producer_id = protocol::ProducerId(from.value("producerId", std::int64_t{-1}));
  request.producer_epoch = protocol::ProducerEpoch(from.value("producerEpoch", std::int16_t{-1}));
  return {std::move(request), ""};
}

Translated join_group(const json& from, int) {
  protocol::JoinGroupRequest request;
  request.group_id = text(from, "groupId");
  request.session_timeout_ms = from.at("sessionTimeoutMs");
  request.rebalance_timeout_ms = from.value("rebalanceTimeoutMs", request.session_timeout_ms);
  request.member_id = text(from, "memberId");
  request.group_instance_id = text(from, "groupInstanceId");
  request.protocol_type = text(from, "protocolType");
  for (const json& protocol : from.at("protocols"))
    request.protocols.push_back({protocol.at("name"), bytes(protocol, "metadata")});
  return {std::move(request), ""};
}

Translated sync_group(const json& from, int) {
  protocol::SyncGroupRequest request;
  request.group_id = text(from, "groupId");
  request.generation_id = from.at("generationId");
  request.member_id = text(from, "memberId");
  request.group_instance_id = text(from, "groupInstanceId");
  request.protocol_type = text(from, "protocolType");
  request.protocol_name = text(from, "protocolName");
  for (const json& assignment : from.at("assignments"))
    request.assignments.push_back({assignment.at("memberId"), bytes(assignment, "assignment")});
  return {std::move(request), ""};
}

Translated heartbeat(const json& from, int) {
  protocol::HeartbeatRequest request;
  request.group_id = text(from, "groupId");
  request.generation_id = from.at("generationId");
  request.member_id = text(from, "memberId");
  request.group_instance_id = text(from, "groupInstanceId");
  return {std::move(request), ""};
}

Translated leave_group(const json& from, int) {
  protocol::LeaveGroupRequest request;
  request.group_id = text(from, "groupId");
  if (from.contains("memberId")) request.members.push_back({text(from, "memberId"), "", ""});
  for (const json& member : from.value("members", json::array()))
    request.members.push_back({text(member, "memberId"), text(member, "groupInstanceId"), ""});
  return {std::move(request), ""};
}

Translated delete_groups(const json& from, int) {
  protocol::DeleteGroupsRequest request;
  for (const json& group : from.at("groupsNames")) request.groups.push_back(group);
  return {std::move(request), ""};
}

Translated offset_commit(const json& from, int) {
  protocol::OffsetCommitRequest request;
  request.group_id = text(from, "groupId");
  request.generation_id_or_member_epoch = from.value("generationIdOrMemberEpoch", -1);
  request.member_id = text(from, "memberId");
  request.group_instance_id = text(from, "groupInstanceId");
  request.retention_time_ms = from.value("retentionTimeMs", std::int64_t{-1});
  for_partitions(from.at("topics"), "name", "partitions",
                 [&](const std::string& topic, const json& partition) {
                   protocol::OffsetCommitPartition& item = request.partitions.emplace_back();
                   item.partition = {topic, partition.at("partitionIndex")};
                   item.committed_offset = offset(partition, "committedOffset");
                   item.committed_leader_epoch = epoch(partition, "committedLeaderEpoch");
                   item.committed_metadata = text(partition, "committedMetadata");
                 });
  return {std::move(request), ""};
}

Translated offset_fetch(const json& from, int) {
  protocol::OffsetFetchRequest request;
  request.group_id = text(from, "groupId");
  request.require_stable = from.value("requireStable", false);
  const json& topics = from.at("topics");
  request.all_partitions = topics.is_null();
  for_partitions(topics, "name", "partitionIndexes",
                 [&](const std::string& topic, const json& partition) {
                   request.partitions.push_back({topic, partition});
                 });
  return {std::move(request), ""};
}

Translated api_versions(const json& from, int version) {
  protocol::ApiVersionsRequest request;
  // Versions before the third do not name the client.
  request.client_software_name = version < 3 ? "unnamed" : text(from, "clientSoftwareName");
  request.client_software_version = version < 3 ? "0" : text(from, "clientSoftwareVersion");
  return {std::move(request), ""};
}

struct Api {
  std::string_view name;
  Translated (*translate)(const json& request, int version);
};

constexpr std::array apis = {
    Api{"ApiVersions", api_versions},
    Api{"CreateTopics", create_topics},
    Api{"DeleteGroups", delete_groups},
    Api{"Fetch", fetch},
    Api{"FindCoordinator", find_coordinator},
    Api{"Heartbeat", heartbeat},
    Api{"InitProducerId", init_producer_id},
    Api{"JoinGroup", join_group},
    Api{"LeaveGroup", leave_group},
    Api{"ListOffsets", list_offsets},
    Api{"Metadata", metadata},
    Api{"OffsetCommit", offset_commit},
    Api{"OffsetFetch", offset_fetch},
    Api{"OffsetForLeaderEpoch", offset_for_leader_epoch},
    Api{"Produce", produce},
    Api{"SyncGroup", sync_group},
};

}  // namespace

Translated request_from_json(const std::string& api, int version, const json& request) {
  for (const Api& each : apis) {
    if (each.name == api) return each.translate(request, version);
  }
  return {std::nullopt, "there is no " + api + " request"};
}

}  // namespace kafkasim::conformance
