// Reading from the replica in the reader's rack (KIP-392): whom the leader names, and what
// followers serve.
#include "broker/replica_selector.hpp"
#include "tests/broker/partition_support.hpp"
#include "tests/broker/replica_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

namespace {

// Broker n in the n-th rack, with Kafka's selector on all of them.
struct RackLab : ReplicaLab {
  explicit RackLab(std::initializer_list<const char*> racks,
                   std::string_view selector = rack_aware_selector)
      : ReplicaLab(static_cast<int>(racks.size())) {
    int id = 0;
    for (const char* rack : racks) {
      std::get<RegisterBrokerRecord>(metadata.at(static_cast<std::size_t>(id))).rack = rack;
      REQUIRE(node(++id).config.set("replica.selector.class", std::string(selector)).empty());
    }
    boot_all();
  }
  Pending& send_fetch_in(const std::string& rack, int broker, std::int64_t offset,
                         std::int32_t max_wait_ms = 500, int epoch = -1) {
    protocol::FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    request.rack_id = rack;
    protocol::FetchPartition& item = request.partitions.emplace_back();
    item.partition = orders;
    item.fetch_offset = Offset(offset);
    item.current_leader_epoch = protocol::LeaderEpoch(epoch);
    return send(broker, std::move(request));
  }
  // "broker 2", or what came: "0:A", "nothing", an error.
  std::string answer(const std::string& rack, int broker, std::int64_t offset, int epoch = -1) {
    const auto got = fetched(send_fetch_in(rack, broker, offset, 500, epoch));
    if (got.error != ErrorCode::none) return std::string(protocol::name(got.error));
    if (got.preferred_read_replica.is_set()) {
      CHECK(got.records.empty());
      return "broker " + std::to_string(got.preferred_read_replica.value());
    }
    return got.records.empty() ? "nothing" : text(got.records);
  }
};

}  // namespace

TEST_CASE("Of the followers in the reader's rack the one with the longest log is named") {
  const auto ms = [](int n) { return sim::zero + std::chrono::milliseconds(n); };
  const auto replica = [](int id, const char* rack, int end, std::optional<sim::Time> caught_up) {
    return ReadableReplica{BrokerId(id), rack, Offset(end), caught_up};
  };
  const struct Row {
    const char* what;
    const char* reader;
    std::vector<ReadableReplica> followers;
    int named;  // -1: the leader
  } rows[] = {
      {"no rack", "", {replica(2, "", 5, ms(1))}, -1},
      {"the leader's rack", "a", {replica(2, "a", 9, ms(9))}, -1},
      {"nobody there", "c", {replica(2, "b", 5, ms(1))}, -1},
      {"one there", "b", {replica(2, "b", 5, ms(1)), replica(3, "c", 9, ms(9))}, 2},
      {"the longer log", "b", {replica(3, "b", 5, ms(9)), replica(2, "b", 6, ms(1))}, 2},
      {"as long, caught up later", "b", {replica(2, "b", 5, ms(9)), replica(3, "b", 5, ms(1))}, 2},
      {"as long, one never caught up",
       "b",
       {replica(2, "b", 5, ms(0)), replica(3, "b", 5, std::nullopt)},
       2},
      {"the same millisecond",
       "b",
       {replica(2, "b", 5, ms(1) + 500us), replica(3, "b", 5, ms(1))},
       3},
      {"all the same", "b", {replica(2, "b", 5, ms(1)), replica(3, "b", 5, ms(1))}, 3},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(nearest_follower(row.reader, "a", row.followers).value() == row.named);
  }
}

TEST_CASE("A leader sends a reader to the follower in its rack, which serves it") {
  RackLab lab({"a", "b", "c"});
  lab.create({1, 2, 3});
  lab.produce(1, {"A"});
  lab.run_for(1s);
  CHECK(lab.answer("b", 1, 0) == "broker 2");
  CHECK(lab.answer("c", 1, 0) == "broker 3");
  CHECK(lab.answer("a", 1, 0) == "0:A");
  CHECK(lab.answer("", 1, 0) == "0:A");
  CHECK(lab.answer("elsewhere", 1, 0) == "0:A");
  CHECK(lab.answer("b", 2, 0) == "0:A");
  CHECK(lab.answer("c", 2, 0) == "0:A");  // a follower sends nobody on
}

TEST_CASE("Being sent to another replica does not wait, and brings the offsets of the partition") {
  RackLab lab({"a", "b"});
  lab.create({1, 2});
  lab.produce(1, {"A"});
  lab.run_for(1s);
  const sim::Time sent = lab.world.now();
  auto& pending = lab.send_fetch_in("b", 1, 1, 30'000);
  const auto got = lab.fetched(pending);
  CHECK(pending.at - sent == 4ms);  // connect 2, there and back
  CHECK(got.preferred_read_replica == BrokerId(2));
  CHECK(got.high_watermark == Offset(1));
  CHECK(got.log_start_offset == Offset(0));
  CHECK(lab.answer("b", 1, 1, 5) == "UNKNOWN_LEADER_EPOCH");
}

TEST_CASE("Who is not in sync, fenced, or not that far is not named") {
  RackLab lab({"a", "b"});
  lab.create({1, 2});
  CHECK(lab.answer("b", 1, 0) == "broker 2");  // its first fetch came in time
  lab.produce(1, {"A"});
  lab.crash(2);
  lab.produce(1, {"B"}, Acks::leader);
  CHECK(lab.answer("b", 1, 1) == "broker 2");
  CHECK(lab.answer("b", 1, 2) == "nothing");  // it is at 1 as far as its leader knows
  lab.set_isr({1});
  CHECK(lab.answer("b", 1, 0) == "0:A");
  lab.restart(2);
  lab.run_for(3s);
  CHECK(lab.answer("b", 1, 0) == "broker 2");
  lab.set_isr({1});
  lab.fence(2);
  CHECK(lab.answer("b", 1, 0) == "0:A 1:B");
}

TEST_CASE("Without the rack-aware selector the leader serves everybody") {
  for (const std::string_view selector : {leader_selector, std::string_view()}) {
    RackLab lab({"a", "b"}, selector);
    lab.create({1, 2});
    lab.produce(1, {"A"});
    lab.run_for(1s);
    CHECK(lab.answer("b", 1, 0) == "0:A");
    CHECK(lab.answer("b", 2, 0) == "0:A");  // a follower serves who asks all the same
  }
}

TEST_CASE("A follower serves up to its own high watermark, which trails its leader's") {
  RackLab lab({"a", "b"});
  lab.create({1, 2});
  lab.run_for(100ms);
  lab.produce(1, {"A"});
  CHECK(lab.state(1) == "leader=1 epoch=0 isr=1,2 log=A hw=1");
  CHECK(lab.state(2) == "leader=1 epoch=0 log=A hw=0");
  CHECK(lab.answer("a", 1, 0) == "0:A");
  auto& poll = lab.send_fetch_in("b", 2, 0, 5000);
  lab.run_for(100ms);
  CHECK_FALSE(poll.body);
  CHECK(text(lab.fetched(poll).records) == "0:A");  // the next answer to its own fetch tells it
  CHECK(lab.answer("b", 2, 2) == "OFFSET_OUT_OF_RANGE");
  CHECK(lab.answer("b", 2, 0, 5) == "UNKNOWN_LEADER_EPOCH");
}

TEST_CASE("A reader that waits at a follower is answered when that becomes the leader") {
  RackLab lab({"a", "b"});
  lab.create({1, 2});
  lab.run_for(100ms);
  auto& poll = lab.send_fetch_in("b", 2, 0, 30'000, 0);
  lab.run_for(1s);
  CHECK_FALSE(poll.body);
  lab.elect(2, {1, 2});
  lab.run_for(10ms);
  REQUIRE(poll.body);
  CHECK(lab.fetched(poll).error == ErrorCode::fenced_leader_epoch);
}

}  // namespace kafkasim::broker::testing
