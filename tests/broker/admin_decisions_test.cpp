// What the controller decides on an administrator's request: who is refused, in which words, and
// what changes.
#include <fmt/format.h>

#include "broker/controller/config_control.hpp"
#include "broker/controller/controller_events.hpp"
#include "broker/controller/replication_control.hpp"
#include "protocol/config_dynamic.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::ConfigOperation;
using protocol::ConfigResourceType;
using protocol::ErrorCode;

BrokerIds ids(const std::vector<int>& numbers) {
  BrokerIds brokers;
  for (const int number : numbers) brokers.emplace_back(number);
  return brokers;
}

// Four brokers, of which the last is fenced, and topic orders: two partitions on brokers 1, 2, 3.
class Office {
 public:
  explicit Office(ReplicationSettings settings = {}) : control(image, settings, sim::Rng(1)) {
    MetadataRecords records;
    for (int id = 1; id <= 4; ++id) {
      RegisterBrokerRecord record;
      record.broker_id = BrokerId(id);
      record.fenced = id == 4;
      records.push_back(record);
    }
    records.push_back(TopicRecord{"orders", topic_id});
    for (int number = 0; number < 2; ++number) {
      PartitionRecord partition;
      partition.topic_id = topic_id;
      partition.partition = number;
      partition.replicas = partition.isr = ids({1, 2, 3});
      partition.leader = BrokerId(1);
      partition.leader_epoch = protocol::LeaderEpoch(0);
      partition.partition_epoch = protocol::PartitionEpoch(0);
      records.push_back(partition);
    }
    apply(records);
  }

  void apply(const MetadataRecords& records) {
    delta = {};
    for (const MetadataRecord& record : records) image.apply(record, image.next_offset(), delta);
  }

  // "NONE", or the error with its words.
  template <class Response>
  std::string done(const Decision<Response>& decision, const std::vector<ErrorCode>& errors,
                   const std::vector<std::string>& words) {
    events = events_of(image, decision.records, image.next_offset());
    apply(decision.records);
    std::string text;
    for (std::size_t i = 0; i < errors.size(); ++i) {
      if (i > 0) text += "; ";
      text += std::string(name(errors[i])) + (words[i].empty() ? "" : ": " + words[i]);
    }
    return text;
  }

  std::string drop(const std::vector<protocol::DeleteTopicState>& topics) {
    protocol::DeleteTopicsRequest request;
    request.topics = topics;
    const auto decision = control.delete_topics(request);
    std::vector<ErrorCode> errors;
    std::vector<std::string> words;
    for (const auto& result : decision.response.responses) {
      errors.push_back(result.error);
      words.push_back(result.error_message);
    }
    return done(decision, errors, words);
  }

  std::string grow(const std::string& topic, int count,
                   std::optional<std::vector<BrokerIds>> assignments = {}) {
    protocol::CreatePartitionsRequest request;
    request.topics.push_back({topic, count, std::move(assignments)});
    const auto decision = control.create_partitions(request);
    const auto& result = decision.response.results.at(0);
    return done(decision, {result.error}, {result.error_message});
  }

  std::string elect(const protocol::TopicPartition& partition, protocol::ElectionType type) {
    protocol::ElectLeadersRequest request;
    request.election_type = type;
    request.partitions = {partition};
    const auto decision = control.elect_leaders(request);
    const auto& result = decision.response.partitions.at(0);
    return done(decision, {result.error}, {result.error_message});
  }

  std::string reassign(const protocol::TopicPartition& partition,
                       std::optional<std::vector<int>> to) {
    protocol::AlterPartitionReassignmentsRequest request;
    auto& item = request.partitions.emplace_back();
    item.partition = partition;
    if (to) item.replicas = ids(*to);
    const auto decision = control.alter_partition_reassignments(request);
    const auto& result = decision.response.partitions.at(0);
    return done(decision, {result.error}, {result.error_message});
  }

  std::string alter(ConfigResourceType type, const std::string& resource,
                    const std::string& setting, ConfigOperation operation,
                    std::optional<std::string> value) {
    protocol::IncrementalAlterConfigsRequest request;
    request.resources.push_back({type, resource, {{setting, operation, std::move(value)}}});
    const auto decision = configs.incremental_alter_configs(request);
    const auto& result = decision.response.responses.at(0);
    return done(decision, {result.error}, {result.error_message});
  }
  std::string set_topic(const std::string& topic, const std::string& setting,
                        const std::string& value) {
    return alter(ConfigResourceType::topic, topic, setting, ConfigOperation::set, value);
  }

  std::string told() const {
    std::string text;
    for (const ControllerEvent& event : events) {
      text += text.empty() ? "" : "; ";
      std::visit([&](const auto& e) { e.describe(text); }, event);
    }
    return text;
  }

  const PartitionRegistration& partition(int number = 0) const {
    return *image.partition({"orders", number});
  }

  protocol::Uuid topic_id{1, 2};
  MetadataImage image;
  MetadataDelta delta;
  std::vector<ControllerEvent> events;
  ReplicationControl control;
  ConfigControl configs{image};
};

TEST_CASE("DeleteTopics takes a name or an id, once each") {
  Office office;
  CHECK(office.drop({{"ghosts", {}}}) ==
        "UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition.");
  CHECK(office.drop({{"", {7, 7}}}) ==
        "UNKNOWN_TOPIC_ID: This server does not host this topic ID.");
  CHECK(office.drop({{"", {}}}) == "INVALID_REQUEST: Neither topic name nor id were specified.");
  CHECK(office.drop({{"orders", office.topic_id}}) ==
        "INVALID_REQUEST: You may not specify both topic name and topic id.");
  CHECK(office.drop({{"orders", {}}, {"orders", {}}}) == "INVALID_REQUEST: Duplicate topic name.");
  CHECK(office.drop({{"", office.topic_id}, {"", office.topic_id}}) ==
        "INVALID_REQUEST: Duplicate topic id.");
  REQUIRE(office.image.topic("orders") != nullptr);
  CHECK(office.drop({{"orders", {}}, {"", office.topic_id}}) ==
        "NONE; INVALID_REQUEST: The provided topic name maps to an ID that was already supplied.");
  CHECK(office.told() == "orders");
  CHECK(office.image.topic("orders") == nullptr);
  CHECK(office.delta.deleted_partitions ==
        std::set<protocol::TopicPartition>{{"orders", 0}, {"orders", 1}});
}

TEST_CASE("Topics are not deleted where delete.topic.enable is off") {
  ReplicationSettings settings;
  settings.delete_topic_enable = false;
  Office office(settings);
  CHECK(office.drop({{"orders", {}}}) == "TOPIC_DELETION_DISABLED: Topic deletion is disabled.");
  CHECK(office.image.topic("orders") != nullptr);
}

TEST_CASE("CreatePartitions only grows, and new partitions begin with their active replicas") {
  Office office;
  CHECK(office.grow("ghosts", 3) ==
        "UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition.");
  CHECK(office.grow("orders", 2) == "INVALID_PARTITIONS: Topic already has 2 partition(s).");
  CHECK(office.grow("orders", 1) ==
        "INVALID_PARTITIONS: The topic orders currently has 2 partition(s); 1 would not be an "
        "increase.");
  CHECK(office.grow("orders", 4, std::vector<BrokerIds>{ids({1, 2, 3})}) ==
        "INVALID_REPLICA_ASSIGNMENT: Attempted to add 2 additional partition(s), but only 1 "
        "assignment(s) were specified.");
  CHECK(office.grow("orders", 3, std::vector<BrokerIds>{ids({1, 2})}) ==
        "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes a partition with 2 "
        "replica(s), but this is not consistent with previous partitions, which have 3 "
        "replica(s).");
  CHECK(office.grow("orders", 3, std::vector<BrokerIds>{ids({1, 2, 9})}) ==
        "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes broker 9, but no "
        "such broker is registered.");
  CHECK(office.image.topic("orders")->partitions.size() == 2);
  CHECK(office.grow("orders", 3, std::vector<BrokerIds>{ids({4, 3, 2})}) == "NONE");
  CHECK(office.partition(2).leader == BrokerId(3));
  CHECK(office.partition(2).isr == ids({3, 2}));
  CHECK(office.grow("orders", 6) == "NONE");
  CHECK(office.told() == "orders from 3 to 6 partitions");
  CHECK(office.partition(5).replicas.size() == 3);
  CHECK(office.partition(5).leader_epoch.value() == 0);
}

TEST_CASE("A topic named twice in CreatePartitions is refused, and validate-only changes nothing") {
  Office office;
  protocol::CreatePartitionsRequest request;
  request.topics = {{"orders", 3, {}}, {"orders", 4, {}}};
  auto decision = office.control.create_partitions(request);
  REQUIRE(decision.response.results.size() == 1);
  CHECK(decision.response.results[0].error == ErrorCode::invalid_request);
  request.topics = {{"orders", 3, {}}};
  request.validate_only = true;
  decision = office.control.create_partitions(request);
  CHECK(decision.response.results[0].error == ErrorCode::none);
  CHECK(decision.records.empty());
}

TEST_CASE("ElectLeaders says when no election is needed or nobody may lead") {
  using enum protocol::ElectionType;
  Office office;
  CHECK(office.elect({"ghosts", 0}, preferred) ==
        "UNKNOWN_TOPIC_OR_PARTITION: No such topic as ghosts");
  CHECK(office.elect({"orders", 7}, preferred) ==
        "UNKNOWN_TOPIC_OR_PARTITION: No such partition as orders-7");
  CHECK(office.elect({"orders", 0}, preferred) ==
        "ELECTION_NOT_NEEDED: Leader election not needed for topic partition.");
  CHECK(office.elect({"orders", 0}, unclean) ==
        "ELECTION_NOT_NEEDED: Leader election not needed for topic partition.");
  PartitionChangeRecord change;
  change.topic_id = office.topic_id;
  change.leader = BrokerId(2);
  change.isr = ids({2, 3});
  office.apply({change});
  CHECK(office.elect({"orders", 0}, preferred) ==
        "PREFERRED_LEADER_NOT_AVAILABLE: The preferred leader was not available.");
  change.isr = ids({2, 3, 1});
  office.apply({change});
  CHECK(office.elect({"orders", 0}, preferred) == "NONE");
  CHECK(office.partition().leader == BrokerId(1));
}

TEST_CASE("A reassignment begins, is listed, is taken back, and completes in words") {
  Office office;
  CHECK(office.reassign({"ghosts", 0}, std::vector<int>{1}) ==
        "UNKNOWN_TOPIC_OR_PARTITION: Unable to find a topic named ghosts.");
  CHECK(office.reassign({"orders", 5}, std::vector<int>{1}) ==
        "UNKNOWN_TOPIC_OR_PARTITION: Unable to find partition orders:5.");
  CHECK(office.reassign({"orders", 0}, std::nullopt) ==
        "NO_REASSIGNMENT_IN_PROGRESS: No partition reassignment is in progress.");
  CHECK(office.reassign({"orders", 0}, std::vector<int>{}) ==
        "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes an empty replica "
        "list.");
  CHECK(office.reassign({"orders", 0}, std::vector<int>{1, 1}) ==
        "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes the broker 1 more "
        "than once.");
  CHECK(office.reassign({"orders", 0}, std::vector<int>{2, 3, 4}) == "NONE");
  CHECK(office.told() == "orders-0 replicas 2,3,4,1 adding 4 removing 1");
  const auto listed = office.control.list_partition_reassignments({});
  REQUIRE(listed.partitions.size() == 1);
  CHECK(listed.partitions[0].adding_replicas == ids({4}));
  CHECK(listed.partitions[0].removing_replicas == ids({1}));
  CHECK(office.reassign({"orders", 0}, std::nullopt) == "NONE");
  CHECK(office.partition().adding_replicas.empty());
  CHECK(office.control.list_partition_reassignments({}).partitions.empty());
  // Only an order: done at once.
  CHECK(office.reassign({"orders", 1}, std::vector<int>{3, 2, 1}) == "NONE");
  CHECK(office.told() == "orders-1 replicas 3,2,1");
}

TEST_CASE("Settings of a topic are checked as a whole before any changes") {
  Office office;
  CHECK(office.set_topic("orders", "min.insync.replicas", "2") == "NONE");
  CHECK(office.told() == "orders min.insync.replicas=2");
  CHECK(office.control.effective_min_insync_replicas(*office.image.topic("orders")) == 2);
  CHECK(office.delta.changed_configs.contains("orders"));
  CHECK(office.set_topic("orders", "min.insync.replicas", "2") == "NONE");
  CHECK(office.told().empty());
  CHECK(office.set_topic("orders", "min.insync.replicas", "0") ==
        "INVALID_CONFIG: Invalid value 0 for configuration min.insync.replicas: Value must be at "
        "least 1");
  CHECK(office.set_topic("orders", "no.such", "1") ==
        "INVALID_CONFIG: Unknown topic config name: no.such");
  CHECK(office.set_topic("ghosts", "retention.ms", "1") ==
        "UNKNOWN_TOPIC_OR_PARTITION: The topic 'ghosts' does not exist.");
  CHECK(office.set_topic("", "retention.ms", "1") ==
        "INVALID_REQUEST: Default topic resources are not allowed.");
  CHECK(office.set_topic("a b", "retention.ms", "1").starts_with("INVALID_TOPIC_EXCEPTION: "));
  CHECK(office.image.topic("orders")->config.size() == 1);
  CHECK(office.alter(ConfigResourceType::topic, "orders", "min.insync.replicas",
                     ConfigOperation::remove, std::nullopt) == "NONE");
  CHECK(office.told() == "orders min.insync.replicas=(default)");
  CHECK(office.image.topic("orders")->config.empty());
}

TEST_CASE("Lists take and give entries, other settings do not") {
  Office office;
  const auto change = [&](ConfigOperation operation, const std::string& value) {
    return office.alter(ConfigResourceType::topic, "orders", "cleanup.policy", operation, value);
  };
  CHECK(change(ConfigOperation::append, "compact") == "NONE");
  CHECK(office.image.topic("orders")->config.at("cleanup.policy") == "delete,compact");
  CHECK(change(ConfigOperation::append, "compact") == "NONE");
  CHECK(change(ConfigOperation::subtract, "delete") == "NONE");
  CHECK(office.image.topic("orders")->config.at("cleanup.policy") == "compact");
  CHECK(office.alter(ConfigResourceType::topic, "orders", "retention.ms", ConfigOperation::append,
                     "1") ==
        "INVALID_CONFIG: Can't APPEND to key retention.ms because its type is not LIST.");
  CHECK(office.alter(ConfigResourceType::topic, "orders", "retention.ms", ConfigOperation::subtract,
                     "1") ==
        "INVALID_CONFIG: Can't SUBTRACT to key retention.ms because its type is not LIST.");
}

TEST_CASE("Settings of brokers belong to one that is registered, or to all") {
  Office office;
  const auto set = [&](const std::string& broker, const std::string& setting,
                       const std::string& value) {
    return office.alter(ConfigResourceType::broker, broker, setting, ConfigOperation::set, value);
  };
  CHECK(set("x", "log.retention.ms", "1") ==
        "INVALID_REQUEST: Unable to parse broker name as a base 10 number.");
  CHECK(set("-1", "log.retention.ms", "1") == "INVALID_REQUEST: Invalid negative broker ID.");
  CHECK(set("9", "log.retention.ms", "1") == "BROKER_ID_NOT_REGISTERED: No node with id 9 found.");
  CHECK(set("2", "log.retention.ms", "1") == "NONE");
  CHECK(office.told() == "broker-2 log.retention.ms=1");
  CHECK(office.delta.changed_broker_configs == std::set<std::string>{"2"});
  CHECK(set("", "min.insync.replicas", "3") == "NONE");
  CHECK(office.told() == "all brokers min.insync.replicas=3");
  CHECK(office.control.effective_min_insync_replicas(*office.image.topic("orders")) == 3);
  CHECK(office.set_topic("orders", "min.insync.replicas", "1") == "NONE");
  CHECK(office.control.effective_min_insync_replicas(*office.image.topic("orders")) == 1);
  CHECK_FALSE(office.control.allows_unclean_election(*office.image.topic("orders")));
  CHECK(set("", "unclean.leader.election.enable", "true") == "NONE");
  CHECK(office.control.allows_unclean_election(*office.image.topic("orders")));
}

TEST_CASE("A resource named twice is refused, and nothing of it changes") {
  Office office;
  protocol::IncrementalAlterConfigsRequest request;
  const protocol::AlterConfigsResource resource{
      ConfigResourceType::topic, "orders", {{"retention.ms", ConfigOperation::set, "5"}}};
  request.resources = {resource, resource};
  const auto decision = office.configs.incremental_alter_configs(request);
  CHECK(decision.records.empty());
  CHECK(decision.response.responses.at(0).error == ErrorCode::invalid_request);
  CHECK(decision.response.responses.at(0).error_message == "Duplicate resource.");
}

TEST_CASE("Only what Kafka calls dynamic changes on a running broker") {
  using protocol::dynamic_broker_config_error;
  CHECK(dynamic_broker_config_error({{"log.retention.ms", "5"}}, true).empty());
  CHECK(dynamic_broker_config_error({{"a.plugin's", "5"}}, true).empty());
  CHECK(dynamic_broker_config_error({{"broker.rack", "a"}, {"num.partitions", "5"}}, true) ==
        "Cannot update these configs dynamically: Set(broker.rack, num.partitions)");
  CHECK(dynamic_broker_config_error({{"min.insync.replicas", "0"}}, true) ==
        "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1");
  CHECK(dynamic_broker_config_error({{"listeners", "x"}}, true).empty());
  CHECK(dynamic_broker_config_error({{"listeners", "x"}}, false) ==
        "Cannot update these configs at default cluster level, broker id must be specified: "
        "Set(listeners)");
}

TEST_CASE("A broker's own dynamic settings go over the default of all, and both over its file") {
  protocol::ConfigValues file(protocol::broker_config_defs());
  REQUIRE(file.set("message.max.bytes", "100").empty());
  REQUIRE(file.set("num.partitions", "7").empty());
  const auto bytes = [&](const std::map<std::string, std::string>& of_all,
                         const std::map<std::string, std::string>& own) {
    return protocol::effective_broker_config(file, of_all, own).int_value("message.max.bytes");
  };
  CHECK(bytes({}, {}) == 100);
  CHECK(bytes({{"message.max.bytes", "200"}}, {}) == 200);
  CHECK(bytes({{"message.max.bytes", "200"}}, {{"message.max.bytes", "300"}}) == 300);
  CHECK(bytes({{"message.max.bytes", "nonsense"}}, {}) == 100);
  CHECK(protocol::effective_broker_config(file, {{"num.partitions", "9"}}, {})
            .int_value("num.partitions") == 7);
}

}  // namespace
}  // namespace kafkasim::broker
