// What librdkafka's consumer commits: what was stored, by a timer that does not care for polls. And
// how it rests after a fetch that failed.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using protocol::Offset;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};

struct LibrdkafkaLab : Lab {
  explicit LibrdkafkaLab(const Settings& more = {}) {
    cluster.add_topic("orders", 1);
    cluster.append("orders", 0, {"A", "B", "C"});
    Settings settings = {
        {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"auto.commit.interval.ms", "1000"}};
    settings.insert(settings.end(), more.begin(), more.end());
    add("a", librdkafka_config(settings)).subscribe({"orders"});
  }
  consumer::Consumer& consumer() { return *clients.at("a").consumer; }
  std::int64_t committed() {
    const auto found = cluster.group().offsets.find(orders);
    return found == cluster.group().offsets.end() ? -1 : found->second.committed_offset.value();
  }
};

}  // namespace

TEST_CASE("librdkafka commits a message that the application still handles") {
  LibrdkafkaLab lab;
  REQUIRE(lab.read("a", 1) == Values{"A"});
  CHECK(lab.committed() == -1);
  lab.pass(1100ms);  // without another poll
  CHECK(lab.committed() == 1);
}

TEST_CASE("librdkafka sends no commit while nothing new was stored") {
  LibrdkafkaLab lab;
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.pass(1100ms);
  CHECK(lab.committed() == 3);
  lab.forget();
  for (int i = 0; i < 30; ++i) lab.poll("a", 100ms);
  CHECK(lab.cluster.count("OffsetCommit") == 0);
  lab.cluster.append("orders", 0, {"D"});
  REQUIRE(lab.read("a", 1) == Values{"D"});
  lab.pass(1100ms);
  CHECK(lab.committed() == 4);
  CHECK(lab.cluster.count("OffsetCommit") == 1);
}

TEST_CASE("without enable.auto.offset.store only what the application stores is committed") {
  LibrdkafkaLab lab(Settings{{"enable.auto.offset.store", "false"}});
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.pass(3s);
  CHECK(lab.committed() == -1);
  CHECK(lab.consumer().store_offset(orders, {Offset(2), protocol::LeaderEpoch(0), ""}));
  CHECK_FALSE(lab.consumer().store_offset({"orders", 7}, {Offset(2), {}, ""}));
  lab.pass(1s);
  CHECK(lab.committed() == 2);
  lab.close("a");
  CHECK(lab.committed() == 2);  // the third message was handed out, and not stored
}

TEST_CASE("what is stored by itself cannot be stored by hand, and Java's consumer stores nothing") {
  LibrdkafkaLab lab;
  REQUIRE(lab.read("a", 2).size() == 2);
  CHECK_FALSE(lab.consumer().store_offset(orders, {Offset(1), {}, ""}));
  consumer::Consumer& java = lab.add("j", {{"group.id", "other"}});
  java.assign({orders});
  CHECK_FALSE(java.store_offset(orders, {Offset(1), {}, ""}));
}

TEST_CASE("an interval of 0 switches librdkafka's timer off; closing commits all the same") {
  LibrdkafkaLab lab(Settings{{"auto.commit.interval.ms", "0"}});
  REQUIRE(lab.read("a", 3).size() == 3);
  for (int i = 0; i < 100; ++i) lab.poll("a", 100ms);
  CHECK(lab.committed() == -1);
  lab.close("a");
  CHECK(lab.committed() == 3);
}

TEST_CASE("librdkafka commits what was stored before it gives its partitions up") {
  LibrdkafkaLab lab(Settings{{"auto.commit.interval.ms", "60000"}});
  REQUIRE(lab.read("a", 2).size() == 2);
  lab.add("b", {{"group.id", "g"}}).subscribe({"orders"});
  lab.run("b", {});
  lab.pass(3500ms);
  lab.poll("a", 100ms);
  CHECK(lab.seen("a", "revoked") == Values{"orders-0"});
  CHECK(lab.committed() == 2);
}

TEST_CASE("a new assignment by hand commits what was stored of the old one") {
  Lab lab;
  lab.cluster.add_topic("orders", 2);
  lab.cluster.append("orders", 0, {"A"});
  consumer::Consumer& consumer =
      lab.add("a", librdkafka_config({{"group.id", "g"}, {"auto.offset.reset", "earliest"}}));
  consumer.assign({orders});
  REQUIRE(lab.read("a", 1).size() == 1);
  consumer.assign({{"orders", 1}});
  lab.pass(100ms);
  CHECK(lab.cluster.group().offsets.at(orders).committed_offset == Offset(1));
}

TEST_CASE("a commit of librdkafka's timer that fails for now comes again at its next interval") {
  LibrdkafkaLab lab;
  REQUIRE(lab.read("a", 3).size() == 3);
  int left = 1;
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::OffsetCommitRequest>(r.body) || left-- <= 0)
      return std::nullopt;
    return protocol::error_response(r.body, ErrorCode::coordinator_load_in_progress);
  };
  lab.pass(1100ms);
  lab.poll("a", 10ms);
  CHECK(lab.committed() == -1);
  lab.pass(1s);
  CHECK(lab.committed() == 3);
  CHECK(lab.seen("a", "commit-failed").empty());
}

TEST_CASE("after a fetch that failed a partition rests for fetch.error.backoff.ms") {
  for (const bool librdkafka : {false, true}) {
    INFO(librdkafka);
    Lab lab;
    lab.cluster.add_topic("orders", 1);
    lab.cluster.append("orders", 0, {"A"});
    if (librdkafka) {
      lab.add("a", librdkafka_config({{"group.id", "g"},
                                      {"auto.offset.reset", "earliest"},
                                      {"fetch.error.backoff.ms", "700"}}));
    } else {
      lab.add("a", {{"group.id", "g"}, {"auto.offset.reset", "earliest"}});
    }
    lab.clients.at("a").consumer->assign({orders});
    bool refused = false;
    sim::Time refused_at;
    lab.cluster.script = [&](int,
                             const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      if (!std::holds_alternative<protocol::FetchRequest>(r.body) || refused) return std::nullopt;
      refused = true;
      refused_at = lab.world.now();
      protocol::FetchResponse response;
      response.partitions.emplace_back();
      response.partitions.back().partition = orders;
      response.partitions.back().error = ErrorCode::unknown_server_error;
      return response;
    };
    REQUIRE(lab.poll("a", 5s).records.size() == 1);
    const sim::Duration rested = lab.world.now() - refused_at;
    CHECK((rested >= 700ms) == librdkafka);
    CHECK(rested < 720ms);
  }
}

TEST_CASE("an application that stores itself does so when a message is handled") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.add("a", librdkafka_config({{"group.id", "g"},
                                  {"auto.offset.reset", "earliest"},
                                  {"auto.commit.interval.ms", "100"},
                                  {"enable.auto.offset.store", "false"}}))
      .subscribe({"orders"});
  consumer::ApplicationOptions options;
  options.takes = 2s;
  options.commits = consumer::CommitOrder::automatic;
  lab.run("a", options);
  while (lab.seen("a", "polled").size() < 2 && lab.world.now() < sim::zero + 1min) lab.pass(10ms);
  lab.pass(1s);  // B is being handled
  CHECK(lab.cluster.group().offsets.at(orders).committed_offset == Offset(1));
  lab.pass(10s);
  CHECK(lab.cluster.group().offsets.at(orders).committed_offset == Offset(3));
}
