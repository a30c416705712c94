// Whichever message of a produce with acks=all and a fail-over is the one before which a connection
// breaks, nothing that was acked is lost, and nothing is stored twice.
#include <fmt/format.h>

#include <string>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;

namespace {

// The leader dies as the second record is replicated; the cut is one more event.
std::string text(std::string_view kind, int nth, std::string_view one, std::string_view other) {
  return fmt::format(R"(
scenario: cut-before-every-message
cluster: {{ brokers: 3, config: {{ broker.session.timeout.ms: 3000 }} }}
topics:
  orders: {{ replicas: [1, 2, 3], config: {{ min.insync.replicas: 2 }} }}
producers:
  shop:
    sends: {{ to: orders-0, values: [A, B, C, D], every: 1s }}
    config: {{ acks: all, batch.size: 0 }}
events:
  - {{ crash: broker-1, after: {{ replicated: B }} }}
  - {{ restart: broker-1, at: 10s }}
  - {{ cut: [{}, {}], before: {}, nth: {} }}
)",
                     one, other, kind, nth);
}

// Cuts before the first, second ... message of that kind until there is none; how many there were.
int cut_before_each(std::string_view kind, std::string_view one, std::string_view other,
                    int at_most) {
  for (int nth = 1; nth <= at_most; ++nth) {
    const Loaded loaded = load_scenario_text("cut.yaml", text(kind, nth, one, other));
    REQUIRE(loaded.file);
    const Outcome outcome = run(loaded.file->scenario, {}).outcome;
    INFO(kind << " number " << nth << ": " << outcome.invariant);
    CHECK(outcome.invariant.empty());
    CHECK(outcome.ended_because == "nothing was left to do");
    for (const Finding& finding : outcome.findings) {
      INFO(finding.record << ": " << finding.cause);
      CHECK(finding.anomaly == Anomaly::handled_twice);
    }
    const PartitionState& orders = outcome.state.partitions.front();
    for (const ReplicaState& replica : orders.replicas)
      CHECK(replica.high_watermark == protocol::Offset(4));
    for (const std::string& note : outcome.notes) {
      if (note.starts_with("event 3 never happened")) return nth - 1;
    }
  }
  return at_most;
}

}  // namespace

TEST_CASE("a cut before any message of a producer loses nothing") {
  CHECK(cut_before_each("ProduceRequest", "shop", "leader(orders-0)", 100) >= 5);
  CHECK(cut_before_each("ProduceResponse", "shop", "leader(orders-0)", 100) >= 4);
  CHECK(cut_before_each("MetadataRequest", "shop", "broker-2", 100) >= 1);
  CHECK(cut_before_each("InitProducerIdRequest", "shop", "broker-2", 100) >= 1);
}

TEST_CASE("a cut before any message between brokers loses nothing") {
  for (const std::string_view follower : {"broker-2", "broker-3"}) {
    CHECK(cut_before_each("FetchRequest", follower, "broker-1", 40) > 5);
    CHECK(cut_before_each("FetchResponse", follower, "broker-1", 40) > 5);
  }
}

TEST_CASE("a cut before any message of a broker to the controller loses nothing") {
  for (const std::string_view kind : {"AlterPartitionRequest", "AlterPartitionResponse",
                                      "BrokerRegistrationRequest", "BrokerRegistrationResponse"}) {
    CHECK(cut_before_each(kind, "leader(orders-0)", "controller-1", 30) >= 1);
  }
  CHECK(cut_before_each("BrokerHeartbeatRequest", "broker-2", "controller-1", 12) >= 5);
  CHECK(cut_before_each("BrokerHeartbeatResponse", "broker-2", "controller-1", 12) >= 5);
}
