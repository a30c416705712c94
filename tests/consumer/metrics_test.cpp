// What a consumer counts and measures, by Kafka's names.
#include "consumer/metrics_table.hpp"
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;

namespace {

const Settings by_hand = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "false"}};

struct MetricsLab : Lab {
  explicit MetricsLab(Settings settings = by_hand) {
    cluster.add_topic("orders", 1);
    cluster.append("orders", 0, {"A", "B", "C"});
    add("a", settings).subscribe({"orders"});
  }
  // In thousandths; -1: none.
  std::int64_t metric(std::string_view name) {
    const consumer::MetricsSnapshot snapshot = clients.at("a").consumer->metrics();
    for (const consumer::MetricDef& def : consumer::metric_defs()) {
      if (def.name == name) return def.value(snapshot).value_or(-1);
    }
    throw std::logic_error("no such metric");
  }
};

}  // namespace

TEST_CASE("a consumer that has done nothing has counted nothing and measured nothing") {
  const consumer::MetricsSnapshot nothing = consumer::Metrics().snapshot(0, sim::zero);
  for (const consumer::MetricDef& def : consumer::metric_defs()) {
    INFO(def.name);
    CHECK(def.value(nothing).value_or(0) == 0);
    const bool counts = def.name.ends_with("-total") || def.name == "assigned-partitions";
    CHECK(def.value(nothing).has_value() == counts);
  }
}

TEST_CASE("records, fetches and lag are counted as they are handed out") {
  MetricsLab lab({{"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"max.poll.records", "2"}});
  REQUIRE(lab.read("a", 2).size() == 2);
  CHECK(lab.metric("records-consumed-total") == 2000);
  CHECK(lab.metric("records-lag-max") == 1000);
  CHECK(lab.metric("records-lead-min") == 2000);
  CHECK(lab.metric("fetch-total") == 1000);
  CHECK(lab.metric("fetch-latency-max") == 2000);  // there and back, 1 ms each
  CHECK(lab.metric("fetch-size-max") == lab.metric("bytes-consumed-total"));
  CHECK(lab.metric("fetch-size-max") > 0);
  REQUIRE(lab.read("a", 1).size() == 1);
  CHECK(lab.metric("records-consumed-total") == 3000);
  CHECK(lab.metric("records-lag-max") == 1000);
}

TEST_CASE("polls are measured from start to start, and how much of that was waiting inside") {
  MetricsLab lab;
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.poll("a", 100ms);
  lab.pass(1900ms);
  lab.poll("a", 500ms);
  CHECK(lab.metric("time-between-poll-max") == 2000 * 1000);
  lab.pass(3500ms);
  CHECK(lab.metric("last-poll-seconds-ago") == 4000);
  const std::int64_t idle = lab.metric("poll-idle-ratio-avg");
  CHECK(idle > 0);
  CHECK(idle < 1000);
}

TEST_CASE("commits and rebalances are counted and timed") {
  MetricsLab lab;
  lab.cluster.join_delay = 3s;
  REQUIRE(lab.read("a", 3).size() == 3);
  CHECK(lab.metric("rebalance-total") == 1000);
  CHECK(lab.metric("failed-rebalance-total") == 1000);  // that brought the member id
  CHECK(lab.metric("join-total") == 1000);
  CHECK(lab.metric("sync-total") == 1000);
  CHECK(lab.metric("join-time-max") >= 3000 * 1000);
  CHECK(lab.metric("rebalance-latency-max") > lab.metric("join-time-max"));
  CHECK(lab.metric("assigned-partitions") == 1000);
  CHECK_FALSE(lab.commit("a"));
  CHECK(lab.metric("commit-total") == 1000);
  CHECK(lab.metric("commit-latency-avg") == 2000);
  CHECK(lab.metric("commit-sync-time-ns-total") == 2'000'000'000);
  for (int i = 0; i < 10; ++i) lab.poll("a", 1s);
  CHECK(lab.metric("heartbeat-total") >= 3000);
  CHECK(lab.metric("heartbeat-response-time-max") == 2000);
}
