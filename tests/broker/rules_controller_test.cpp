// Rules of the controller about ISRs, elections and reassignments as rows, and a reassignment
// carried through by the brokers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "tests/broker/replica_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

namespace {

std::string numbers(const std::vector<BrokerId>& brokers) {
  std::vector<int> numbers;
  for (const BrokerId broker : brokers) numbers.push_back(broker.value());
  return fmt::format("{}", fmt::join(numbers, ","));
}

// "leader=1/3 p5 replicas=1,2,3 isr=1,2 adding=3", epochs after leader and p.
std::string shown(const PartitionRegistration& p) {
  const std::string leader = p.leader.is_set() ? std::to_string(p.leader.value()) : "none";
  std::string out =
      fmt::format("leader={}/{} p{} replicas={} isr={}", leader, p.leader_epoch.value(),
                  p.partition_epoch.value(), numbers(p.replicas), numbers(p.isr));
  if (!p.adding_replicas.empty()) out += " adding=" + numbers(p.adding_replicas);
  if (!p.removing_replicas.empty()) out += " removing=" + numbers(p.removing_replicas);
  if (p.leader_recovery_state == protocol::LeaderRecoveryState::recovering) out += " recovering";
  return out;
}

// "1/0 2/1": brokers with their epochs.
std::vector<protocol::BrokerState> states(const std::string& text) {
  std::vector<protocol::BrokerState> states;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t slash = word.find('/');
    states.push_back(
        {BrokerId(std::stoi(word)), protocol::BrokerEpoch(std::stoi(word.substr(slash + 1)))});
  }
  return states;
}

// Brokers 1 to 5, their epochs the offsets 0 to 4; 4 is fenced, 5 is shutting down.
struct Office {
  explicit Office(ReplicationSettings given = {})
      : settings(given), control(image, settings, sim::Rng(1)) {
    for (int id = 1; id <= 5; ++id) {
      RegisterBrokerRecord record;
      record.broker_id = BrokerId(id);
      record.fenced = id == 4;
      record.in_controlled_shutdown = id == 5;
      apply({record});
    }
    apply({TopicRecord{"orders", orders_id}});
  }
  void partition(std::initializer_list<int> replicas, std::initializer_list<int> isr, int leader) {
    PartitionRecord record;
    record.topic_id = orders_id;
    record.replicas = ids(replicas);
    record.isr = ids(isr);
    record.leader = leader == 0 ? BrokerId() : BrokerId(leader);
    record.leader_epoch = protocol::LeaderEpoch(3);
    record.partition_epoch = protocol::PartitionEpoch(5);
    apply({record});
  }
  void apply(const MetadataRecords& records) {
    MetadataDelta delta;
    for (const MetadataRecord& record : records) image.apply(record, image.next_offset(), delta);
  }
  const PartitionRegistration& now() const { return *image.partition(orders); }

  MetadataImage image;
  ReplicationSettings settings;
  ReplicationControl control;
};

}  // namespace

TEST_CASE("A proposal for an ISR is refused for the first reason in Kafka's order") {
  using enum ErrorCode;
  const struct Row {
    const char* what;
    int sender;
    int leader_epoch;     // 3 is right
    int partition_epoch;  // 5 is right
    const char* isr;      // with broker epochs
    ErrorCode error;
    bool recovering = false;
    std::int32_t partition = 0;
    protocol::Uuid topic = orders_id;
  } rows[] = {
      {"nothing wrong", 1, 3, 5, "1/0 2/1", none},
      {"no such topic", 1, 9, 5, "1/0 2/1", unknown_topic_id, false, 0, {1, 1}},
      {"no such partition", 1, 9, 5, "1/0 2/1", unknown_topic_or_partition, false, 7},
      {"a newer leader epoch", 1, 4, 4, "1/0 2/1", not_controller},
      {"a newer partition epoch, an older leader", 1, 2, 6, "1/0 2/1", not_controller},
      {"an older leader epoch, not the leader", 2, 2, 5, "1/0 2/1", fenced_leader_epoch},
      {"not the leader, an older partition epoch", 2, 3, 4, "1/0 2/1", invalid_request},
      {"an older partition epoch, no replica", 1, 3, 4, "1/0 9/0", invalid_update_version},
      {"no replica", 1, 3, 5, "1/0 9/0", invalid_request},
      {"one twice", 1, 3, 5, "1/0 1/0", invalid_request},
      {"without its leader", 1, 3, 5, "2/1", invalid_request},
      {"recovering with others", 1, 3, 5, "1/0 2/1", invalid_request, true},
      {"recovering after it had recovered", 1, 3, 5, "1/0", invalid_request, true},
      {"a fenced one", 1, 3, 5, "1/0 4/3", ineligible_replica},
      {"one that shuts down", 1, 3, 5, "1/0 5/4", ineligible_replica},
      {"an earlier life of one", 1, 3, 5, "1/0 3/0", ineligible_replica},
      {"a later one", 1, 3, 5, "1/0 3/9", ineligible_replica},
      {"one whose epoch is not known", 1, 3, 5, "1/0 3/-1", none},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Office office;
    office.partition({1, 2, 3, 4, 5}, {1, 2}, 1);
    protocol::AlterPartitionRequest request;
    request.broker_id = BrokerId(row.sender);
    request.broker_epoch = protocol::BrokerEpoch(row.sender - 1);
    protocol::AlterPartitionItem& item = request.partitions.emplace_back();
    item.partition = {"orders", row.partition};
    item.topic_id = row.topic;
    item.leader_epoch = protocol::LeaderEpoch(row.leader_epoch);
    item.partition_epoch = protocol::PartitionEpoch(row.partition_epoch);
    if (row.recovering) item.leader_recovery_state = protocol::LeaderRecoveryState::recovering;
    item.new_isr = states(row.isr);
    const auto decision = office.control.alter_partition(request);
    CHECK(protocol::name(decision.response.partitions.at(0).error) == protocol::name(row.error));
    if (row.error != none) CHECK(decision.records.empty());
  }
}

TEST_CASE("A proposal of a broker that was registered anew is refused as a whole") {
  Office office;
  office.partition({1, 2}, {1, 2}, 1);
  protocol::AlterPartitionRequest request;
  request.broker_id = BrokerId(1);
  request.broker_epoch = protocol::BrokerEpoch(7);
  request.partitions.emplace_back();
  CHECK(office.control.alter_partition(request).response.error == ErrorCode::stale_broker_epoch);
}

TEST_CASE("Who leads after a broker is fenced") {
  using Ids = std::initializer_list<int>;
  const struct Row {
    const char* what;
    Ids replicas;
    Ids isr;
    int fenced;
    bool unclean;
    const char* after;
  } rows[] = {
      {"a follower", Ids{1, 2, 3}, Ids{1, 2, 3}, 2, false, "1/3 p6 replicas=1,2,3 isr=1,3"},
      {"the leader", Ids{1, 3, 2}, Ids{2, 1, 3}, 1, false, "3/4 p6 replicas=1,3,2 isr=2,3"},
      {"others in sync are fenced or leave", Ids{1, 4, 5, 2}, Ids{1, 4, 5, 2}, 1, false,
       "2/4 p6 replicas=1,4,5,2 isr=4,5,2"},
      {"nobody else in sync", Ids{1, 2, 3}, Ids{1}, 1, false, "none/4 p6 replicas=1,2,3 isr=1"},
      {"likewise, unclean", Ids{1, 4, 3, 2}, Ids{1}, 1, true,
       "3/4 p6 replicas=1,4,3,2 isr=3 recovering"},
      {"unclean, one in sync", Ids{1, 3, 2}, Ids{1, 2}, 1, true, "2/4 p6 replicas=1,3,2 isr=2"},
      {"unclean, nobody alive", Ids{1, 4}, Ids{1}, 1, true, "none/4 p6 replicas=1,4 isr=1"},
      {"not in the ISR", Ids{1, 2, 3}, Ids{1, 2}, 3, false, "1/3 p5 replicas=1,2,3 isr=1,2"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    ReplicationSettings settings;
    settings.unclean_leader_election = row.unclean;
    Office office(settings);
    office.partition(row.replicas, row.isr, 1);
    MetadataRecords records;
    office.control.broker_fenced(BrokerId(row.fenced), records);
    REQUIRE(std::holds_alternative<BrokerRegistrationChangeRecord>(records.back()));  // at the end
    office.apply(records);
    CHECK(shown(office.now()) == std::string("leader=") + row.after);
  }
}

TEST_CASE("A topic's word on unclean elections counts more than the brokers'") {
  for (const bool brokers_allow : {true, false}) {
    for (const char* topic : {"true", "false", ""}) {
      INFO("brokers " << brokers_allow << ", topic '" << topic << "'");
      ReplicationSettings settings;
      settings.unclean_leader_election = brokers_allow;
      Office office(settings);
      office.partition({1, 2}, {1}, 1);
      if (*topic != '\0')
        office.apply({ConfigRecord{"orders", "unclean.leader.election.enable", topic}});
      MetadataRecords records;
      office.control.broker_fenced(BrokerId(1), records);
      office.apply(records);
      const bool allowed = *topic == '\0' ? brokers_allow : topic == std::string("true");
      CHECK((office.now().leader == BrokerId(2)) == allowed);
    }
  }
}

TEST_CASE("A partition without a leader gets one by the scan once its topic allows it") {
  Office office;
  office.partition({1, 2}, {1}, 1);
  MetadataRecords records;
  office.control.broker_fenced(BrokerId(1), records);
  office.apply(records);
  CHECK(office.control.has_leaderless_partitions());
  records.clear();
  CHECK_FALSE(office.control.elect_unclean_where_configured(records));
  CHECK(records.empty());
  office.apply({ConfigRecord{"orders", "unclean.leader.election.enable", "true"}});
  office.control.elect_unclean_where_configured(records);
  office.apply(records);
  CHECK(shown(office.now()) == "leader=2/5 p7 replicas=1,2 isr=2 recovering");
}

TEST_CASE("A pass of the balancer moves a thousand leaders at most, those that can be moved") {
  Office office;
  for (int number = 0; number < 1200; ++number) {
    PartitionRecord record;
    record.partition = number;
    record.topic_id = orders_id;
    record.replicas = ids({1, 2});
    record.isr = number % 6 == 0 ? ids({2}) : ids({1, 2});
    record.leader = BrokerId(2);
    record.leader_epoch = protocol::LeaderEpoch(0);
    record.partition_epoch = protocol::PartitionEpoch(0);
    office.apply({record});
  }
  CHECK(office.control.has_imbalanced_partitions());
  MetadataRecords records;
  // The preferred replica of every sixth is not in sync, so that a pass just takes the others.
  CHECK_FALSE(office.control.balance_leaders(records));
  CHECK(records.size() == 1000);
  office.apply(records);
  records.clear();
  CHECK_FALSE(office.control.balance_leaders(records));
  CHECK(records.empty());
}

TEST_CASE("A reassignment is done when all its targets are in sync, and moves the leader then") {
  ReplicaLab lab(4);
  lab.boot_all();
  lab.create({1, 2});
  lab.produce(1, {"A"});
  CHECK(lab.reassign({{3, 4}}) == ErrorCode::none);
  CHECK(shown(*lab.image().partition(orders)) ==
        "leader=1/0 p1 replicas=3,4,1,2 isr=1,2 adding=3,4 removing=1,2");
  lab.crash(4);
  lab.run_for(5s);
  CHECK(shown(*lab.image().partition(orders)) ==
        "leader=1/0 p2 replicas=3,4,1,2 isr=1,2,3 adding=3,4 removing=1,2");
  CHECK(lab.produce(1, {"B"}, Acks::all, 1000).error == ErrorCode::none);
  lab.restart(4);
  lab.run_for(5s);
  CHECK(shown(*lab.image().partition(orders)) == "leader=3/1 p3 replicas=3,4 isr=3,4");
  CHECK(lab.state(1) == "none");
  CHECK(lab.state(2) == "none");
  CHECK(lab.produce(3, {"C"}).base_offset == Offset(2));
  CHECK(lab.state(3) == "leader=3 epoch=1 isr=3,4 log=A,B,C hw=3");
}

TEST_CASE("A reassignment that keeps its leader ends with a new leader epoch all the same") {
  ReplicaLab lab(3);
  lab.boot_all();
  lab.create({1, 2});
  CHECK(lab.reassign({{1, 3}}) == ErrorCode::none);
  lab.run_for(5s);
  CHECK(shown(*lab.image().partition(orders)) == "leader=1/1 p2 replicas=1,3 isr=1,3");
  CHECK(lab.state(1) == "leader=1 epoch=1 isr=1,3 log= hw=0");
  CHECK(lab.state(2) == "none");
}

TEST_CASE("A reassignment taken back leaves the partition as it was") {
  ReplicaLab lab(3);
  lab.boot_all();
  lab.create({1, 2});
  lab.crash(3);
  CHECK(lab.reassign({{2, 3}}) == ErrorCode::none);
  lab.run_for(2s);
  CHECK(lab.reassign(std::nullopt) == ErrorCode::none);
  CHECK(shown(*lab.image().partition(orders)) == "leader=1/1 p2 replicas=2,1 isr=1,2");
  CHECK(lab.reassign(std::nullopt) == ErrorCode::no_reassignment_in_progress);
  CHECK(lab.produce(1, {"A"}).error == ErrorCode::none);
}

}  // namespace kafkasim::broker::testing
