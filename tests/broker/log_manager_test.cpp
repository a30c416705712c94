// What a broker does for its logs in the background: retention, compaction, flushing by time,
// checkpoints.
#include "broker/log_manager.hpp"

#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {

namespace {

constexpr std::int64_t half_a_mebibyte = 524'288;

using Config = std::map<std::string, std::string>;

protocol::CreatableTopic topic(const Config& config) {
  protocol::CreatableTopic orders = topic_on("orders", {{1}});
  for (const auto& [name, value] : config) orders.configs.push_back({name, value});
  return orders;
}

// A record of half a mebibyte: two of them do not fit into the smallest segment.
void store_large(TestCluster& test, const std::string& value, const std::string& key = "") {
  protocol::ProduceRequest request = test.produce_request(value, protocol::Acks::all);
  protocol::RecordBatch batch = *request.partitions[0].records;
  batch.records[0].value_size = half_a_mebibyte;
  if (!key.empty()) batch.records[0].key = protocol::Bytes(key);
  protocol::seal(batch);
  request.partitions[0].records = protocol::make_ref<protocol::RecordBatch>(std::move(batch));
  const auto answer = test.call<protocol::ProduceResponse>(1, std::move(request));
  REQUIRE(answer);
  REQUIRE(answer->partitions[0].error == ErrorCode::none);
}

const LogStorage& log_of(const TestCluster& test) {
  return *test.cluster->replica(BrokerId(1), {"orders", 0})->storage;
}

const Config often{{"log.initial.task.delay.ms", "0"}, {"log.retention.check.interval.ms", "1000"}};

}  // namespace

TEST_CASE("retention deletes old segments at its next round and says which records went",
          "[log_manager]") {
  TestCluster test(1, often);
  test.set_up({topic({{"segment.bytes", "1048576"}, {"retention.bytes", "600000"}})});
  for (const char* value : {"A", "B", "C"}) store_large(test, value);
  REQUIRE(log_of(test).segments.size() == 3);
  test.run_for(1s);
  CHECK(test.log(1) == "B C");
  CHECK(log_of(test).start_offset == Offset(1));
  REQUIRE(test.find_seen("records-deleted", "broker-1") != nullptr);
  CHECK(test.find_seen("records-deleted")->text.find("deleted: A") != std::string::npos);
}

TEST_CASE("retention by time goes by the broker's clock", "[log_manager]") {
  for (const bool is_ahead : {false, true}) {
    TestCluster test(1, often);
    if (is_ahead) test.world.host("broker-1")->set_clock_offset(10min);
    test.set_up({topic({{"segment.bytes", "1048576"}, {"retention.ms", "300000"}})});
    for (const char* value : {"A", "B"}) store_large(test, value);
    test.run_for(2s);
    CHECK(test.log(1) == (is_ahead ? "" : "A B"));
  }
}

TEST_CASE("the first round of retention waits for the initial delay", "[log_manager]") {
  TestCluster test(1, {{"log.initial.task.delay.ms", "20000"}});
  test.set_up({topic({{"segment.bytes", "1048576"}, {"retention.bytes", "600000"}})});
  for (const char* value : {"A", "B", "C"}) store_large(test, value);
  test.run_for(10s);
  CHECK(test.log(1) == "A B C");
  test.run_for(15s);
  CHECK(test.log(1) == "B C");
}

TEST_CASE("the cleaner compacts a dirty log and says which records went", "[log_manager]") {
  for (const std::string enabled : {"true", "false"}) {
    TestCluster test(1, {{"log.cleaner.enable", enabled}, {"log.cleaner.backoff.ms", "1000"}});
    test.set_up({topic({{"cleanup.policy", "compact"}, {"segment.bytes", "1048576"}})});
    store_large(test, "A", "k1");
    store_large(test, "B", "k1");
    store_large(test, "C", "k2");
    store_large(test, "D", "k1");  // in the active segment, which is never cleaned
    test.run_for(2s);
    const bool cleans = enabled == "true";
    CHECK(test.log(1) == (cleans ? "B C D" : "A B C D"));
    CHECK((test.find_seen("compacted", "broker-1") != nullptr) == cleans);
    if (cleans) CHECK(test.find_seen("compacted")->text.find("removed: A") != std::string::npos);
  }
}

TEST_CASE("flush.ms acts only when the flush scheduler runs", "[log_manager]") {
  for (const bool runs : {false, true}) {
    Config config{{"log.initial.task.delay.ms", "0"}};
    if (runs) config["log.flush.scheduler.interval.ms"] = "100";
    TestCluster test(1, config);
    test.set_up({topic({{"flush.ms", "1000"}})});
    REQUIRE(test.produce(1, "A") == ErrorCode::none);
    test.run_for(2s);
    test.cluster->power_off("broker-1");
    CHECK(test.log(1) == (runs ? "A" : ""));
  }
}

TEST_CASE("a rolled segment is flushed in the background", "[log_manager]") {
  TestCluster test(1);
  test.set_up({topic({{"segment.bytes", "1048576"}})});
  test.world.host("broker-1")->disk().set_speed(0ms, 500ms);
  store_large(test, "A");
  const Time begin = test.world.now();
  store_large(test, "B");
  CHECK(test.world.now() < begin + 100ms);
  CHECK(log_of(test).flushed_to == Offset(0));
  test.run_for(1s);
  CHECK(log_of(test).flushed_to == Offset(1));
  test.cluster->power_off("broker-1");
  CHECK(test.log(1) == "A");
}

TEST_CASE("recovery points and log starts are checkpointed in their own time", "[log_manager]") {
  TestCluster test(1, {{"log.initial.task.delay.ms", "0"},
                       {"log.retention.check.interval.ms", "1000"},
                       {"log.flush.offset.checkpoint.interval.ms", "5000"},
                       {"log.flush.start.offset.checkpoint.interval.ms", "9000"}});
  test.set_up({topic({{"segment.bytes", "1048576"}, {"retention.bytes", "600000"}})});
  const Time begin = test.world.now();
  for (const char* value : {"A", "B", "C"}) store_large(test, value);
  REQUIRE(test.run_until([&] { return log_of(test).recovery_point_checkpoint == Offset(2); }, 6s));
  REQUIRE(test.run_until([&] { return log_of(test).start_offset_checkpoint == Offset(1); }, 10s));
  CHECK(test.world.now() < begin + 10s);
}

}  // namespace kafkasim::broker
