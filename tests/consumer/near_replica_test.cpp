// A consumer whose leader sends it to a nearer replica: how it follows, and what brings it back.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};

// Broker 1 leads and sends readers to broker 2.
struct NearReader : Lab {
  explicit NearReader(Settings more = {}) : Lab(3) {
    cluster.add_topic("orders", 1);
    log().near = protocol::BrokerId(2);
    more.emplace_back("auto.offset.reset", "earliest");
    add("reader", more);
    clients.at("reader").consumer->assign({orders});
  }
  FakeLog& log() { return cluster.log("orders", 0); }
};

}  // namespace

TEST_CASE("a consumer reads from the replica that the leader names") {
  NearReader lab;
  lab.cluster.append("orders", 0, {"A"});
  CHECK(lab.read("reader", 1) == Values{"A"});
  CHECK(lab.cluster.count("Fetch to 1") == 1);
  CHECK(lab.cluster.count("Fetch to 2") >= 1);
  lab.cluster.append("orders", 0, {"B"});
  CHECK(lab.read("reader", 1) == Values{"B"});
  CHECK(lab.cluster.count("Fetch to 1") == 1);
}

TEST_CASE("a consumer asks the leader again when metadata.max.age.ms is over") {
  NearReader lab(Settings{{"metadata.max.age.ms", "10000"}});
  const auto poll_until = [&](sim::Time end) {
    while (lab.world.now() < end) lab.poll("reader", 500ms);
  };
  const sim::Time start = lab.world.now();
  poll_until(start + 9s);
  CHECK(lab.cluster.count("Fetch to 1") == 1);
  poll_until(start + 12s);
  CHECK(lab.cluster.count("Fetch to 1") == 2);
  lab.cluster.append("orders", 0, {"A"});
  CHECK(lab.read("reader", 1) == Values{"A"});
  CHECK(lab.cluster.count("Fetch to 1") == 2);
}

TEST_CASE("a failed fetch brings a consumer back to the leader") {
  NearReader lab;
  lab.cluster.append("orders", 0, {"A"});
  CHECK(lab.read("reader", 1) == Values{"A"});
  lab.log().near = protocol::BrokerId();
  lab.world.host("broker-2")->crash();
  lab.cluster.append("orders", 0, {"B"});
  CHECK(lab.read("reader", 1) == Values{"B"});
  CHECK(lab.cluster.count("Fetch to 1") >= 2);
}

TEST_CASE("a replica that is behind brings a consumer back to the leader, not to a reset") {
  NearReader lab;
  lab.cluster.append("orders", 0, {"A"});
  CHECK(lab.read("reader", 1) == Values{"A"});
  const auto resets = lab.seen("reader", "reset").size();
  bool refused = false;
  lab.cluster.script =
      [&](int broker, const protocol::Request& request) -> std::optional<protocol::ResponseBody> {
    const auto* fetch = std::get_if<protocol::FetchRequest>(&request.body);
    if (broker != 2 || fetch == nullptr || refused) return std::nullopt;
    refused = true;
    protocol::FetchResponse response;
    response.partitions.emplace_back().partition = orders;
    response.partitions.back().error = protocol::ErrorCode::offset_out_of_range;
    return response;
  };
  lab.cluster.append("orders", 0, {"B"});
  CHECK(lab.read("reader", 2) == Values{"B"});  // also what the fetch under way still brought
  lab.cluster.append("orders", 0, {"C"});
  CHECK(lab.read("reader", 1) == Values{"C"});
  CHECK(refused);
  CHECK(lab.cluster.count("Fetch to 1") == 2);
  CHECK(lab.seen("reader", "reset").size() == resets);
}

TEST_CASE("a new leader ends the preference for a replica") {
  NearReader lab;
  lab.cluster.append("orders", 0, {"A"});
  CHECK(lab.read("reader", 1) == Values{"A"});
  lab.log().near = protocol::BrokerId();
  lab.cluster.elect("orders", 0, 3);
  lab.cluster.append("orders", 0, {"B"});
  CHECK(lab.read("reader", 1) == Values{"B"});
  CHECK(lab.cluster.count("Fetch to 3") >= 1);
  CHECK(lab.cluster.count("Fetch to 1") == 1);
}

TEST_CASE("a fetch names the rack of the consumer") {
  NearReader lab(Settings{{"client.rack", "b"}});
  std::string rack;
  lab.cluster.script =
      [&](int, const protocol::Request& request) -> std::optional<protocol::ResponseBody> {
    if (const auto* fetch = std::get_if<protocol::FetchRequest>(&request.body))
      rack = fetch->rack_id;
    return std::nullopt;
  };
  lab.poll("reader", 100ms);
  CHECK(rack == "b");
}
