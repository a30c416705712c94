// A consumer with the least and the greatest value that each of its settings may have: it reads
// what there is, lives through the loss of its broker, and never turns in circles.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/consumer/fake_epoch_group.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using Values = std::vector<std::string>;

namespace {

// False: that many steps did not bring the world so far.
bool passes(Lab& lab, sim::Duration time) {
  constexpr int limit = 300'000;
  const sim::Time end = lab.world.now() + time;
  for (int steps = 0; lab.world.now() < end && steps < limit; ++steps) {
    if (!lab.world.loop().step()) return true;
  }
  return lab.world.now() >= end;
}

struct Row {
  std::string name;
  std::string least;
  bool reads_with_least = true;
};

const std::vector<Row> rows = {
    {"auto.commit.interval.ms", "0"},
    {"default.api.timeout.ms", "0"},
    {"fetch.max.bytes", "0"},
    {"fetch.max.wait.ms", "0"},
    {"fetch.min.bytes", "0"},
    {"max.partition.fetch.bytes", "0"},
    {"max.poll.interval.ms", "1", false},
    {"max.poll.records", "1"},
    {"metadata.max.age.ms", "0"},
    {"reconnect.backoff.max.ms", "0"},
    {"reconnect.backoff.ms", "0"},
    {"request.timeout.ms", "0", false},
    {"retry.backoff.max.ms", "0"},
    {"retry.backoff.ms", "0"},
    {"heartbeat.interval.ms", "0"},
    {"socket.connection.setup.timeout.max.ms", "0", false},
    {"socket.connection.setup.timeout.ms", "0", false},
};

}  // namespace

TEST_CASE("a consumer lives with the least and the greatest that its settings allow") {
  for (const std::string protocol : {"classic", "consumer"}) {
    for (const Row& row : rows) {
      const bool is_of_classic = row.name == "heartbeat.interval.ms";
      if (is_of_classic && protocol == "consumer") continue;
      for (const bool least : {true, false}) {
        if (is_of_classic && !least) continue;
        const std::string value = least ? row.least : "2147483647";
        INFO(protocol << " " << row.name << "=" << value);
        Lab lab;
        lab.cluster.add_topic("orders", 1);
        lab.cluster.append("orders", 0, {"A", "B"});
        Settings settings = {{"auto.offset.reset", "earliest"}, {row.name, value}};
        settings = with(settings, "group.id", "g");
        settings = with(settings, "group.protocol", protocol);
        std::optional<FakeEpochGroup> group;
        if (protocol == "consumer") group.emplace(lab.cluster, "orders", 1);
        lab.add("a", settings).subscribe({"orders"});
        lab.polling("a");
        REQUIRE(passes(lab, 2s));
        if (!least || row.reads_with_least) CHECK(lab.seen("a", "polled").size() == 2);
        lab.world.host("broker-1")->crash();
        REQUIRE(passes(lab, 2s));
      }
    }
  }
}
