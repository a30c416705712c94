// What a broker tells clients from its image: metadata and coordinators.
#include "broker/find_coordinator.hpp"
#include "broker/metadata_handler.hpp"
#include "protocol/cluster_messages.hpp"
#include "protocol/java_hash.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::ErrorCode;

class Known {
 public:
  Known() {
    for (const int id : {1, 2, 3}) {
      RegisterBrokerRecord record;
      record.broker_id = BrokerId(id);
      record.host = "broker-" + std::to_string(id);
      record.fenced = false;
      apply(record);
    }
  }

  void apply(const MetadataRecord& record) {
    MetadataDelta delta;
    image.apply(record, image.next_offset(), delta);
  }

  void add_topic(const std::string& topic, int partitions, const std::vector<BrokerId>& replicas) {
    const protocol::Uuid id{7, static_cast<std::uint64_t>(image.next_offset().value())};
    apply(TopicRecord{topic, id});
    for (int number = 0; number < partitions; ++number) {
      PartitionRecord partition;
      partition.partition = number;
      partition.topic_id = id;
      partition.replicas = partition.isr = replicas;
      partition.leader = replicas.front();
      partition.leader_epoch = protocol::LeaderEpoch(0);
      partition.partition_epoch = protocol::PartitionEpoch(0);
      apply(partition);
    }
  }

  void fence(int id) {
    BrokerRegistrationChangeRecord change;
    change.broker_id = BrokerId(id);
    change.broker_epoch = image.broker(BrokerId(id))->epoch;
    change.fenced = true;
    apply(change);
  }

  protocol::MetadataResponse metadata(const std::string& topic) const {
    protocol::MetadataRequest request;
    request.topics = {topic};
    return answer_metadata(image, request, "cluster", true).response;
  }

  MetadataImage image;
};

TEST_CASE("Metadata lists the brokers that are not fenced and each partition's leader and epoch") {
  Known known;
  known.add_topic("orders", 2, {BrokerId(2), BrokerId(1)});
  const auto response = known.metadata("orders");
  CHECK(response.brokers.size() == 3);
  CHECK(response.cluster_id == "cluster");
  REQUIRE(response.topics.size() == 1);
  REQUIRE(response.topics[0].partitions.size() == 2);
  const auto& partition = response.topics[0].partitions[1];
  CHECK(partition.partition == 1);
  CHECK(partition.leader_id == BrokerId(2));
  CHECK(partition.leader_epoch.value() == 0);
  CHECK(partition.offline_replicas.empty());
}

TEST_CASE("A partition whose leader is fenced has no leader for clients") {
  Known known;
  known.add_topic("orders", 1, {BrokerId(2), BrokerId(1)});
  known.fence(2);
  const auto response = known.metadata("orders");
  CHECK(response.brokers.size() == 2);
  const auto& partition = response.topics.at(0).partitions.at(0);
  CHECK(partition.error == ErrorCode::leader_not_available);
  CHECK_FALSE(partition.leader_id.is_set());
  CHECK(partition.offline_replicas == std::vector{BrokerId(2)});
}

TEST_CASE(
    "A missing topic is unknown, and to be created only where client and broker both allow it") {
  const Known known;
  protocol::MetadataRequest request;
  request.topics = {"new", "not a name"};
  auto answer = answer_metadata(known.image, request, "cluster", true);
  CHECK(answer.response.topics.at(0).error == ErrorCode::unknown_topic_or_partition);
  CHECK(answer.response.topics.at(1).error == ErrorCode::invalid_topic_exception);
  CHECK(answer.missing == std::vector<std::string>{"new"});
  CHECK(answer_metadata(known.image, request, "cluster", false).missing.empty());
  request.allow_auto_topic_creation = false;
  CHECK(answer_metadata(known.image, request, "cluster", true).missing.empty());
}

TEST_CASE("All topics are listed when no list is given") {
  Known known;
  known.add_topic("b", 1, {BrokerId(1)});
  known.add_topic("a", 1, {BrokerId(1)});
  protocol::MetadataRequest request;
  request.all_topics = true;
  CHECK(answer_metadata(known.image, request, "cluster", true).response.topics.size() == 2);
}

TEST_CASE("The coordinator of a group leads the group's partition of the offsets topic") {
  Known known;
  const protocol::ConfigValues config(protocol::broker_config_defs());
  protocol::FindCoordinatorRequest request;
  request.coordinator_keys = {"billing"};
  auto answer = answer_find_coordinator(known.image, request, config);
  CHECK(answer.needs_offsets_topic);
  CHECK(answer.response.coordinators.at(0).error == ErrorCode::coordinator_not_available);

  known.add_topic(protocol::offsets_topic, 50, {BrokerId(3)});
  answer = answer_find_coordinator(known.image, request, config);
  CHECK_FALSE(answer.needs_offsets_topic);
  CHECK(answer.response.coordinators.at(0).error == ErrorCode::none);
  CHECK(answer.response.coordinators.at(0).node_id == BrokerId(3));
  CHECK(answer.response.coordinators.at(0).host == "broker-3");

  known.fence(3);
  answer = answer_find_coordinator(known.image, request, config);
  CHECK(answer.response.coordinators.at(0).error == ErrorCode::coordinator_not_available);
}

TEST_CASE("Coordinators of transactions are refused") {
  const Known known;
  protocol::FindCoordinatorRequest request;
  request.key_type = protocol::CoordinatorType::transaction;
  request.coordinator_keys = {"payments"};
  const protocol::ConfigValues config(protocol::broker_config_defs());
  CHECK(answer_find_coordinator(known.image, request, config).response.coordinators.at(0).error ==
        ErrorCode::invalid_request);
}

}  // namespace
}  // namespace kafkasim::broker
