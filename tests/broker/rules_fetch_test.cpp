// Rules of fetching: what ends a parked fetch, what is answered at once, and how limits are shared
// among partitions.
#include <fmt/format.h>

#include "tests/broker/replica_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

namespace {

struct Ask {
  std::int64_t offset = 0;
  std::int32_t partition = 0;
  std::int32_t max_bytes = 1'000'000;
  int epoch = -1;
  protocol::Uuid topic_id{};
};

protocol::FetchRequest fetch_of(const std::vector<Ask>& asks, std::int32_t max_wait_ms,
                                std::int32_t min_bytes = 1, std::int32_t max_bytes = 50'000'000) {
  protocol::FetchRequest request;
  request.max_wait_ms = max_wait_ms;
  request.min_bytes = min_bytes;
  request.max_bytes = max_bytes;
  for (const Ask& ask : asks) {
    protocol::FetchPartition& item = request.partitions.emplace_back();
    item.partition = {"orders", ask.partition};
    item.topic_id = ask.topic_id;
    item.fetch_offset = Offset(ask.offset);
    item.max_bytes = ask.max_bytes;
    item.current_leader_epoch = protocol::LeaderEpoch(ask.epoch);
  }
  return request;
}

// "0:A | nothing | OFFSET_OUT_OF_RANGE": partition by partition.
std::string said(const protocol::FetchResponse& response) {
  std::string out;
  for (const auto& item : response.partitions) {
    if (!out.empty()) out += " | ";
    if (item.error != ErrorCode::none) {
      out += protocol::name(item.error);
    } else {
      out += item.records.empty() ? "nothing" : text(item.records);
    }
  }
  return out;
}

std::int32_t size_of(std::initializer_list<const char*> values) {
  return static_cast<std::int32_t>(batch(values)->size_in_bytes);
}

}  // namespace

TEST_CASE("What a fetch that may wait is answered with at once") {
  ReplicaLab lab(1);
  lab.boot_all();
  lab.create({1}, 0);
  lab.create({1}, 1);
  lab.produce(1, {"A"});
  const std::int32_t one = size_of({"A"});
  const struct Row {
    const char* what;
    protocol::FetchRequest request;
    const char* answer;
    bool waits;
  } rows[] = {
      {"there is enough", fetch_of({{0}}, 30'000), "0:A", false},
      {"exactly enough", fetch_of({{0}}, 30'000, one), "0:A", false},
      {"there is less than wanted", fetch_of({{0}}, 30'000, one + 1), "0:A", true},
      {"it does not want to wait", fetch_of({{1}}, 0), "nothing", false},
      {"no partitions", fetch_of({}, 30'000), "", false},
      {"nothing there", fetch_of({{1}}, 30'000), "nothing", true},
      {"an offset beyond the end", fetch_of({{2}}, 30'000), "OFFSET_OUT_OF_RANGE", false},
      {"one of the partitions has an error", fetch_of({{1}, {9, 1}}, 30'000),
       "nothing | OFFSET_OUT_OF_RANGE", false},
      {"an unknown partition", fetch_of({{0, 7}}, 30'000), "UNKNOWN_TOPIC_OR_PARTITION", false},
      {"an unknown topic id", fetch_of({{0, 0, 100, -1, {9, 9}}}, 30'000), "UNKNOWN_TOPIC_ID",
       false},
      {"the right topic id", fetch_of({{0, 0, 100, -1, orders_id}}, 30'000), "0:A", false},
      {"an epoch that the broker does not know yet", fetch_of({{0, 0, 100, 3}}, 30'000),
       "UNKNOWN_LEADER_EPOCH", false},
      {"more wanted than a response may have: that much is enough",
       fetch_of({{0}}, 30'000, 1'000'000, one), "0:A", false},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const sim::Time sent = lab.world.now();
    auto& pending = lab.send(1, row.request);
    const auto response = lab.wait<protocol::FetchResponse>(pending);
    CHECK(said(response) == row.answer);
    CHECK(pending.at - sent == (row.waits ? 30'004ms : 4ms));
  }
}

TEST_CASE("What ends the wait of a parked fetch") {
  const struct Row {
    const char* what;
    void (*happens)(ReplicaLab&);
    const char* answer;  // empty: it still waits
  } rows[] = {
      {"a record that is replicated", [](ReplicaLab& lab) { lab.produce(1, {"B"}); }, "1:B"},
      {"not one that is not",
       [](ReplicaLab& lab) {
         lab.crash(2);
         lab.produce(1, {"B"}, Acks::leader);
       },
       ""},
      {"the end of the leadership",
       [](ReplicaLab& lab) {
         lab.elect(2, {1, 2});
       },
       "FENCED_LEADER_EPOCH"},
      {"a new epoch of the same leader",
       [](ReplicaLab& lab) {
         lab.elect(1, {1, 2});
       },
       "FENCED_LEADER_EPOCH"},
      {"a change of the ISR does not", [](ReplicaLab& lab) { lab.set_isr({1}); }, ""},
      {"the end of the topic",
       [](ReplicaLab& lab) {
         lab.metadata.push_back(RemoveTopicRecord{orders_id});
         lab.spread();
       },
       "UNKNOWN_TOPIC_OR_PARTITION"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    ReplicaLab lab(2);
    lab.boot_all();
    lab.create({1, 2});
    lab.produce(1, {"A"});
    lab.run_for(1s);
    auto& parked = lab.send(1, fetch_of({{1, 0, 1'000'000, 0}}, 30'000));
    lab.run_for(100ms);
    REQUIRE_FALSE(parked.body);
    row.happens(lab);
    lab.run_for(100ms);
    const std::string answer =
        parked.body ? said(std::get<protocol::FetchResponse>(*parked.body)) : "";
    CHECK(answer == row.answer);
  }
}

TEST_CASE("A follower's parked fetch ends with an append, and shows its leader where it stands") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.run_for(100ms);  // the fetch of 2 waits at the leader
  const sim::Time sent = lab.world.now();
  auto& ack = lab.send_produce(1, batch({"A"}));
  lab.wait<protocol::ProduceResponse>(ack);
  CHECK(ack.at - sent == 6ms);  // no long poll in it
}

TEST_CASE("A reader waits for as much as it wants, over all its partitions") {
  ReplicaLab lab(1);
  lab.boot_all();
  lab.create({1}, 0);
  lab.create({1}, 1);
  const std::int32_t one = size_of({"A"});
  const auto store = [&](std::int32_t partition) {
    protocol::ProduceRequest request;
    request.acks = Acks::leader;
    request.timeout_ms = 1000;
    request.partitions.push_back({{"orders", partition}, batch({"A"})});
    lab.wait<protocol::ProduceResponse>(lab.send(1, std::move(request)));
  };
  auto& both = lab.send(1, fetch_of({{0, 0}, {0, 1}}, 30'000, 2 * one));
  // Of this partition it takes no more than that, so one batch cannot be enough.
  auto& capped = lab.send(1, fetch_of({{0, 0, (one + 1) / 2}, {0, 1, (one + 1) / 2}}, 30'000, one));
  lab.run_for(10ms);
  store(0);
  lab.run_for(10ms);
  CHECK_FALSE(both.body);
  CHECK_FALSE(capped.body);
  store(1);
  lab.run_for(10ms);
  REQUIRE(both.body);
  CHECK(said(std::get<protocol::FetchResponse>(*both.body)) == "0:A | 0:A");
  REQUIRE(capped.body);
}

TEST_CASE("Limits are used up in the order of the request, and the first batch comes whole") {
  ReplicaLab lab(1);
  lab.boot_all();
  for (int partition : {0, 1, 2}) lab.create({1}, partition);
  for (int partition : {1, 2}) {
    for (int i = 0; i < 2; ++i) {
      protocol::ProduceRequest request;
      request.acks = Acks::leader;
      request.timeout_ms = 1000;
      request.partitions.push_back({{"orders", partition}, batch({"A"})});
      lab.wait<protocol::ProduceResponse>(lab.send(1, std::move(request)));
    }
  }
  const std::int32_t one = size_of({"A"});
  const struct Row {
    const char* what;
    std::vector<Ask> asks;
    std::int32_t max_bytes;
    const char* answer;
  } rows[] = {
      {"room for all", {{0, 0}, {0, 1}, {0, 2}}, 10 * one, "nothing | 0:A 1:A | 0:A 1:A"},
      {"room for three batches", {{0, 0}, {0, 1}, {0, 2}}, 3 * one, "nothing | 0:A 1:A | 0:A"},
      {"in another order", {{0, 2}, {0, 1}, {0, 0}}, 3 * one, "0:A 1:A | 0:A | nothing"},
      {"room for one", {{0, 1}, {0, 2}}, one, "0:A | nothing"},
      {"no room for the first, which comes all the same",
       {{0, 0}, {0, 1}, {0, 2}},
       1,
       "nothing | 0:A | nothing"},
      {"no room in its partition", {{0, 1, 1}, {0, 2}}, 10 * one, "0:A | 0:A 1:A"},
      {"only the first is that lucky", {{0, 1}, {0, 2, 1}}, 10 * one, "0:A 1:A | nothing"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto response =
        lab.wait<protocol::FetchResponse>(lab.send(1, fetch_of(row.asks, 0, 1, row.max_bytes)));
    CHECK(said(response) == row.answer);
  }
}

TEST_CASE("A broker's own limit holds for responses too") {
  ReplicaLab lab(1);
  REQUIRE(lab.node(1).config.set("fetch.max.bytes", "1024").empty());
  lab.boot_all();
  lab.create({1});
  const std::int32_t one = size_of({"A"});
  const int many = 3 * 1024 / one;
  for (int i = 0; i < many; ++i) lab.produce(1, {"A"}, Acks::leader);
  const auto response = lab.wait<protocol::FetchResponse>(lab.send(1, fetch_of({{0}}, 0)));
  CHECK(static_cast<int>(response.partitions.at(0).records.size()) == 1024 / one);
}

TEST_CASE("A fetch without an epoch is served, and an older or newer one is refused by name") {
  ReplicaLab lab(2);
  lab.boot_all();
  lab.create({1, 2});
  lab.elect(1, {1, 2});
  lab.elect(1, {1, 2});  // epoch 2
  const struct Row {
    int broker;
    int epoch;
    const char* answer;
  } rows[] = {
      {1, -1, "nothing"},
      {1, 2, "nothing"},
      {1, 1, "FENCED_LEADER_EPOCH"},
      {1, 3, "UNKNOWN_LEADER_EPOCH"},
      {2, 1, "FENCED_LEADER_EPOCH"},
      {2, 3, "UNKNOWN_LEADER_EPOCH"},
  };
  for (const Row& row : rows) {
    INFO("broker " << row.broker << " epoch " << row.epoch);
    const auto response = lab.wait<protocol::FetchResponse>(
        lab.send(row.broker, fetch_of({{0, 0, 1000, row.epoch}}, 0)));
    CHECK(said(response) == row.answer);
    // The same for questions for offsets; those go to the leader alone.
    protocol::ListOffsetsRequest list;
    list.partitions.push_back(
        {orders, protocol::LeaderEpoch(row.epoch), protocol::earliest_timestamp});
    const auto listed =
        lab.wait<protocol::ListOffsetsResponse>(lab.send(row.broker, list)).partitions.at(0);
    protocol::OffsetForLeaderEpochRequest ends;
    ends.partitions.push_back({orders, protocol::LeaderEpoch(row.epoch), protocol::LeaderEpoch(0)});
    const auto ended = lab.wait<protocol::OffsetForLeaderEpochResponse>(lab.send(row.broker, ends))
                           .partitions.at(0);
    const std::string expected = row.answer == std::string("nothing") ? "NONE" : row.answer;
    CHECK(protocol::name(listed.error) == expected);
    CHECK(protocol::name(ended.error) == expected);
  }
  protocol::ListOffsetsRequest list;
  list.partitions.push_back({orders, protocol::LeaderEpoch(2), protocol::earliest_timestamp});
  CHECK(lab.wait<protocol::ListOffsetsResponse>(lab.send(2, list)).partitions.at(0).error ==
        ErrorCode::not_leader_or_follower);
}

}  // namespace kafkasim::broker::testing
