// Metadata records as text, and how they stand in batches of the metadata log.
#include "broker/metadata_records.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

std::string ids(const std::vector<protocol::BrokerId>& brokers) {
  std::string text;
  for (const protocol::BrokerId broker : brokers) {
    fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : ",", broker.value());
  }
  return text;
}

std::string short_id(const protocol::Uuid& id) { return fmt::format("{:016x}", id.high); }

struct Describe {
  std::string operator()(const RegisterBrokerRecord& r) const {
    return fmt::format("RegisterBroker {}", r.broker_id.value());
  }
  std::string operator()(const BrokerRegistrationChangeRecord& r) const {
    std::string text = fmt::format("BrokerRegistrationChange {}", r.broker_id.value());
    if (r.fenced) text += *r.fenced ? " fenced" : " unfenced";
    if (r.in_controlled_shutdown) text += " in controlled shutdown";
    return text;
  }
  std::string operator()(const TopicRecord& r) const {
    return fmt::format("Topic {} id={}", r.name, short_id(r.topic_id));
  }
  std::string operator()(const RemoveTopicRecord& r) const {
    return fmt::format("RemoveTopic id={}", short_id(r.topic_id));
  }
  std::string operator()(const PartitionRecord& r) const {
    return fmt::format("Partition id={} partition={} leader={} replicas={} isr={}",
                       short_id(r.topic_id), r.partition, r.leader.value(), ids(r.replicas),
                       ids(r.isr));
  }
  std::string operator()(const PartitionChangeRecord& r) const {
    std::string text =
        fmt::format("PartitionChange id={} partition={}", short_id(r.topic_id), r.partition);
    const auto out = std::back_inserter(text);
    if (r.leader) fmt::format_to(out, " leader={}", r.leader->value());
    if (r.isr) fmt::format_to(out, " isr={}", ids(*r.isr));
    if (r.replicas) fmt::format_to(out, " replicas={}", ids(*r.replicas));
    if (r.adding_replicas) fmt::format_to(out, " adding={}", ids(*r.adding_replicas));
    if (r.removing_replicas) fmt::format_to(out, " removing={}", ids(*r.removing_replicas));
    if (r.elr) fmt::format_to(out, " elr={}", ids(*r.elr));
    if (r.last_known_elr) fmt::format_to(out, " last-known-elr={}", ids(*r.last_known_elr));
    if (r.leader_recovery_state) {
      const bool recovering = *r.leader_recovery_state == protocol::LeaderRecoveryState::recovering;
      text += recovering ? " RECOVERING" : " RECOVERED";
    }
    return text;
  }
  std::string operator()(const ConfigRecord& r) const {
    const bool is_topic = r.type == protocol::ConfigResourceType::topic;
    const std::string of = is_topic ? r.resource : "broker " + r.resource;
    return fmt::format("Config {} {}={}", of, r.name, r.value.value_or("(removed)"));
  }
  std::string operator()(const ProducerIdsRecord& r) const {
    return fmt::format("ProducerIds broker={} next={}", r.broker_id.value(),
                       r.next_producer_id.value());
  }
  std::string operator()(const LeaderChangeRecord& r) const {
    return fmt::format("LeaderChange controller {} of {}", r.leader.value(), ids(r.voters));
  }
};

constexpr std::int32_t record_size_guess =
    60;  // bytes; nothing depends on single bytes of the metadata log

}  // namespace

std::string to_string(const MetadataRecord& record) { return std::visit(Describe{}, record); }

std::string MetadataValue::describe() const { return to_string(record); }

namespace {

protocol::RecordBatch batch_of(const std::vector<MetadataRecord>& records,
                               std::int64_t timestamp_ms) {
  CHECKED(!records.empty(), "a batch of the metadata log needs a record");
  protocol::RecordBatch batch;
  batch.records.reserve(records.size());
  for (const MetadataRecord& record : records) {
    protocol::Record& made = batch.records.emplace_back();
    made.timestamp_ms = timestamp_ms;
    made.value_size = record_size_guess;
    made.internal = protocol::Ref<protocol::InternalValue>(new MetadataValue(record));
  }
  protocol::seal(batch);
  return batch;
}

}  // namespace

protocol::BatchRef make_metadata_batch(const std::vector<MetadataRecord>& records,
                                       std::int64_t timestamp_ms) {
  return protocol::make_ref<protocol::RecordBatch>(batch_of(records, timestamp_ms));
}

protocol::BatchRef make_leader_change_batch(protocol::BrokerId leader,
                                            std::vector<protocol::BrokerId> voters,
                                            std::int64_t timestamp_ms) {
  protocol::RecordBatch batch =
      batch_of({LeaderChangeRecord{leader, std::move(voters)}}, timestamp_ms);
  batch.control = protocol::ControlType::leader_change;
  return protocol::make_ref<protocol::RecordBatch>(std::move(batch));
}

const MetadataRecord& metadata_record(const protocol::Record& record) {
  const auto* value = dynamic_cast<const MetadataValue*>(record.internal.get());
  CHECKED(value != nullptr, "a record of the metadata log holds something else");
  return value->record;
}

}  // namespace kafkasim::broker
