// Replays what Kafka's own controller decided (vectors/controller_traces.jsonl): the same commands
// must give the same errors and the same partitions after each step.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "broker/controller/replication_control.hpp"
#include "broker/metadata_image.hpp"
#include "protocol/error_code.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

namespace kafkasim::broker {
namespace {

using nlohmann::json;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::TopicPartition;

const std::string topic_name = "foo";

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

// A controller's image and decisions, driven as a trace says.
class Replay {
 public:
  explicit Replay(const json& trace) : control_(image_, settings_of(trace), sim::Rng(1)) {
    for (int id = 0; id < trace.at("brokers").get<int>(); ++id) {
      register_broker(BrokerId(id));
      unfence(BrokerId(id));
    }
    create(trace);
  }

  // Does the step; the outcome is compared with what the trace says about it.
  void step(const json& step) {
    const std::string op = step.at("op");
    MetadataRecords records;
    if (op == "alter_partition") {
      alter_partition(step);
    } else if (op == "reassign") {
      std::optional<BrokerIds> target;
      if (!step.at("replicas").is_null()) target = brokers_of(step.at("replicas"));
      const ErrorCode error = control_.reassign(partition_of(step), target, records);
      CHECK(name(error) == step.at("error").get<std::string>());
    } else if (op == "elect_leaders") {
      elect_leaders(step, records);
    } else if (op == "fence") {
      control_.broker_fenced(broker_of(step), records);
      CHECK(records.size() == step.at("records").get<std::size_t>());
    } else if (op == "unfence") {
      control_.broker_unfenced(broker_of(step), records);
    } else if (op == "reregister_and_unfence") {
      register_broker(broker_of(step));
      control_.broker_unfenced(broker_of(step), records);
    } else if (op == "controlled_shutdown") {
      control_.broker_in_controlled_shutdown(broker_of(step), records);
      CHECK(records.size() == step.at("records").get<std::size_t>());
    } else if (op == "unclean_shutdown") {
      control_.broker_shut_down_uncleanly(broker_of(step), records);
    } else if (op == "balance_leaders") {
      control_.balance_leaders(records);
    } else if (op == "elect_unclean_where_configured") {
      control_.elect_unclean_where_configured(records);
    } else {
      REQUIRE(op == "created");
    }
    apply(records);
  }

  json partitions() const {
    json list = json::array();
    for (const auto& [number, partition] : image_.topic(topic_name)->partitions)
      list.push_back(shown(partition));
    return list;
  }

  json fenced() const {
    json list = json::array();
    for (const auto& [id, broker] : image_.brokers()) {
      if (broker.fenced) list.push_back(id.value());
    }
    return list;
  }

 private:
  static ReplicationSettings settings_of(const json& trace) {
    ReplicationSettings settings;
    settings.eligible_leader_replicas = trace.at("elr_enabled");
    settings.min_insync_replicas = trace.at("min_insync_replicas");
    settings.unclean_leader_election = trace.at("unclean_leader_election");
    return settings;
  }

  static json shown(const PartitionRegistration& partition) {
    json shown = {{"leader", partition.leader.value()},
                  {"leader_epoch", partition.leader_epoch.value()},
                  {"partition_epoch", partition.partition_epoch.value()},
                  {"replicas", ids_of(partition.replicas)},
                  {"isr", ids_of(partition.isr)}};
    if (!partition.elr.empty()) shown["elr"] = ids_of(partition.elr);
    if (!partition.last_known_elr.empty())
      shown["last_known_elr"] = ids_of(partition.last_known_elr);
    if (!partition.removing_replicas.empty())
      shown["removing"] = ids_of(partition.removing_replicas);
    if (!partition.adding_replicas.empty()) shown["adding"] = ids_of(partition.adding_replicas);
    if (partition.leader_recovery_state == protocol::LeaderRecoveryState::recovering) {
      shown["leader_recovery_state"] = "RECOVERING";
    }
    return shown;
  }

  static BrokerId broker_of(const json& step) { return BrokerId(step.at("broker").get<int>()); }
  static TopicPartition partition_of(const json& step) {
    return {topic_name, step.at("partition").get<int>()};
  }

  void apply(const MetadataRecords& records) {
    MetadataDelta delta;
    for (const MetadataRecord& record : records) image_.apply(record, image_.next_offset(), delta);
  }

  void register_broker(BrokerId id) {
    RegisterBrokerRecord record;
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
    for (const json& partition : trace.at("steps").at(0).at("partitions")) {
      topic.assignments.push_back(brokers_of(partition.at("replicas")));
    }
    protocol::CreateTopicsRequest request;
    request.topics.push_back(topic);
    auto decision = control_.create_topics(request);
    REQUIRE(name(decision.response.topics.at(0).error) ==
            trace.at("create_error").get<std::string>());
    apply(decision.records);
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
      const BrokerRegistration* broker = image_.broker(id);
      const std::int64_t epoch = broker == nullptr ? 0 : broker->epoch.value();
      const bool is_stale = stale && id != request.broker_id;  // the traces spare the sender itself
      item.new_isr.push_back({id, protocol::BrokerEpoch(is_stale ? epoch + 1000 : epoch)});
    }
    request.partitions.push_back(item);
    const BrokerRegistration* sender = image_.broker(request.broker_id);
    const std::int64_t epoch = sender == nullptr ? 0 : sender->epoch.value();
    request.broker_epoch =
        protocol::BrokerEpoch(step.at("broker_epoch_ok").get<bool>() ? epoch : epoch + 1000);

    const auto decision = control_.alter_partition(request);
    if (step.contains("threw")) {
      CHECK(name(decision.response.error) == step.at("threw").get<std::string>());
    } else {
      CHECK(name(decision.response.error) == step.at("top_error").get<std::string>());
      CHECK(name(decision.response.partitions.at(0).error) == step.at("error").get<std::string>());
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
          {topic_name, number}, preferred ? Election::preferred : Election::unclean, records);
      // Kafka leaves out what needs nothing when it was asked for all partitions.
      if (!is_explicit && error == ErrorCode::election_not_needed) continue;
      results.push_back({{"partition", number}, {"error", name(error)}});
    }
    json expected = step.at("results");  // in the order of a hash map
    std::sort(expected.begin(), expected.end());
    std::sort(results.begin(), results.end());
    CHECK(results == expected);
  }

  MetadataImage image_;
  ReplicationControl control_;
  std::uint64_t incarnations_ = 0;
};

TEST_CASE("The controller decides as Kafka's controller did in every recorded trace") {
  std::ifstream file(tests::vectors("controller_traces.jsonl"));
  REQUIRE(file.is_open());
  int traces = 0;
  for (std::string line; std::getline(file, line); ++traces) {
    const json trace = json::parse(line);
    Replay replay(trace);
    int number = 0;
    for (const json& step : trace.at("steps")) {
      INFO("case " << trace.at("case") << " step " << number++ << ": " << step.at("op"));
      replay.step(step);
      REQUIRE(replay.partitions() == step.at("partitions"));
      REQUIRE(replay.fenced() == step.at("fenced"));
    }
  }
  CHECK(traces >= 50);
}

}  // namespace
}  // namespace kafkasim::broker
