// Whole groups with assignors other than range.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using Values = std::vector<std::string>;

namespace {

struct AssignorLab : Lab {
  explicit AssignorLab(const std::string& assignor)
      : Lab(1), strategy("org.apache.kafka.clients.consumer." + assignor) {
    cluster.add_topic("jobs", 4);
  }

  void start(const std::string& name) {
    const Settings settings = {{"group.id", "g"},
                               {"auto.offset.reset", "earliest"},
                               {"enable.auto.commit", "false"},
                               {"partition.assignment.strategy", strategy}};
    add(name, settings).subscribe({"jobs"});
    consumer::ApplicationOptions options;
    options.commits = consumer::CommitOrder::never;
    run(name, std::move(options));
  }

  std::string strategy;
};

}  // namespace

TEST_CASE("a group with roundrobin deals the partitions one by one") {
  AssignorLab lab("RoundRobinAssignor");
  lab.cluster.join_delay = 1s;
  lab.start("b");
  lab.start("a");
  lab.pass(3s);
  CHECK(lab.seen("a", "joined") == Values{"g generation 1: jobs-0 jobs-2"});
  CHECK(lab.seen("b", "joined") == Values{"g generation 1: jobs-1 jobs-3"});
}

TEST_CASE("a group with sticky gives everything back but assigns as much of it as before") {
  AssignorLab lab("StickyAssignor");
  lab.start("b");
  lab.pass(1s);
  CHECK(lab.seen("b", "joined") == Values{"g generation 1: jobs-0 jobs-1 jobs-2 jobs-3"});
  lab.forget();
  // By its member id it would come first.
  lab.start("a");
  lab.pass(4s);
  CHECK(lab.seen("b", "revoked") == Values{"jobs-0 jobs-1 jobs-2 jobs-3"});
  CHECK(lab.seen("b", "joined") == Values{"g generation 2: jobs-0 jobs-1"});
  CHECK(lab.seen("a", "joined") == Values{"g generation 2: jobs-2 jobs-3"});
}
