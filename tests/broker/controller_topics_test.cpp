// CreateTopics: what is refused, and where replicas are placed.
#include <map>
#include <set>

#include "broker/controller/replica_placer.hpp"
#include "broker/controller/replication_control.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::ErrorCode;

std::vector<UsableBroker> brokers_in_racks(const std::vector<std::string>& racks) {
  std::vector<UsableBroker> brokers;
  for (const std::string& rack : racks)
    brokers.push_back({BrokerId(static_cast<int>(brokers.size()) + 1), rack});
  return brokers;
}

Assignment placed(const std::vector<UsableBroker>& brokers, int partitions, int replicas,
                  std::uint64_t seed) {
  sim::Rng rng(seed);
  return std::get<Assignment>(place_replicas(brokers, partitions, replicas, rng));
}

TEST_CASE(
    "Replicas of a partition are on different brokers and, where racks suffice, in different "
    "racks") {
  const auto brokers = brokers_in_racks({"a", "a", "b", "b", "c", "c"});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const auto& replicas : placed(brokers, 12, 3, seed)) {
      std::set<std::string> racks;
      for (const BrokerId id : replicas)
        racks.insert(brokers[static_cast<std::size_t>(id.value() - 1)].rack);
      CHECK(racks.size() == 3);
    }
  }
}

TEST_CASE("Leaderships are spread evenly") {
  std::map<int, int> leads;
  for (const auto& replicas : placed(brokers_in_racks({"", "", ""}), 30, 2, 7)) {
    CHECK(replicas.size() == 2);
    CHECK(replicas[0] != replicas[1]);
    ++leads[replicas[0].value()];
  }
  CHECK(leads == std::map<int, int>{{1, 10}, {2, 10}, {3, 10}});
}

TEST_CASE("The same seed places the same way, another one elsewhere") {
  const auto brokers = brokers_in_racks({"", "", "", "", ""});
  CHECK(placed(brokers, 7, 3, 42) == placed(brokers, 7, 3, 42));
  std::set<Assignment> different;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) different.insert(placed(brokers, 7, 3, seed));
  CHECK(different.size() > 1);
}

TEST_CASE("A fenced broker never leads a new partition and is used last") {
  auto brokers = brokers_in_racks({"", "", ""});
  brokers[1].fenced = true;
  for (const auto& replicas : placed(brokers, 6, 2, 3)) {
    for (const BrokerId id : replicas) CHECK(id != BrokerId(2));
  }
  for (const auto& replicas : placed(brokers, 6, 3, 3)) CHECK(replicas[2] == BrokerId(2));
}

TEST_CASE("Placement says why it cannot place") {
  sim::Rng rng(1);
  auto brokers = brokers_in_racks({"", ""});
  CHECK(std::get<std::string>(place_replicas(brokers, 1, 3, rng)) ==
        "The target replication factor of 3 cannot be reached because only 2 broker(s) are "
        "registered.");
  for (UsableBroker& broker : brokers) broker.fenced = true;
  CHECK(std::get<std::string>(place_replicas(brokers, 1, 1, rng)) ==
        "All brokers are currently fenced.");
}

class Creation {
 public:
  explicit Creation(int brokers, int active) {
    MetadataDelta delta;
    for (int id = 1; id <= brokers; ++id) {
      RegisterBrokerRecord record;
      record.broker_id = BrokerId(id);
      record.fenced = id > active;
      image.apply(record, image.next_offset(), delta);
    }
  }

  // Creates what is asked for; "NONE" or the name of the error.
  std::string create(const protocol::CreatableTopic& topic) {
    protocol::CreateTopicsRequest request;
    request.topics.push_back(topic);
    const auto decision = control.create_topics(request);
    MetadataDelta delta;
    for (const MetadataRecord& record : decision.records)
      image.apply(record, image.next_offset(), delta);
    return std::string(name(decision.response.topics.at(0).error));
  }

  MetadataImage image;
  ReplicationControl control{image, ReplicationSettings(), sim::Rng(1)};
};

protocol::CreatableTopic wanted(const std::string& topic_name, int partitions, int replicas) {
  protocol::CreatableTopic topic;
  topic.name = topic_name;
  topic.num_partitions = partitions;
  topic.replication_factor = static_cast<std::int16_t>(replicas);
  return topic;
}

TEST_CASE("CreateTopics refuses what Kafka refuses") {
  Creation creation(3, 3);
  CHECK(creation.create(wanted("orders", 2, 3)) == "NONE");
  CHECK(creation.create(wanted("orders", 1, 1)) == "TOPIC_ALREADY_EXISTS");
  CHECK(creation.create(wanted("", 1, 1)) == "INVALID_TOPIC_EXCEPTION");
  CHECK(creation.create(wanted("..", 1, 1)) == "INVALID_TOPIC_EXCEPTION");
  CHECK(creation.create(wanted("a b", 1, 1)) == "INVALID_TOPIC_EXCEPTION");
  CHECK(creation.create(wanted(std::string(250, 'x'), 1, 1)) == "INVALID_TOPIC_EXCEPTION");
  CHECK(creation.create(wanted("a.b", 1, 1)) == "NONE");
  CHECK(creation.create(wanted("a_b", 1, 1)) == "INVALID_TOPIC_EXCEPTION");
  CHECK(creation.create(wanted("none", 0, 1)) == "INVALID_PARTITIONS");
  CHECK(creation.create(wanted("none", 1, 0)) == "INVALID_REPLICATION_FACTOR");
  CHECK(creation.create(wanted("none", 1, 4)) == "INVALID_REPLICATION_FACTOR");
  auto configured = wanted("none", 1, 1);
  configured.configs = {{"min.insync.replicas", "0"}};
  CHECK(creation.create(configured) == "INVALID_CONFIG");
  auto assigned = wanted("none", -1, -1);
  assigned.assignments = {{BrokerId(1), BrokerId(1)}};
  CHECK(creation.create(assigned) == "INVALID_REPLICA_ASSIGNMENT");
  assigned.assignments = {{BrokerId(1), BrokerId(9)}};
  CHECK(creation.create(assigned) == "INVALID_REPLICA_ASSIGNMENT");
  assigned.assignments = {{BrokerId(1)}, {BrokerId(1), BrokerId(2)}};
  CHECK(creation.create(assigned) == "INVALID_REPLICA_ASSIGNMENT");
  assigned.assignments = {{BrokerId(1)}};
  assigned.num_partitions = 1;
  CHECK(creation.create(assigned) == "INVALID_REQUEST");
  CHECK(creation.image.topics().size() == 2);
}

TEST_CASE(
    "A new partition starts with its active replicas in sync and the first of them as leader") {
  Creation creation(3, 2);
  auto topic = wanted("orders", -1, -1);
  topic.assignments = {{BrokerId(3), BrokerId(2), BrokerId(1)}};
  topic.configs = {{"min.insync.replicas", "2"}};
  REQUIRE(creation.create(topic) == "NONE");
  const PartitionRegistration& partition = *creation.image.partition({"orders", 0});
  CHECK(partition.leader == BrokerId(2));
  CHECK(partition.isr == BrokerIds{BrokerId(2), BrokerId(1)});
  CHECK(partition.leader_epoch.value() == 0);
  CHECK(creation.control.effective_min_insync_replicas(*creation.image.topic("orders")) == 2);
  topic.name = "on-fenced";
  topic.assignments = {{BrokerId(3)}};
  CHECK(creation.create(topic) == "INVALID_REPLICA_ASSIGNMENT");
}

}  // namespace
}  // namespace kafkasim::broker
