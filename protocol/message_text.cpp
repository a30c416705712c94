// One line of text for each request and response, for traces: what a student needs to see, not
// every field.
#include <fmt/format.h>

#include <string>

#include "protocol/message.hpp"

namespace kafkasim::protocol {

namespace {

constexpr std::size_t shown_items = 4;

// Adds " item, item and 3 more"; `write` appends one item to `out`.
template <class List, class Write>
void add_list(std::string& out, const List& list, Write write) {
  std::size_t shown = 0;
  for (const auto& item : list) {
    if (shown == shown_items) {
      out += fmt::format(" and {} more", list.size() - shown);
      return;
    }
    out += shown == 0 ? " " : ", ";
    write(item);
    ++shown;
  }
}

void add_error(std::string& out, ErrorCode error) {
  if (error == ErrorCode::none) return;
  out += ' ';
  out += name(error);
}

std::string offset_text(Offset offset) {
  return offset.is_set() ? std::to_string(offset.value()) : "?";
}

std::string acks_text(Acks acks) {
  switch (acks) {
    case Acks::all:
      return "all";
    case Acks::none:
      return "0";
    case Acks::leader:
      return "1";
  }
  return std::to_string(static_cast<int>(acks));
}

std::string timestamp_text(std::int64_t timestamp) {
  if (timestamp == latest_timestamp) return "latest";
  if (timestamp == earliest_timestamp) return "earliest";
  if (timestamp == max_timestamp) return "max-timestamp";
  return fmt::format("{}ms", timestamp);
}

std::string ids_text(const std::vector<BrokerId>& brokers) {
  std::string out;
  for (const BrokerId broker : brokers)
    out += fmt::format("{}{}", out.empty() ? "" : ",", broker.value());
  return out;
}

std::string ids_text(const std::vector<BrokerState>& brokers) {
  std::string out;
  for (const BrokerState& broker : brokers) {
    out += fmt::format("{}{}", out.empty() ? "" : ",", broker.broker_id.value());
  }
  return out;
}

// Appends what follows the name of the API.
struct RequestText {
  std::string& out;

  void operator()(const ProduceRequest& r) const {
    add_list(out, r.partitions, [&](const ProducePartition& p) {
      out += fmt::format("{} [{}]", to_string(p.partition), p.records ? labels(*p.records) : "");
    });
    out += " acks=" + acks_text(r.acks);
  }
  void operator()(const FetchRequest& r) const {
    if (r.replica_id.is_set()) out += fmt::format(" replica={}", r.replica_id.value());
    add_list(out, r.partitions, [&](const FetchPartition& p) {
      out += fmt::format("{}@{}", to_string(p.partition), offset_text(p.fetch_offset));
    });
  }
  void operator()(const ListOffsetsRequest& r) const {
    add_list(out, r.partitions, [&](const ListOffsetsPartition& p) {
      out += fmt::format("{} {}", to_string(p.partition), timestamp_text(p.timestamp));
    });
  }
  void operator()(const MetadataRequest& r) const {
    if (r.all_topics) out += " all topics";
    add_list(out, r.topics, [&](const std::string& topic) { out += topic; });
  }
  void operator()(const OffsetCommitRequest& r) const {
    out += " " + r.group_id;
    add_list(out, r.partitions, [&](const OffsetCommitPartition& p) {
      out += fmt::format("{}={}", to_string(p.partition), offset_text(p.committed_offset));
    });
  }
  void operator()(const OffsetFetchRequest& r) const {
    out += " " + r.group_id;
    add_list(out, r.partitions, [&](const TopicPartition& p) { out += to_string(p); });
  }
  void operator()(const FindCoordinatorRequest& r) const {
    add_list(out, r.coordinator_keys, [&](const std::string& key) { out += key; });
  }
  void operator()(const JoinGroupRequest& r) const {
    out += fmt::format(" {} member={}", r.group_id, r.member_id.empty() ? "new" : r.member_id);
  }
  void operator()(const HeartbeatRequest& r) const {
    out += fmt::format(" {} generation={}", r.group_id, r.generation_id);
  }
  void operator()(const LeaveGroupRequest& r) const {
    out += " " + r.group_id;
    add_list(out, r.members, [&](const LeavingMember& m) {
      out += m.member_id.empty() ? m.group_instance_id : m.member_id;
    });
  }
  void operator()(const DeleteGroupsRequest& r) const {
    add_list(out, r.groups, [&](const std::string& group) { out += group; });
  }
  void operator()(const OffsetDeleteRequest& r) const {
    out += " " + r.group_id;
    add_list(out, r.partitions, [&](const TopicPartition& p) { out += to_string(p); });
  }
  void operator()(const ConsumerGroupHeartbeatRequest& r) const {
    out += fmt::format(" {} member={} epoch={}", r.group_id,
                       r.member_id.empty() ? "new" : r.member_id, r.member_epoch);
  }
  void operator()(const SyncGroupRequest& r) const {
    out += fmt::format(" {} generation={}", r.group_id, r.generation_id);
    if (!r.assignments.empty()) out += fmt::format(" assigns {} members", r.assignments.size());
  }
  void operator()(const ApiVersionsRequest&) const {}
  void operator()(const CreateTopicsRequest& r) const {
    add_list(out, r.topics, [&](const CreatableTopic& topic) { out += topic.name; });
  }
  void operator()(const DeleteTopicsRequest& r) const {
    add_list(out, r.topics, [&](const DeleteTopicState& topic) { out += topic.name; });
  }
  void operator()(const CreatePartitionsRequest& r) const {
    add_list(out, r.topics, [&](const CreatePartitionsTopic& topic) {
      out += fmt::format("{} to {}", topic.name, topic.count);
    });
  }
  void operator()(const ElectLeadersRequest& r) const {
    out += r.election_type == ElectionType::unclean ? " unclean" : " preferred";
    if (r.all_partitions) out += " all partitions";
    add_list(out, r.partitions, [&](const TopicPartition& p) { out += to_string(p); });
  }
  void operator()(const AlterPartitionReassignmentsRequest& r) const {
    add_list(out, r.partitions, [&](const ReassignablePartition& p) {
      out += to_string(p.partition);
      out += p.replicas ? fmt::format(" to [{}]", ids_text(*p.replicas)) : " cancel";
    });
  }
  void operator()(const ListPartitionReassignmentsRequest&) const {}
  void operator()(const IncrementalAlterConfigsRequest& r) const {
    add_list(out, r.resources, [&](const AlterConfigsResource& resource) {
      const bool is_topic = resource.type == ConfigResourceType::topic;
      out += fmt::format("{} {}", is_topic ? "topic" : "broker",
                         resource.name.empty() ? "(default)" : resource.name);
      for (const AlterableConfig& config : resource.configs) {
        out += fmt::format(" {}={}", config.name, config.value.value_or("(default)"));
      }
    });
  }
  void operator()(const DeleteRecordsRequest& r) const {
    add_list(out, r.partitions, [&](const DeleteRecordsPartition& p) {
      out += fmt::format("{} before {}", to_string(p.partition),
                         p.offset.is_set() ? offset_text(p.offset) : "the high watermark");
    });
  }
  void operator()(const InitProducerIdRequest& r) const {
    if (!r.transactional_id.empty()) out += " " + r.transactional_id;
  }
  void operator()(const OffsetForLeaderEpochRequest& r) const {
    add_list(out, r.partitions, [&](const OffsetForLeaderPartition& p) {
      out += fmt::format("{} epoch={}", to_string(p.partition), p.leader_epoch.value());
    });
  }
  void operator()(const VoteRequest& r) const {
    out += fmt::format(" candidate={} epoch={}{} log={}@{}", r.replica_id.value(),
                       r.replica_epoch.value(), r.pre_vote ? " pre-vote" : "",
                       offset_text(r.last_offset), r.last_offset_epoch.value());
  }
  void operator()(const BeginQuorumEpochRequest& r) const {
    out += fmt::format(" leader={} epoch={}", r.leader_id.value(), r.leader_epoch.value());
  }
  void operator()(const EndQuorumEpochRequest& r) const {
    out += fmt::format(" leader={} epoch={}", r.leader_id.value(), r.leader_epoch.value());
    add_list(out, r.preferred_successors, [&](BrokerId id) { out += std::to_string(id.value()); });
  }
  void operator()(const AlterPartitionRequest& r) const {
    add_list(out, r.partitions, [&](const AlterPartitionItem& p) {
      out += fmt::format("{} isr=[{}]", to_string(p.partition), ids_text(p.new_isr));
    });
  }
  void operator()(const BrokerRegistrationRequest& r) const {
    out += fmt::format(" broker-{}", r.broker_id.value());
  }
  void operator()(const BrokerHeartbeatRequest& r) const {
    out += fmt::format(" broker-{} metadata={}", r.broker_id.value(),
                       offset_text(r.current_metadata_offset));
    if (r.want_fence) out += " wants-fence";
    if (r.want_shut_down) out += " wants-shutdown";
  }
  void operator()(const AllocateProducerIdsRequest& r) const {
    out += fmt::format(" broker-{}", r.broker_id.value());
  }
};

struct ResponseText {
  std::string& out;

  void operator()(const ProduceResponse& r) const {
    add_list(out, r.partitions, [&](const ProducePartitionResponse& p) {
      out += to_string(p.partition);
      if (p.error == ErrorCode::none) out += fmt::format(" offset {}", p.base_offset.value());
      add_error(out, p.error);
    });
  }
  void operator()(const FetchResponse& r) const {
    add_error(out, r.error);
    add_list(out, r.partitions, [&](const FetchPartitionResponse& p) {
      out += to_string(p.partition);
      add_error(out, p.error);
      if (p.diverging_epoch) {
        out += fmt::format(" diverges: epoch {} ends at {}", p.diverging_epoch->epoch.value(),
                           offset_text(p.diverging_epoch->end_offset));
      }
      add_records(p.records);
      if (p.error == ErrorCode::none) out += fmt::format(" hw={}", offset_text(p.high_watermark));
    });
  }
  void operator()(const ListOffsetsResponse& r) const {
    add_list(out, r.partitions, [&](const ListOffsetsPartitionResponse& p) {
      out += to_string(p.partition);
      if (p.error == ErrorCode::none) out += "=" + offset_text(p.offset);
      add_error(out, p.error);
    });
  }
  void operator()(const MetadataResponse& r) const {
    add_error(out, r.error);
    add_list(out, r.topics, [&](const MetadataTopic& topic) {
      out += topic.name;
      add_error(out, topic.error);
      for (std::size_t i = 0; i < topic.partitions.size() && i < shown_items; ++i) {
        const MetadataPartition& p = topic.partitions[i];
        out += p.leader_id.is_set() ? fmt::format(" {}:leader={}", p.partition, p.leader_id.value())
                                    : fmt::format(" {}:no-leader", p.partition);
      }
    });
  }
  void operator()(const OffsetCommitResponse& r) const {
    add_list(out, r.partitions, [&](const OffsetCommitPartitionResponse& p) {
      out += to_string(p.partition);
      add_error(out, p.error);
    });
  }
  void operator()(const OffsetFetchResponse& r) const {
    out += " " + r.group_id;
    add_error(out, r.error);
    add_list(out, r.partitions, [&](const OffsetFetchPartitionResponse& p) {
      out += to_string(p.partition);
      out += p.committed_offset.is_set() ? fmt::format("={}", p.committed_offset.value()) : "=none";
      add_error(out, p.error);
    });
  }
  void operator()(const FindCoordinatorResponse& r) const {
    add_list(out, r.coordinators, [&](const Coordinator& c) {
      out += c.key;
      if (c.error == ErrorCode::none) out += fmt::format(" broker-{}", c.node_id.value());
      add_error(out, c.error);
    });
  }
  void operator()(const JoinGroupResponse& r) const {
    add_error(out, r.error);
    if (r.error == ErrorCode::none) {
      out += fmt::format(" member={} generation={}{}", r.member_id, r.generation_id,
                         r.leader == r.member_id ? " leader" : "");
    } else if (!r.member_id.empty()) {
      out += " member=" + r.member_id;
    }
  }
  void operator()(const CreateTopicsResponse& r) const {
    add_list(out, r.topics, [&](const CreatableTopicResult& topic) {
      out += topic.name;
      add_error(out, topic.error);
    });
  }
  void operator()(const DeleteTopicsResponse& r) const {
    add_list(out, r.responses, [&](const DeletableTopicResult& topic) {
      out += topic.name;
      add_error(out, topic.error);
    });
  }
  void operator()(const CreatePartitionsResponse& r) const {
    add_list(out, r.results, [&](const CreatePartitionsTopicResult& topic) {
      out += topic.name;
      add_error(out, topic.error);
    });
  }
  void operator()(const ElectLeadersResponse& r) const { add_partitions(r); }
  void operator()(const AlterPartitionReassignmentsResponse& r) const { add_partitions(r); }
  void operator()(const IncrementalAlterConfigsResponse& r) const {
    add_list(out, r.responses, [&](const AlterConfigsResourceResponse& resource) {
      out += resource.name.empty() ? "(default)" : resource.name;
      add_error(out, resource.error);
    });
  }
  void operator()(const DeleteGroupsResponse& r) const {
    add_list(out, r.results, [&](const DeletedGroup& group) {
      out += group.group_id;
      add_error(out, group.error);
    });
  }
  void operator()(const DeleteRecordsResponse& r) const {
    add_list(out, r.partitions, [&](const DeleteRecordsPartitionResult& p) {
      out += to_string(p.partition);
      if (p.error == ErrorCode::none) out += "=" + offset_text(p.low_watermark);
      add_error(out, p.error);
    });
  }
  void operator()(const InitProducerIdResponse& r) const {
    add_error(out, r.error);
    if (r.error == ErrorCode::none) {
      out += fmt::format(" id={} epoch={}", r.producer_id.value(), r.producer_epoch.value());
    }
  }
  void operator()(const OffsetForLeaderEpochResponse& r) const {
    add_list(out, r.partitions, [&](const OffsetForLeaderPartitionResponse& p) {
      out += to_string(p.partition);
      add_error(out, p.error);
      if (p.error == ErrorCode::none) {
        out += fmt::format(" epoch={} end={}", p.leader_epoch.value(), offset_text(p.end_offset));
      }
    });
  }
  void operator()(const VoteResponse& r) const {
    add_error(out, r.error);
    out += fmt::format(" epoch={}{}", r.leader_epoch.value(), r.vote_granted ? " granted" : "");
  }
  void operator()(const AlterPartitionResponse& r) const {
    add_error(out, r.error);
    add_list(out, r.partitions, [&](const AlterPartitionItemResponse& p) {
      out += to_string(p.partition);
      add_error(out, p.error);
    });
  }
  void operator()(const BrokerHeartbeatResponse& r) const {
    add_error(out, r.error);
    if (r.is_fenced) out += " fenced";
    if (r.should_shut_down) out += " may-shut-down";
  }
  void operator()(const AllocateProducerIdsResponse& r) const {
    add_error(out, r.error);
    if (r.error == ErrorCode::none) {
      out += fmt::format(" {}..{}", r.producer_id_start.value(),
                         r.producer_id_start.value() + r.producer_id_len - 1);
    }
  }
  template <class Rest>
  void operator()(const Rest& r) const {
    add_error(out, r.error);
  }

 private:
  template <class Response>
  void add_partitions(const Response& r) const {
    add_error(out, r.error);
    add_list(out, r.partitions, [&](const auto& p) {
      out += to_string(p.partition);
      add_error(out, p.error);
    });
  }
  void add_records(const std::vector<StoredBatch>& records) const {
    if (records.empty()) return;
    out += fmt::format(" {} [", offset_text(records.front().base_offset));
    for (std::size_t i = 0; i < records.size() && i < shown_items; ++i) {
      if (i != 0) out += ' ';
      out += labels(*records[i].batch);
    }
    if (records.size() > shown_items) out += " ...";
    out += ']';
  }
};

}  // namespace

std::string summary(const Request& request) {
  std::string out(api_name(request.body.index()));
  std::visit(RequestText{out}, request.body);
  if (request.rejected_with)
    out += fmt::format(" (rejected with {})", name(*request.rejected_with));
  return out;
}

std::string summary(const Response& response) {
  std::string out(kind(response));
  std::visit(ResponseText{out}, response.body);
  return out;
}

}  // namespace kafkasim::protocol
