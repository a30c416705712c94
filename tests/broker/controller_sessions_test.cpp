// Registrations, heartbeats, sessions, controlled shutdown and producer id blocks, decided without
// a network.
#include "broker/controller/cluster_control.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerEpoch;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;
using sim::Time;
using namespace std::chrono_literals;

// An image, what decides on it, and requests in few words.
class Desk {
 public:
  protocol::BrokerRegistrationResponse register_broker(int id, std::uint64_t incarnation, Time now,
                                                       BrokerEpoch previous = BrokerEpoch()) {
    protocol::BrokerRegistrationRequest request;
    request.broker_id = BrokerId(id);
    request.cluster_id = "cluster";
    request.incarnation_id = {1, incarnation};
    request.host = "broker-" + std::to_string(id);
    request.previous_broker_epoch = previous;
    auto decision = cluster.register_broker(request, image.next_offset(), now);
    apply(decision.records);
    return decision.response;
  }

  protocol::BrokerHeartbeatResponse heartbeat(int id, Time now, Offset applied,
                                              bool want_fence = false,
                                              bool want_shut_down = false) {
    protocol::BrokerHeartbeatRequest request;
    request.broker_id = BrokerId(id);
    request.broker_epoch = image.broker(BrokerId(id))->epoch;
    request.current_metadata_offset = applied;
    request.want_fence = want_fence;
    request.want_shut_down = want_shut_down;
    auto beat = cluster.heartbeat(request, now);
    apply(beat.decision.records);
    if (beat.shutting_down) cluster.shutdown_waits_for(BrokerId(id), image.next_offset() - 1);
    return beat.decision.response;
  }

  void unfence(int id, Time now) {
    register_broker(id, 1, now);
    heartbeat(id, now, last());
  }

  void create_topic(const std::vector<int>& replicas) {
    protocol::CreateTopicsRequest request;
    protocol::CreatableTopic& topic = request.topics.emplace_back();
    topic.name = "orders";
    for (const int replica : replicas)
      topic.assignments.resize(1), topic.assignments[0].push_back(BrokerId(replica));
    apply(replication.create_topics(request).records);
  }

  std::optional<BrokerId> fence_one_stale(Time now) {
    MetadataRecords records;
    auto fenced = cluster.fence_one_stale(now, records);
    apply(records);
    return fenced;
  }

  void apply(const MetadataRecords& records) {
    MetadataDelta delta;
    for (const MetadataRecord& record : records) image.apply(record, image.next_offset(), delta);
  }

  Offset last() const { return image.next_offset() - 1; }
  const PartitionRegistration& partition() const { return *image.partition({"orders", 0}); }

  MetadataImage image;
  ReplicationControl replication{image, ReplicationSettings(), sim::Rng(1)};
  ClusterControl cluster{image, replication, "cluster", 9s};
};

constexpr Time start = sim::zero;

TEST_CASE("A broker's epoch is the offset of its registration record") {
  Desk desk;
  CHECK(desk.register_broker(1, 1, start).broker_epoch == BrokerEpoch(0));
  CHECK(desk.register_broker(2, 1, start).broker_epoch == BrokerEpoch(1));
  CHECK(desk.image.broker(BrokerId(1))->fenced);
}

TEST_CASE("A registration for another cluster is refused") {
  Desk desk;
  protocol::BrokerRegistrationRequest request;
  request.broker_id = BrokerId(1);
  request.cluster_id = "another";
  const auto decision = desk.cluster.register_broker(request, Offset(0), start);
  CHECK(decision.response.error == ErrorCode::inconsistent_cluster_id);
  CHECK(decision.records.empty());
}

TEST_CASE("A broker is unfenced by a heartbeat that wants it and has read its own registration") {
  Desk desk;
  desk.register_broker(1, 1, start);
  desk.register_broker(2, 1, start);
  const auto behind = desk.heartbeat(2, start, Offset(0));
  CHECK(behind.is_fenced);
  CHECK_FALSE(behind.is_caught_up);
  const auto recovering = desk.heartbeat(2, start, Offset(1), true);
  CHECK(recovering.is_caught_up);
  CHECK(recovering.is_fenced);
  CHECK_FALSE(desk.heartbeat(2, start, Offset(1)).is_fenced);
  CHECK(desk.image.is_active(BrokerId(2)));
}

TEST_CASE("A heartbeat of an older incarnation is stale") {
  Desk desk;
  desk.register_broker(1, 1, start);
  protocol::BrokerHeartbeatRequest request;
  request.broker_id = BrokerId(1);
  request.broker_epoch = BrokerEpoch(7);
  CHECK(desk.cluster.heartbeat(request, start).decision.response.error ==
        ErrorCode::stale_broker_epoch);
  request.broker_id = BrokerId(3);
  CHECK(desk.cluster.heartbeat(request, start).decision.response.error ==
        ErrorCode::stale_broker_epoch);
}

TEST_CASE(
    "A restarted broker cannot register while the session of its previous incarnation lasts") {
  Desk desk;
  desk.unfence(1, start);
  desk.heartbeat(1, start + 2s, desk.last());
  CHECK(desk.register_broker(1, 2, start + 10s).error == ErrorCode::duplicate_broker_registration);
  CHECK(desk.register_broker(1, 2, start + 11s).error == ErrorCode::none);
}

TEST_CASE("A broker that was never unfenced may be replaced at once") {
  Desk desk;
  desk.register_broker(1, 1, start);
  CHECK(desk.register_broker(1, 2, start + 1ms).error == ErrorCode::none);
}

TEST_CASE("The same incarnation may register again and keeps its epoch and state") {
  Desk desk;
  desk.unfence(1, start);
  const BrokerEpoch epoch = desk.image.broker(BrokerId(1))->epoch;
  CHECK(desk.register_broker(1, 1, start + 1s).broker_epoch == epoch);
  CHECK_FALSE(desk.image.broker(BrokerId(1))->fenced);
}

TEST_CASE("A session ends nine seconds after the last heartbeat, one broker at a time") {
  Desk desk;
  for (const int id : {1, 2, 3}) desk.unfence(id, start);
  desk.create_topic({1, 2, 3});
  desk.heartbeat(2, start + 1s, desk.last());
  desk.heartbeat(3, start + 5s, desk.last());
  CHECK(desk.cluster.next_session_end() == start + 9s);
  CHECK_FALSE(desk.fence_one_stale(start + 9s - 1ns));
  CHECK(desk.fence_one_stale(start + 12s) == BrokerId(1));
  CHECK(desk.partition().leader == BrokerId(2));
  CHECK(desk.partition().isr == BrokerIds{BrokerId(2), BrokerId(3)});
  CHECK(desk.cluster.next_session_end() == start + 10s);
  CHECK(desk.fence_one_stale(start + 12s) == BrokerId(2));
  CHECK(desk.partition().leader == BrokerId(3));
  CHECK_FALSE(desk.fence_one_stale(start + 12s));
  CHECK(desk.cluster.next_session_end() == start + 14s);
}

TEST_CASE(
    "The last in-sync replica stays in the set when it is fenced, and leads when it is back") {
  Desk desk;
  desk.unfence(1, start);
  desk.create_topic({1});
  desk.fence_one_stale(start + 9s);
  CHECK_FALSE(desk.partition().leader.is_set());
  CHECK(desk.partition().isr == BrokerIds{BrokerId(1)});
  CHECK(desk.partition().leader_epoch.value() == 1);
  desk.register_broker(1, 2, start + 10s);
  desk.heartbeat(1, start + 10s, desk.last());
  CHECK(desk.partition().leader == BrokerId(1));
  CHECK(desk.partition().leader_epoch.value() == 2);
}

TEST_CASE("A controller that takes office gives every broker a fresh session") {
  Desk desk;
  desk.unfence(1, start);
  desk.cluster.start_sessions(start + 100s);
  CHECK(desk.cluster.next_session_end() == start + 109s);
}

TEST_CASE("A controlled shutdown moves leaderships and ends when the others have read of it") {
  Desk desk;
  for (const int id : {1, 2}) desk.unfence(id, start);
  desk.create_topic({1, 2});
  const auto first = desk.heartbeat(1, start + 1s, desk.last(), false, true);
  CHECK_FALSE(first.should_shut_down);
  CHECK(desk.image.broker(BrokerId(1))->in_controlled_shutdown);
  CHECK(desk.partition().leader == BrokerId(2));
  CHECK(desk.partition().isr == BrokerIds{BrokerId(2)});
  const Offset moved = desk.last();
  desk.heartbeat(2, start + 1s, moved - 1);
  CHECK_FALSE(desk.heartbeat(1, start + 2s, moved, false, true).should_shut_down);
  desk.heartbeat(2, start + 2s, moved);
  CHECK(desk.heartbeat(1, start + 3s, moved, false, true).should_shut_down);
  CHECK(desk.image.broker(BrokerId(1))->fenced);
  SECTION("after which another incarnation registers at once") {
    CHECK(desk.register_broker(1, 2, start + 3s).error == ErrorCode::none);
    CHECK_FALSE(desk.image.broker(BrokerId(1))->in_controlled_shutdown);
  }
}

TEST_CASE("A broker that leads nothing may shut down at once") {
  Desk desk;
  for (const int id : {1, 2}) desk.unfence(id, start);
  desk.create_topic({1, 2});
  CHECK(desk.heartbeat(2, start + 1s, desk.last(), false, true).should_shut_down);
  CHECK(desk.image.broker(BrokerId(2))->fenced);
  CHECK(desk.partition().isr == BrokerIds{BrokerId(1)});
}

TEST_CASE("Producer ids come in blocks of a thousand that follow each other") {
  Desk desk;
  desk.unfence(1, start);
  protocol::AllocateProducerIdsRequest request;
  request.broker_id = BrokerId(1);
  request.broker_epoch = desk.image.broker(BrokerId(1))->epoch;
  for (const std::int64_t expected : {0, 1000, 2000}) {
    const auto decision = desk.cluster.allocate_producer_ids(request);
    desk.apply(decision.records);
    CHECK(decision.response.producer_id_start.value() == expected);
    CHECK(decision.response.producer_id_len == 1000);
  }
  request.broker_epoch = BrokerEpoch(99);
  CHECK(desk.cluster.allocate_producer_ids(request).response.error ==
        ErrorCode::stale_broker_epoch);
}

}  // namespace
}  // namespace kafkasim::broker
