// The timers of a member: heartbeat, session, poll; and how settings become them.
#include "consumer/heartbeat.hpp"

#include "consumer/settings.hpp"
#include "protocol/config_rules.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer;
using namespace std::chrono_literals;

namespace {

Heartbeat fresh(sim::Time now) {
  Heartbeat heartbeat(3s, 45s, 300s, client::Backoff(100ms, 1s, nullptr));
  heartbeat.reset_all(now);
  return heartbeat;
}

}  // namespace

TEST_CASE("a heartbeat is due an interval after the one before was sent, answered or not") {
  Heartbeat heartbeat = fresh(sim::zero);
  CHECK_FALSE(heartbeat.is_due(sim::zero + 2999ms));
  CHECK(heartbeat.is_due(sim::zero + 3s));
  heartbeat.sent(sim::zero + 3s);
  CHECK_FALSE(heartbeat.is_due(sim::zero + 5s));
  CHECK(heartbeat.is_due(sim::zero + 6s));
}

TEST_CASE("after failures the next heartbeat comes sooner, each time a little less so") {
  Heartbeat heartbeat = fresh(sim::zero);
  const sim::Time at = sim::zero + 3s;
  heartbeat.sent(at);
  heartbeat.failed(at);
  CHECK(heartbeat.next() == at + 100ms);
  heartbeat.failed(at);
  CHECK(heartbeat.next() == at + 200ms);
  heartbeat.answered(at);
  heartbeat.failed(at);
  CHECK(heartbeat.next() == at + 100ms);
}

TEST_CASE("only answers keep the session, only polls keep the poll timer") {
  Heartbeat heartbeat = fresh(sim::zero);
  heartbeat.sent(sim::zero + 44s);
  CHECK(heartbeat.session_expired(sim::zero + 45s));
  heartbeat.answered(sim::zero + 44s);
  CHECK_FALSE(heartbeat.session_expired(sim::zero + 88s));
  CHECK(heartbeat.poll_expired(sim::zero + 300s));
  heartbeat.polled(sim::zero + 299s);
  CHECK_FALSE(heartbeat.poll_expired(sim::zero + 598s));
}

TEST_CASE("the next deadline is the first of the three") {
  Heartbeat heartbeat = fresh(sim::zero);
  CHECK(heartbeat.next_deadline() == sim::zero + 3s);
  heartbeat.sent(sim::zero + 44s);
  CHECK(heartbeat.next_deadline() == sim::zero + 45s);
}

TEST_CASE("Kafka's defaults make a member that gives everything back at each rebalance") {
  protocol::ConfigValues config(protocol::consumer_config_defs());
  REQUIRE(config.set("group.id", "g").empty());
  REQUIRE_FALSE(protocol::resolve_consumer_config(config));
  const Settings settings = read_settings(config, "billing");
  CHECK(settings.client_id == "billing");
  CHECK(settings.auto_commit);
  CHECK(settings.rebalance_protocol == RebalanceProtocol::eager);
  REQUIRE_FALSE(settings.assignors.empty());
  CHECK(settings.assignors.front()->name == "range");
  CHECK(settings.session_timeout == 45s);
  CHECK(settings.heartbeat_interval == 3s);
  CHECK(settings.rebalance_timeout() == 300s);
  CHECK(settings.reset.kind == OffsetReset::Kind::latest);
}

TEST_CASE("without a group there is no auto-commit") {
  protocol::ConfigValues config(protocol::consumer_config_defs());
  REQUIRE_FALSE(protocol::resolve_consumer_config(config));
  const Settings settings = read_settings(config, "billing");
  CHECK_FALSE(settings.has_group());
  CHECK_FALSE(settings.auto_commit);
}

TEST_CASE("ISO 8601 durations are read from days to fractions of seconds") {
  CHECK(parse_iso_duration("PT10S") == sim::Duration(10s));
  CHECK(parse_iso_duration("P1DT2H3M4.5S") == sim::Duration(24h + 2h + 3min + 4500ms));
  CHECK(parse_iso_duration("pt1m") == sim::Duration(1min));
  for (const char* text :
       {"", "P", "PT", "10S", "P10S", "PT1D", "PT1.5M", "PTS", "PT1", "P99999999999D"}) {
    INFO(text);
    CHECK_FALSE(parse_iso_duration(text));
  }
}
