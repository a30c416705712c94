// What a broker's machine does to its logs: power, disks and clocks, seen from inside the cluster.
#include "protocol/data_messages.hpp"
#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {

namespace {

const LogStorage& log_of(const TestCluster& test, int broker) {
  return *test.cluster->replica(BrokerId(broker), {"orders", 0})->storage;
}

sim::Task<> produce_on(sim::Channel* channel, protocol::ProduceRequest produce) {
  protocol::Request request;
  request.body = std::move(produce);
  sim::MessagePtr message = sim::enclose(std::move(request));
  co_await channel->call(std::move(message), sim::never);
}

}  // namespace

TEST_CASE("a power loss takes what was not flushed, whether the process runs or is dead",
          "[power]") {
  for (const bool crashes_before : {false, true}) {
    TestCluster test(1, {{"log.flush.interval.messages", "2"}});
    test.set_up({topic_on("orders", {{1}})});
    for (const char* value : {"A", "B", "C"}) REQUIRE(test.produce(1, value) == ErrorCode::none);
    if (crashes_before) test.cluster->crash("broker-1");
    CHECK(test.log(1) == "A B C");
    test.cluster->power_off("broker-1");
    CHECK(test.log(1) == "A B");
    REQUIRE(test.find_seen("unflushed-lost", "broker-1") != nullptr);
    CHECK(test.find_seen("unflushed-lost")->text == "orders-0 ends at offset 2, gone: C");
    test.seen.clear();
    test.cluster->power_off("broker-1");  // dark already
    CHECK(test.find_seen("unflushed-lost") == nullptr);
    test.cluster->restart("broker-1");
    REQUIRE(test.run_until([&] { return test.cluster->is_ready(); }, 30s));
    CHECK(test.log(1) == "A B");
    CHECK(log_of(test, 1).end_offset == Offset(2));
  }
}

TEST_CASE("a clean stop has flushed everything", "[power]") {
  TestCluster test(1);
  test.set_up({topic_on("orders", {{1}})});
  REQUIRE(test.produce(1, "A") == ErrorCode::none);
  test.world.host("broker-1")->disk().set_speed(0ms, 40ms);
  test.cluster->stop("broker-1");
  REQUIRE(test.run_until([&] { return !test.cluster->is_up("broker-1"); }, 30s));
  test.cluster->power_off("broker-1");
  CHECK(test.log(1) == "A");
  CHECK(test.find_seen("unflushed-lost") == nullptr);
}

TEST_CASE("a produce request waits for the flush that its topic asks for, and holds the next up",
          "[power]") {
  TestCluster test(1, {{"log.flush.interval.messages", "1"}});
  test.set_up({topic_on("orders", {{1}})});
  test.world.host("broker-1")->disk().set_speed(0ms, 40ms);
  const Time begin = test.world.now();
  REQUIRE(test.produce(1, "A") == ErrorCode::none);
  CHECK(test.world.now() >= begin + 40ms);
  CHECK(test.world.now() < begin + 50ms);
  // Not even a consumer sees it before.
  test.send(1, test.produce_request("B", protocol::Acks::all));
  test.run_for(20ms);
  CHECK(test.log(1) == "A B");
  CHECK(test.cluster->replica(BrokerId(1), {"orders", 0})->high_watermark == Offset(1));
  test.run_for(30ms);
  CHECK(test.cluster->replica(BrokerId(1), {"orders", 0})->high_watermark == Offset(2));
}

TEST_CASE("a record whose flush was under way when the power failed is gone, and was not acked",
          "[power]") {
  TestCluster test(1, {{"log.flush.interval.messages", "1"}});
  test.set_up({topic_on("orders", {{1}})});
  test.world.host("broker-1")->disk().set_speed(0ms, 40ms);
  test.send(1, test.produce_request("A", protocol::Acks::all));
  test.run_for(20ms);
  CHECK(test.log(1) == "A");
  test.cluster->power_off("broker-1");
  CHECK(test.log(1).empty());
  CHECK_FALSE(test.answers.contains(1));
}

TEST_CASE("batches of one partition are stored in the order in which their writes were asked for",
          "[power]") {
  TestCluster test(1);
  test.set_up({topic_on("orders", {{1}})});
  REQUIRE(test.produce(1, "A") == ErrorCode::none);
  test.world.host("broker-1")->disk().set_speed(10ms, 0ms);
  test.send(1, test.produce_request("B", protocol::Acks::leader));
  test.run_for(3ms);  // B waits for the disk
  CHECK(test.log(1) == "A");
  test.world.host("broker-1")->disk().set_speed(0ms, 0ms);
  sim::Host& other = test.world.add_host("other");
  sim::Channel channel(test.world.network(), other.boot(), other.id(),
                       test.world.host("broker-1")->id());
  sim::spawn(*other.process(),
             produce_on(&channel, test.produce_request("C", protocol::Acks::leader)));
  test.run_for(1s);
  CHECK(test.log(1) == "A B C");
  other.crash();
}

TEST_CASE("a failed disk is answered with KAFKA_STORAGE_ERROR, then the broker is gone",
          "[power]") {
  TestCluster test(1);
  test.set_up({topic_on("orders", {{1}})});
  REQUIRE(test.produce(1, "A") == ErrorCode::none);
  sim::Disk& disk = test.world.host("broker-1")->disk();
  disk.fail(false);
  CHECK(test.produce(1, "B") == ErrorCode::kafka_storage_error);
  REQUIRE(test.find_seen("log-dir-failed", "broker-1") != nullptr);
  test.run_for(10ms);
  CHECK_FALSE(test.cluster->is_up("broker-1"));
  test.seen.clear();
  test.cluster->restart("broker-1");
  CHECK_FALSE(test.cluster->is_up("broker-1"));
  CHECK(test.find_seen("log-dir-failed", "broker-1") != nullptr);
  disk.make_replaceable();
  test.cluster->restart("broker-1");
  CHECK(test.cluster->is_up("broker-1"));
  REQUIRE(test.run_until([&] { return test.cluster->is_ready(); }, 30s));
  CHECK(test.log(1).empty());
}

TEST_CASE("a broker whose clock is off stamps records with its own time", "[power]") {
  TestCluster test(1, {{"log.message.timestamp.type", "LogAppendTime"}});
  test.world.host("broker-1")->set_clock_offset(-2s);
  test.set_up({topic_on("orders", {{1}})});
  const std::int64_t before = sim::to_epoch_ms(test.world.now());
  REQUIRE(test.produce(1, "A") == ErrorCode::none);
  const std::int64_t stamp = log_of(test, 1).batches.front().append_time_ms;
  CHECK(stamp >= before - 2000);
  CHECK(stamp < before - 1900);
}

TEST_CASE("recovery after a crash reads what was not checked yet; the broker stays fenced so long",
          "[power]") {
  LogStorage log;
  log.segments.resize(3);
  log.segments[0].size_in_bytes = 100;
  log.segments[1].base_offset = Offset(10);
  log.segments[1].size_in_bytes = 200;
  log.segments[2].base_offset = Offset(20);
  log.segments[2].size_in_bytes = 50;
  CHECK(bytes_to_recover(log) == 350);
  log.recovery_point_checkpoint = Offset(10);
  CHECK(bytes_to_recover(log) == 250);
  log.recovery_point_checkpoint = Offset(15);
  CHECK(bytes_to_recover(log) == 250);
  log.recovery_point_checkpoint = Offset(20);
  CHECK(bytes_to_recover(log) == 50);
  log.clean_shutdown = true;
  CHECK(bytes_to_recover(log) == 0);
}

}  // namespace kafkasim::broker
