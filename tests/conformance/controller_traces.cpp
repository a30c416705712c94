// The controller's decisions against recorded runs of Kafka's own: the same commands must give the
// same errors and the same partitions after each step.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "broker/controller/replication_control.hpp"
#include "broker/metadata_image.hpp"
#include "protocol/error_code.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using broker::BrokerIds;
using broker::MetadataRecords;
using broker::PartitionRegistration;
using nlohmann::json;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::TopicPartition;

const char* const topic_name = "foo";

BrokerIds brokers_of(const json& list) {
  BrokerIds brokers;
  for (const json& id : list) brokers.push_back(BrokerId(id.get<int>()));
  return brokers;
}

json ids_of(const BrokerIds& brokers) {
  json list = json::array();
  for (const BrokerId broker : brokers) list.push_back(broker.value());
  return list;
}

json shown(const PartitionRegistration& partition) {
  json shown = {{"leader", partition.leader.value()},
                {"leader_epoch", partition.leader_epoch.value()},
                {"partition_epoch", partition.partition_epoch.value()},
                {"replicas", ids_of(partition.replicas)},
                {"isr", ids_of(partition.isr)}};
  if (!partition.elr.empty()) shown["elr"] = ids_of(partition.elr);
  if (!partition.last_known_elr.empty()) shown["last_known_elr"] = ids_of(partition.last_known_elr);
  if (!partition.removing_replicas.empty()) shown["removing"] = ids_of(partition.removing_replicas);
  if (!partition.adding_replicas.empty()) shown["adding"] = ids_of(partition.adding_replicas);
  if (partition.leader_recovery_state == protocol::LeaderRecoveryState::recovering)
    shown["leader_recovery_state"] = "RECOVERING";
  return shown;
}

broker::ReplicationSettings settings_of(const json& trace) {
  broker::ReplicationSettings settings;
  settings.eligible_leader_replicas = trace.at("elr_enabled");
  settings.min_insync_replicas = trace.at("min_insync_replicas");
  settings.unclean_leader_election = trace.at("unclean_leader_election");
  return settings;
}

BrokerId broker_of(const json& step) { return BrokerId(step.at("broker").get<int>()); }

TopicPartition partition_of(const json& step) {
  return {topic_name, step.at("partition").get<int>()};
}

// A controller's image and decisions, driven as a trace says.
class Run {
 public:
  Run(const json& trace, Findings& findings)
      : findings_(findings), control_(image_, settings_of(trace), sim::Rng(1)) {
    for (int id = 0; id < trace.at("brokers").get<int>(); ++id) {
      register_broker(BrokerId(id));
      unfence(BrokerId(id));
    }
    create(trace);
  }

  void step(const json& step) {
    const std::string op = step.at("op");
    MetadataRecords records;
    if (op == "alter_partition") {
      alter_partition(step);
    } else if (op == "reassign") {
      reassign(step, records);
    } else if (op == "elect_leaders") {
      elect_leaders(step, records);
    } else if (op == "fence") {
      control_.broker_fenced(broker_of(step), records);
    } else if (op == "unfence") {
      control_.broker_unfenced(broker_of(step), records);
    } else if (op == "reregister_and_unfence") {
      register_broker(broker_of(step));
      control_.broker_unfenced(broker_of(step), records);
    } else if (op == "controlled_shutdown") {
      control_.broker_in_controlled_shutdown(broker_of(step), records);
    } else if (op == "unclean_shutdown") {
      control_.broker_shut_down_uncleanly(broker_of(step), records);
    } else if (op == "balance_leaders") {
      control_.balance_leaders(records);
    } else if (op == "elect_unclean_where_configured") {
      control_.elect_unclean_where_configured(records);
    } else if (op != "created") {
      findings_.fail("an operation that the replay does not know");
    }
    if (step.contains("records")) findings_.expect("records", step.at("records"), records.size());
    apply(records);
    findings_.expect("partitions", step.at("partitions"), partitions());
    findings_.expect("fenced", step.at("fenced"), fenced());
  }

 private:
  json partitions() const {
    json list = json::array();
    const broker::TopicImage* const topic = image_.topic(topic_name);
    if (topic == nullptr) return list;
    for (const auto& [number, partition] : topic->partitions) list.push_back(shown(partition));
    return list;
  }

  json fenced() const {
    json list = json::array();
    for (const auto& [id, broker] : image_.brokers()) {
      if (broker.fenced) list.push_back(id.value());
    }
    return list;
  }

  void apply(const MetadataRecords& records) {
    broker::MetadataDelta delta;
    for (const broker::MetadataRecord& record : records)
      image_.apply(record, image_.next_offset(), delta);
  }

  void register_broker(BrokerId id) {
    broker::RegisterBrokerRecord record;
    record.broker_id = id;
    record.incarnation_id = {1, ++incarnations_};
    apply({record});
  }

  void unfence(BrokerId id) {
    MetadataRecords records;
    control_.broker_unfenced(id, records);
    apply(records);
  }

  void create(const json& trace) {
    protocol::CreatableTopic topic;
    topic.name = topic_name;
    for (const json& partition : trace.at("steps").at(0).at("partitions"))
      topic.assignments.push_back(brokers_of(partition.at("replicas")));
    protocol::CreateTopicsRequest request;
    request.topics.push_back(topic);
    auto decision = control_.create_topics(request);
    findings_.expect("create_error", trace.at("create_error"),
                     name(decision.response.topics.at(0).error));
    apply(decision.records);
  }

  void reassign(const json& step, MetadataRecords& records) {
    std::optional<BrokerIds> target;
    if (!step.at("replicas").is_null()) target = brokers_of(step.at("replicas"));
    const ErrorCode error = control_.reassign(partition_of(step), target, records);
    findings_.expect("error", step.at("error"), name(error));
  }

  void alter_partition(const json& step) {
    protocol::AlterPartitionRequest request;
    request.broker_id = BrokerId(step.at("from_broker").get<int>());
    protocol::AlterPartitionItem item;
    item.partition = partition_of(step);
    item.topic_id = image_.topic(topic_name)->id;
    item.leader_epoch = protocol::LeaderEpoch(step.at("leader_epoch").get<int>());
    item.partition_epoch = protocol::PartitionEpoch(step.at("partition_epoch").get<int>());
    item.leader_recovery_state =
        protocol::LeaderRecoveryState(step.at("leader_recovery_state").get<int>());
    const bool stale = step.value("stale_isr_broker_epochs", false);
    for (const BrokerId id : brokers_of(step.at("new_isr"))) {
      const broker::BrokerRegistration* known = image_.broker(id);
      const std::int64_t epoch = known == nullptr ? 0 : known->epoch.value();
      const bool is_stale = stale && id != request.broker_id;  // the traces spare the sender itself
      item.new_isr.push_back({id, protocol::BrokerEpoch(is_stale ? epoch + 1000 : epoch)});
    }
    request.partitions.push_back(item);
    const broker::BrokerRegistration* sender = image_.broker(request.broker_id);
    const std::int64_t epoch = sender == nullptr ? 0 : sender->epoch.value();
    request.broker_epoch =
        protocol::BrokerEpoch(step.at("broker_epoch_ok").get<bool>() ? epoch : epoch + 1000);

    const auto decision = control_.alter_partition(request);
    if (step.contains("threw")) {
      findings_.expect("threw", step.at("threw"), name(decision.response.error));
    } else {
      findings_.expect("top_error", step.at("top_error"), name(decision.response.error));
      if (!decision.response.partitions.empty()) {
        findings_.expect("error", step.at("error"), name(decision.response.partitions[0].error));
      } else {
        findings_.fail("the answer has no partition");
      }
    }
    apply(decision.records);
  }

  void elect_leaders(const json& step, MetadataRecords& records) {
    const bool preferred = step.at("type") == "PREFERRED";
    const bool is_explicit = step.value("explicit", false);
    std::vector<int> asked;
    if (is_explicit) {
      for (const json& result : step.at("results")) asked.push_back(result.at("partition"));
    } else {
      for (const auto& [number, partition] : image_.topic(topic_name)->partitions)
        asked.push_back(number);
    }
    json results = json::array();
    for (const int number : asked) {
      const ErrorCode error = control_.elect_leader(
          {topic_name, number}, preferred ? broker::Election::preferred : broker::Election::unclean,
          records);
      // Kafka leaves out what needs nothing when it was asked for all partitions.
      if (!is_explicit && error == ErrorCode::election_not_needed) continue;
      results.push_back({{"partition", number}, {"error", name(error)}});
    }
    json expected = step.at("results");  // in the order of a hash map
    std::sort(expected.begin(), expected.end());
    std::sort(results.begin(), results.end());
    findings_.expect("results", expected, results);
  }

  Findings& findings_;
  broker::MetadataImage image_;
  broker::ReplicationControl control_;
  std::uint64_t incarnations_ = 0;
};

}  // namespace

void replay_controller_trace(const json& recorded, Findings& findings) {
  findings.at("step 0 created");
  Run run(recorded, findings);
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.at("op").get<std::string>()));
    run.step(step);
    if (!findings.mismatches().empty()) return;  // what follows would only repeat it
  }
}

}  // namespace kafkasim::conformance
